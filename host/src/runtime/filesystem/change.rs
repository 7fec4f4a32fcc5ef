//! What may be done to the files of a directory.
//!
//! Paths are resolved beneath the directory that they begin at, whatever `..` and symbolic links in them say.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path};
use std::sync::Arc;

use cap_primitives::fs::{self, DirOptions, FollowSymlinks, Metadata, MetadataExt as _, OpenOptions};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::directory::{Directory, inode};
use super::ledger::{Amount, Full, Inode, Quota};

/// Why nothing was changed.
#[derive(Debug)]
pub(in crate::runtime) enum Refused {
    /// The quota is used up.
    Full(Full),
    /// It is not done here.
    Code(ErrorCode),
    /// The system did not do it.
    Failed(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// How to open a file.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of `open-at`")]
pub(in crate::runtime) struct How {
    pub(in crate::runtime) follow: bool,
    pub(in crate::runtime) read: bool,
    pub(in crate::runtime) write: bool,
    pub(in crate::runtime) create: bool,
    /// Fail if it is there.
    pub(in crate::runtime) exclusive: bool,
    pub(in crate::runtime) truncate: bool,
    /// Fail if it is no directory.
    pub(in crate::runtime) directory: bool,
}

impl How {
    /// Does opening it so change anything?
    pub(in crate::runtime) fn changes(self) -> bool {
        self.create || self.truncate
    }

    #[allow(clippy::used_underscore_items, reason = "they are public, for others than cap-std to use")]
    fn options(self, create: bool) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(self.read || !self.write).write(self.write || self.changes());
        options.create(create).create_new(create && self.exclusive);
        options._cap_fs_ext_follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        // Of a pipe that nobody writes to, the thread would wait for ever.
        options._cap_fs_ext_nonblock(true);
        options
    }
}

/// Opens what is there, and changes nothing.
pub(in crate::runtime) fn open_existing(at: &File, path: &Path, how: How) -> Result<File, Refused> {
    open(at, path, how, false)
}

fn open(at: &File, path: &Path, how: How, create: bool) -> Result<File, Refused> {
    let file = fs::open(at, path, &how.options(create))?;
    let kind = file.metadata()?.file_type();
    if how.directory && !kind.is_dir() {
        return Err(Refused::Code(ErrorCode::NotDirectory));
    }
    if !kind.is_dir() && !kind.is_file() {
        return Err(Refused::Code(ErrorCode::NotPermitted));
    }
    Ok(file)
}

/// Where to write.
#[derive(Debug, Clone, Copy)]
pub(in crate::runtime) enum Target {
    At(u64),
    End,
}

/// The right to change something in a directory, until the change is done.
pub(in crate::runtime) struct Turn {
    pub(super) directory: Arc<Directory>,
    pub(super) quota: Quota,
}

impl Turn {
    fn room(&self, bytes: u64, files: u64) -> Result<(), Refused> {
        let more = Amount { bytes, files };
        let (room, may_be_wrong) = {
            let ledger = self.directory.ledger();
            (ledger.room(more, self.quota), ledger.may_be_wrong())
        };
        match room {
            Err(_) if may_be_wrong => {
                self.directory.measure();
                self.directory.ledger().room(more, self.quota).map_err(Refused::Full)
            }
            room => room.map_err(Refused::Full),
        }
    }

    /// Opens a file; it may be made, or emptied.
    pub(in crate::runtime) fn open(&self, at: &File, path: &Path, how: How) -> Result<File, Refused> {
        let found = if how.create && how.exclusive {
            Err(Refused::Failed(io::ErrorKind::NotFound.into()))
        } else {
            open(at, path, how, false)
        };
        let file = match found {
            Err(Refused::Failed(error)) if how.create && error.kind() == io::ErrorKind::NotFound => {
                self.room(0, 1)?;
                let file = open(at, path, how, true)?;
                self.directory.ledger().created();
                file
            }
            found => found?,
        };
        if how.truncate {
            self.resize(&file, 0)?;
        }
        Ok(file)
    }

    /// Makes a directory.
    pub(in crate::runtime) fn create_directory(&self, at: &File, path: &Path) -> Result<(), Refused> {
        self.room(0, 1)?;
        fs::create_dir(at, path, &DirOptions::new())?;
        self.directory.ledger().created();
        Ok(())
    }

    /// Makes a symbolic link. It may lead to what is beside or beneath it: one with `..` could be moved to where it
    /// leads out of the directory, and another program might follow it.
    pub(in crate::runtime) fn symlink(&self, target: &Path, at: &File, path: &Path) -> Result<(), Refused> {
        let beneath = target.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !beneath {
            return Err(Refused::Code(ErrorCode::NotPermitted));
        }
        self.room(0, 1)?;
        fs::symlink(target, at, path)?;
        self.directory.ledger().created();
        Ok(())
    }

    /// Gives a file another name.
    pub(in crate::runtime) fn link(&self, from: (&File, &Path), to: (&File, &Path)) -> Result<(), Refused> {
        if !fs::stat(from.0, from.1, FollowSymlinks::No)?.is_file() {
            return Err(Refused::Code(ErrorCode::NotPermitted));
        }
        self.room(0, 1)?;
        fs::hard_link(from.0, from.1, to.0, to.1)?;
        self.directory.ledger().created();
        Ok(())
    }

    /// Gives something another name in place of its own; what had that name is gone.
    pub(in crate::runtime) fn rename(&self, from: (&File, &Path), to: (&File, &Path)) -> Result<(), Refused> {
        let moved = fs::stat(from.0, from.1, FollowSymlinks::No)?;
        let replaced = fs::stat(to.0, to.1, FollowSymlinks::No).ok().filter(|there| id(there) != id(&moved));
        fs::rename(from.0, from.1, to.0, to.1)?;
        if let Some(replaced) = replaced {
            self.directory.ledger().removed(last_name_of(&replaced));
        }
        Ok(())
    }

    /// Removes a file or a link.
    pub(in crate::runtime) fn remove_file(&self, at: &File, path: &Path) -> Result<(), Refused> {
        let metadata = fs::stat(at, path, FollowSymlinks::No)?;
        fs::remove_file(at, path)?;
        self.directory.ledger().removed(last_name_of(&metadata));
        Ok(())
    }

    /// Removes a directory that is empty.
    pub(in crate::runtime) fn remove_directory(&self, at: &File, path: &Path) -> Result<(), Refused> {
        fs::remove_dir(at, path)?;
        self.directory.ledger().removed(None);
        Ok(())
    }

    /// Gives a file another size.
    pub(in crate::runtime) fn resize(&self, file: &File, size: u64) -> Result<(), Refused> {
        self.resizing(file, size, |file| file.set_len(size))
    }

    /// Writes some of `data`; says how much.
    pub(in crate::runtime) fn write(&self, file: &File, data: &[u8], target: Target) -> Result<usize, Refused> {
        let begin = match target {
            Target::At(offset) => offset,
            Target::End => file.metadata()?.len(),
        };
        let end = begin.checked_add(data.len() as u64).ok_or(Refused::Code(ErrorCode::FileTooLarge))?;
        self.resizing(file, end, |mut file| match target {
            Target::At(offset) => file.write_at(data, offset),
            Target::End => {
                // Others than guests may append too, so that the system finds the end. No other guest writes to the
                // file meanwhile.
                let flags = fcntl_getfl(file)?;
                fcntl_setfl(file, flags | OFlags::APPEND)?;
                let written = file.write(data);
                fcntl_setfl(file, flags)?;
                written
            }
        })
    }

    /// Writes all of `data`.
    pub(in crate::runtime) fn write_all(&self, file: &File, data: &[u8], target: Target) -> Result<(), Refused> {
        let mut done = 0;
        while done < data.len() {
            let target = match target {
                Target::At(offset) => Target::At(offset.saturating_add(done as u64)),
                Target::End => Target::End,
            };
            match self.write(file, &data[done..], target) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(more) => done += more,
                Err(Refused::Failed(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    /// Does what leaves a file with up to `size` bytes, and counts what it did, also where it failed half way.
    fn resizing<T>(&self, file: &File, size: u64, change: impl FnOnce(&File) -> io::Result<T>) -> Result<T, Refused> {
        let before = file.metadata()?;
        self.room(size.saturating_sub(before.len()), 0)?;
        let changed = change(file);
        let after = file.metadata()?;
        self.directory.ledger().resized(inode(&before), before.len(), after.len());
        Ok(changed?)
    }
}

fn id(metadata: &Metadata) -> Inode {
    (metadata.dev(), metadata.ino())
}

/// Which file is gone with this name, and how large it is.
fn last_name_of(metadata: &Metadata) -> Option<(Inode, u64)> {
    (metadata.is_file() && metadata.nlink() <= 1).then(|| (id(metadata), metadata.len()))
}
