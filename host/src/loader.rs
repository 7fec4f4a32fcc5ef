//! Watches the drop directory, and publishes what can be loaded from it.
//!
//! One task owns loading. Notifications only tell it when to look; what it does follows from the difference
//! between the directory and what it made of it before, so that a burst of events, a missed one and a restart end
//! in the same plugins. Slow work runs beside it, and nothing is published but by it.
//!
//! | module | holds |
//! |---|---|
//! | `config` | what an operator decides |
//! | `directory` | the files, through a handle that does not lead out of the directory |
//! | `watch` | news of changes; the only file that knows `notify` |
//! | `look` | one look: the news and the listing |
//! | `plan` | what is to be done, by comparison with what is known; no files, no clock |
//! | `load` | one file: read, built, asked for its tools, checked |
//! | `jobs` | what runs beside the one task |
//! | `build` | the seam to what makes a plugin of a file's bytes |
//! | `shelf` | what is served and what was refused |
//! | `announce` | how often a plugin's announcements are answered |
//! | `reconcile` | the one task |
//! | `status` | what came of it, for people |
//!
//! What holds: a file that cannot be a plugin never takes the place of one that can. A file that is being written
//! is neither loaded nor refused. What is the same by its digest is not built again and not told of.

mod announce;
mod build;
mod cache;
pub mod compile;
mod config;
mod directory;
mod jobs;
mod load;
mod look;
mod plan;
mod reconcile;
mod shelf;
mod status;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch as channel};
use tokio::task::AbortHandle;

use crate::plugin::Announcement;
use crate::registry::Registry;
use crate::trust::Trust;
use reconcile::Reconciler;
use watch::Watch;

pub use build::{Build, BuildError, Built, Source};
pub use config::{Config, WatchMode};
pub use load::{ListError, list};
pub use status::{Loaded, Refused, Status};

/// Why loading did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value of the configuration makes no sense.
    #[error("loader.{key}: {reason}")]
    Config {
        /// Which.
        key: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Nothing is there.
    #[error("the plugins directory {} does not exist; create it, or name another one", .0.display())]
    Missing(PathBuf),
    /// Something is there that cannot be used.
    #[error("the plugins directory {} cannot be used: {reason}", .path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What the loader works with.
pub struct Wiring {
    /// Where plugins are published.
    pub registry: Arc<Registry>,
    /// What makes plugins of files.
    pub build: Arc<dyn Build>,
    /// What plugins say has changed.
    pub announcements: mpsc::Receiver<Announcement>,
    /// Under which terms files become plugins.
    pub trust: channel::Receiver<Arc<Trust>>,
}

/// Loading goes on until this is dropped. What is published stays.
#[derive(Debug)]
pub struct LoaderHandle {
    status: channel::Receiver<Status>,
    nudge: Arc<Notify>,
    task: AbortHandle,
}

impl LoaderHandle {
    /// What has come of the directory, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> channel::Receiver<Status> {
        self.status.clone()
    }

    /// Has the directory looked at now, whatever is watched.
    pub fn look(&self) {
        self.nudge.notify_one();
    }
}

impl Drop for LoaderHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to load what is in the directory into the registry, and to keep it up to date.
///
/// The registry is ready once the files that are there now are loaded or refused, or when
/// [`Config::ready_within_ms`] have passed; until then it stays empty.
///
/// # Errors
/// [`StartError`] if a value makes no sense or the directory cannot be used. A directory that vanishes later is
/// waited for.
pub async fn start(config: Config, wiring: Wiring) -> Result<LoaderHandle, StartError> {
    config.check().map_err(|(key, reason)| StartError::Config { key, reason })?;
    let path = config.directory.clone();
    let unusable = |reason| StartError::Unusable { path: path.clone(), reason };
    // The working directory may change later.
    let absolute = std::path::absolute(&path).map_err(|error| unusable(error.to_string()))?;
    let watch = Arc::new(Watch::new(absolute.clone(), config.watch));
    let first = look::look(watch.clone(), absolute.as_path().into(), config.max_file_bytes).await;
    let first = first.map_err(|error| unusable(format!("{error:#}")))?;
    if first.directory.is_none() {
        return Err(StartError::Missing(path));
    }
    let (sender, status) = channel::channel(Status { directory: absolute.clone(), ..Status::default() });
    let task = Reconciler::new(config, absolute.into(), wiring, watch, sender);
    let nudge = Arc::new(Notify::new());
    let task = tokio::spawn(task.run(first, nudge.clone())).abort_handle();
    Ok(LoaderHandle { status, nudge, task })
}
