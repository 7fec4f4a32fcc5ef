//! `url_encode` and `url_decode`

use std::borrow::Cow;

use pegboard_sdk::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The reserved ones stay too, and a percent sign, so that a URL that is encoded already stays what it is.
const URL: &AsciiSet = &COMPONENT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');

/// Which part of a URL a text is for.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    #[default]
    Component,
    Url,
    Form,
}

/// Percent-encodes a text for use in a URL. Returns the encoded text alone.
#[tool(title = "Encode for a URL", read_only, destructive = false, idempotent = false, open_world = false)]
pub fn url_encode(
    /// The text to encode.
    text: &str,
    /// What it is: component (if not given), one part such as a path segment or a parameter's value, so that
    /// / ? & = and the like are encoded; url, a whole URL, in which they stay; form, a value in a form, in
    /// which a blank becomes +.
    part: Option<Part>,
) -> String {
    match part.unwrap_or_default() {
        Part::Component => utf8_percent_encode(text, COMPONENT).to_string(),
        Part::Url => utf8_percent_encode(text, URL).to_string(),
        Part::Form => utf8_percent_encode(text, COMPONENT).to_string().replace("%20", "+"),
    }
}

/// Decodes a percent-encoded text. Returns the decoded text alone.
#[tool(title = "Decode from a URL", read_only, destructive = false, idempotent = false, open_world = false)]
pub fn url_decode(
    /// The text to decode.
    text: &str,
    /// True: a + stands for a blank, as in forms.
    plus: Option<bool>,
) -> Result<String, Error> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(Error::invalid_arguments(format!(
                "text: the % at byte {at} is not followed by two hexadecimal digits; a % itself is written %25"
            )));
        }
    }
    let text = if plus.unwrap_or_default() { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    let decoded = percent_decode(text.as_bytes()).decode_utf8();
    Ok(decoded.map_err(|error| Error::failed(format!("what it stands for is no UTF-8 text: {error}")))?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_loses_what_has_a_meaning_in_a_url_and_a_url_keeps_it() {
        let text = "https://e.test/a b?c=ü&d=50%25#~";
        assert_eq!(url_encode(text, None), "https%3A%2F%2Fe.test%2Fa%20b%3Fc%3D%C3%BC%26d%3D50%2525%23~");
        assert_eq!(url_encode(text, Some(Part::Url)), "https://e.test/a%20b?c=%C3%BC&d=50%25#~");
        assert_eq!(url_encode("a b+c", Some(Part::Form)), "a+b%2Bc");
    }

    #[test]
    fn decoding_undoes_encoding() {
        let text = "100 % of a+b = ü/?&\u{1F600}";
        assert_eq!(url_decode(&url_encode(text, None), None), Ok(text.to_owned()));
        assert_eq!(url_decode(&url_encode(text, Some(Part::Form)), Some(true)), Ok(text.to_owned()));
        assert_eq!(url_decode("a+b", None), Ok("a+b".to_owned()));
    }

    #[test]
    fn half_an_escape_and_bytes_that_are_no_text_are_refused() {
        for text in ["50%", "%4", "%zz", "%é1"] {
            assert!(matches!(url_decode(text, None), Err(Error::InvalidArguments(_))), "{text}");
        }
        assert!(matches!(url_decode("%ff", None), Err(Error::Failed(_))));
    }
}
