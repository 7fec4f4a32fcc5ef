//! `search_files`

use std::fs;
use std::time::{Duration, Instant};

use pegboard_sdk::prelude::*;
use regex::RegexBuilder;
use regex::bytes::{Regex, RegexBuilder as BytesRegexBuilder};

use crate::list::names;
use crate::roots::{failed, nothing_granted, resolve, roots};

/// Matches that are given if it is not said how many, and at most.
const MATCHES: u32 = 100;
const MOST_MATCHES: u32 = 1_000;

/// Files and directories that one call looks at.
const MOST_SEEN: u32 = 20_000;

/// Bytes of contents that one call looks at.
const MOST_BYTES: u64 = 64 << 20;

/// Bytes of a file whose contents are searched: they are in memory meanwhile.
const LARGE: u64 = 8 << 20;

/// How long one call searches: what it has found by then should not be lost to a limit.
const TIME: Duration = Duration::from_secs(3);

/// Characters of a line that are shown.
const SHOWN: usize = 300;

/// How deep it goes.
const DEEP: usize = 64;

/// A file, or a line of one.
#[output]
#[derive(Debug, PartialEq)]
pub struct Match {
    /// The file.
    pub path: String,
    /// The line, counted from 1, if contents are searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// That line; of a long one the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was found.
#[output]
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// In the order of their paths.
    pub matches: Vec<Match>,
    /// Files whose names fit.
    pub files: u32,
    /// Of those, files that were not looked into since they are larger than 8 MiB or cannot be read.
    pub skipped: u32,
    /// If this is not all: call again with this as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_after: Option<String>,
}

/// Finds files by name, by what is in them, or both. With `content` each match is a line, otherwise a file. Links to
/// directories are not followed.
#[tool(title = "Search files", read_only, destructive = false, idempotent, open_world = false)]
pub fn search_files(
    /// The directory to search, with those in it; all granted directories if not given.
    path: Option<&str>,
    /// Which names: a pattern with * for any characters, ? for one, such as *.md. With a / in it, such as src/**/*.rs,
    /// it is for the path within the directory, and ** stands for any directories.
    name: Option<&str>,
    /// What the lines have: a regular expression, or the text itself if `literal` is set.
    content: Option<&str>,
    /// True: `content` is the text itself.
    literal: Option<bool>,
    /// True: upper and lower case are the same in `content`.
    ignore_case: Option<bool>,
    /// How many matches to give at most: 100 if not given, up to 1000.
    limit: Option<u32>,
    /// Go on after this file: `more_after` of the call before.
    after: Option<&str>,
) -> Result<Found, Error> {
    let starts = match path {
        Some(path) => vec![resolve(path)?],
        None => roots().into_iter().map(|root| root.path).collect(),
    };
    if starts.is_empty() {
        return Err(nothing_granted());
    }
    let content = content.map(|content| lines(content, literal.unwrap_or_default(), ignore_case.unwrap_or_default()));
    let mut search = Search {
        name: name.map(glob).transpose()?,
        content: content.transpose()?,
        limit: limit.unwrap_or(MATCHES).clamp(1, MOST_MATCHES) as usize,
        after: after.map(steps),
        found: Found::default(),
        seen: 0,
        bytes: 0,
        end: Instant::now() + TIME,
        last: None,
    };
    for start in starts {
        let begin = names(&start).map_err(|error| failed("search", &start, &error))?;
        if !search.directory(&start, begin, start.trim_end_matches('/').len() + 1, 0) {
            search.found.more_after = search.last;
            break;
        }
    }
    Ok(search.found)
}

struct Search {
    name: Option<Glob>,
    content: Option<Regex>,
    limit: usize,
    after: Option<Vec<String>>,
    found: Found,
    seen: u32,
    bytes: u64,
    end: Instant,
    /// The last that was looked at in full.
    last: Option<String>,
}

/// A path as it is walked: compared part by part, so that the order is that of the walk.
fn steps(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Search {
    /// Looks at what is in a directory; false if it stopped before the end. `inner` is where paths within the directory
    /// that is searched begin.
    fn directory(&mut self, directory: &str, names: Vec<String>, inner: usize, depth: usize) -> bool {
        for name in names {
            let path = format!("{}/{name}", directory.trim_end_matches('/'));
            let here = steps(&path);
            // Was it done before? A directory on the way to where it stopped is gone into again.
            let (done, on_the_way) = match &self.after {
                Some(after) => (here <= *after, after.len() > here.len() && after.starts_with(&here)),
                None => (false, false),
            };
            if done && !on_the_way {
                continue;
            }
            let is_over = self.seen >= MOST_SEEN || self.bytes >= MOST_BYTES || Instant::now() >= self.end;
            // At least one is looked at, so that calling again always gets on.
            if is_over && self.last.is_some() {
                return false;
            }
            self.seen += 1;
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() {
                let inside = if depth < DEEP { self::names(&path).unwrap_or_default() } else { Vec::new() };
                if !self.directory(&path, inside, inner, depth + 1) {
                    return false;
                }
            } else if metadata.is_file() && !done && !self.file(&path, &path[inner..], metadata.len()) {
                return false;
            }
            self.last = Some(path);
        }
        true
    }

    /// Looks at a file; false if there is no room for more matches.
    fn file(&mut self, path: &str, inner: &str, size: u64) -> bool {
        if self.name.as_ref().is_some_and(|glob| !glob.fits(inner)) {
            return true;
        }
        self.found.files += 1;
        let Some(content) = &self.content else {
            return self.add(vec![Match { path: path.to_owned(), line: None, text: None }]);
        };
        let bytes = if size <= LARGE { fs::read(path).ok() } else { None };
        let Some(bytes) = bytes else {
            self.found.skipped += 1;
            return true;
        };
        self.bytes += bytes.len() as u64;
        let mut matches = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if content.is_match(line) {
                let text = String::from_utf8_lossy(line).chars().take(SHOWN).collect();
                matches.push(Match { path: path.to_owned(), line: Some(index + 1), text: Some(text) });
                // More lines of one file than a whole answer has are not told.
                if matches.len() == self.limit {
                    break;
                }
            }
        }
        self.add(matches)
    }

    /// Adds the matches of one file, all or none; the first file's in any case.
    fn add(&mut self, matches: Vec<Match>) -> bool {
        let fits = self.found.matches.len() + matches.len() <= self.limit;
        if fits {
            self.found.matches.extend(matches);
        } else {
            self.found.files -= 1;
        }
        fits
    }
}

/// What a line must have.
fn lines(content: &str, literal: bool, ignore_case: bool) -> Result<Regex, Error> {
    let pattern = if literal { regex::escape(content) } else { content.to_owned() };
    BytesRegexBuilder::new(&pattern)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| Error::invalid_arguments(format!("content: {error}")))
}

/// A pattern of names, or of paths.
struct Glob {
    pattern: regex::Regex,
    of_paths: bool,
}

impl Glob {
    fn fits(&self, path: &str) -> bool {
        let name = if self.of_paths { path } else { path.rsplit('/').next().unwrap_or(path) };
        self.pattern.is_match(name)
    }
}

fn glob(text: &str) -> Result<Glob, Error> {
    let mut pattern = "^".to_owned();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (piece, length) = match next {
            // Any directories, also none.
            '*' if rest.starts_with("**/") => ("(?:.*/)?".to_owned(), 3),
            '*' if rest.starts_with("**") => (".*".to_owned(), 2),
            '*' => ("[^/]*".to_owned(), 1),
            '?' => ("[^/]".to_owned(), 1),
            other => (regex::escape(other.encode_utf8(&mut [0; 4])), other.len_utf8()),
        };
        pattern.push_str(&piece);
        rest = &rest[length..];
    }
    pattern.push('$');
    let built = RegexBuilder::new(&pattern).dot_matches_new_line(true).size_limit(1 << 20).build();
    let pattern = built.map_err(|error| Error::invalid_arguments(format!("name: {error}")))?;
    Ok(Glob { pattern, of_paths: text.contains('/') })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Granted;

    fn paths(found: &Found, granted: &Granted) -> Vec<String> {
        let root = format!("{}/", granted.root().display());
        found.matches.iter().map(|found| found.path.replace(&root, "")).collect()
    }

    fn by_name(name: &str) -> Found {
        search_files(None, Some(name), None, None, None, None, None).expect("a search")
    }

    #[test]
    fn files_are_found_by_name_and_by_path() {
        let granted = Granted::with(&[("a.md", ""), ("sub/b.md", ""), ("sub/deep/c.rs", ""), ("sub-b.md", "")]);
        assert_eq!(paths(&by_name("*.md"), &granted), ["a.md", "sub/b.md", "sub-b.md"]);
        assert_eq!(paths(&by_name("sub/**/*.rs"), &granted), ["sub/deep/c.rs"]);
        assert_eq!(paths(&by_name("sub/*"), &granted), ["sub/b.md"]);
        assert_eq!(paths(&by_name("?.md"), &granted), ["a.md", "sub/b.md"]);
        assert_eq!(by_name("*").files, 4);
    }

    #[test]
    fn lines_are_found_by_what_they_have() {
        let granted = Granted::with(&[("a", "One\ntwo (2)\none\n"), ("b", "nothing")]);
        let search = |content, literal, ignore_case| {
            search_files(None, None, Some(content), Some(literal), Some(ignore_case), None, None)
        };
        let found = search("^one$", false, true).expect("a search");
        let seen: Vec<_> = found.matches.iter().map(|found| (found.line, found.text.as_deref())).collect();
        assert_eq!(seen, [(Some(1), Some("One")), (Some(3), Some("one"))]);
        assert_eq!((found.files, paths(&found, &granted)[0].as_str()), (2, "a"));
        assert_eq!(search("(2)", true, false).expect("a search").matches[0].line, Some(2));
        assert!(search("(", false, false).expect_err("no pattern").to_string().starts_with("content: "));
    }

    #[test]
    fn a_search_that_stops_goes_on_where_it_stopped() {
        let names: Vec<String> = (0..25).map(|index| format!("d{}/f{index:02}", index % 3)).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        let granted = Granted::with(&files);
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let found = search_files(Some("."), None, None, None, None, Some(4), after.as_deref()).expect("a search");
            assert!(found.matches.len() <= 4);
            all.extend(paths(&found, &granted));
            after = found.more_after;
            if after.is_none() {
                break;
            }
        }
        let mut expected = names;
        expected.sort();
        assert_eq!(all, expected);
    }

    #[test]
    fn a_file_with_more_matches_than_an_answer_has_does_not_stop_the_search() {
        let granted = Granted::with(&[("a", &"x\n".repeat(50)), ("b", "x")]);
        let search =
            |after: Option<&str>| search_files(None, None, Some("x"), None, None, Some(10), after).expect("a search");
        let first = search(None);
        assert_eq!((first.matches.len(), first.more_after.clone()), (10, Some(granted.path("a"))));
        let second = search(first.more_after.as_deref());
        assert_eq!((paths(&second, &granted), second.more_after), (vec!["b".to_owned()], None));
    }

    #[test]
    fn links_are_not_followed() {
        let granted = Granted::with(&[("a", "x")]);
        std::os::unix::fs::symlink(granted.root(), granted.root().join("loop")).expect("a link");
        assert_eq!(by_name("*").files, 1);
    }
}
