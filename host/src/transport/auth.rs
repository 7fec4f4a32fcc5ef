//! Who calls: static bearer tokens ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)), each with the name of whoever
//! has it.
//!
//! What is kept of a token is its SHA-256. Each request is compared with all of them, in constant time. A token's file
//! is looked at with each request, so one that was replaced there counts at once, and the old one no longer does.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tracing::{info, warn};

use crate::plugin::{JsonObject, Principal};

/// The most bytes of a token.
const MOST_BYTES: u64 = 8 * 1024;

/// A file that changed so recently may change again under the same stamp.
const SETTLED: Duration = Duration::from_secs(3);

/// Who may call. Without tokens it is anybody.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// With one of them, nobody gets in without one.
    pub tokens: Vec<TokenSource>,
}

/// Where a token is, and whose it is. Two may have one name, while the one is replaced by the other.
#[derive(Debug, Clone, Deserialize)]
pub struct TokenSource {
    /// The name of whoever has it: what is stored for one is never shown to another.
    pub name: String,
    /// The file that holds it, and nothing else.
    pub file: Option<PathBuf>,
    /// The environment variable that holds it.
    pub env: Option<String>,
}

/// Why tokens cannot be used. What is in them is never told.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No name.
    #[error("`auth.tokens`: a token has no name; give it one with `name`")]
    Nameless,
    /// From nowhere, or from two places.
    #[error("`auth.tokens`: the token of {0:?} must come from one place, `file` or `env`")]
    Source(String),
    /// The file cannot be read.
    #[error("the token of {name:?} cannot be read from {}: {source}", path.display())]
    Unreadable {
        /// Whose.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there is no token.
    #[error("the token of {name:?} cannot be used: {place} {problem}")]
    Unusable {
        /// Whose.
        name: String,
        /// The file or variable.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("send a token with `Authorization: Bearer`")]
    Missing,
    #[error("the token is none of those that are let in")]
    Invalid,
}

type Digest = [u8; 32];

/// The tokens that are let in.
#[derive(Default)]
pub struct Tokens(Vec<Token>);

struct Token {
    name: String,
    /// None: it came from the environment, which does not change.
    file: Option<PathBuf>,
    now: Mutex<Now>,
}

/// What a token is now.
struct Now {
    /// None: it was revoked.
    digest: Option<Digest>,
    /// Of the file that was read; none: read it again.
    stamp: Option<Stamp>,
}

/// What changes with a file: when, its place on the disk, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp(i64, i64, u64, u64);

impl Tokens {
    /// Reads them.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn load(config: &Config) -> Result<Self, AuthError> {
        config.tokens.iter().map(Token::load).collect::<Result<_, _>>().map(Self)
    }

    /// Reads those in files again, whether or not they seem to have changed.
    pub fn reload(&self) {
        for token in &self.0 {
            token.lock().stamp = None;
            token.refresh();
        }
    }

    /// Who sends a request with these headers; none: anybody, since there are no tokens.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<Option<Principal>, Refused> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let credentials = match (sent.next(), sent.next()) {
            (None, _) => return Err(Refused::Missing),
            (Some(value), None) => value.to_str().map_err(|_| Refused::Invalid)?,
            (Some(_), Some(_)) => return Err(Refused::Invalid),
        };
        let (scheme, token) = credentials.split_once(' ').ok_or(Refused::Invalid)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refused::Invalid);
        }
        let digest: Digest = Sha256::digest(token.trim()).into();
        let mut whose = None;
        // All of them, so that the time tells nothing of which.
        for token in &self.0 {
            if token.refresh().is_some_and(|known| bool::from(known.ct_eq(&digest))) {
                whose = Some(token);
            }
        }
        let name = &whose.ok_or(Refused::Invalid)?.name;
        Ok(Some(Principal { subject: name.clone(), issuer: None, scopes: Vec::new(), claims: JsonObject::new() }))
    }
}

impl Token {
    fn load(source: &TokenSource) -> Result<Self, AuthError> {
        let name = source.name.clone();
        if name.trim().is_empty() {
            return Err(AuthError::Nameless);
        }
        let (place, text, stamp) = match (&source.file, &source.env) {
            (Some(path), None) => {
                let read = read(path);
                let unreadable = |source| AuthError::Unreadable { name: name.clone(), path: path.clone(), source };
                let (text, stamp) = read.map_err(unreadable)?;
                (path.display().to_string(), text, stamp.settled())
            }
            (None, Some(variable)) => {
                let place = format!("the environment variable {variable}");
                let text = std::env::var(variable).unwrap_or_default().into_bytes();
                (place, text, None)
            }
            _ => return Err(AuthError::Source(name)),
        };
        match digest(&text) {
            Ok(digest) => {
                let now = Mutex::new(Now { digest: Some(digest), stamp });
                Ok(Self { name, file: source.file.clone(), now })
            }
            Err(problem) => Err(AuthError::Unusable { name, place, problem }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the token is, after a look at its file.
    fn refresh(&self) -> Option<Digest> {
        let mut now = self.lock();
        let Some(path) = &self.file else { return now.digest };
        let seen = match fs::metadata(path) {
            Ok(metadata) => Some(Stamp::of(&metadata)),
            Err(_) => None,
        };
        if seen.is_some() && seen == now.stamp {
            return now.digest;
        }
        let before = now.digest;
        match read(path) {
            Ok((text, stamp)) => {
                now.stamp = stamp.settled();
                now.digest = match digest(&text) {
                    Ok(digest) => Some(digest),
                    Err(problem) => {
                        warn!(name = self.name, file = %path.display(), "the token is revoked: its file {problem}");
                        None
                    }
                };
                if now.digest.is_some() && now.digest != before {
                    info!(name = self.name, "the token was replaced");
                }
            }
            // Who removes the file means that the token is over.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if now.digest.take().is_some() {
                    warn!(name = self.name, file = %path.display(), "the token is revoked: its file is gone");
                }
            }
            Err(error) => {
                // Said once for each change, not with each request.
                if now.stamp != seen {
                    warn!(name = self.name, file = %path.display(), %error, "the token is kept: no reading its file");
                }
                now.stamp = seen;
            }
        }
        now.digest
    }
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self(metadata.ctime(), metadata.ctime_nsec(), metadata.ino(), metadata.len())
    }

    /// The stamp, if another change would give another one: the clock of a file system is coarse.
    fn settled(self) -> Option<Self> {
        let changed = UNIX_EPOCH + Duration::from_secs(self.0.try_into().ok()?);
        let age = SystemTime::now().duration_since(changed).unwrap_or_default();
        (age >= SETTLED).then_some(self)
    }
}

/// What is in the file. The stamp is from before it was read: a change meanwhile is seen the next time.
fn read(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut text = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut text)?;
    Ok((text, Stamp::of(&metadata)))
}

/// What is kept of a token, or what is wrong with it.
fn digest(text: &[u8]) -> Result<Digest, &'static str> {
    let token = text.trim_ascii();
    if token.is_empty() {
        return Err("is empty");
    }
    if text.len() as u64 > MOST_BYTES {
        return Err("has more than 8 KiB");
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err("has more than one token, or characters that no header can carry");
    }
    Ok(Sha256::digest(token).into())
}

#[cfg(test)]
mod tests;
