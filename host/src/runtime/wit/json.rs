//! JSON text of guests.

use std::fmt;

use serde_json::Value;

use crate::plugin::{CallError, JsonObject};

/// Something that a guest gave and that the interface does not allow: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    place: String,
    what: String,
}

impl Malformed {
    pub(super) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    /// The same, seen from one level further out.
    pub(super) fn within(mut self, place: impl fmt::Display) -> Self {
        self.place = format!("{place}: {}", self.place);
        self
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.what)
    }
}

impl From<Malformed> for CallError {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid(malformed.to_string())
    }
}

/// Any JSON. `serde_json` refuses what is nested deeper than 128 levels.
pub(super) fn value(field: &str, text: &str) -> Result<Value, Malformed> {
    serde_json::from_str(text).map_err(|error| Malformed::new(field, format!("is not JSON: {error}")))
}

/// A JSON object.
pub(super) fn object(field: &str, text: &str) -> Result<JsonObject, Malformed> {
    match value(field, text)? {
        Value::Object(object) => Ok(object),
        other => Err(Malformed::new(field, format!("must be a JSON object, not {}", kind(&other)))),
    }
}

/// A JSON object, if there is any.
pub(super) fn optional_object(field: &str, text: Option<String>) -> Result<Option<JsonObject>, Malformed> {
    text.map(|text| object(field, &text)).transpose()
}

/// A number of bytes, which travels as a float.
pub(super) fn size(field: &str, number: f64) -> Result<u64, Malformed> {
    /// Up to here every whole number has a float of its own.
    const MOST: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && (0.0..=MOST).contains(&number) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // just checked
        return Ok(number as u64);
    }
    Err(Malformed::new(field, format!("must be a whole number from 0 to 2^53, not {number}")))
}

/// Text of a guest as JSON; what is not JSON is a string.
pub(super) fn value_or_text(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_field_and_the_reason() {
        let error = object("meta", "[1]").unwrap_err().within("content[3]").within("tool `a`");
        assert_eq!(error.to_string(), "tool `a`: content[3]: meta must be a JSON object, not an array");
        let error = value("input-schema", "{").unwrap_err().to_string();
        assert!(error.starts_with("input-schema is not JSON: "), "{error}");
    }

    #[test]
    fn deep_json_is_refused() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(value("meta", &deep).is_err());
        assert_eq!(value_or_text(deep.clone()), Value::String(deep));
    }

    #[test]
    fn a_size_is_whole_and_positive() {
        assert_eq!(size("size", 12.0), Ok(12));
        for bad in [0.5, -1.0, f64::NAN, f64::INFINITY, 1e17] {
            assert!(size("size", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn text_that_is_not_json_is_a_string() {
        assert_eq!(value_or_text("hello".into()), Value::String("hello".into()));
        assert_eq!(value_or_text("{\"a\":1}".into()), serde_json::json!({"a": 1}));
    }
}
