//! Counts what is in a directory.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use cap_primitives::fs::{MetadataExt as _, open_dir_nofollow, read_base_dir};

use super::ledger::Amount;

/// More than so many files are not counted. A quota can be no larger.
pub(super) const MOST_FILES: u64 = crate::policy::MOST_FILES;

/// Counts what is beneath `root`; false if that is not all, since something cannot be read or there is too much.
/// Symbolic links are not followed, and a file with several names has its bytes once.
pub(super) fn measure(root: &File) -> (Amount, bool) {
    let mut walk = Walk { found: Amount::default(), complete: true, linked: HashSet::new(), ahead: Vec::new() };
    walk.list(root, Path::new(""));
    while let Some(path) = walk.ahead.pop() {
        // One directory open at a time, however deep the tree; each is found anew from the root.
        match open_dir_nofollow(root, &path) {
            Ok(directory) => walk.list(&directory, &path),
            Err(error) => walk.missed(&error),
        }
        if walk.found.files > MOST_FILES {
            return (walk.found, false);
        }
    }
    (walk.found, walk.complete)
}

/// How many entries a directory has; at most `most` are counted.
pub(in crate::runtime) fn count_entries(directory: &File, most: usize) -> io::Result<usize> {
    Ok(read_base_dir(directory)?.take(most).count())
}

struct Walk {
    found: Amount,
    complete: bool,
    /// The files with several names that were counted.
    linked: HashSet<(u64, u64)>,
    ahead: Vec<PathBuf>,
}

impl Walk {
    fn list(&mut self, directory: &File, path: &Path) {
        let entries = match read_base_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return self.missed(&error),
        };
        for entry in entries {
            let seen = entry.and_then(|entry| Ok((entry.metadata()?, entry)));
            let (metadata, entry) = match seen {
                Ok(seen) => seen,
                Err(error) => {
                    self.missed(&error);
                    continue;
                }
            };
            self.found.files += 1;
            if self.found.files > MOST_FILES {
                return;
            }
            if metadata.is_dir() {
                self.ahead.push(path.join(entry.file_name()));
            } else if metadata.is_file()
                && (metadata.nlink() == 1 || self.linked.insert((metadata.dev(), metadata.ino())))
            {
                self.found.bytes = self.found.bytes.saturating_add(metadata.len());
            }
        }
    }

    /// What is gone meanwhile is not missed.
    fn missed(&mut self, error: &io::Error) {
        self.complete &= error.kind() == io::ErrorKind::NotFound;
    }
}
