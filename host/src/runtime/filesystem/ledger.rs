//! What is in a directory, as far as it matters for a quota.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The most that may be in a directory for more to be put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct Quota {
    pub(in crate::runtime) bytes: u64,
    pub(in crate::runtime) files: u64,
}

/// Which of the two is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Full {
    Bytes,
    Files,
}

/// Device and number: which file it is, under whatever name.
pub(super) type Inode = (u64, u64);

/// Bytes of files, and how many there are, directories and links included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) bytes: u64,
    pub(super) files: u64,
}

/// What is in a directory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In the tree.
    tree: Amount,
    /// In files that are held open, and have no name any more.
    nameless: u64,
    held: HashMap<Inode, Open>,
    measured: Option<Measured>,
}

/// A file that is held open.
#[derive(Debug, Default)]
struct Open {
    handles: usize,
    /// It has no name any more, and so many bytes.
    nameless: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    at: Instant,
    took: Duration,
}

/// Others may write into the directory too, so that it is measured again when it is written to after so long.
const STALE: Duration = Duration::from_secs(10);

/// Before something is refused it is measured again, unless that was done so shortly before.
const FRESH: Duration = Duration::from_millis(500);

/// Measuring takes at most one part in so many of the time.
const SHARE: u32 = 50;

impl Ledger {
    /// Must it be measured before a change?
    pub(super) fn is_stale(&self) -> bool {
        self.is_older_than(STALE)
    }

    /// Is it worth measuring before something is refused?
    pub(super) fn may_be_wrong(&self) -> bool {
        self.is_older_than(FRESH)
    }

    fn is_older_than(&self, age: Duration) -> bool {
        self.measured.is_none_or(|measured| measured.at.elapsed() > age.max(measured.took * SHARE))
    }

    /// What was found in the tree. If not all could be counted, what was known before is not forgotten: hiding files
    /// must not make room.
    pub(super) fn measured(&mut self, found: Amount, complete: bool, took: Duration) {
        self.tree = if complete {
            found
        } else {
            Amount { bytes: found.bytes.max(self.tree.bytes), files: found.files.max(self.tree.files) }
        };
        self.measured = Some(Measured { at: Instant::now(), took });
    }

    /// Is there room for more?
    pub(super) fn room(&self, more: Amount, quota: Quota) -> Result<(), Full> {
        let bytes = self.tree.bytes.saturating_add(self.nameless);
        if more.bytes > 0 && bytes.saturating_add(more.bytes) > quota.bytes {
            return Err(Full::Bytes);
        }
        if more.files > 0 && self.tree.files.saturating_add(more.files) > quota.files {
            return Err(Full::Files);
        }
        Ok(())
    }

    /// A file, a directory or a link is there that was not.
    pub(super) fn created(&mut self) {
        self.tree.files = self.tree.files.saturating_add(1);
    }

    /// One is gone. `bytes`: of a file, with its last name.
    pub(super) fn removed(&mut self, last_name_of: Option<(Inode, u64)>) {
        self.tree.files = self.tree.files.saturating_sub(1);
        let Some((inode, bytes)) = last_name_of else { return };
        self.tree.bytes = self.tree.bytes.saturating_sub(bytes);
        // It takes its room until the last who has it open lets it go.
        self.nameless(inode, bytes);
    }

    /// A file has another size.
    pub(super) fn resized(&mut self, inode: Inode, before: u64, after: u64) {
        let nameless = self.held.get_mut(&inode).and_then(|open| open.nameless.as_mut());
        let change = |bytes: &mut u64| *bytes = bytes.saturating_sub(before).saturating_add(after);
        match nameless {
            Some(bytes) => {
                change(bytes);
                change(&mut self.nameless);
            }
            None => change(&mut self.tree.bytes),
        }
    }

    /// A file is held open.
    pub(super) fn hold(&mut self, inode: Inode) {
        self.held.entry(inode).or_default().handles += 1;
    }

    /// A file that may be held open has lost its last name.
    pub(super) fn nameless(&mut self, inode: Inode, bytes: u64) {
        if let Some(open) = self.held.get_mut(&inode).filter(|open| open.nameless.is_none()) {
            open.nameless = Some(bytes);
            self.nameless = self.nameless.saturating_add(bytes);
        }
    }

    /// One who held it open lets it go.
    pub(super) fn let_go(&mut self, inode: Inode) {
        let Some(open) = self.held.get_mut(&inode) else { return };
        open.handles -= 1;
        if open.handles == 0 {
            self.nameless = self.nameless.saturating_sub(open.nameless.unwrap_or_default());
            self.held.remove(&inode);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { bytes: 100, files: 3 };
    const FILE: Inode = (1, 7);

    fn bytes(bytes: u64) -> Amount {
        Amount { bytes, files: 0 }
    }

    #[test]
    fn what_fits_exactly_fits() {
        let mut ledger = Ledger::default();
        ledger.measured(Amount { bytes: 40, files: 2 }, true, Duration::ZERO);
        assert_eq!(ledger.room(Amount { bytes: 60, files: 1 }, QUOTA), Ok(()));
        assert_eq!(ledger.room(bytes(61), QUOTA), Err(Full::Bytes));
        assert_eq!(ledger.room(Amount { bytes: 0, files: 2 }, QUOTA), Err(Full::Files));
        assert_eq!(ledger.room(bytes(u64::MAX), QUOTA), Err(Full::Bytes));
    }

    #[test]
    fn what_takes_nothing_is_never_refused() {
        let mut ledger = Ledger::default();
        ledger.measured(Amount { bytes: 1_000, files: 1_000 }, true, Duration::ZERO);
        assert_eq!(ledger.room(Amount::default(), QUOTA), Ok(()));
    }

    #[test]
    fn a_removed_file_makes_room_when_the_last_who_has_it_open_lets_it_go() {
        let mut ledger = Ledger::default();
        ledger.created();
        ledger.resized(FILE, 0, 100);
        ledger.hold(FILE);
        ledger.hold(FILE);
        ledger.removed(Some((FILE, 100)));
        assert_eq!(ledger.room(bytes(1), QUOTA), Err(Full::Bytes));
        ledger.resized(FILE, 100, 90);
        assert_eq!(ledger.room(bytes(10), QUOTA), Ok(()));
        ledger.let_go(FILE);
        assert_eq!(ledger.room(bytes(11), QUOTA), Err(Full::Bytes));
        ledger.let_go(FILE);
        assert_eq!(ledger.room(bytes(100), QUOTA), Ok(()));
    }

    #[test]
    fn what_cannot_be_counted_does_not_make_room() {
        let mut ledger = Ledger::default();
        ledger.resized(FILE, 0, 100);
        ledger.measured(bytes(10), false, Duration::ZERO);
        assert_eq!(ledger.room(bytes(1), QUOTA), Err(Full::Bytes));
        ledger.measured(bytes(10), true, Duration::ZERO);
        assert_eq!(ledger.room(bytes(1), QUOTA), Ok(()));
    }
}
