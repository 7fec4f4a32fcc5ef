//! `hash`

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pegboard_sdk::prelude::*;
use sha2::Digest;

/// How to hash.
#[input]
#[output]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Algorithm {
    #[default]
    #[serde(rename = "sha-256")]
    Sha256,
    #[serde(rename = "sha-384")]
    Sha384,
    #[serde(rename = "sha-512")]
    Sha512,
    #[serde(rename = "sha-1")]
    Sha1,
    #[serde(rename = "md5")]
    Md5,
}

/// What the text stands for.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    #[default]
    Utf8,
    Base64,
    Hex,
}

/// A digest.
#[output]
#[derive(Debug, PartialEq)]
pub struct Hash {
    /// How it was made.
    pub algorithm: Algorithm,
    /// In lower-case hexadecimal.
    pub hex: String,
    /// In base64 with padding.
    pub base64: String,
    /// How many bytes were hashed.
    pub bytes: usize,
}

/// Computes the hash (checksum, digest) of a text or of bytes. Returns it in hexadecimal and in base64.
/// SHA-1 and MD5 are there to compare with checksums of others; they protect against nobody.
#[tool(title = "Hash a text", read_only, destructive = false, idempotent, open_world = false)]
pub fn hash(
    /// What to hash.
    text: &str,
    /// The algorithm; sha-256 if not given.
    algorithm: Option<Algorithm>,
    /// How `text` is to be read: utf8 (if not given) hashes the text itself; base64 or hex hashes the bytes
    /// that it stands for.
    encoding: Option<Encoding>,
) -> Result<Hash, Error> {
    let decoded;
    let bytes = match encoding.unwrap_or_default() {
        Encoding::Utf8 => text.as_bytes(),
        Encoding::Base64 => {
            decoded = crate::base64::decode(text).map_err(|what| Error::invalid_arguments(format!("text: {what}")))?;
            &decoded
        }
        Encoding::Hex => {
            decoded = from_hex(text).map_err(|what| Error::invalid_arguments(format!("text: {what}")))?;
            &decoded
        }
    };
    let algorithm = algorithm.unwrap_or_default();
    let digest = match algorithm {
        Algorithm::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
        Algorithm::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
        Algorithm::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        Algorithm::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
        Algorithm::Md5 => md5::Md5::digest(bytes).to_vec(),
    };
    Ok(Hash { algorithm, hex: to_hex(&digest), base64: STANDARD.encode(&digest), bytes: bytes.len() })
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| {
        let value = letter.to_digit(16).ok_or_else(|| format!("{letter:?} is no hexadecimal digit"))?;
        Ok(value.to_le_bytes()[0])
    });
    let digits = digits.collect::<Result<Vec<u8>, String>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("{} hexadecimal digits are no whole number of bytes", digits.len()));
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(algorithm: Algorithm) -> String {
        hash("abc", Some(algorithm), None).expect("hashed").hex
    }

    #[test]
    fn the_published_digests_of_abc_come_out() {
        assert_eq!(hex(Algorithm::Sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(Algorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(Algorithm::Md5), "900150983cd24fb0d6963f7d28e17f72");
        assert!(hex(Algorithm::Sha384).starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
        assert!(hex(Algorithm::Sha512).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
    }

    #[test]
    fn bytes_are_hashed_whichever_way_they_are_written() {
        let plain = hash("abc", None, None).expect("hashed");
        assert_eq!(plain.base64, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(hash("YWJj", None, Some(Encoding::Base64)), Ok(plain));
        assert_eq!(hash("61 62 63", None, Some(Encoding::Hex)).expect("hashed").bytes, 3);
    }

    #[test]
    fn what_is_not_written_as_it_was_said_is_named() {
        let error = |text, encoding| hash(text, None, Some(encoding)).expect_err("no bytes").to_string();
        assert_eq!(error("6g", Encoding::Hex), "text: 'g' is no hexadecimal digit");
        assert_eq!(error("616", Encoding::Hex), "text: 3 hexadecimal digits are no whole number of bytes");
        assert!(error("Y", Encoding::Base64).starts_with("text: not base64"));
    }

    #[test]
    fn the_algorithm_goes_by_its_usual_name() {
        let args = json!({ "text": "abc", "algorithm": "sha-1" });
        let result = crate::PLUGIN.call_tool(&Context::test(), "hash", &args).expect("hashed");
        assert_eq!(result.to_value().expect("structured")["algorithm"], "sha-1");
    }
}
