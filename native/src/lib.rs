//! The only unsafe code of Pegboard: machine code is mapped from a file and then run. Beside it, what a process
//! must ask of its system with a promise: [`close_inherited`], [`give_back_large_blocks`], [`give_back_free_memory`].
//!
//! # Why mapping is sound
//!
//! wasmtime asks two things of who maps compiled code: that the bytes are what a compatible wasmtime wrote, unchanged,
//! and that nobody changes them as long as they are mapped. It checks the version itself, but not for damage: with a
//! few bytes flipped most files load, and some of those kill the process.
//!
//! - **Unchanged.** [`PrivateDir::map`] reads the file through the handle that is then mapped, and refuses it unless its
//!   SHA-256 is the one that was taken of the compiler's output.
//! - **By us.** The file is in a [`PrivateDir`]: a directory that belongs to this process's user and that nobody else
//!   may write to, reached through one handle, so that its path cannot be turned to another place in between. Who
//!   can write there is this user (or root), and could as well replace the program.
//! - **Not changed later.** Files there are written under another name, and renamed when they are whole; they are
//!   removed, never written to. A removed file stays as long as it is mapped.
//!
//! What remains is trust in the compiler: code that it made for one plugin runs in this process.

#![deny(unsafe_op_in_unsafe_fn)]

mod descriptors;
mod memory;
mod private_dir;

use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

pub use descriptors::close_inherited;
pub use memory::{give_back_free_memory, give_back_large_blocks};
pub use private_dir::{PrivateDir, PrivateDirError};

/// Why a file was not mapped.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what was written there.
    #[error("its checksum is wrong")]
    Damaged,
    /// The engine does not take it: of another version, set up otherwise, or larger than its limits.
    #[error("{0}")]
    Refused(String),
}

impl PrivateDir {
    /// Maps the compiled component in the file `name` if its SHA-256 is `checksum`.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn map(&self, engine: &Engine, name: &Path, checksum: &[u8; 32]) -> Result<Component, MapError> {
        let mut file = self.dir().open(name)?.into_std();
        if !file.metadata()?.is_file() {
            return Err(MapError::Damaged);
        }
        if sha256(&mut file)? != *checksum {
            return Err(MapError::Damaged);
        }
        // The very file that was read, whatever the name leads to by now.
        let opened = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let path = if opened.exists() { opened } else { self.path().join(name) };
        // SAFETY: the bytes are those that the compiler wrote, by their checksum; they are in a directory where only
        // this user writes, and this user's Pegboard never changes a file there.
        let component = unsafe { Component::deserialize_file(engine, path) };
        component.map_err(|error| MapError::Refused(error.root_cause().to_string()))
    }
}

fn sha256(file: &mut impl Read) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
