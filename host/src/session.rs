//! Sessions of the legacy revisions, behind a store.
//!
//! Nothing is in [`SessionStore`] that a store over a network could not hold: a session is plain data, each
//! method is one round trip, and what happened elsewhere (a session that ended) comes as an event.

pub mod events;
mod memory;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;

pub use memory::MemoryStore;

use crate::plugin::{BoxFuture, JsonObject, LogLevel, Peer, Principal};

/// Bounds of sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// A session that nobody uses for so long, in seconds, is over.
    pub idle_timeout_secs: u64,
    /// The most sessions at the same time; the one idle for longest goes first.
    pub max_sessions: u64,
    /// Refuse what could be served without a session, such as a list or a plain call.
    pub required: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { idle_timeout_secs: 3600, max_sessions: 100_000, required: false }
    }
}

impl Config {
    /// The idle timeout.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout_secs)
    }
}

/// The most resources that a session can be subscribed to.
pub const MOST_SUBSCRIPTIONS: usize = 256;

/// A session's name, as `Mcp-Session-Id` carries it: 256 random bits in base64url.
///
/// Who knows it is in the session, so logs show its beginning alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// No randomness could be had from the operating system.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes from the operating system: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

impl SessionId {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The id that a client sent, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What plugins may know it by: always the same, and of no use to get into the session.
    #[must_use]
    pub fn alias(&self) -> String {
        URL_SAFE_NO_PAD.encode(&Sha256::digest(&self.0)[..16])
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.0.get(..8).unwrap_or_default())
    }
}

/// What `initialize` settled, and what was set since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The revision agreed on.
    pub protocol_version: String,
    /// The client.
    pub client: Option<Peer>,
    /// What it declared.
    pub capabilities: std::sync::Arc<JsonObject>,
    /// The least level of log messages that it wants.
    pub log_level: LogLevel,
    /// Whose it is; for anybody else it is not there.
    pub principal: Option<Principal>,
    /// The URIs of the resources that it is subscribed to.
    pub subscriptions: BTreeSet<String>,
}

/// Why a store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Trying again may help.
    #[error("the session store is not available: {0}")]
    Unavailable(String),
}

/// Where sessions live.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new session.
    fn create(&self, session: Session) -> BoxFuture<'_, Result<SessionId, StoreError>>;

    /// A session, if it is there. Counts as use.
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, StoreError>>;

    /// Sets the log level; false if there is no such session. Counts as use.
    fn set_log_level<'a>(&'a self, id: &'a SessionId, level: LogLevel) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Subscribes to a resource, or ends that; false if there is no such session, or it has as many as it may.
    /// Counts as use.
    fn set_subscription<'a>(
        &'a self,
        id: &'a SessionId,
        uri: &'a str,
        subscribed: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Takes a token that can be taken once, on whatever node; false if it was taken within the last `ttl`.
    fn spend<'a>(&'a self, token: &'a str, ttl: Duration) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Ends a session; false if there is none.
    fn delete<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Sessions as they end: deleted, expired or pushed out. A receiver that lags has missed some.
    fn ended(&self) -> broadcast::Receiver<SessionId>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_and_of_visible_ascii() {
        let (a, b) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        assert_ne!(a, b);
        assert_eq!(SessionId::parse(a.as_str()), Some(a));
    }

    #[test]
    fn what_cannot_be_an_id_is_none() {
        let (short, long) = ("a".repeat(42), "a".repeat(44));
        for text in ["", "x", short.as_str(), long.as_str(), &"é".repeat(43), &" ".repeat(43)] {
            assert_eq!(SessionId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_alias_is_not_the_id() {
        let id = SessionId::random().unwrap();
        assert_eq!(id.alias(), id.clone().alias());
        assert_eq!(SessionId::parse(&id.alias()), None);
    }

    #[test]
    fn a_log_shows_no_whole_id() {
        let id = SessionId::random().unwrap();
        assert!(!format!("{id:?}").contains(id.as_str()));
    }
}
