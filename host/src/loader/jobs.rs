//! What runs beside the one task.
//!
//! Of one file at most one version is being read and one is being built, and only what came of the newest is handed
//! in. Reading a newer version does not end the building of the one before: only the digest tells whether it is
//! another one, and a file that is merely touched while it is compiled must not be compiled anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::{Arc, Weak};

use tokio::task::{AbortHandle, JoinSet};

use super::directory::{Directory, Stamp};
use super::load::{self, Inputs, Means, NotRead, Place, Rejection, Text, Version};
use super::look::{Seen, look};
use super::watch::Watch;
use crate::plugin::PluginId;
use crate::registry::Admitted;
use crate::trust::Trust;

/// What came of something.
pub(super) enum Done {
    Looked(anyhow::Result<Seen>),
    Read { name: OsString, result: Result<Text, NotRead> },
    Built { name: OsString, result: Result<Version, Rejection> },
    ListedAgain { before: Arc<Admitted>, result: Result<Option<Arc<Admitted>>, String> },
}

/// A number that no other job has, so that what came of an earlier job of the same name is known for it.
type Number = u64;

struct Work<T> {
    number: Number,
    what: T,
    task: AbortHandle,
}

/// What runs. All of it ends when this is dropped.
pub(super) struct Jobs {
    means: Means,
    running: JoinSet<(Number, Done)>,
    count: Number,
    reading: BTreeMap<OsString, Work<()>>,
    building: BTreeMap<OsString, Work<(Inputs, Weak<Place>)>>,
}

impl Jobs {
    pub(super) fn new(means: Means) -> Self {
        let (reading, building) = (BTreeMap::new(), BTreeMap::new());
        Self { means, running: JoinSet::new(), count: 0, reading, building }
    }

    /// What comes of the next thing to end; never, while nothing runs.
    pub(super) async fn next(&mut self) -> Done {
        loop {
            match self.running.join_next().await {
                Some(Ok((number, done))) => {
                    let is_newest = match &done {
                        Done::Looked(_) | Done::ListedAgain { .. } => true,
                        Done::Read { name, .. } => take(&mut self.reading, name, number),
                        Done::Built { name, .. } => take(&mut self.building, name, number),
                    };
                    if is_newest {
                        return done;
                    }
                }
                // It was ended; nothing here panics.
                Some(Err(error)) => tracing::debug!(%error, "loader"),
                None => std::future::pending().await,
            }
        }
    }

    fn spawn(&mut self, work: impl Future<Output = Done> + Send + 'static) -> (Number, AbortHandle) {
        self.count += 1;
        let number = self.count;
        (number, self.running.spawn(async move { (number, work.await) }))
    }

    pub(super) fn look(&mut self, watch: Arc<Watch>, path: Arc<Path>, max_file_bytes: u64) {
        self.spawn(async move { Done::Looked(look(watch, path, max_file_bytes).await) });
    }

    pub(super) fn list_again(&mut self, version: Version, trust: Arc<Trust>) {
        let before = version.admitted.clone();
        let again = load::list_again(version, trust, self.means.timeout);
        self.spawn(async { Done::ListedAgain { before, result: again.await } });
    }

    /// Reads `name`, in place of a read of it that runs.
    pub(super) fn read(&mut self, directory: Directory, name: OsString, id: PluginId, stamp: Stamp) {
        // It must not wait for a place that the build holds which it may put an end to.
        let place = self.building.get(&name).and_then(|work| work.what.1.upgrade());
        let read = load::read(directory, name.clone(), id, stamp, place, self.means.clone());
        let key = name.clone();
        let (number, task) = self.spawn(async { Done::Read { name, result: read.await } });
        end(self.reading.insert(key, Work { number, what: (), task }));
    }

    /// Builds what was read from `name`, under the terms of `trust`, in place of a build of it that runs.
    pub(super) fn build(&mut self, name: OsString, text: Text, trust: Arc<Trust>) {
        let what = (text.inputs(&trust), text.place());
        let build = load::build(text, trust, self.means.clone());
        let key = name.clone();
        let (number, task) = self.spawn(async { Done::Built { name, result: build.await } });
        end(self.building.insert(key, Work { number, what, task }));
    }

    /// Ends all that runs for `name`.
    pub(super) fn end(&mut self, name: &OsStr) {
        end(self.reading.remove(name));
        self.end_build(name);
    }

    /// Ends the build of `name`.
    pub(super) fn end_build(&mut self, name: &OsStr) {
        end(self.building.remove(name));
    }

    pub(super) fn is_reading(&self, name: &OsStr) -> bool {
        self.reading.contains_key(name)
    }

    /// What decides about what is being built of `name`.
    pub(super) fn building(&self, name: &OsStr) -> Option<Inputs> {
        self.building.get(name).map(|work| work.what.0)
    }

    /// The files that are being read or built.
    pub(super) fn loading(&self) -> BTreeSet<&OsString> {
        self.reading.keys().chain(self.building.keys()).collect()
    }

    pub(super) fn is_loading_nothing(&self) -> bool {
        self.reading.is_empty() && self.building.is_empty()
    }
}

/// Takes the work of `name` away if it is the one with `number`.
fn take<T>(works: &mut BTreeMap<OsString, Work<T>>, name: &OsStr, number: Number) -> bool {
    let is_it = works.get(name).is_some_and(|work| work.number == number);
    if is_it {
        works.remove(name);
    }
    is_it
}

fn end<T>(work: Option<Work<T>>) {
    if let Some(work) = work {
        work.task.abort();
    }
}
