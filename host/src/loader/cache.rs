//! Compiled components on disk, in a directory of this user's own.
//!
//! An entry is a directory named after what was compiled and for which engine; in it is one file, named after the
//! checksum of its own content. So an entry is complete as soon as it is there, damage shows, and neither needs a
//! second file that could disagree. A file is written under another name and renamed when it is whole; afterwards only
//! its time of last use changes. It may be mapped, so it is never written to again.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use pegboard_native::{MapError, PrivateDir, PrivateDirError};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::plugin::Digest;

/// Part of each entry's name. It changes when the meaning of an entry does.
const FORMAT: u32 = 1;

/// How names of unfinished files begin.
const UNFINISHED: &str = "unfinished-";

/// An unfinished file older than this was left by a process that died.
const ABANDONED: Duration = Duration::from_hours(1);

/// The cache.
#[derive(Debug)]
pub struct Cache {
    dir: PrivateDir,
    bounds: Bounds,
}

/// How much the cache may hold. Beyond it, what was not used for longest is removed.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of all entries.
    pub bytes: u64,
    /// How many entries.
    pub entries: usize,
}

/// Why there is no cache, or nothing could be put into it.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The directory will not do.
    #[error("compile.cache_dir: {0}")]
    Directory(#[from] PrivateDirError),
    /// Nobody said where, and the environment does not either.
    #[error("no place for compiled plugins: set compile.cache_dir, or HOME")]
    NoPlace,
    /// It cannot be written.
    #[error("cannot write to the cache {}: {source}", path.display())]
    Write {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// One compiled component for one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// What `engine` makes of the component with this digest.
    #[must_use]
    pub fn new(engine: &Engine, component: &Digest) -> Self {
        let mut hasher = Stable(Sha256::new());
        FORMAT.hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine: [u8; 32] = hasher.0.finalize().into();
        Self(format!("{component}-{}", hex(&engine[..8])))
    }
}

/// SHA-256 in the place of a hasher: unlike the standard one it is the same in every build of Pegboard.
struct Stable(Sha256);

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl Cache {
    /// Opens the cache at `path`, or at its usual place: `pegboard` in `$XDG_CACHE_HOME` or in `~/.cache`.
    ///
    /// # Errors
    /// [`CacheError`] if there is no such place, or it is not this user's alone.
    pub fn open(path: Option<&Path>, bounds: Bounds) -> Result<Self, CacheError> {
        let path = path.map_or_else(usual_place, |path| Ok(path.to_owned()))?;
        Ok(Self { dir: PrivateDir::open(&path)?, bounds })
    }

    /// The component under `key`, if it is there and whole. An entry that is not is removed, so that it is built anew.
    #[must_use]
    pub fn get(&self, engine: &Engine, key: &Key) -> Option<Component> {
        for file in files(self.dir.dir(), &key.0).ok()? {
            let name = Path::new(&key.0).join(&file.name);
            let mapped = match checksum(&file.name) {
                Some(checksum) => self.dir.map(engine, &name, &checksum),
                None => Err(MapError::Damaged),
            };
            match mapped {
                Ok(component) => {
                    self.touch(&name);
                    return Some(component);
                }
                Err(error) => {
                    let path = self.dir.path().join(&name);
                    tracing::warn!("compiling anew, since {} cannot be used: {error}", path.display());
                    let _ = self.dir.dir().remove_file(&name);
                }
            }
        }
        None
    }

    /// Puts what was compiled under `key`, and maps it from there.
    ///
    /// # Errors
    /// The outer error is of the disk. The inner one is [`MapError::Refused`] where the engine does not take what was
    /// compiled: then it is larger than the engine's limits.
    pub fn put(&self, engine: &Engine, key: &Key, compiled: &[u8]) -> Result<Result<Component, MapError>, CacheError> {
        let failed = |source| CacheError::Write { path: self.dir.path().to_owned(), source };
        let name = self.write(key, compiled).map_err(failed)?;
        self.tidy(key);
        let checksum = checksum(name.file_name().and_then(|name| name.to_str()).unwrap_or_default());
        match self.dir.map(engine, &name, &checksum.unwrap_or_default()) {
            Err(MapError::Io(error)) => Err(failed(error)),
            mapped => Ok(mapped),
        }
    }

    fn write(&self, key: &Key, compiled: &[u8]) -> io::Result<PathBuf> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let dir = self.dir.dir();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unfinished = format!("{UNFINISHED}{}-{number}", std::process::id());
        // One of that name was left by a process that died.
        let _ = dir.remove_file(&unfinished);
        let mut file = dir.open_with(&unfinished, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
        let written = file.write_all(compiled).and_then(|()| file.sync_all()).and_then(|()| {
            let name = Path::new(&key.0).join(hex(&Sha256::digest(compiled)));
            match dir.create_dir(&key.0) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => dir.rename(&unfinished, dir, &name).map(|()| name),
            }
        });
        if written.is_err() {
            let _ = dir.remove_file(&unfinished);
        }
        written
    }

    /// Notes that it was used now.
    fn touch(&self, name: &Path) {
        if let Ok(file) = self.dir.dir().open(name) {
            // Without it the entry is only removed earlier than others.
            let _ = file.into_std().set_modified(SystemTime::now());
        }
    }

    /// Removes what was not used for longest until all is within bounds, but never `keep`; and what dead processes left.
    fn tidy(&self, keep: &Key) {
        let dir = self.dir.dir();
        let Ok(names) = dir.entries() else { return };
        let mut entries = Vec::new();
        for name in names.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
            if name.starts_with(UNFINISHED) {
                self.remove_abandoned(&name);
            } else if name != keep.0
                && let Ok(files) = files(dir, &name)
            {
                let bytes = files.iter().map(|file| file.bytes).sum();
                let used = files.iter().map(|file| file.used).max().unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push(Entry { name, bytes, used });
            }
        }
        let kept: u64 = files(dir, &keep.0).into_iter().flatten().map(|file| file.bytes).sum();
        for name in surplus(entries, kept, self.bounds) {
            // Nothing of it is lost where it is mapped: the mapping keeps the file.
            let _ = dir.remove_dir_all(&name);
        }
    }

    fn remove_abandoned(&self, name: &str) {
        let dir = self.dir.dir();
        let written = dir.metadata(name).and_then(|metadata| metadata.modified());
        let age = written.ok().and_then(|written| written.into_std().elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED) {
            let _ = dir.remove_file(name);
        }
    }
}

struct Entry {
    name: String,
    bytes: u64,
    used: SystemTime,
}

/// Which entries must go, beside one of `kept` bytes that stays.
fn surplus(mut entries: Vec<Entry>, kept: u64, bounds: Bounds) -> Vec<String> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.used));
    let (mut bytes, mut count) = (kept, 1);
    let fits = |entry: &Entry| {
        bytes += entry.bytes;
        count += 1;
        bytes <= bounds.bytes && count <= bounds.entries
    };
    let kept = entries.iter().map(fits).take_while(|fits| *fits).count();
    entries.drain(kept..).map(|entry| entry.name).collect()
}

struct File {
    name: String,
    bytes: u64,
    used: SystemTime,
}

/// What is in the entry `name`.
fn files(dir: &Dir, name: &str) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in dir.read_dir(name)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let used = metadata.modified().map_or(SystemTime::UNIX_EPOCH, cap_std::time::SystemTime::into_std);
        files.push(File { name: entry.file_name().to_string_lossy().into_owned(), bytes: metadata.len(), used });
    }
    Ok(files)
}

fn usual_place() -> Result<PathBuf, CacheError> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("pegboard")).ok_or(CacheError::NoPlace)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The checksum that a file's name is, if it is one.
fn checksum(name: &str) -> Option<[u8; 32]> {
    let digits = name.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
