//! JSON as it comes in: as text, which keeps every number as it was written.

use jaq_json::{Val, read};
use pegboard_sdk::prelude::*;
use serde::de::IgnoredAny;

/// How deep arrays and objects may be nested: most parsers of JSON go to 128, and a result is wrapped once more on its
/// way. And never so deep that a walk through a document runs out of stack.
pub const DEPTH: usize = 100;

/// Reads the argument `argument`, which holds one value, or several one after the other.
pub fn values(argument: &str, text: &str) -> Result<Vec<Val>, Error> {
    let wrong = |what: String| Error::invalid_arguments(format!("{argument}: {what}"));
    if deeper_than(text, DEPTH) {
        return Err(wrong(format!("arrays and objects are nested more than {DEPTH} deep")));
    }
    // jaq reads more than JSON (comments, NaN), so this is what refuses it, and says where.
    for value in serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>() {
        value.map_err(|error| wrong(format!("not JSON: {error}")))?;
    }
    let values = read::parse_many(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    let values = values.map_err(|error| wrong(format!("not JSON: {error}")))?;
    if values.is_empty() {
        return Err(wrong("no JSON in it".to_owned()));
    }
    Ok(values)
}

/// The same, of one value.
pub fn value(argument: &str, text: &str) -> Result<Val, Error> {
    let mut values = values(argument, text)?;
    match (values.pop(), values.len()) {
        (Some(value), 0) => Ok(value),
        (_, others) => Err(Error::invalid_arguments(format!(
            "{argument}: must be one JSON value, and there are {}, one after the other",
            others + 1
        ))),
    }
}

/// Does a text open more brackets than that at once? Those in strings do not count.
pub fn deeper_than(text: &str, most: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

/// A text for a message: its start, if it is long.
pub fn shortened(text: &str, bytes: usize) -> String {
    match text.get(..text.floor_char_boundary(bytes)) {
        Some(start) if start.len() < text.len() => format!("{start}…"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        match value("json", text) {
            Err(Error::InvalidArguments(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert_eq!(complaint("{\n  \"a\": }"), "json: not JSON: expected value at line 2 column 8");
        for text in ["NaN", "# a\n1", "{'a': 1}", "[1,]", "b\"x\"", "\"\\q\"", "{1: 2}", "01"] {
            assert!(complaint(text).starts_with("json: not JSON"), "{text}");
        }
        assert_eq!(complaint("  "), "json: no JSON in it");
    }

    #[test]
    fn several_values_are_several_or_refused() {
        assert_eq!(values("json", "1 {\"a\":2}\n[3]").expect("three").len(), 3);
        assert!(complaint("1 2 3").contains("there are 3"));
    }

    #[test]
    fn nesting_is_bounded_and_brackets_in_strings_are_none() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value("json", &nested(DEPTH)).is_ok());
        assert!(complaint(&nested(DEPTH + 1)).contains("more than 100 deep"));
        assert!(value("json", &format!("\"\\\"{}\"", "[".repeat(1_000))).is_ok());
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        let text = "[1.10,123456789012345678901234567890,1E400]";
        assert_eq!(value("json", text).expect("read").to_string(), text);
    }
}
