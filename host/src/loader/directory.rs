//! The drop directory: what lies in it, and what is in a file.
//!
//! Everything goes through a `cap-std` handle, so a symbolic link is followed only while it stays within the
//! directory. That is enough for tools that swap a link (`x.wasm` → `..data/x.wasm`), and nothing else on the
//! machine can be read by dropping a link.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use crate::plugin::{Digest, PluginId};
pub(super) use crate::stamp::Stamp;

/// The most entries that a directory may have; more is surely the wrong directory.
const MAX_ENTRIES: usize = 65_536;

/// The most bytes of a signature that are read; what is longer is none.
const MAX_SIGNATURE_BYTES: u64 = 4_096;

/// Why something named `*.wasm` cannot be read as a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Obstacle {
    #[error("{0}")]
    BadName(String),
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    #[error(
        "it is a symbolic link that leads out of the directory (an absolute one always does); \
         copy the file, or link to it within the directory"
    )]
    LeadsOut,
    #[error("it is a symbolic link to nothing")]
    Dangling,
    #[error("it has {size} bytes; at most {max} are read (max_file_bytes)")]
    TooLarge { size: u64, max: u64 },
    #[error("it cannot be looked at: {0}")]
    Unreadable(String),
}

/// What lies under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Something that may be a plugin, and the signature beside it.
    File { id: PluginId, stamp: Stamp, signature: Option<Stamp> },
    /// Something that cannot be one.
    Obstacle(Obstacle),
}

/// What lies under a name, and for how long it has not been touched.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub found: Found,
    pub age: Option<Duration>,
}

/// All that is named like a plugin.
pub(super) type Listing = BTreeMap<OsString, Entry>;

/// Tells two directories apart, also when one has taken the other's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

/// A file's contents, and the digest of just these bytes.
pub(super) struct Contents {
    pub bytes: Bytes,
    pub digest: Digest,
}

/// Why there are no contents.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The file changed since it was looked at: it is not whole yet, or already another one.
    NotStill,
    /// Reading failed.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStill => f.write_str("it changed while it was read"),
            Self::Io(error) => write!(f, "it cannot be read: {error}"),
        }
    }
}

/// The open directory. Its methods block.
#[derive(Debug, Clone)]
pub(super) struct Directory(Arc<Dir>);

impl Directory {
    /// Opens what is at `path` now. It is opened afresh for each look, since a handle would go on showing a
    /// directory that was removed or moved away.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Dir::open_ambient_dir(path, ambient_authority()).map(|dir| Self(Arc::new(dir)))
    }

    /// Which directory it is.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        let metadata = self.0.dir_metadata()?;
        Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
    }

    /// The handle, to ask the system about.
    pub(super) fn handle(&self) -> &Dir {
        &self.0
    }

    /// All that is named `*.wasm`. Other names are nobody's business here: dotfiles, `x.wasm.part`, a README.
    pub(super) fn list(&self, max_file_bytes: u64) -> io::Result<Listing> {
        let mut listing = Listing::new();
        for (count, entry) in self.0.entries()?.enumerate() {
            if count == MAX_ENTRIES {
                return Err(io::Error::other(format!("it has more than {MAX_ENTRIES} entries")));
            }
            let name = entry?.file_name();
            if let Some(stem) = plugin_stem(&name)
                && let Some(entry) = self.entry(&name, &stem, max_file_bytes)
            {
                listing.insert(name, entry);
            }
        }
        Ok(listing)
    }

    /// `None` if it has gone since the directory was read.
    fn entry(&self, name: &OsStr, stem: &str, max_file_bytes: u64) -> Option<Entry> {
        let obstacle = |obstacle| Some(Entry { found: Found::Obstacle(obstacle), age: None });
        let id = match PluginId::parse(stem) {
            Ok(id) => id,
            Err(error) => return obstacle(Obstacle::BadName(error.to_string())),
        };
        let metadata = match self.0.metadata(name) {
            Ok(metadata) => metadata,
            Err(error) => return self.why_unreadable(name, &error).and_then(obstacle),
        };
        let size = metadata.len();
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "a directory" } else { "a device, pipe or socket" };
            return obstacle(Obstacle::NotAFile(what));
        }
        if size > max_file_bytes {
            return obstacle(Obstacle::TooLarge { size, max: max_file_bytes });
        }
        let stamp = Stamp::of(&metadata);
        let signature = self.0.metadata(signature_name(name)).ok().map(|metadata| Stamp::of(&metadata));
        Some(Entry { found: Found::File { id, stamp, signature }, age: stamp.age() })
    }

    fn why_unreadable(&self, name: &OsStr, error: &io::Error) -> Option<Obstacle> {
        let is_link = match self.0.symlink_metadata(name) {
            Ok(metadata) => metadata.is_symlink(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => false,
        };
        Some(match error.kind() {
            io::ErrorKind::NotFound if is_link => Obstacle::Dangling,
            io::ErrorKind::NotFound => return None,
            // The refusal of cap-std; a refusal of the system has a number.
            io::ErrorKind::PermissionDenied if is_link && error.raw_os_error().is_none() => Obstacle::LeadsOut,
            _ => Obstacle::Unreadable(error.to_string()),
        })
    }

    /// Reads the signature beside the file `name`; `None` if there is none.
    pub(super) fn read_signature(&self, name: &OsStr) -> Result<Option<Bytes>, ReadError> {
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let options = OpenOptions::new().read(true).custom_flags(nonblocking).clone();
        let file = match self.0.open_with(signature_name(name), &options) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ReadError::Io(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_SIGNATURE_BYTES).read_to_end(&mut bytes).map_err(ReadError::Io)?;
        Ok(Some(bytes.into()))
    }

    /// Reads the file `name` whole, once, provided that it is still the one that `stamp` was taken of and does
    /// not change meanwhile.
    pub(super) fn read(&self, name: &OsStr, stamp: &Stamp) -> Result<Contents, ReadError> {
        // Should a pipe have taken the file's place, opening it must not wait for somebody to write.
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let options = OpenOptions::new().read(true).custom_flags(nonblocking).clone();
        let mut file = match self.0.open_with(name, &options) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::NotStill),
            Err(error) => return Err(ReadError::Io(error)),
        };
        let is_still = |metadata: &Metadata| metadata.is_file() && Stamp::of(metadata) == *stamp;
        if !is_still(&file.metadata().map_err(ReadError::Io)?) {
            return Err(ReadError::NotStill);
        }
        let size = usize::try_from(stamp.size).map_err(|_| ReadError::NotStill)?;
        let mut bytes = Vec::with_capacity(size);
        // One byte more than expected shows that it grew, and bounds what a writer could make us read.
        let read = file.by_ref().take(stamp.size.saturating_add(1)).read_to_end(&mut bytes);
        if read.map_err(ReadError::Io)? != size || !is_still(&file.metadata().map_err(ReadError::Io)?) {
            return Err(ReadError::NotStill);
        }
        let digest = Digest(Sha256::digest(&bytes).into());
        Ok(Contents { bytes: bytes.into(), digest })
    }
}

/// `x.wasm.minisig`, for `x.wasm`.
fn signature_name(name: &OsStr) -> OsString {
    let mut name = name.to_owned();
    name.push(".minisig");
    name
}

/// What stands before `.wasm`, if a name ends so and is not hidden. A name that is not UTF-8 gives a stem that
/// no plugin can have.
fn plugin_stem(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    if name.starts_with('.') { None } else { name.strip_suffix(".wasm").map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const MAX: u64 = 100;

    fn list(dir: &Path) -> Listing {
        Directory::open(dir).unwrap().list(MAX).unwrap()
    }

    fn obstacle(dir: &Path, name: &str) -> Obstacle {
        match &list(dir)[OsStr::new(name)].found {
            Found::Obstacle(obstacle) => obstacle.clone(),
            Found::File { .. } => panic!("{name} must not be taken"),
        }
    }

    fn stamp(dir: &Path, name: &str) -> Stamp {
        match list(dir)[OsStr::new(name)].found {
            Found::File { stamp, .. } => stamp,
            Found::Obstacle(ref obstacle) => panic!("{name}: {obstacle}"),
        }
    }

    #[test]
    fn only_names_that_end_in_wasm_and_are_not_hidden_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.wasm", ".b.wasm", ".b.wasm.tmp", "c.wasm.part", "d.WASM", "README.md", "wasm"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        assert_eq!(list(dir.path()).into_keys().collect::<Vec<_>>(), ["a.wasm"]);
    }

    #[test]
    fn what_cannot_be_a_plugin_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(dir.path().join("Bad_Name.wasm"), "x").unwrap();
        fs::create_dir(dir.path().join("dir.wasm")).unwrap();
        fs::write(dir.path().join("big.wasm"), "x".repeat(101)).unwrap();
        symlink(outside.path(), dir.path().join("absolute.wasm")).unwrap();
        symlink(Path::new("..").join("x"), dir.path().join("parent.wasm")).unwrap();
        symlink("nothing", dir.path().join("dangling.wasm")).unwrap();
        symlink("round.wasm", dir.path().join("round.wasm")).unwrap();
        assert!(matches!(obstacle(dir.path(), "Bad_Name.wasm"), Obstacle::BadName(_)));
        assert_eq!(obstacle(dir.path(), "dir.wasm"), Obstacle::NotAFile("a directory"));
        assert_eq!(obstacle(dir.path(), "big.wasm"), Obstacle::TooLarge { size: 101, max: MAX });
        assert_eq!(obstacle(dir.path(), "absolute.wasm"), Obstacle::LeadsOut);
        assert_eq!(obstacle(dir.path(), "parent.wasm"), Obstacle::LeadsOut);
        assert_eq!(obstacle(dir.path(), "dangling.wasm"), Obstacle::Dangling);
        assert!(matches!(obstacle(dir.path(), "round.wasm"), Obstacle::Unreadable(_)));
    }

    #[test]
    fn a_link_within_the_directory_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("v1")).unwrap();
        fs::write(dir.path().join("v1/a"), "x").unwrap();
        symlink("v1/a", dir.path().join("a.wasm")).unwrap();
        let stamp = stamp(dir.path(), "a.wasm");
        let contents = Directory::open(dir.path()).unwrap().read(OsStr::new("a.wasm"), &stamp);
        assert_eq!(contents.map(|c| c.bytes).unwrap_or_default(), "x");
    }

    #[test]
    fn a_read_gives_the_bytes_and_their_digest() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.wasm"), "abc").unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        let contents = directory.read(OsStr::new("a.wasm"), &stamp(dir.path(), "a.wasm")).ok().unwrap();
        assert_eq!(contents.bytes, "abc");
        assert!(contents.digest.to_string().starts_with("ba7816bf"));
    }

    #[test]
    fn a_file_that_is_no_longer_the_one_seen_is_not_still() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wasm");
        let directory = Directory::open(dir.path()).unwrap();
        let read = |stamp| directory.read(OsStr::new("a.wasm"), stamp).err().unwrap();
        fs::write(&path, "abc").unwrap();
        let seen = stamp(dir.path(), "a.wasm");
        fs::write(&path, "abcd").unwrap();
        assert!(matches!(read(&seen), ReadError::NotStill), "grown");
        fs::remove_file(&path).unwrap();
        assert!(matches!(read(&seen), ReadError::NotStill), "gone");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(matches!(read(&seen), ReadError::NotStill), "a pipe, and nobody writes");
    }

    #[test]
    fn a_rename_keeps_the_content() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.wasm"), "abc").unwrap();
        let before = stamp(dir.path(), "a.wasm");
        fs::rename(dir.path().join("a.wasm"), dir.path().join("b.wasm")).unwrap();
        assert!(stamp(dir.path(), "b.wasm").is_same_content(&before));
        fs::write(dir.path().join("c.wasm"), "abc").unwrap();
        assert!(!stamp(dir.path(), "c.wasm").is_same_content(&before));
    }
}
