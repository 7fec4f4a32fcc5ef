//! `pegboard approve`: shows how a plugin differs from what was approved, and records that it is approved as it is.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use pegboard::kv::MemoryKv;
use pegboard::loader::compile::{Compiler, ComponentLoader};
use pegboard::plugin::{Digest, PluginId};
use pegboard::runtime::Runtime;
use pegboard::trust::lock::{Approved, LockFile};
use pegboard::trust::{Keeper, Trust};
use pegboard::{Config, loader};
use sha2::{Digest as _, Sha256};

use super::options::Common;
use super::serve::{print, runtime};

/// What `approve` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The plugins, by the names of their files without `.wasm`.
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// All plugins in the directory.
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    common: Common,
}

/// Where what was approved is kept, if nothing else was said.
const DEFAULT_LOCK: &str = "pegboard.lock";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut config = options.common.settings()?;
    let path = config.lock.file.take().unwrap_or_else(|| DEFAULT_LOCK.into());
    let names = if options.all { all(&config.loader.directory)? } else { options.names.clone() };
    let ids = names.iter().map(|name| PluginId::parse(name).map_err(anyhow::Error::new));
    let ids = ids.collect::<anyhow::Result<Vec<_>>>()?;
    let mut lock = LockFile::read(&path).map_err(anyhow::Error::msg)?;
    let found = runtime()?.block_on(async {
        let tools = Tools::new(config).await?;
        let mut found = Vec::new();
        for id in ids {
            let approved = tools.look(&id).await.with_context(|| format!("`{id}` cannot be approved"))?;
            found.push((id, approved));
        }
        anyhow::Ok(found)
    })?;
    let mut changed = false;
    for (id, now) in found {
        let before = lock.get(&id);
        let lines = before.map_or_else(|| now.summary(), |before| before.difference(&now));
        print(&shown(&id, before.is_some(), &lines));
        if before == Some(&now) {
            continue;
        }
        if !lines.is_empty() && !options.yes && !agreed(&id)? {
            bail!("`{id}` was not approved; {} is as it was", path.display());
        }
        lock.put(&id, now);
        changed = true;
    }
    if changed {
        lock.write(&path).with_context(|| format!("cannot write the lock file {}", path.display()))?;
        print(&format!("recorded in {}\n", path.display()));
    }
    Ok(())
}

/// All that lies in the drop directory and may be a plugin.
fn all(directory: &Path) -> anyhow::Result<Vec<String>> {
    let cannot = || format!("cannot list the plugins directory {}", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        let name = name.to_string_lossy();
        if let Some(stem) = name.strip_suffix(".wasm").filter(|_| !name.starts_with('.')) {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// What plugins are looked at with: the same as the server has.
struct Tools {
    directory: PathBuf,
    most_bytes: u64,
    components: ComponentLoader,
    trust: Arc<Trust>,
}

impl Tools {
    async fn new(config: Config) -> anyhow::Result<Self> {
        let (announce, _) = tokio::sync::mpsc::channel(1);
        let runtime = Runtime::new(&config.limits, Arc::new(MemoryKv::new(&config.kv)), announce)?;
        let components = ComponentLoader::new(runtime, config.compile, Compiler::this_program())?;
        let directory = config.loader.directory;
        let keeper = Keeper::start(config.grants, &config.signatures, config.lock, &directory).await?;
        let trust = keeper.trust().borrow().clone();
        Ok(Self { directory, most_bytes: config.loader.max_file_bytes, components, trust })
    }

    /// What there is to approve of `id`: all of it comes from one read of its file.
    async fn look(&self, id: &PluginId) -> anyhow::Result<Approved> {
        let path = self.directory.join(format!("{id}.wasm"));
        let bytes = super::inspect::read(&path, self.most_bytes)?;
        let signature = super::inspect::signature(&path)?;
        let digest = Digest(Sha256::digest(&bytes).into());
        let signer = self.trust.signer(&bytes, signature.as_deref()).map_err(anyhow::Error::msg)?;
        let permissions = self.trust.permissions(id, digest, signer.as_deref()).map_err(anyhow::Error::msg)?;
        let permissions = Arc::new(permissions);
        let loaded = self.components.load(id, bytes.into(), permissions.clone()).await?;
        let admitted = loader::list(loaded.plugin, permissions.clone()).await?;
        Ok(Approved::new(digest, signer.as_deref(), admitted.definitions(), permissions.granted()))
    }
}

/// What a person reads before agreeing.
fn shown(id: &PluginId, was_approved: bool, lines: &[String]) -> String {
    let mut text = match (was_approved, lines) {
        (true, []) => return format!("{id}: as it was approved\n"),
        (true, _) => format!("{id}: changed since it was approved\n"),
        (false, _) => format!("{id}: never approved\n"),
    };
    for line in lines {
        let _ = writeln!(text, "  {}", line.replace(char::is_control, "\u{fffd}"));
    }
    text
}

fn agreed(id: &PluginId) -> anyhow::Result<bool> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        bail!("nobody can be asked here; `--yes` approves `{id}` without");
    }
    print(&format!("approve {id} as it is? [y/N] "));
    std::io::stdout().flush()?;
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_steer_the_terminal() {
        let id = PluginId::parse("x").unwrap();
        let text = shown(&id, true, &["tool t: description was \u{1b}[2J".to_owned()]);
        assert_eq!(text, "x: changed since it was approved\n  tool t: description was \u{fffd}[2J\n");
        assert_eq!(shown(&id, true, &[]), "x: as it was approved\n");
    }
}
