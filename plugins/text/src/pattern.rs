//! Regular expressions as both tools take them.

use pegboard_sdk::prelude::*;
use regex::{Regex, RegexBuilder};

/// Bytes of a compiled pattern, and of what is worked out while it matches.
const COMPILED_BYTES: usize = 2 << 20;

/// Groups within groups.
const NESTING: u32 = 100;

/// How a pattern is read.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Flags {
    /// Upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// ^ and $ match at the start and end of each line, not of the whole text.
    #[serde(default)]
    pub multi_line: bool,
    /// . matches line ends too.
    #[serde(default)]
    pub dot_all: bool,
}

/// Compiles it. Matching takes time linear in the text, whatever the pattern.
pub fn compile(pattern: &str, flags: Flags) -> Result<Regex, Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_all)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .nest_limit(NESTING)
        .build()
        .map_err(|error| Error::invalid_arguments(format!("pattern: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(pattern: &str) -> String {
        match compile(pattern, Flags::default()) {
            Err(Error::InvalidArguments(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said_with_its_place() {
        assert!(complaint("a(b").contains("unclosed group"));
        assert!(complaint("(?=a)").contains("look-around"));
        assert!(complaint(r"(a)\1").contains("backreferences"));
    }

    #[test]
    fn a_pattern_that_would_grow_too_large_or_deep_is_refused() {
        assert!(complaint(r"(?:\w{1000}){1000}").contains("exceeds size limit"));
        assert!(complaint(&"(".repeat(1_000)).starts_with("pattern: "));
    }

    #[test]
    fn flags_do_what_they_say() {
        let matches = |pattern, flags| compile(pattern, flags).expect("compiled").is_match("a\nB");
        let none = Flags::default();
        assert!(!matches("b", none) && matches("b", Flags { ignore_case: true, ..none }));
        assert!(!matches("^B", none) && matches("^B", Flags { multi_line: true, ..none }));
        assert!(!matches("a.B", none) && matches("a.B", Flags { dot_all: true, ..none }));
    }
}
