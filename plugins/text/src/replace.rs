//! `regex_replace`

use pegboard_sdk::prelude::*;
use regex::Regex;

use crate::pattern::{self, Flags};

/// Bytes of the new text.
const RESULT_BYTES: usize = 2 << 20;

/// A text in which matches were replaced.
#[output]
#[derive(Debug, PartialEq)]
pub struct Replaced {
    /// The new text, whole.
    pub text: String,
    /// How many matches were replaced.
    pub replacements: usize,
}

/// Replaces all matches of a regular expression in a text. Returns the new text and how many matches there were.
/// The syntax is that of Rust's regex crate: as in Perl and Python, with Unicode classes (\p{L}), but without
/// look-around and back-references.
#[tool(title = "Replace by regular expression", read_only, destructive = false, idempotent, open_world = false)]
pub fn regex_replace(
    /// The regular expression, without delimiters: (?P<first>\w+) (\w+)
    #[schemars(length(min = 1, max = 10_000))]
    pattern: &str,
    /// The text to search.
    #[schemars(length(max = 1_000_000))]
    text: &str,
    /// What to put in place of each match. ${1} and ${name} stand for what a group matched, ${0} for the whole
    /// match, and $$ for a dollar sign.
    #[schemars(length(max = 100_000))]
    replacement: &str,
    /// How the pattern is read; all off if not given.
    flags: Option<Flags>,
    /// How many matches to replace at most, from the start; all if not given.
    #[schemars(range(min = 1))]
    max_replacements: Option<u32>,
) -> Result<Replaced, Error> {
    let regex = pattern::compile(pattern, flags.unwrap_or_default())?;
    check_groups(&regex, replacement)?;
    let most = max_replacements.map_or(usize::MAX, |most| most.try_into().unwrap_or(usize::MAX));
    let mut new = String::with_capacity(text.len());
    let (mut replacements, mut copied) = (0, 0);
    for captures in regex.captures_iter(text).take(most) {
        let whole = captures.get_match();
        new.push_str(&text[copied..whole.start()]);
        captures.expand(replacement, &mut new);
        copied = whole.end();
        replacements += 1;
        if new.len() > RESULT_BYTES {
            break;
        }
    }
    new.push_str(&text[copied..]);
    if new.len() > RESULT_BYTES {
        return Err(Error::failed(format!(
            "the new text would have more than {RESULT_BYTES} bytes; replace less at once, with max_replacements or a \
             shorter text"
        )));
    }
    Ok(Replaced { text: new, replacements })
}

/// Refuses references to groups that the pattern does not have. The library takes them for empty, so that `$1_x`,
/// which names a group `1_x`, would silently lose what group 1 matched.
fn check_groups(regex: &Regex, replacement: &str) -> Result<(), Error> {
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
            continue;
        }
        let name = match rest.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map(|(name, _)| name),
            None => rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next(),
        };
        // What names no group stands for itself.
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        let known = match name.parse::<usize>() {
            Ok(number) => number < regex.captures_len(),
            Err(_) => regex.capture_names().flatten().any(|group| group == name),
        };
        if !known {
            return Err(Error::invalid_arguments(format!(
                "replacement: the pattern has no group {:?}; write ${{1}} or ${{name}}, with braces, where letters, \
                 digits or _ follow, and $$ for a dollar sign",
                name.get(..name.floor_char_boundary(100)).unwrap_or_default()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(pattern: &str, text: &str, replacement: &str) -> Result<Replaced, Error> {
        regex_replace(pattern, text, replacement, None, None)
    }

    #[test]
    fn groups_go_by_number_and_by_name() {
        let replaced = replace(r"(?P<first>\w+) (\w+)", "Ann Lee, Bob Ray", "${2}_$first ($$${0})").expect("replaced");
        assert_eq!(replaced.text, "Lee_Ann ($Ann Lee), Ray_Bob ($Bob Ray)");
        assert_eq!(replaced.replacements, 2);
    }

    #[test]
    fn no_more_are_replaced_than_wanted() {
        let replaced = regex_replace("a", "aaa", "b", None, Some(2)).expect("replaced");
        assert_eq!(replaced, Replaced { text: "bba".into(), replacements: 2 });
        assert_eq!(replace("x", "aaa", "b").expect("replaced").replacements, 0);
    }

    #[test]
    fn a_group_that_is_not_there_is_refused_not_taken_for_empty() {
        for replacement in ["$1_x", "${2}", "$name", "a${no}"] {
            let error = replace("(a)", "a", replacement).expect_err(replacement).to_string();
            assert!(error.starts_with("replacement: the pattern has no group"), "{replacement}: {error}");
        }
        for (replacement, text) in [("$", "$"), ("5 $ ", "5 $ "), ("$$1", "$1"), ("${1}_x", "a_x"), ("${", "${")] {
            assert_eq!(replace("(a)", "a", replacement).expect(replacement).text, text);
        }
    }

    #[test]
    fn a_text_that_would_grow_without_bound_is_refused() {
        let error = replace("", &"a".repeat(100_000), &"x".repeat(1_000)).expect_err("too long");
        assert!(matches!(error, Error::Failed(text) if text.contains("max_replacements")));
    }
}
