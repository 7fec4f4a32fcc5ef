//! The granted directories, and the paths in them.

use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind};

use pegboard_sdk::prelude::*;

/// A granted directory: where it is, and whether it may be written to.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    pub path: String,
    pub writable: bool,
}

/// All of them, in the order of their paths.
pub fn roots() -> Vec<Root> {
    let mut roots = granted();
    roots.sort_by(|a, b| a.path.cmp(&b.path));
    roots
}

#[cfg(target_os = "wasi")]
fn granted() -> Vec<Root> {
    use wasip2::filesystem::types::DescriptorFlags;
    let granted = wasip2::filesystem::preopens::get_directories();
    let root = |(directory, path): (wasip2::filesystem::types::Descriptor, String)| {
        let writable = directory.get_flags().is_ok_and(|flags| flags.contains(DescriptorFlags::MUTATE_DIRECTORY));
        Root { path, writable }
    };
    granted.into_iter().map(root).collect()
}

#[cfg(not(target_os = "wasi"))]
fn granted() -> Vec<Root> {
    for_tests::get()
}

/// What is granted where no host grants anything.
#[cfg(not(target_os = "wasi"))]
pub mod for_tests {
    use std::cell::RefCell;

    thread_local! {
        static GRANTED: RefCell<Vec<(String, bool)>> = const { RefCell::new(Vec::new()) };
    }

    #[allow(dead_code, reason = "tests call it")]
    pub fn set(roots: Vec<(String, bool)>) {
        GRANTED.set(roots);
    }

    pub(super) fn get() -> Vec<super::Root> {
        GRANTED.with_borrow(|roots| {
            roots.iter().map(|(path, writable)| super::Root { path: path.clone(), writable: *writable }).collect()
        })
    }
}

/// The path that is meant: without `.` and `..`, in a granted directory. A relative one is in the only granted
/// directory, if there is but one.
pub fn resolve(path: &str) -> Result<String, Error> {
    let roots = roots();
    let full = match roots.as_slice() {
        [only] if !path.starts_with('/') => format!("{}/{path}", only.path),
        _ => path.to_owned(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let resolved = format!("/{}", parts.join("/"));
    if full.starts_with('/') && roots.iter().any(|root| is_within(&resolved, &root.path)) {
        return Ok(resolved);
    }
    Err(Error::invalid_arguments(format!("{path} is in no granted directory. {}", described(&roots))))
}

/// Is `path` the directory `root`, or in it?
pub fn is_within(path: &str, root: &str) -> bool {
    path.strip_prefix(root.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The granted directories in words.
fn described(roots: &[Root]) -> String {
    if roots.is_empty() {
        return "No directory is granted. The operator of this server grants one with a line such as \
                \"/srv/docs\" = { path = \"/docs\" } under [filesystem] in grants/files.toml"
            .to_owned();
    }
    let mut text = "These are granted: ".to_owned();
    for (index, root) in roots.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let access = if root.writable { "read and write" } else { "read only" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{} ({access})", root.path);
    }
    text
}

/// That there is nothing to look into.
pub fn nothing_granted() -> Error {
    Error::failed(described(&[]))
}

/// What went wrong with `path`, in words that say what to do.
pub fn failed(act: &str, path: &str, error: &io::Error) -> Error {
    let because = |text: &dyn Display| Error::failed(format!("cannot {act} {path}: {text}"));
    let root = roots().into_iter().filter(|root| is_within(path, &root.path)).max_by_key(|root| root.path.len());
    match error.kind() {
        ErrorKind::NotFound => because(&"there is no such file or directory"),
        ErrorKind::ReadOnlyFilesystem => because(&match root {
            Some(root) if !root.writable => format!(
                "{} is granted for reading alone; the operator can change that with access = \"read-write\" under \
                 [filesystem] in grants/files.toml",
                root.path
            ),
            _ => "the server runs this tool without the right to change anything".to_owned(),
        }),
        ErrorKind::QuotaExceeded => because(
            &"the directory is full: its quota is used up. Delete something there, or ask the operator for a larger \
              quota_bytes or quota_files under [filesystem] in grants/files.toml",
        ),
        ErrorKind::PermissionDenied => because(
            &"that is not permitted (a link that leads out of the granted directories, no plain file, or one that the \
              server itself may not use)",
        ),
        _ => because(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(roots: &[(&str, bool)]) {
        for_tests::set(roots.iter().map(|(path, writable)| ((*path).to_owned(), *writable)).collect());
    }

    #[test]
    fn a_path_is_in_a_granted_directory_or_refused_with_their_names() {
        grant(&[("/docs", false), ("/out", true)]);
        assert_eq!(resolve("/docs/a/../b/./c/"), Ok("/docs/b/c".to_owned()));
        assert_eq!(resolve("/out"), Ok("/out".to_owned()));
        for outside in ["/etc/passwd", "/docs/../etc", "/docsx", "a", "/", "../docs"] {
            let Err(Error::InvalidArguments(message)) = resolve(outside) else { panic!("{outside}") };
            assert!(message.ends_with("These are granted: /docs (read only), /out (read and write)"), "{message}");
        }
    }

    #[test]
    fn a_relative_path_is_in_the_only_directory() {
        grant(&[("/docs", false)]);
        assert_eq!(resolve("a/b"), Ok("/docs/a/b".to_owned()));
        assert_eq!(resolve("."), Ok("/docs".to_owned()));
        assert!(resolve("../x").is_err());
        grant(&[("/", true)]);
        assert_eq!(resolve("a"), Ok("/a".to_owned()));
    }

    #[test]
    fn without_a_grant_it_says_which_one_would_do() {
        grant(&[]);
        let message = resolve("/docs").expect_err("nothing is granted").to_string();
        assert!(message.contains("No directory is granted") && message.contains("grants/files.toml"), "{message}");
    }
}
