//! `[filesystem]`: which directories of the host a plugin sees, and where.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Directories of the host, each with where a plugin sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filesystem(pub BTreeMap<HostDirectory, Mount>);

/// How a plugin sees a directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    /// Where.
    pub path: GuestPath,
    /// Whether it may write.
    #[serde(default)]
    pub access: MountAccess,
    /// The most bytes that all files in it may have together, for a write to be allowed.
    #[serde(default = "quota_bytes")]
    pub quota_bytes: u64,
    /// The most files and directories in it, for another one to be allowed.
    #[serde(default = "quota_files")]
    pub quota_files: u64,
}

/// What a plugin may do in a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountAccess {
    /// Read alone.
    #[default]
    Read,
    /// Read and write.
    ReadWrite,
}

/// A directory of the host: an absolute path without `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "PathBuf", into = "PathBuf")]
pub struct HostDirectory(PathBuf);

/// An absolute path as a plugin sees it, without `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GuestPath(String);

fn quota_bytes() -> u64 {
    64 << 20
}

fn quota_files() -> u64 {
    10_000
}

impl Filesystem {
    /// Two directories at one path: the second's key, and why not.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let mut seen: BTreeMap<&GuestPath, &HostDirectory> = BTreeMap::new();
        for (directory, mount) in &self.0 {
            if let Some(other) = seen.insert(&mount.path, directory) {
                let (other, path) = (other.0.display(), &mount.path.0);
                return Some((directory.0.display().to_string(), format!("`{other}` is at the path {path} already")));
            }
        }
        None
    }
}

impl HostDirectory {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl GuestPath {
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<PathBuf> for HostDirectory {
    type Error = String;

    fn try_from(path: PathBuf) -> Result<Self, String> {
        let sound = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !path.is_absolute() || !sound {
            return Err(format!("{} is not an absolute path without `..`", path.display()));
        }
        // Without what does not matter, such as a slash at the end: one directory has one key.
        Ok(Self(path.components().collect()))
    }
}

impl From<HostDirectory> for PathBuf {
    fn from(directory: HostDirectory) -> Self {
        directory.0
    }
}

impl TryFrom<String> for GuestPath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        let mut parts = path.split('/');
        let absolute = parts.next() == Some("");
        let sound = path == "/" || parts.all(|part| !matches!(part, "" | "." | ".."));
        if absolute && sound && !path.chars().any(char::is_control) {
            Ok(Self(path))
        } else {
            Err(format!("{path:?} is not an absolute path such as /docs, without `..` and a slash at its end"))
        }
    }
}

impl From<GuestPath> for String {
    fn from(path: GuestPath) -> Self {
        path.0
    }
}
