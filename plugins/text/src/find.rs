//! `regex_find`

use std::collections::BTreeMap;

use pegboard_sdk::prelude::*;
use regex::{Captures, Regex};

use crate::pattern::{self, Flags};

const DEFAULT_MATCHES: u16 = 100;
const MOST_MATCHES: u16 = 1_000;

/// Bytes of text in all matches and their groups together.
const RESULT_BYTES: usize = 1 << 20;

/// One match.
#[output]
#[derive(Debug, PartialEq)]
pub struct Match {
    /// What matched.
    pub text: String,
    /// The line that it starts in, from 1.
    pub line: usize,
    /// The character (Unicode code point) of the text that it starts at, from 0.
    pub start: usize,
    /// The character behind its last one.
    pub end: usize,
    /// What each group of the pattern matched, by its name or, if it has none, by its number; null if it took no
    /// part.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Option<String>>,
}

/// All matches, or the first ones.
#[output]
#[derive(Debug, PartialEq)]
pub struct Matches {
    /// In the order of the text.
    pub matches: Vec<Match>,
    /// True: there are further ones, which do not fit in here.
    pub more: bool,
}

/// Finds all matches of a regular expression in a text, with line, position and groups. Use it to extract or to
/// count what has a known form. The syntax is that of Rust's regex crate: as in Perl and Python, with Unicode
/// classes (\p{L}), but without look-around and back-references.
#[tool(title = "Find by regular expression", read_only, destructive = false, idempotent, open_world = false)]
pub fn regex_find(
    /// The regular expression, without delimiters: (?P<year>\d{4})-(\d\d)
    #[schemars(length(min = 1, max = 10_000))]
    pattern: &str,
    /// The text to search.
    #[schemars(length(max = 1_000_000))]
    text: &str,
    /// How the pattern is read; all off if not given.
    flags: Option<Flags>,
    /// How many matches to return at most; 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    max_matches: Option<u16>,
) -> Result<Matches, Error> {
    let regex = pattern::compile(pattern, flags.unwrap_or_default())?;
    let most = usize::from(max_matches.unwrap_or(DEFAULT_MATCHES).clamp(1, MOST_MATCHES));
    let mut place = Place { text, byte: 0, character: 0, line: 1 };
    let mut found = Matches { matches: Vec::new(), more: false };
    let mut bytes = 0;
    for captures in regex.captures_iter(text) {
        bytes += captures.iter().flatten().map(|group| group.len()).sum::<usize>();
        if found.matches.len() == most || bytes > RESULT_BYTES {
            found.more = true;
            break;
        }
        found.matches.push(describe(&regex, &captures, &mut place));
    }
    Ok(found)
}

fn describe(regex: &Regex, captures: &Captures<'_>, place: &mut Place<'_>) -> Match {
    let whole = captures.get_match();
    place.advance(whole.start());
    let names = regex.capture_names().enumerate().skip(1);
    let groups = names.map(|(number, name)| {
        let name = name.map_or_else(|| number.to_string(), str::to_owned);
        (name, captures.get(number).map(|group| group.as_str().to_owned()))
    });
    Match {
        text: whole.as_str().to_owned(),
        line: place.line,
        start: place.character,
        end: place.character + whole.as_str().chars().count(),
        groups: groups.collect(),
    }
}

/// A place in a text, which only moves on, so that characters and lines are counted once.
struct Place<'a> {
    text: &'a str,
    byte: usize,
    character: usize,
    line: usize,
}

impl Place<'_> {
    fn advance(&mut self, byte: usize) {
        let passed = &self.text[self.byte..byte];
        self.character += passed.chars().count();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.byte = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str, most: Option<u16>) -> Matches {
        regex_find(pattern, text, None, most).expect("found")
    }

    #[test]
    fn matches_have_their_place_in_characters_and_their_groups() {
        let found = find(r"(?P<year>\d{4})-(\d\d)(-\d\d)?", "ü 2026-07\nand 1999-12-31", None);
        let groups = |all: &[(&str, Option<&str>)]| {
            all.iter().map(|(name, text)| ((*name).to_owned(), text.map(str::to_owned))).collect()
        };
        assert_eq!(
            found.matches,
            [
                Match {
                    text: "2026-07".into(),
                    line: 1,
                    start: 2,
                    end: 9,
                    groups: groups(&[("year", Some("2026")), ("2", Some("07")), ("3", None)]),
                },
                Match {
                    text: "1999-12-31".into(),
                    line: 2,
                    start: 14,
                    end: 24,
                    groups: groups(&[("year", Some("1999")), ("2", Some("12")), ("3", Some("-31"))]),
                },
            ]
        );
        assert!(!found.more);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let found = find("a", "aaa", Some(2));
        assert_eq!((found.matches.len(), found.more), (2, true));
        assert!(!find("a", "aaa", Some(3)).more);
        let long = find("(?s).*", &"x".repeat(RESULT_BYTES + 1), None);
        assert_eq!((long.matches.len(), long.more), (0, true));
    }

    #[test]
    fn matches_of_nothing_move_on() {
        let found = find("b*", "aüa", None);
        assert_eq!(found.matches.iter().map(|found| found.start).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn no_match_is_no_error_and_flags_come_as_an_object() {
        assert_eq!(find("x", "abc", None), Matches { matches: vec![], more: false });
        let args = json!({ "pattern": "^b$", "text": "A\nB", "flags": { "ignore_case": true, "multi_line": true } });
        let result = crate::PLUGIN.call_tool(&Context::test(), "regex_find", &args).expect("found");
        assert_eq!(
            result.to_value().expect("structured"),
            json!({ "matches": [{ "text": "B", "line": 2, "start": 2, "end": 3 }], "more": false })
        );
    }
}
