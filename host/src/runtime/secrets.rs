//! Secrets: where their values come from, and keeping them out of sight.
//!
//! The values are defined in `pegboard.toml` alone; grants name them. They are read at the start and at each reload, and
//! held in memory that is cleared when they are replaced. Nothing here can be printed.

mod source;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use futures_util::future::try_join_all;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::plugin::{CallError, RpcError};
use crate::policy::{self, SecretName};

pub use source::{SecretError, Source};

/// Where the values come from, by name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Config(pub BTreeMap<SecretName, Source>);

/// The values, by name.
#[derive(Debug, Default)]
pub struct Secrets(BTreeMap<SecretName, Arc<Secret>>);

/// One value.
pub struct Secret(Zeroizing<String>);

/// The fewest bytes of a secret that is looked for in what a plugin writes. A shorter one would be found everywhere.
const SCRUBBED_BYTES: usize = 8;

impl Secrets {
    /// Reads them all.
    ///
    /// # Errors
    /// [`SecretError`] says which one, and why, in one line without its value.
    pub async fn load(config: &Config) -> Result<Self, SecretError> {
        let read = config.0.iter().map(|(name, source)| async move {
            let value = source.read(name).await?;
            Ok((name.clone(), Arc::new(Secret(value))))
        });
        Ok(Self(try_join_all(read).await?.into_iter().collect()))
    }

    pub(super) fn get(&self, name: &SecretName) -> Option<&Arc<Secret>> {
        self.0.get(name)
    }

    /// Those of a plugin's grants that have no value.
    pub(super) fn missing<'a>(&self, granted: &'a policy::Secrets) -> BTreeSet<&'a SecretName> {
        granted.read.iter().chain(granted.send.keys()).filter(|name| self.get(name).is_none()).collect()
    }

    /// What takes those of these names out of text; none if there is nothing to take out.
    pub(super) fn scrubber(&self, names: &BTreeSet<SecretName>) -> Option<Scrubber> {
        if names.is_empty() {
            return None;
        }
        let found = names.iter().filter_map(|name| Some((name.clone(), self.get(name)?.clone())));
        let known: Vec<_> = found.filter(|(_, secret)| secret.expose().len() >= SCRUBBED_BYTES).collect();
        (!known.is_empty()).then(|| Scrubber(known.into()))
    }
}

impl Secret {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Takes secrets that a plugin holds out of what it writes into the host's log. A plugin that wants to can write them in
/// another form; this is for the one that prints too much.
#[derive(Debug, Clone)]
pub(super) struct Scrubber(Arc<[(SecretName, Arc<Secret>)]>);

impl Scrubber {
    /// `text`, with `[secret NAME]` in the place of each.
    pub(super) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for (name, secret) in self.0.iter() {
            if text.contains(secret.expose()) {
                text = Cow::Owned(text.replace(secret.expose(), &format!("[secret {}]", name.as_str())));
            }
        }
        text
    }

    /// What a guest says of why it failed, without them: it goes into the log, and to the client.
    pub(super) fn scrub_error(&self, error: CallError) -> CallError {
        let scrub = |text: String| self.scrub(&text).into_owned();
        match error {
            CallError::Failed(text) => CallError::Failed(scrub(text)),
            CallError::InvalidArguments(text) => CallError::InvalidArguments(scrub(text)),
            CallError::NotFound(text) => CallError::NotFound(scrub(text)),
            CallError::Protocol(error) => CallError::Protocol(RpcError { message: scrub(error.message), ..error }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn name(text: &str) -> SecretName {
        SecretName::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn nothing_prints_a_value() {
        let secret = Secret(Zeroizing::new("hunter2-hunter2".into()));
        assert_eq!(format!("{secret:?}"), "[redacted]");
        let secrets = Secrets([(name("token"), Arc::new(secret))].into());
        assert!(!format!("{secrets:?}").contains("hunter2"));
        let scrubber = secrets.scrubber(&[name("token"), name("other")].into()).unwrap();
        assert!(!format!("{scrubber:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_taken_out_of_text_and_a_short_one_left() {
        let secret = |value: &str| Arc::new(Secret(Zeroizing::new(value.to_owned())));
        let secrets = Secrets([(name("token"), secret("hunter2-hunter2")), (name("pin"), secret("1234"))].into());
        let scrubber = secrets.scrubber(&[name("token"), name("pin")].into()).unwrap();
        assert_eq!(scrubber.scrub("a hunter2-hunter2, 1234"), "a [secret token], 1234");
        assert!(secrets.scrubber(&[name("pin")].into()).is_none());
        assert!(secrets.scrubber(&BTreeSet::new()).is_none());
    }

    #[test]
    fn a_guests_error_is_told_without_a_secret() {
        let value = Arc::new(Secret(Zeroizing::new("hunter2-hunter2".to_owned())));
        let secrets = Secrets([(name("token"), value)].into());
        let scrubber = secrets.scrubber(&[name("token")].into()).unwrap();
        let error = scrubber.scrub_error(CallError::Failed("no hunter2-hunter2".into()));
        assert_eq!(error.to_string(), "no [secret token]");
        let granted = policy::Secrets { read: [name("token"), name("other")].into(), ..policy::Secrets::default() };
        assert_eq!(secrets.missing(&granted), [&name("other")].into());
    }
}
