//! Signatures of plugins' files, in minisign's format: `time.wasm.minisig` beside `time.wasm`.
//!
//! Minisign, since it is small, has one algorithm, and needs neither network nor a directory of keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use minisign_verify::{PublicKey, Signature};
use serde::Deserialize;

/// Whose signatures are known, and whether there must be one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Serve no plugin without a signature by one of `keys`.
    pub required: bool,
    /// Who may sign.
    pub keys: Vec<Key>,
}

/// Who signs, and how that is told.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    /// The name by which grants know the signer.
    pub name: String,
    /// The public key as minisign prints it: `RW…`.
    pub public_key: String,
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// One is none.
    #[error(
        "signatures.keys: the key of `{name}` is none: {reason}; write the line that begins with RW in its .pub file"
    )]
    Invalid {
        /// Whose.
        name: String,
        /// Why.
        reason: String,
    },
    /// Two of one name, or none.
    #[error("signatures.keys: each key has a name of its own, and `{name}` is empty or there twice")]
    Name {
        /// The name.
        name: String,
    },
    /// Nothing could ever be served.
    #[error("signatures.required is set, but there are no signatures.keys: no plugin could be served")]
    NoKeys,
}

/// Keys that can be used.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<(Arc<str>, PublicKey)>,
    required: bool,
}

impl Keys {
    pub(super) fn new(config: &Config) -> Result<Self, KeyError> {
        if config.required && config.keys.is_empty() {
            return Err(KeyError::NoKeys);
        }
        let mut names = BTreeSet::new();
        let mut keys = Vec::new();
        for Key { name, public_key } in &config.keys {
            if name.trim().is_empty() || !names.insert(name) {
                return Err(KeyError::Name { name: name.clone() });
            }
            let key = PublicKey::from_base64(public_key.trim())
                .map_err(|error| KeyError::Invalid { name: name.clone(), reason: error.to_string() })?;
            keys.push((name.as_str().into(), key));
        }
        Ok(Self { keys, required: config.required })
    }

    /// Who signed `contents`. A signature that is there must be good, even where none is required: somebody meant it to
    /// say something.
    pub(super) fn signer(&self, contents: &[u8], signature: Option<&[u8]>) -> Result<Option<Arc<str>>, String> {
        let Some(signature) = signature else {
            return if self.required {
                Err("it is not signed, and signatures.required is set: put its .minisig file beside it".to_owned())
            } else {
                Ok(None)
            };
        };
        if self.keys.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(signature).map_err(|_| "its signature is not text".to_owned())?;
        let signature =
            Signature::decode(text).map_err(|error| format!("its signature is none of minisign: {error}"))?;
        // Prehashed signatures alone: the older kind is refused.
        let by = self.keys.iter().find(|(_, key)| key.verify(contents, &signature, false).is_ok());
        match by {
            Some((name, _)) => Ok(Some(name.clone())),
            None => {
                Err("its signature is not by any of signatures.keys, or the file was changed since it was signed; \
                         sign it anew with `minisign -S`"
                    .to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `minisign -G -W` and `minisign -S`, for the five bytes `hello`.
    const KEY: &str = include_str!("signature/test.pub");
    const SIGNATURE: &str = include_str!("signature/hello.minisig");

    fn keys(required: bool) -> Keys {
        let public_key = KEY.lines().last().unwrap().to_owned();
        Keys::new(&Config { required, keys: vec![Key { name: "alice".into(), public_key }] }).unwrap()
    }

    #[test]
    fn the_signer_of_a_file_is_known_by_name() {
        assert_eq!(keys(true).signer(b"hello", Some(SIGNATURE.as_bytes())).unwrap().as_deref(), Some("alice"));
    }

    #[test]
    fn a_file_that_was_changed_since_is_refused_also_where_no_signature_is_required() {
        let refused = keys(false).signer(b"hullo", Some(SIGNATURE.as_bytes())).unwrap_err();
        assert!(refused.contains("changed since it was signed"), "{refused}");
        assert!(keys(false).signer(b"hello", Some(b"\xff")).is_err());
        assert!(keys(false).signer(b"hello", Some(b"untrusted comment: x\nAAAA\n")).is_err());
    }

    #[test]
    fn an_unsigned_file_is_refused_only_where_a_signature_is_required() {
        assert_eq!(keys(false).signer(b"hello", None).unwrap(), None);
        assert!(keys(true).signer(b"hello", None).unwrap_err().contains("signatures.required"));
    }

    #[test]
    fn keys_that_are_none_are_named() {
        let key = |name: &str, public_key: &str| Key { name: name.into(), public_key: public_key.into() };
        let error = |keys| Keys::new(&Config { required: false, keys }).unwrap_err().to_string();
        assert!(error(vec![key("bob", "RWxyz")]).contains("`bob`"));
        let good = KEY.lines().last().unwrap();
        assert!(error(vec![key("bob", good), key("bob", good)]).contains("twice"));
        assert!(Keys::new(&Config { required: true, keys: Vec::new() }).is_err());
    }
}
