//! Keeps what was decided true to the files.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::Trust;
use super::files::Files;
use super::lock::{self, Lock};
use super::signature::{self, KeyError, Keys};
use crate::policy;

/// Between two looks at the files. Their times and sizes are compared, no more, and that on every kind of mount.
const EVERY: Duration = Duration::from_millis(250);

/// Reads the files, and looks for changes as long as it lives.
#[derive(Debug)]
pub struct Keeper {
    trust: watch::Receiver<Arc<Trust>>,
    now: Arc<Notify>,
    _task: AbortOnDropHandle<()>,
}

/// Why nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A dropped file could grant itself anything.
    #[error(
        "the grants directory {} is the plugins directory or within it, so that a dropped file could grant itself \
         anything; name another one with --grants", .0.display()
    )]
    InDropDirectory(PathBuf),
    /// It is there and cannot be read.
    #[error("the grants directory {} cannot be read: {source}; correct its rights, or name another one with --grants", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Keeper {
    /// Reads what there is, and goes on looking. `plugins` is the drop directory.
    ///
    /// # Errors
    /// [`StartError`]; a single file that cannot be used is an error of its plugin alone.
    pub async fn start(
        mut grants: policy::Config,
        signatures: &signature::Config,
        mut lock: lock::Config,
        plugins: &Path,
    ) -> Result<Self, StartError> {
        let keys = Arc::new(Keys::new(signatures)?);
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Unreadable { path, source }
        };
        // The working directory may change later.
        grants.directory = std::path::absolute(&grants.directory).map_err(unreadable(&grants.directory))?;
        if let Some(file) = &mut lock.file {
            *file = std::path::absolute(&*file).map_err(unreadable(file))?;
        }
        let path = grants.directory.clone();
        if is_within(&path, plugins) {
            return Err(StartError::InDropDirectory(path));
        }
        let mut trust = Trust { config: grants, keys, files: Files::default(), lock: read_lock(&lock).await };
        // What was written just before the start is read as soon as it stands still: at the second look.
        for _ in 0..2 {
            trust.files = look(&path, &trust.files).await.map_err(unreadable(&path))?;
            tokio::time::sleep(Duration::from_millis(if trust.files.is_settled() { 0 } else { 150 })).await;
        }
        tracing::debug!(path = %path.display(), files = trust.files.len(), "grants read");
        let (sender, receiver) = watch::channel(Arc::new(trust));
        let now = Arc::new(Notify::new());
        let task = tokio::spawn(keep(sender, lock, now.clone()));
        Ok(Self { trust: receiver, now, _task: AbortOnDropHandle::new(task) })
    }

    /// What is decided, now and whenever it changes.
    #[must_use]
    pub fn trust(&self) -> watch::Receiver<Arc<Trust>> {
        self.trust.clone()
    }

    /// Looks at once.
    pub fn look(&self) {
        self.now.notify_one();
    }
}

async fn keep(sender: watch::Sender<Arc<Trust>>, locked: lock::Config, now: Arc<Notify>) {
    let mut trouble = None;
    let mut stamp = stamp(&locked);
    loop {
        // Whether it was asked to or the time has come, it looks.
        let _ = timeout(EVERY, now.notified()).await;
        let before = sender.borrow().clone();
        let newer = self::stamp(&locked);
        if newer != stamp {
            stamp = newer;
            let lock = read_lock(&locked).await;
            if let Lock::Damaged(why) = &lock {
                tracing::error!("{why}; what is served stays, and nothing else is served");
            }
            if !lock.is_like(&before.lock) {
                tracing::info!("what is approved was changed");
                sender.send_replace(Arc::new(Trust { lock, ..Trust::clone(&before) }));
                continue;
            }
        }
        let path = &before.config.directory;
        match look(path, &before.files).await {
            Ok(files) => {
                trouble = None;
                if !files.is_like(&before.files) {
                    tracing::info!(path = %path.display(), "grants were changed");
                    let trust = Trust { files, ..Trust::clone(&before) };
                    sender.send_replace(Arc::new(trust));
                }
            }
            // What was granted stays: a directory that cannot be read is not an empty one.
            Err(error) => {
                let reason = error.to_string();
                if trouble.as_ref() != Some(&reason) {
                    tracing::error!(path = %path.display(), reason, "the grants directory cannot be read; what was granted stays");
                }
                trouble = Some(reason);
            }
        }
    }
}

async fn look(path: &Path, before: &Files) -> io::Result<Files> {
    let (path, before) = (path.to_owned(), before.clone());
    tokio::task::spawn_blocking(move || Files::read(&path, &before)).await.map_err(io::Error::other)?
}

/// What tells two states of the lock file apart without reading it.
fn stamp(config: &lock::Config) -> Option<(u64, u64, i64, i64)> {
    let metadata = std::fs::metadata(config.file.as_ref()?).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

async fn read_lock(config: &lock::Config) -> Lock {
    let config = config.clone();
    let read = tokio::task::spawn_blocking(move || Lock::read(&config)).await;
    read.unwrap_or_else(|error| Lock::Damaged(error.to_string().into()))
}

/// Also where one of them does not exist yet, or is a link.
fn is_within(inner: &Path, outer: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.into());
    real(inner).starts_with(real(outer))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::plugin::{Digest, PluginId};

    fn config(directory: PathBuf) -> policy::Config {
        policy::Config { directory, unpinned: policy::Unpinned::Allow, ..policy::Config::default() }
    }

    #[tokio::test]
    async fn grants_within_the_drop_directory_are_refused() {
        let plugins = tempfile::tempdir().unwrap();
        for inner in [plugins.path().to_owned(), plugins.path().join("grants")] {
            let refused =
                Keeper::start(config(inner), &signature::Config::default(), lock::Config::default(), plugins.path())
                    .await;
            assert!(matches!(refused, Err(StartError::InDropDirectory(_))));
        }
    }

    #[tokio::test]
    async fn a_file_that_is_written_later_changes_what_is_decided() {
        let (plugins, grants) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let config = config(grants.path().into());
        let keeper = Keeper::start(config, &signature::Config::default(), lock::Config::default(), plugins.path())
            .await
            .unwrap();
        let mut trust = keeper.trust();
        let id = PluginId::parse("x").unwrap();
        let before = trust.borrow_and_update().mark(&id);
        fs::write(grants.path().join("x.toml"), "[env]\nnames = [\"TZ\"]\n").unwrap();
        trust.changed().await.unwrap();
        let trust = trust.borrow().clone();
        assert_ne!(trust.mark(&id), before);
        assert_eq!(trust.permissions(&id, Digest([0; 32]), None).unwrap().granted().env.names.len(), 1);
    }
}
