//! `base64_encode` and `base64_decode`

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pegboard_sdk::prelude::*;

/// How decoded bytes are shown.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    #[default]
    Text,
    Hex,
}

/// Encodes a text as base64, by its UTF-8 bytes. Returns the base64 alone.
#[tool(title = "Encode as base64", read_only, destructive = false, idempotent, open_world = false)]
pub fn base64_encode(
    /// The text to encode.
    text: &str,
    /// True: the alphabet for URLs and file names, with - and _, and without padding.
    url_safe: Option<bool>,
) -> String {
    if url_safe.unwrap_or_default() {
        GeneralPurpose::new(&URL_SAFE, GeneralPurposeConfig::new().with_encode_padding(false)).encode(text)
    } else {
        GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new()).encode(text)
    }
}

/// Decodes base64, of either alphabet, with or without padding; blanks and line ends do not matter. Returns
/// the text alone.
#[tool(title = "Decode base64", read_only, destructive = false, idempotent, open_world = false)]
pub fn base64_decode(
    /// The base64 to decode.
    text: &str,
    /// How to return what was encoded: text (if not given), which fails if it is not UTF-8, or hex.
    output: Option<Show>,
) -> Result<String, Error> {
    let bytes = decode(text).map_err(|what| Error::invalid_arguments(format!("text: {what}")))?;
    match output.unwrap_or_default() {
        Show::Hex => Ok(crate::hash::to_hex(&bytes)),
        Show::Text => String::from_utf8(bytes).map_err(|error| {
            let (valid, all) = (error.utf8_error().valid_up_to(), error.as_bytes().len());
            Error::failed(format!(
                "the {all} bytes are no UTF-8 text (from byte {valid} on); call again with output \"hex\" to see them"
            ))
        }),
    }
}

pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    // To one alphabet, so that nobody has to know which one a text is in.
    let plain = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, config)
        .decode(plain.collect::<Vec<u8>>())
        .map_err(|error| format!("not base64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_come_out() {
        for (text, base64) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64_encode(text, None), base64);
            assert_eq!(base64_decode(base64, None), Ok(text.to_owned()));
        }
    }

    #[test]
    fn both_alphabets_are_decoded_with_and_without_padding_and_blanks() {
        assert_eq!(base64_encode("ü?>", Some(true)), "w7w_Pg");
        assert_eq!(base64_encode("ü?>", None), "w7w/Pg==");
        for base64 in ["w7w_Pg", "w7w/Pg==", "w7w_Pg==", " w7w/\r\nPg"] {
            assert_eq!(base64_decode(base64, None), Ok("ü?>".to_owned()), "{base64}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_hex_when_asked_for() {
        let error = base64_decode("Zv8=", None).expect_err("no text");
        assert!(error.to_string().contains("from byte 1 on"), "{error}");
        assert_eq!(base64_decode("Zv8=", Some(Show::Hex)), Ok("66ff".to_owned()));
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        let error = base64_decode("a$b", None).expect_err("no base64");
        assert!(matches!(error, Error::InvalidArguments(text) if text.starts_with("text: not base64")));
    }
}
