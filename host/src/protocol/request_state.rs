//! What a modern client carries from one round of a call to the next, sealed so that it can neither read nor change it
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr)).
//!
//! `XChaCha20-Poly1305`, since its nonces are long enough to be random for ever. What the state belongs to (who calls,
//! which method, what with which arguments) is authenticated with it, so a state put to another use does not open.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::plugin::{Digest, Principal, canonical_json};

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
/// The most bytes that a client may be made to carry, before they are sealed.
const MOST_BYTES: usize = 256 * 1024;

/// Where a key comes from: 32 random bytes in Base64 (`openssl rand -base64 32`).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[error("questions.state_keys: {0}")]
pub struct KeyError(String);

/// The answers of earlier rounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// What the client has answered, by the plugin's keys.
    pub(super) answers: BTreeMap<String, Value>,
    /// The keys of what it was asked last.
    pub(super) asked: Vec<String>,
    /// How many rounds there were.
    pub(super) rounds: u32,
    /// SHA-256 of the plugin that asked: another version begins anew.
    pub(super) plugin: String,
    /// When it is no longer taken, in seconds of Unix time.
    pub(super) expires: u64,
}

/// What a state belongs to.
pub(super) struct Binding<'a> {
    pub(super) principal: Option<&'a Principal>,
    pub(super) method: &'a str,
    pub(super) name: &'a str,
    pub(super) arguments: &'a Value,
}

/// Why a state is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it was changed, belongs to another call, or was sealed with a key that this server does not have")]
    NotOurs,
    #[error("it has expired; call again without it")]
    Expired,
}

/// Seals and opens.
pub(super) struct Sealer {
    keys: Vec<XChaCha20Poly1305>,
}

impl Sealer {
    /// With the keys of `sources`, or with a random one.
    ///
    /// # Errors
    /// A key that cannot be read, or is none.
    pub(super) fn new(sources: &[KeySource]) -> Result<Self, KeyError> {
        let mut keys = sources.iter().map(KeySource::read).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            let mut key = [0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(|error| KeyError(error.to_string()))?;
            keys.push(XChaCha20Poly1305::new(&Key::from(key)));
        }
        Ok(Self { keys })
    }

    /// None: it is too large to be carried, or there is no randomness.
    pub(super) fn seal(&self, state: &State, binding: &Binding<'_>) -> Option<String> {
        let plain = serde_json::to_vec(state).ok().filter(|plain| plain.len() <= MOST_BYTES)?;
        let mut sealed = vec![0; NONCE_BYTES];
        getrandom::fill(&mut sealed).ok()?;
        let nonce = XNonce::try_from(sealed.as_slice()).ok()?;
        let payload = Payload { msg: &plain, aad: &binding.bytes() };
        sealed.extend(self.keys.first()?.encrypt(&nonce, payload).ok()?);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// # Errors
    /// [`Refused`].
    pub(super) fn open(&self, sealed: &str, binding: &Binding<'_>) -> Result<State, Refused> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Refused::NotOurs)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(Refused::NotOurs)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Refused::NotOurs)?;
        let aad = binding.bytes();
        let open = |key: &XChaCha20Poly1305| key.decrypt(&nonce, Payload { msg: sealed, aad: &aad }).ok();
        let plain = self.keys.iter().find_map(open).ok_or(Refused::NotOurs)?;
        let state: State = serde_json::from_slice(&plain).map_err(|_| Refused::NotOurs)?;
        if state.expires <= now() { Err(Refused::Expired) } else { Ok(state) }
    }
}

impl KeySource {
    fn read(&self) -> Result<XChaCha20Poly1305, KeyError> {
        let (text, from) = match self {
            Self::File(path) => (std::fs::read_to_string(path).map_err(|e| e.to_string()), path.display().to_string()),
            Self::Env(name) => (std::env::var(name).map_err(|e| e.to_string()), format!("${name}")),
        };
        let text = text.map_err(|error| KeyError(format!("{from}: {error}")))?;
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| KeyError(format!("{from} must hold {KEY_BYTES} bytes in Base64")))?;
        Ok(XChaCha20Poly1305::new(&Key::from(bytes)))
    }
}

impl State {
    /// A state of `plugin` that is taken for so long.
    pub(super) fn new(plugin: &Digest, timeout_secs: u64) -> Self {
        Self { plugin: plugin.to_string(), expires: now().saturating_add(timeout_secs), ..Self::default() }
    }
}

impl Binding<'_> {
    /// As bytes, in which nothing can be mistaken for something else: a hash of each part in turn.
    fn bytes(&self) -> Vec<u8> {
        let principal = self.principal.map(|principal| (&principal.issuer, &principal.subject));
        let principal = serde_json::to_string(&principal).unwrap_or_default();
        let arguments = canonical_json(self.arguments);
        let parts = [principal.as_str(), self.method, self.name, arguments.as_str()];
        parts.iter().flat_map(|part| Sha256::digest(part.as_bytes())).collect()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARGUMENTS: Value = Value::Null;

    fn binding<'a>(method: &'a str, arguments: &'a Value) -> Binding<'a> {
        Binding { principal: None, method, name: "t", arguments }
    }

    fn sealer() -> Sealer {
        Sealer::new(&[]).unwrap()
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let (sealer, a, b) = (sealer(), json!({"x": 1, "y": {"p": 1, "q": 2}}), json!({"y": {"q": 2, "p": 1}, "x": 1}));
        let mut state = State::new(&Digest([1; 32]), 60);
        state.answers.insert("k".into(), json!({"action": "accept"}));
        let sealed = sealer.seal(&state, &binding("tools/call", &a)).unwrap();
        assert_eq!(sealer.open(&sealed, &binding("tools/call", &b)), Ok(state.clone()));
        assert_ne!(sealer.seal(&state, &binding("tools/call", &a)), Some(sealed), "each is sealed anew");
    }

    #[test]
    fn one_that_was_changed_or_is_foreign_or_old_is_refused() {
        let sealer = sealer();
        let sealed = sealer.seal(&State::new(&Digest([1; 32]), 60), &binding("tools/call", &ARGUMENTS)).unwrap();
        let open = |text: &str, method| sealer.open(text, &binding(method, &ARGUMENTS));
        assert_eq!(open(&format!("{sealed}-TAMPERED"), "tools/call"), Err(Refused::NotOurs));
        assert_eq!(open("", "tools/call"), Err(Refused::NotOurs));
        assert_eq!(open(&sealed, "prompts/get"), Err(Refused::NotOurs));
        let other = Sealer::new(&[]).unwrap();
        assert_eq!(other.open(&sealed, &binding("tools/call", &ARGUMENTS)), Err(Refused::NotOurs));
        let principal = Principal { subject: "a".into(), issuer: None, scopes: vec![], claims: serde_json::Map::new() };
        let of_another = Binding { principal: Some(&principal), ..binding("tools/call", &ARGUMENTS) };
        assert_eq!(sealer.open(&sealed, &of_another), Err(Refused::NotOurs));
        let old = sealer.seal(&State::new(&Digest([1; 32]), 0), &binding("tools/call", &ARGUMENTS)).unwrap();
        assert_eq!(open(&old, "tools/call"), Err(Refused::Expired));
    }

    #[test]
    fn keys_are_rotated_by_putting_a_new_one_first() {
        let directory = tempfile::tempdir().unwrap();
        let key = |name: &str, byte: u8| {
            let path = directory.path().join(name);
            std::fs::write(&path, STANDARD.encode([byte; KEY_BYTES])).unwrap();
            KeySource::File(path)
        };
        let (old, new) = (key("old", 1), key("new", 2));
        let sealed = Sealer::new(std::slice::from_ref(&old)).unwrap();
        let sealed = sealed.seal(&State::new(&Digest([1; 32]), 60), &binding("tools/call", &ARGUMENTS)).unwrap();
        let rotated = Sealer::new(&[new.clone(), old]).unwrap();
        assert!(rotated.open(&sealed, &binding("tools/call", &ARGUMENTS)).is_ok());
        let retired = Sealer::new(&[new]).unwrap();
        assert_eq!(retired.open(&sealed, &binding("tools/call", &ARGUMENTS)), Err(Refused::NotOurs));
    }

    #[test]
    fn a_key_that_is_none_is_refused_with_its_place() {
        let error = Sealer::new(&[KeySource::File("/nowhere/key".into())]).err().unwrap().to_string();
        assert!(error.contains("/nowhere/key"), "{error}");
    }
}
