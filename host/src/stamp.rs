//! What tells two states of a file apart without reading it.

use std::time::{Duration, SystemTime};

use cap_std::fs::{Metadata, MetadataExt as _};

/// What the system says of a file's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds, of the contents.
    pub(crate) modified: (i64, i64),
    /// Seconds and nanoseconds, of the contents, the name or the rights.
    pub(crate) changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Is it the same file with the same contents, perhaps under another name?
    pub(crate) fn is_same_content(&self, other: &Self) -> bool {
        // A rename sets `changed` and nothing else.
        Self { changed: other.changed, ..*self } == *other
    }

    /// For how long it has not been touched, by this machine's clock; `None` if that lies in the future.
    pub(crate) fn age(&self) -> Option<Duration> {
        since(self.modified.max(self.changed))
    }

    /// For how long its contents are what they are; `None` if that lies in the future.
    pub(crate) fn age_of_contents(&self) -> Option<Duration> {
        since(self.modified)
    }
}

fn since((seconds, nanoseconds): (i64, i64)) -> Option<Duration> {
    let last = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH.checked_add(last)?).ok()
}
