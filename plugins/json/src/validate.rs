//! `validate_json`

use jsonschema::{PatternOptions, ValidationError};
use pegboard_sdk::prelude::*;

use crate::document;

const DEFAULT_ERRORS: u16 = 50;
const MOST_ERRORS: u16 = 500;

/// Bytes of one message.
const MESSAGE_BYTES: usize = 500;

/// Bytes of one compiled pattern, and the steps that one may go back.
const PATTERN_BYTES: usize = 1 << 20;
const PATTERN_STEPS: usize = 10_000;

/// One thing that is wrong.
#[output]
#[derive(Debug, PartialEq)]
pub struct Violation {
    /// Where in the document, as a JSON Pointer; empty for the document as a whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// Which rule of the schema says so, as a JSON Pointer into the schema.
    pub rule: String,
}

/// Does a document match a schema?
#[output]
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// Does it?
    pub valid: bool,
    /// All that is wrong; empty if it is valid.
    pub errors: Vec<Violation>,
    /// True: there are further errors, which do not fit in here.
    pub more: bool,
}

/// Checks a JSON document against a JSON Schema. Returns whether it is valid, and all errors, each with the path to
/// what is wrong. Knows drafts 4 to 2020-12, by the schema's $schema (2020-12 without one), and checks formats. A
/// $ref must lead within the schema: nothing is fetched.
#[tool(title = "Validate JSON by a schema", read_only, destructive = false, idempotent, open_world = false)]
pub fn validate_json(
    /// The JSON document, as text.
    #[schemars(length(min = 1, max = 1_000_000))]
    json: &str,
    /// The JSON Schema, as text.
    #[schemars(length(min = 1, max = 200_000))]
    schema: &str,
    /// How many errors to return at most; 50 if not given.
    #[schemars(range(min = 1, max = 500))]
    max_errors: Option<u16>,
) -> Result<Verdict, Error> {
    let most = usize::from(max_errors.unwrap_or(DEFAULT_ERRORS).clamp(1, MOST_ERRORS));
    let document = parse("json", json)?;
    let schema = parse("schema", schema)?;
    let patterns = PatternOptions::fancy_regex().backtrack_limit(PATTERN_STEPS).size_limit(PATTERN_BYTES);
    let validator = jsonschema::options().with_pattern_options(patterns).should_validate_formats(true).build(&schema);
    let validator = validator.map_err(|error| {
        let at = error.instance_path().as_str();
        let at = if at.is_empty() { String::new() } else { format!(" (at {at})") };
        Error::invalid_arguments(format!(
            "schema: not a JSON Schema: {}{at}",
            document::shortened(&error.to_string(), MESSAGE_BYTES)
        ))
    })?;
    let mut errors = validator.iter_errors(&document);
    let violations = errors.by_ref().take(most).map(|error| describe(&error)).collect::<Vec<_>>();
    Ok(Verdict { valid: violations.is_empty(), more: errors.next().is_some(), errors: violations })
}

fn describe(error: &ValidationError<'_>) -> Violation {
    Violation {
        path: error.instance_path().as_str().to_owned(),
        message: document::shortened(&error.to_string(), MESSAGE_BYTES),
        rule: error.schema_path().as_str().to_owned(),
    }
}

/// serde bounds the depth by itself.
fn parse(argument: &str, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::invalid_arguments(format!("{argument}: not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{
        "type": "object",
        "properties": {
            "id": { "type": "integer" },
            "tags": { "type": "array", "items": { "type": "string", "pattern": "^(?!x)" } },
            "day": { "format": "date" }
        },
        "required": ["id", "name"]
    }"#;

    fn check(json: &str) -> Verdict {
        validate_json(json, SCHEMA, None).expect("checked")
    }

    #[test]
    fn all_errors_are_told_each_with_its_path_and_rule() {
        let verdict = check(r#"{ "id": "7", "tags": ["a", 5, "x"], "day": "2026-02-30" }"#);
        let told = verdict.errors.iter().map(|error| (error.path.as_str(), error.rule.as_str())).collect::<Vec<_>>();
        assert!(!verdict.valid);
        for expected in [
            ("/id", "/properties/id/type"),
            ("/tags/1", "/properties/tags/items/type"),
            ("/tags/2", "/properties/tags/items/pattern"),
            ("/day", "/properties/day/format"),
            ("", "/required"),
        ] {
            assert!(told.contains(&expected), "{expected:?} in {told:?}");
        }
        assert_eq!(told.len(), 5);
    }

    #[test]
    fn what_matches_is_valid() {
        let verdict = check(r#"{ "id": 7, "name": "n", "day": "2026-02-28" }"#);
        assert_eq!(verdict, Verdict { valid: true, errors: vec![], more: false });
    }

    #[test]
    fn errors_are_bounded_in_number_and_length() {
        let json = format!("[{}\"{}\"]", "\"x\",".repeat(99), "y".repeat(10_000));
        let verdict = validate_json(&json, r#"{ "items": { "type": "null" } }"#, Some(100)).expect("checked");
        assert_eq!((verdict.errors.len(), verdict.more), (100, false));
        assert!(verdict.errors.iter().all(|error| error.message.len() < 600));
        assert!(validate_json(&json, r#"{ "items": { "type": "null" } }"#, Some(2)).expect("checked").more);
    }

    #[test]
    fn what_is_no_schema_is_refused_with_the_reason() {
        let error = |schema| validate_json("1", schema, None).expect_err(schema).to_string();
        assert!(error(r#"{ "type": "text" }"#).starts_with("schema: not a JSON Schema"));
        assert!(error(r#"{ "$ref": "https://example.com/x.json" }"#).contains("example.com"));
        assert!(error("{").starts_with("schema: not JSON: EOF"));
        assert!(validate_json("[", "{}", None).expect_err("no JSON").to_string().starts_with("json: not JSON"));
    }
}
