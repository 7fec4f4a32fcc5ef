//! One directory of the host, shared by all plugins that mount it.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use cap_primitives::ambient_authority;
use cap_primitives::fs::open_ambient_dir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::change::{Refused, Turn};
use super::ledger::{Inode, Ledger, Quota};
use super::measure::measure;

/// All directories that any plugin mounts.
pub(in crate::runtime) struct Directories {
    known: Mutex<Vec<Weak<Directory>>>,
    /// Files and directories that all guests together may still open.
    free: Arc<Semaphore>,
}

/// One of them.
pub(in crate::runtime) struct Directory {
    inode: Inode,
    root: File,
    /// Whose turn it is to change something. Asynchronous: who waits for it holds no thread.
    turn: Arc<tokio::sync::Mutex<()>>,
    ledger: Mutex<Ledger>,
}

/// A directory, newly opened.
pub(super) struct Found {
    pub(super) file: File,
    /// Its path without symbolic links.
    pub(super) real: PathBuf,
    pub(super) directory: Arc<Directory>,
}

impl Directories {
    /// `most`: the files that guests together may have open.
    pub(in crate::runtime) fn new(most: usize) -> Self {
        Self { known: Mutex::default(), free: Arc::new(Semaphore::new(most)) }
    }

    /// A place for one more open file; none if there are too many.
    pub(in crate::runtime) fn place(&self) -> Option<Place> {
        self.free.clone().try_acquire_owned().ok()
    }

    /// Opens the directory at `path`.
    pub(super) fn open(&self, path: &Path) -> io::Result<Found> {
        let file = open_ambient_dir(path, ambient_authority())?;
        let real = path.canonicalize()?;
        let inode = inode(&file.metadata()?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|directory| directory.strong_count() > 0);
        let there = known.iter().filter_map(Weak::upgrade).find(|directory| directory.inode == inode);
        let directory = match there {
            Some(directory) => directory,
            None => {
                let directory = Arc::new(Directory {
                    inode,
                    root: file.try_clone()?,
                    turn: Arc::default(),
                    ledger: Mutex::default(),
                });
                known.push(Arc::downgrade(&directory));
                directory
            }
        };
        Ok(Found { file, real, directory })
    }
}

impl Directory {
    /// Changes something in it, when it is its turn, on a thread that may wait for the disk. It comes to its end also
    /// when nobody waits for it any more, so that what it did is counted.
    pub(in crate::runtime) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        quota: Quota,
        change: impl FnOnce(&Turn) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = self.turn.clone().lock_owned().await;
        let this = self.clone();
        let changed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let is_stale = this.ledger().is_stale();
            if is_stale {
                this.measure();
            }
            change(&Turn { directory: this, quota })
        });
        changed.await.unwrap_or_else(|error| Err(Refused::Failed(io::Error::other(error))))
    }

    /// Counts what is in it. Only for whose turn it is.
    pub(super) fn measure(&self) {
        let begun = Instant::now();
        let (found, complete) = measure(&self.root);
        self.ledger().measured(found, complete, begun.elapsed());
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that `file`, which is in it, is held open.
    pub(in crate::runtime) fn hold(self: &Arc<Self>, file: &File, place: Place) -> io::Result<Held> {
        let inode = inode(&file.metadata()?);
        self.ledger().hold(inode);
        let held = Held { directory: self.clone(), inode, _place: place };
        // It may have been removed before it was known to be held.
        let now = file.metadata()?;
        if now.nlink() == 0 {
            self.ledger().nameless(inode, now.len());
        }
        Ok(held)
    }
}

/// Which file it is.
pub(super) fn inode(metadata: &Metadata) -> Inode {
    (metadata.dev(), metadata.ino())
}

/// That a file or directory is held open. A file takes its room until it is let go, even without a name.
pub(in crate::runtime) struct Held {
    directory: Arc<Directory>,
    inode: Inode,
    _place: Place,
}

/// One of the files that guests may have open.
pub(in crate::runtime) type Place = OwnedSemaphorePermit;

impl Drop for Held {
    fn drop(&mut self) {
        self.directory.ledger().let_go(self.inode);
    }
}
