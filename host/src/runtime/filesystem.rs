//! Directories of the host that plugins may see.
//!
//! A plugin reaches files by handles alone: it begins with those of the directories that it was granted, and each path
//! is resolved beneath one of them by `cap-primitives`, so that `..`, a symbolic link or a rename at the wrong moment
//! lead nowhere else. What changes anything goes through [`Directory::change`], one change of a directory after the
//! other, so that a quota is never exceeded, whoever writes at the same time.
//!
//! | module | holds |
//! |---|---|
//! | `directory` | one directory, shared by all that mount it; all of them |
//! | `ledger` | what is in it: counted, and compared with a quota |
//! | `measure` | counting what is there |
//! | `change` | what may be done to files |
//! | `streams` | writing and reading by streams |
//! | `handles` | what one instance holds |

mod change;
mod directory;
mod handles;
mod ledger;
mod measure;
mod streams;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime_wasi::filesystem::{Descriptor, Dir};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::LoadError;
use crate::policy::{Denial, MountAccess, Permissions, stricter_where_they_overlap};

pub(super) use change::{How, Refused, Target, Turn, open_existing};
pub(super) use directory::{Directories, Directory, Held};
pub(super) use handles::{Handle, Handles};
pub(super) use ledger::Quota;
pub(super) use measure::count_entries;
pub(super) use streams::{Ended, Holding, Writer};

/// The directories of one version of a plugin, open.
#[derive(Default)]
pub(super) struct Mounts(Vec<Arc<Mount>>);

/// One of them.
pub(super) struct Mount {
    /// As the grants have it.
    pub(super) host: PathBuf,
    /// Where the plugin sees it.
    pub(super) path: String,
    pub(super) writable: bool,
    pub(super) quota: Quota,
    pub(super) directory: Arc<Directory>,
    /// The handle that each instance begins with.
    root: Dir,
    /// The directory that covers it, or that it covers, and that is for reading alone.
    stricter: Option<PathBuf>,
}

impl Mounts {
    /// Opens what is granted. `known` are the directories of all plugins.
    pub(super) fn open(permissions: &Permissions, known: &Directories) -> Result<Self, LoadError> {
        let granted = &permissions.granted().filesystem.0;
        let failed = |directory: &Path, error: std::io::Error| LoadError::Directory {
            directory: directory.to_owned(),
            file: permissions.file().to_owned(),
            reason: error.to_string(),
        };
        let mut opened = Vec::with_capacity(granted.len());
        for (directory, mount) in granted {
            let path = directory.path();
            let found = known.open(path).map_err(|error| failed(path, error))?;
            opened.push((directory, mount, found));
        }
        // By what they are, not by how they are written: a directory may be reached by another name.
        let real: Vec<_> = opened.iter().map(|(_, mount, found)| (found.real.clone(), mount.access)).collect();
        let mut mounts = Vec::with_capacity(opened.len());
        for (index, (directory, mount, found)) in opened.into_iter().enumerate() {
            let stricter = stricter_where_they_overlap(&real, index);
            let writable = mount.access == MountAccess::ReadWrite && stricter.is_none();
            if let Some(other) = &stricter {
                tracing::warn!(
                    "{}: {} is for reading alone, as {} is, which overlaps it: of two grants the stricter holds",
                    permissions.file().display(),
                    directory.path().display(),
                    other.display()
                );
            }
            let (perms, mode) = if writable {
                (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE)
            } else {
                (FsPerms::ReadOnly, OpenMode::READ)
            };
            mounts.push(Arc::new(Mount {
                host: directory.path().to_owned(),
                path: mount.path.as_str().to_owned(),
                writable,
                quota: Quota { bytes: mount.quota_bytes, files: mount.quota_files },
                root: Dir::new(found.file, perms, mode, false),
                directory: found.directory,
                stricter,
            }));
        }
        Ok(Self(mounts))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Mount>> {
        self.0.iter()
    }
}

impl Mount {
    /// A handle of it.
    pub(super) fn root(&self) -> Descriptor {
        Descriptor::Dir(self.root.clone())
    }

    /// That the plugin may not `act` there: "write to". `by_call`: the call is one that may not change anything.
    pub(super) fn not_writable(&self, act: &str, by_call: bool, permissions: &Permissions) -> Denial {
        let what = format!("{act} {}", self.path);
        let host = self.host.display();
        if self.writable && by_call {
            return Denial::of_read_only_call(what);
        }
        if let Some(other) = &self.stricter {
            let remedy = format!("{}, which overlaps {host}, is granted for reading alone", other.display());
            return Denial { what, remedy };
        }
        let line = format!("\"{host}\" = {{ path = \"{}\", access = \"read-write\" }}", self.path);
        match permissions.ceiling().filesystem.as_ref().and_then(|most| most.access_within(&self.host)) {
            Some(MountAccess::Read) => permissions.denial_by_ceiling(what, &line, "filesystem"),
            _ => permissions.denial(what, &line, "filesystem"),
        }
    }

    /// That there is no room for what the plugin wants to put there.
    pub(super) fn no_room(&self, full: ledger::Full, permissions: &Permissions) -> Denial {
        let (what, key) = match full {
            ledger::Full::Bytes => (format!("have more than {} bytes in {}", self.quota.bytes, self.path), "bytes"),
            ledger::Full::Files => (format!("have more than {} files in {}", self.quota.files, self.path), "files"),
        };
        let line = format!("a larger quota_{key} of \"{}\"", self.host.display());
        permissions.denial(what, &line, "filesystem")
    }
}

/// The files that guests together may have open: a part of what the system lets this process have, since it needs the
/// rest for its connections.
pub(super) fn open_files() -> usize {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(most / 4).unwrap_or(usize::MAX).min(8_192)
}
