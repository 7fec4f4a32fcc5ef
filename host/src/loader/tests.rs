//! The whole loader, on a real directory; what makes plugins of files is a double. A "component" is a line of
//! text that ends in a full stop, so that half of one is none: `tools a b.` lists two tools.

mod announcing;
mod directory;
mod files;
mod trouble;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::broadcast;

use super::*;
use crate::plugin::{BoxFuture, Call, CallError, Change, Digest, Listing, Plugin, PluginId, QuestionKind, ToolOutput};
use crate::registry;
use crate::testing::tool;

/// More than any of this takes, however busy the machine is.
const LONG: Duration = Duration::from_mins(1);

/// A plugin whose tools can be changed.
struct TextPlugin {
    id: PluginId,
    digest: Digest,
    tools: Mutex<Result<Vec<String>, CallError>>,
    hangs: bool,
}

impl Plugin for TextPlugin {
    fn may_ask(&self, _: QuestionKind) -> Result<(), String> {
        Ok(())
    }

    fn id(&self) -> &PluginId {
        &self.id
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn list(self: Arc<Self>) -> BoxFuture<'static, Result<Listing, CallError>> {
        Box::pin(async move {
            if self.hangs {
                return std::future::pending().await;
            }
            let tools = self.tools.lock().unwrap().clone();
            let tools = tools?.iter().map(|name| tool(name)).collect();
            Ok(Listing { tools, ..Listing::default() })
        })
    }

    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        _: String,
        _: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>> {
        Box::pin(async move { Err(CallError::NotFound(name.to_string())) })
    }
}

#[derive(Default)]
struct Workshop {
    /// All that was built, in order.
    built: Mutex<Vec<String>>,
    /// The newest version of each.
    plugins: Mutex<HashMap<String, Arc<TextPlugin>>>,
    /// How often `busy` still fails.
    busy: Mutex<u32>,
    /// Cloned while something is being built.
    at_work: Arc<()>,
    /// What `gated` waits for.
    gate: Notify,
}

impl Workshop {
    fn make(&self, source: &Source) -> Result<Arc<TextPlugin>, BuildError> {
        let id = source.id.to_string();
        self.built.lock().unwrap().push(id.clone());
        let rejected = |what: &str| Err(BuildError::Rejected(what.to_owned()));
        let text = std::str::from_utf8(&source.bytes).unwrap_or_default();
        let Some(text) = text.strip_suffix('.') else { return rejected("it is no component") };
        let mut words = text.split(' ');
        let directive = words.next().unwrap_or_default();
        let tools = words.map(str::to_owned).collect();
        let tools = match directive {
            "tools" | "gated" | "hang-list" => Ok(tools),
            "trap" => Err(CallError::Trap("unreachable".to_owned())),
            "panic" => panic!("a bug"),
            "busy" => {
                let mut busy = self.busy.lock().unwrap();
                if *busy > 0 {
                    *busy -= 1;
                    return Err(BuildError::Unavailable("no memory".to_owned()));
                }
                Ok(tools)
            }
            _ => return rejected("it is no component"),
        };
        let (tools, hangs) = (Mutex::new(tools), directive == "hang-list");
        let plugin = Arc::new(TextPlugin { id: source.id.clone(), digest: source.digest, tools, hangs });
        self.plugins.lock().unwrap().insert(id, plugin.clone());
        Ok(plugin)
    }
}

struct Build(Arc<Workshop>);

impl super::Build for Build {
    fn build(&self, source: Source) -> BoxFuture<'static, Result<Built, BuildError>> {
        let (workshop, at_work) = (self.0.clone(), self.0.at_work.clone());
        Box::pin(async move {
            if &source.bytes[..] == b"hang-build." {
                return std::future::pending().await;
            }
            if source.bytes.starts_with(b"gated ") {
                workshop.gate.notified().await;
            }
            let built = workshop.make(&source).map(|plugin| Built { plugin, cached: false });
            drop(at_work);
            built
        })
    }
}

/// Where nothing was decided, and nothing will be.
fn wiring(
    registry: Arc<Registry>,
    build: Arc<dyn super::Build>,
    announcements: mpsc::Receiver<Announcement>,
) -> Wiring {
    Wiring { registry, build, announcements, trust: channel::Sender::new(Arc::default()).subscribe() }
}

/// A loader at work on a directory of its own.
struct Scene {
    dir: TempDir,
    path: PathBuf,
    registry: Arc<Registry>,
    workshop: Arc<Workshop>,
    announcements: mpsc::Sender<Announcement>,
    changes: broadcast::Receiver<registry::Change>,
    status: channel::Receiver<Status>,
    handle: Option<LoaderHandle>,
}

/// Settings that wait for nothing longer than tests need.
fn quick() -> Config {
    Config {
        debounce_ms: 1,
        still_ms: 20,
        poll_ms: 10,
        safety_poll_ms: 50,
        retry_ms: 1,
        max_retry_ms: 5,
        ..Config::default()
    }
}

impl Scene {
    /// A loader for a directory with `files` in it.
    async fn with(config: Config, files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plugins");
        fs::create_dir(&path).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
        let registry = Arc::new(Registry::new(registry::Config::default()));
        let changes = registry.changes();
        let workshop = Arc::<Workshop>::default();
        let (announcements, receiver) = mpsc::channel(8);
        let config = Config { directory: path.clone(), ..config };
        let build = Arc::new(Build(workshop.clone()));
        let handle = start(config, wiring(registry.clone(), build, receiver)).await.unwrap();
        let status = handle.status();
        Self { dir, path, registry, workshop, announcements, changes, status, handle: Some(handle) }
    }

    async fn new() -> Self {
        let mut scene = Self::with(quick(), &[]).await;
        scene.until(|status| status.ready).await;
        scene
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    /// Writes elsewhere and moves it in, as careful tools do.
    fn move_in(&self, name: &str, text: &str) {
        let elsewhere = self.dir.path().join(name);
        fs::write(&elsewhere, text).unwrap();
        fs::rename(elsewhere, self.file(name)).unwrap();
    }

    fn delete(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }

    /// Waits until the status is as wanted.
    async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        let now = self.status.clone();
        match tokio::time::timeout(LONG, self.status.wait_for(wanted)).await {
            Ok(status) => status.unwrap().clone(),
            Err(after) => panic!("it never came to that ({after}): {:#?}", *now.borrow()),
        }
    }

    /// Waits until just these tools are listed, and nothing is on its way.
    async fn until_listed(&mut self, tools: &[&str]) -> Status {
        let listed = |status: &Status| {
            let names: Vec<_> = status.loaded.iter().flat_map(|loaded| &loaded.tools).collect();
            names == tools && status.pending.is_empty()
        };
        let status = self.until(listed).await;
        assert_eq!(self.tools(), tools, "the status tells what was published");
        status
    }

    /// Waits until `file` is refused as it is now.
    async fn until_refused(&mut self, file: &str) -> Refused {
        let refused = |status: &Status| status.refused.iter().find(|refused| refused.file == file).cloned();
        let status = self.until(|status| refused(status).is_some() && status.pending.is_empty()).await;
        refused(&status).unwrap()
    }

    /// Lets the loader deal with all that happened in the directory before this, and comes back to how it was.
    async fn settle(&mut self) {
        self.write("zz-settle.wasm", "tools zz-settle.");
        self.until(|status| has(status, "zz-settle") && status.pending.is_empty()).await;
        self.delete("zz-settle.wasm");
        self.until(|status| !has(status, "zz-settle") && status.pending.is_empty()).await;
    }

    /// Waits until so many builds are running.
    async fn until_building(&self, count: usize) {
        while Arc::strong_count(&self.workshop.at_work) != 1 + count {
            tokio::task::yield_now().await;
        }
    }

    /// As [`Self::settle`], while the files `pending` stay on their way.
    async fn settle_while(&mut self, pending: &[&str]) {
        self.until(|status| status.pending == pending).await;
        self.write("zz-settle.wasm", "tools zz-settle.");
        self.until(|status| has(status, "zz-settle") && status.pending == pending).await;
        self.delete("zz-settle.wasm");
        self.until(|status| !has(status, "zz-settle") && status.pending == pending).await;
    }

    fn tools(&self) -> Vec<String> {
        self.registry.snapshot().tools().items().iter().map(|tool| tool.name.to_string()).collect()
    }

    /// How often something was built.
    fn builds(&self, id: &str) -> usize {
        self.workshop.built.lock().unwrap().iter().filter(|built| *built == id).count()
    }

    /// How often clients were told of a change since this was asked last.
    fn told(&mut self) -> usize {
        std::iter::from_fn(|| self.changes.try_recv().ok()).count()
    }
}

fn has(status: &Status, id: &str) -> bool {
    status.loaded.iter().any(|loaded| loaded.id.as_str() == id)
}

/// Gives `path` a past that no waiting reaches back to.
fn age(path: &Path) {
    let file = fs::File::open(path).unwrap();
    let past = std::time::SystemTime::UNIX_EPOCH;
    // Both: of the time of modification alone, the system tells as if it had been written to.
    file.set_times(fs::FileTimes::new().set_modified(past).set_accessed(past)).unwrap();
}
