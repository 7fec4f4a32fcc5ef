//! `list_directory` and `file_info`

use std::fs::{self, Metadata};
use std::time::UNIX_EPOCH;

use pegboard_sdk::prelude::*;

use crate::roots::{failed, nothing_granted, resolve, roots};

/// The most entries that are listed.
const MOST: usize = 1_000;

/// What something is.
#[output]
#[derive(Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    File,
    Directory,
    Link,
    Other,
}

/// One entry of a directory.
#[output]
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// Its name; of a granted directory its path.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Of a granted directory: may it be written to?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
}

/// What is in a directory.
#[output]
#[derive(Debug, PartialEq)]
pub struct Listing {
    /// In the order of their names.
    pub entries: Vec<Entry>,
    /// How many there are in all.
    pub total: usize,
    /// If there are more: call again with this as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_after: Option<String>,
}

/// Lists what is in a directory, with sizes, sorted by name. Without a path: the directories that may be used at all,
/// and which of them may be written to. Begin with that if you do not know any path.
#[tool(title = "List a directory", read_only, destructive = false, idempotent, open_world = false)]
pub fn list_directory(
    /// The directory; if not given, the granted directories are listed.
    path: Option<&str>,
    /// List what comes after this name: `more_after` of the call before.
    after: Option<&str>,
) -> Result<Listing, Error> {
    let Some(path) = path else {
        let granted = roots();
        if granted.is_empty() {
            return Err(nothing_granted());
        }
        let entry = |root: crate::roots::Root| Entry {
            name: root.path,
            kind: Kind::Directory,
            size: None,
            writable: Some(root.writable),
        };
        return Ok(Listing {
            total: granted.len(),
            entries: granted.into_iter().map(entry).collect(),
            more_after: None,
        });
    };
    let path = resolve(path)?;
    let names = names(&path).map_err(|error| failed("list", &path, &error))?;
    let total = names.len();
    let after = after.unwrap_or_default();
    let mut left = names.into_iter().filter(|name| name.as_str() > after);
    // Only what is shown is looked at.
    let entries: Vec<Entry> = left.by_ref().take(MOST).map(|name| entry(&path, name)).collect();
    let more_after = left.next().and_then(|_| Some(entries.last()?.name.clone()));
    Ok(Listing { entries, total, more_after })
}

/// The names in a directory, sorted.
pub fn names(path: &str) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn entry(directory: &str, name: String) -> Entry {
    match fs::symlink_metadata(format!("{directory}/{name}")) {
        Ok(metadata) => Entry { name, kind: kind(&metadata), size: size(&metadata), writable: None },
        // It may be gone by now.
        Err(_) => Entry { name, kind: Kind::Other, size: None, writable: None },
    }
}

fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

fn size(metadata: &Metadata) -> Option<u64> {
    metadata.is_file().then_some(metadata.len())
}

/// What is known of a file or directory.
#[output]
#[derive(Debug, PartialEq)]
pub struct Info {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it was last changed, in seconds since 1970, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<u64>,
}

/// Says what a path is (file, directory or link), how large a file is, and when it was last changed.
#[tool(title = "Look at a file", read_only, destructive = false, idempotent, open_world = false)]
pub fn file_info(
    /// The file or directory.
    path: &str,
) -> Result<Info, Error> {
    let path = resolve(path)?;
    let metadata = fs::symlink_metadata(&path).map_err(|error| failed("look at", &path, &error))?;
    let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = since_1970.map(|time| time.as_secs());
    Ok(Info { kind: kind(&metadata), size: size(&metadata), modified, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Granted;

    #[test]
    fn a_directory_is_listed_by_name_with_kinds_and_sizes() {
        let granted = Granted::with(&[("b.txt", "12345"), ("sub/x", ""), ("a.txt", "")]);
        let listing = list_directory(Some("."), None).expect("a listing");
        let seen: Vec<_> = listing.entries.iter().map(|entry| (entry.name.as_str(), entry.kind, entry.size)).collect();
        assert_eq!(
            seen,
            [("a.txt", Kind::File, Some(0)), ("b.txt", Kind::File, Some(5)), ("sub", Kind::Directory, None)]
        );
        assert_eq!((listing.total, listing.more_after), (3, None));
        let info = file_info(&granted.path("b.txt")).expect("it is there");
        assert_eq!((info.kind, info.size), (Kind::File, Some(5)));
        assert!(info.modified.is_some());
    }

    #[test]
    fn without_a_path_the_granted_directories_are_listed() {
        let granted = Granted::new();
        let listing = list_directory(None, None).expect("a listing");
        assert_eq!(listing.entries[0].name, granted.root().to_str().expect("UTF-8"));
        assert_eq!(listing.entries[0].writable, Some(true));
        crate::roots::for_tests::set(Vec::new());
        assert!(list_directory(None, None).expect_err("nothing").to_string().contains("grants/files.toml"));
    }

    #[test]
    fn a_large_directory_comes_in_pages() {
        let granted = Granted::new();
        for index in 0..=MOST {
            std::fs::write(granted.root().join(format!("{index:05}")), "").expect("a file");
        }
        let first = list_directory(Some("."), None).expect("a listing");
        assert_eq!((first.entries.len(), first.total), (MOST, MOST + 1));
        let second = list_directory(Some("."), first.more_after.as_deref()).expect("a listing");
        assert_eq!((second.entries[0].name.as_str(), second.more_after), ("01000", None));
    }
}
