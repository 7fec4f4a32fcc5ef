//! `format_json`

use jaq_json::write::{Pp, write};
use pegboard_sdk::prelude::*;

use crate::document;

/// The widest indentation. What comes out is bounded by it and by the depth of what comes in.
const MOST_INDENT: u8 = 8;

/// Bytes of the new text.
const RESULT_BYTES: usize = 4 << 20;

/// Checks that a text is JSON and lays it out anew: indented to be read, or compact. Numbers and the order of members
/// stay as they were written. Returns the JSON alone; if it is not JSON, says at which line and column.
#[tool(title = "Format JSON", read_only, destructive = false, idempotent, open_world = false)]
pub fn format_json(
    /// The JSON document, as text.
    #[schemars(length(min = 1, max = 1_000_000))]
    json: &str,
    /// Blanks for each level of nesting; 2 if not given, 0 for compact JSON on one line.
    #[schemars(range(max = 8))]
    indent: Option<u8>,
    /// True: the members of every object are sorted by name.
    sort_keys: Option<bool>,
) -> Result<String, Error> {
    let value = document::value("json", json)?;
    let indent = usize::from(indent.unwrap_or(2).min(MOST_INDENT));
    let layout = Pp {
        indent: (indent > 0).then(|| " ".repeat(indent)),
        sort_keys: sort_keys.unwrap_or_default(),
        sep_space: indent > 0,
        ..Pp::default()
    };
    let mut text = Bounded(Vec::with_capacity(json.len()));
    write(&mut text, &layout, 0, &value).map_err(|_| {
        Error::failed(format!("laid out, it has more than {RESULT_BYTES} bytes; take a smaller indent"))
    })?;
    Ok(String::from_utf8(text.0)?)
}

/// Takes no more than [`RESULT_BYTES`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > RESULT_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#" {"b": [1.0, {}], "a": "ü\u00fc\n\"", "c": []} "#;

    #[test]
    fn json_is_laid_out_to_be_read_or_compact() {
        let wide = "{\n  \"b\": [\n    1.0,\n    {}\n  ],\n  \"a\": \"üü\\n\\\"\",\n  \"c\": []\n}";
        assert_eq!(format_json(JSON, None, None), Ok(wide.to_owned()));
        assert_eq!(format_json(JSON, Some(0), None), Ok(r#"{"b":[1.0,{}],"a":"üü\n\"","c":[]}"#.to_owned()));
        assert_eq!(format_json(JSON, Some(0), Some(true)), Ok(r#"{"a":"üü\n\"","b":[1.0,{}],"c":[]}"#.to_owned()));
    }

    #[test]
    fn what_is_no_json_is_an_error_with_its_place() {
        let error = format_json("{\"a\": 1,}", None, None).expect_err("no JSON").to_string();
        assert_eq!(error, "json: not JSON: key must be a string at line 1 column 9");
    }

    #[test]
    fn indentation_cannot_make_a_text_grow_without_bound() {
        let deep = "[".repeat(100) + &"0,".repeat(100_000) + "0" + &"]".repeat(100);
        let error = format_json(&deep, Some(8), None).expect_err("too long");
        assert!(matches!(error, Error::Failed(text) if text.contains("smaller indent")));
        assert!(format_json(&deep, Some(0), None).is_ok());
    }
}
