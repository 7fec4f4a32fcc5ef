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

/// The most that `quota_files` can be: what is in a directory has to be counted.
pub const MOST_FILES: u64 = 1_000_000;

impl Filesystem {
    /// What cannot be together: the second's key, and why not.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        self.two_at_one_path().or_else(|| self.contradiction()).or_else(|| self.too_many_files())
    }

    /// Two directories at one path.
    fn two_at_one_path(&self) -> Option<(String, String)> {
        let mut seen: BTreeMap<&GuestPath, &HostDirectory> = BTreeMap::new();
        for (directory, mount) in &self.0 {
            if let Some(other) = seen.insert(&mount.path, directory) {
                let (other, path) = (other.0.display(), &mount.path.0);
                return Some((directory.0.display().to_string(), format!("`{other}` is at the path {path} already")));
            }
        }
        None
    }

    /// A directory in another with another access. It would be the stricter that holds, but whoever wrote this meant
    /// something else.
    fn contradiction(&self) -> Option<(String, String)> {
        let pairs = self.0.iter().flat_map(|inner| self.0.iter().map(move |outer| (inner, outer)));
        let mut overlapping = pairs.filter(|((inner, _), (outer, _))| inner != outer && inner.0.starts_with(&outer.0));
        let (inner, outer) = overlapping.find(|((_, inner), (_, outer))| inner.access != outer.access)?;
        let (name, message) = (inner.0.0.display(), outer.0.0.display());
        let message = format!(
            "{name} is within {message}, which is granted with another access; give both the same, or grant \
             directories that do not overlap"
        );
        Some((name.to_string(), message))
    }

    fn too_many_files(&self) -> Option<(String, String)> {
        let (directory, _) = self.0.iter().find(|(_, mount)| mount.quota_files > MOST_FILES)?;
        let message = format!("quota_files can be at most {MOST_FILES}");
        Some((directory.0.display().to_string(), message))
    }

    /// Of two directories that overlap the stricter access holds, also where they come from different files.
    pub(super) fn settle(&mut self) {
        let accesses: Vec<_> = self.0.iter().map(|(directory, mount)| (directory.0.clone(), mount.access)).collect();
        for (index, mount) in self.0.values_mut().enumerate() {
            if stricter_where_they_overlap(&accesses, index).is_some() {
                mount.access = MountAccess::Read;
            }
        }
    }

    /// The access that these directories leave for what is at `path`, if any of them covers it.
    #[must_use]
    pub fn access_within(&self, path: &Path) -> Option<MountAccess> {
        self.0.iter().filter(|(over, _)| path.starts_with(&over.0)).map(|(_, mount)| mount.access).min()
    }
}

/// The directory that keeps `mounts[index]` from being written to: one that covers it, or that it covers, and that is
/// for reading alone. All of it then is: which part of a tree a path leads to is known only when it is too late.
#[must_use]
pub fn stricter_where_they_overlap(mounts: &[(PathBuf, MountAccess)], index: usize) -> Option<PathBuf> {
    let (path, access) = &mounts[index];
    let overlaps = |other: &Path| other.starts_with(path) || path.starts_with(other);
    let mut stricter = mounts.iter().filter(|(other, theirs)| theirs < access && overlaps(other));
    stricter.next().map(|(other, _)| other.clone())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Ceiling, Grants, Permissions};

    fn parse(text: &str) -> Result<Grants, String> {
        Grants::parse(text, Path::new("grants/x.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_directory_within_another_has_the_same_access_or_is_refused_with_its_line() {
        let text = |outer, inner| {
            format!(
                "[filesystem]\n\"/srv\" = {{ path = \"/srv\", access = \"{outer}\" }}\n\
                 \"/srv/out\" = {{ path = \"/out\", access = \"{inner}\" }}\n"
            )
        };
        assert!(parse(&text("read", "read")).is_ok());
        assert!(parse(&text("read-write", "read-write")).is_ok());
        for (outer, inner) in [("read", "read-write"), ("read-write", "read")] {
            let error = parse(&text(outer, inner)).unwrap_err();
            assert!(error.contains("line 3") && error.contains("/srv/out is within /srv"), "{error}");
        }
        // A name that begins alike is another directory.
        assert!(parse(&text("read", "read-write").replace("/srv/out", "/srv-out")).is_ok());
    }

    #[test]
    fn of_two_files_that_grant_overlapping_directories_the_stricter_holds() {
        for (other, expected) in
            [("/srv", MountAccess::Read), ("/srv/out/deep", MountAccess::Read), ("/etc", MountAccess::ReadWrite)]
        {
            let mut grants =
                parse("[filesystem]\n\"/srv/out\" = { path = \"/out\", access = \"read-write\" }\n").unwrap();
            let defaults = parse(&format!("[filesystem]\n\"{other}\" = {{ path = \"/x\" }}\n")).unwrap();
            grants.filesystem.0.extend(defaults.filesystem.0);
            let permissions = Permissions::new(grants, Ceiling::default(), "grants/x.toml".into());
            let directory = HostDirectory::try_from(PathBuf::from("/srv/out")).unwrap();
            assert_eq!(permissions.granted().filesystem.0[&directory].access, expected, "{other}");
        }
    }

    #[test]
    fn a_quota_that_cannot_be_kept_is_refused() {
        let error = parse("[filesystem]\n\"/srv\" = { path = \"/srv\", quota_files = 2000000 }\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("1000000"), "{error}");
    }
}
