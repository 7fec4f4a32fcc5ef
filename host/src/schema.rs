//! JSON Schema: compiled once, at load, and checked in bounded time.
//!
//! Schemas come from strangers. Nothing is ever fetched: a `$ref` that leaves the schema is an error when it
//! is compiled. Patterns run with a backtracking limit. And since `anyOf`, `$ref` and recursion can make a
//! small schema take exponential time, every subschema carries a keyword of ours that counts down a budget;
//! a validation that uses it up ends, with [`Violation::TooCostly`].

mod steps;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError};
use serde_json::Value;

pub(crate) use walk::{holds_subschemas, names_subschemas};

use steps::{BUDGET, BUDGET_FOR_ERRORS, KEYWORD, StepBudgetExhausted};

/// The most bytes of a schema, as JSON text.
pub const MAX_SCHEMA_BYTES: usize = 256 * 1024;
/// The most errors that one check reports.
const MAX_ERRORS: usize = 5;
/// The most characters of one reported error.
const MAX_ERROR_CHARS: usize = 300;
/// What one match of a pattern may backtrack.
const PATTERN_BACKTRACK_LIMIT: usize = 10_000;
/// The most bytes of one compiled pattern.
const PATTERN_SIZE_LIMIT: usize = 1 << 20;

/// A schema that is not one, or that Pegboard does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", Pointer(.path))]
pub struct InvalidSchema {
    /// JSON Pointer into the schema.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

/// What a value breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The rules broken, the first few: `/path: what is wrong (schema: /properties/…)`.
    #[error("{}", .0.join("; "))]
    Broken(Vec<String>),
    /// The schema makes the check too expensive for this value.
    #[error("the schema is too costly to check for this value")]
    TooCostly,
}

/// A compiled schema. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Schema {
    validator: Arc<jsonschema::Validator>,
}

impl Schema {
    /// Compiles `schema`, of the dialect in its `$schema`, 2020-12 if there is none.
    ///
    /// # Errors
    /// [`InvalidSchema`] if it is none, is too large, refers outside itself or to a place that is no
    /// subschema, or names a dialect that is not known.
    pub fn compile(schema: &Value) -> Result<Self, InvalidSchema> {
        let at_root = |reason: String| InvalidSchema { path: String::new(), reason };
        let size = schema.to_string().len();
        if size > MAX_SCHEMA_BYTES {
            return Err(at_root(format!("the schema has {size} bytes; at most {MAX_SCHEMA_BYTES} are taken")));
        }
        let counted = walk::with_keyword(schema, KEYWORD)?;
        let patterns =
            PatternOptions::fancy_regex().backtrack_limit(PATTERN_BACKTRACK_LIMIT).size_limit(PATTERN_SIZE_LIMIT);
        let validator = jsonschema::options()
            .with_pattern_options(patterns)
            .with_keyword(KEYWORD, steps::factory)
            .build(&counted)
            .map_err(|error| InvalidSchema { path: error.instance_path().to_string(), reason: error.to_string() })?;
        Ok(Self { validator: Arc::new(validator) })
    }

    /// Checks `value`, in bounded time.
    ///
    /// # Errors
    /// The first few rules that it breaks, each with the path of the offending value.
    pub fn check(&self, value: &Value) -> Result<(), Violation> {
        if bounded(BUDGET, || self.validator.is_valid(value))? {
            return Ok(());
        }
        // Only now, and with less to spend: describing errors costs more than finding that there are some.
        bounded(BUDGET_FOR_ERRORS, || {
            Violation::Broken(self.validator.iter_errors(value).take(MAX_ERRORS).map(|e| describe(&e)).collect())
        })
        .map_or_else(Err, Err)
    }
}

fn bounded<T>(budget: u32, check: impl FnOnce() -> T) -> Result<T, Violation> {
    steps::refill(budget);
    catch_unwind(AssertUnwindSafe(check)).map_err(|panic| {
        if panic.is::<StepBudgetExhausted>() {
            Violation::TooCostly
        } else {
            // A bug in the validator; the value counts as refused, the process lives.
            Violation::Broken(vec!["the value could not be checked".to_owned()])
        }
    })
}

fn describe(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    let mut text = match error.kind() {
        // The validator names two or three; whoever is to choose again needs all.
        ValidationErrorKind::Enum { options } => {
            format!("{}: {} is not one of {options}", Pointer(&path), error.instance())
        }
        _ => format!("{}: {error}", Pointer(&path)),
    };
    if let Some((cut, _)) = text.char_indices().nth(MAX_ERROR_CHARS) {
        text.truncate(cut);
        text.push('…');
    }
    format!("{text} (rule {})", error.schema_path())
}

/// A JSON Pointer as a person reads it: the root is not an empty text.
struct Pointer<'a>(&'a str);

impl std::fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "(root)" } else { self.0 })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn broken(schema: &Value, value: &Value) -> String {
        Schema::compile(schema).unwrap().check(value).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_path_and_the_rule() {
        let schema =
            json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]});
        assert!(Schema::compile(&schema).unwrap().check(&json!({"n": 1})).is_ok());
        let text = broken(&schema, &json!({"n": 0}));
        assert!(text.contains("/n: ") && text.contains("/properties/n/minimum"), "{text}");
        let text = broken(&schema, &json!({}));
        assert!(text.contains("(root)") && text.contains("\"n\" is a required property"), "{text}");
    }

    #[test]
    fn all_that_can_be_chosen_is_named() {
        let text = broken(&json!({"enum": ["a", "b", "c", "d", "e", "f"]}), &json!("x"));
        assert!(text.contains(r#""x" is not one of ["a","b","c","d","e","f"]"#), "{text}");
    }

    #[test]
    fn names_that_look_like_keywords_are_left_alone() {
        let schema = json!({
            "type": "object",
            "properties": {"properties": {"type": "string"}, "enum": {"const": {"type": "x"}}},
            "additionalProperties": false
        });
        let schema = Schema::compile(&schema).unwrap();
        assert!(schema.check(&json!({"properties": "a", "enum": {"type": "x"}})).is_ok());
        assert!(schema.check(&json!({KEYWORD: true})).is_err(), "the counting keyword must not become a property");
    }

    #[test]
    fn an_exponential_schema_ends() {
        let mut defs = serde_json::Map::new();
        for level in 0..40 {
            let next = format!("#/$defs/l{}", level + 1);
            defs.insert(format!("l{level}"), json!({"allOf": [{"$ref": next}, {"$ref": next}]}));
        }
        defs.insert("l40".into(), json!({"type": "object"}));
        let schema = Schema::compile(&json!({"$ref": "#/$defs/l0", "$defs": defs})).unwrap();
        assert_eq!(schema.check(&json!({})), Err(Violation::TooCostly));
    }

    #[test]
    fn an_exponential_schema_cannot_hide_under_an_unknown_keyword() {
        let schema = json!({"$ref": "#/hidden/a", "hidden": {"a": {"allOf": [{"type": "object"}]}}});
        let error = Schema::compile(&schema).unwrap_err();
        assert!(error.reason.contains("#/hidden/a"), "{error}");
    }

    #[test]
    fn catastrophic_patterns_end() {
        let schema = Schema::compile(&json!({"pattern": "^(a+)+(?!b)$"})).unwrap();
        assert!(schema.check(&json!(format!("{}!", "a".repeat(5000)))).is_err());
    }

    #[test]
    fn nothing_outside_the_schema_is_referred_to() {
        for target in ["https://example.com/schema.json", "file:///etc/passwd", "other.json"] {
            assert!(Schema::compile(&json!({"$ref": target})).is_err(), "{target}");
        }
    }

    #[test]
    fn the_dialect_is_respected_and_an_unknown_one_refused() {
        let draft7 = json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "integer"}]});
        assert!(Schema::compile(&draft7).unwrap().check(&json!(["x"])).is_err());
        assert!(Schema::compile(&json!({"$schema": "https://example.com/dialect"})).is_err());
        assert!(Schema::compile(&json!({"type": "no-such-type"})).is_err());
    }
}
