//! A directory that only this user can write to.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt, Permissions, PermissionsExt};

/// A handle on it. Nothing that happens to its path later changes where the handle leads.
#[derive(Debug)]
pub struct PrivateDir {
    dir: Dir,
    path: PathBuf,
}

/// Why a directory will not do.
#[derive(Debug, thiserror::Error)]
pub enum PrivateDirError {
    /// It cannot be made or opened.
    #[error("cannot use the directory {}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is somebody else's.
    #[error("the directory {} belongs to another user (uid {owner}); remove it or choose another", path.display())]
    Owner {
        /// Where.
        path: PathBuf,
        /// Whose.
        owner: u32,
    },
    /// Others could have put files there, or could yet.
    #[error("others can write to the directory {} (mode {mode:o}); remove it or choose another", path.display())]
    Writable {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

impl PrivateDir {
    /// Opens `path`, and makes it if it is not there. One that others can merely read is closed to them.
    ///
    /// # Errors
    /// [`PrivateDirError`]
    pub fn open(path: &Path) -> Result<Self, PrivateDirError> {
        let failed = |source| PrivateDirError::Io { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        let metadata = dir.dir_metadata().map_err(failed)?;
        let owner = metadata.uid();
        if owner != rustix::process::geteuid().as_raw() {
            return Err(PrivateDirError::Owner { path: path.to_owned(), owner });
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(PrivateDirError::Writable { path: path.to_owned(), mode });
        }
        if mode & 0o077 != 0 {
            dir.set_permissions(".", Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(Self { dir, path: path.to_owned() })
    }

    /// The handle: what is done to files goes through it.
    #[must_use]
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_made_with_its_parents_for_this_user_alone() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        PrivateDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&temp.path().join("a")), 0o700);
    }

    #[test]
    fn one_that_others_can_read_is_closed_to_them() {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        PrivateDir::open(temp.path()).unwrap();
        assert_eq!(mode(temp.path()), 0o700);
    }

    #[test]
    fn one_that_others_can_write_to_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        for open in [0o720, 0o702, 0o1777] {
            fs::set_permissions(temp.path(), Permissions::from_mode(open)).unwrap();
            let error = PrivateDir::open(temp.path()).unwrap_err().to_string();
            assert!(error.contains("others can write"), "{error}");
        }
    }

    #[test]
    fn a_file_in_its_place_is_an_error() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(PrivateDir::open(temp.path()), Err(PrivateDirError::Io { .. })));
    }
}
