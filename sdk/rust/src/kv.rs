//! What outlives a call: small values in buckets, [`Context::kv`]. Each bucket needs the operator's grant.
//!
//! ```
//! use pegboard_sdk::prelude::*;
//!
//! /// Counts how often it was called.
//! #[tool]
//! fn count(ctx: &Context) -> Result<u32> {
//!     let next = |count: Option<u32>| count.unwrap_or(0) + 1;
//!     Ok(ctx.kv("counters").update("calls", next)?)
//! }
//!
//! let ctx = Context::test().with_bucket("counters");
//! assert_eq!((count(&ctx), count(&ctx)), (Ok(1), Ok(2)));
//! ```

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::host::{Current, Host};
use crate::tool::read_json;

/// How often an update is tried while others change the same key.
const TRIES: usize = 16;

/// A bucket.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    host: &'a Current,
    name: &'a str,
}

/// A value with the mark of its version, for [`Bucket::swap`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was stored.
    pub value: Vec<u8>,
    /// Another after each change; says nothing of its own.
    pub version: String,
}

/// One page of keys, as the host gives them.
#[doc(hidden)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPage {
    pub keys: Vec<String>,
    pub cursor: Option<String>,
}

/// Why the store did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KvErrorKind {
    /// No grant for the bucket, or it is read-only here.
    Denied,
    /// The quota is used up, or the key or the value is too long.
    Full,
    /// The store does not answer now; trying again may help.
    Unavailable,
    /// The value is not what it is read as, or cannot be JSON.
    Unreadable,
    /// Anything else.
    Other,
}

/// That the store did not do it. The message is the host's; where there is no grant, it names the one that would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvError {
    /// For programs.
    pub kind: KvErrorKind,
    /// For people.
    pub message: String,
}

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for KvError {}

type Result<T> = std::result::Result<T, KvError>;

impl Context {
    /// A bucket, by its name in the grants.
    #[must_use]
    pub fn kv<'a>(&'a self, bucket: &'a str) -> Bucket<'a> {
        Bucket { host: &self.host, name: bucket }
    }
}

#[allow(clippy::missing_errors_doc)] // all fail for the reasons that `KvErrorKind` lists
impl<'a> Bucket<'a> {
    /// The bytes under a key; none if there are none, or their time is up.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.entry(key)?.map(|entry| entry.value))
    }

    /// The JSON under a key.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.get(key)?.map(|value| self.read(key, &value)).transpose()
    }

    /// The bytes under a key, with their version.
    pub fn entry(&self, key: &str) -> Result<Option<Entry>> {
        self.host.kv_get(self.name, key)
    }

    /// Stores bytes, over what was there, until they are deleted.
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<()> {
        self.host.kv_set(self.name, key, value.as_ref(), None)
    }

    /// Stores bytes for some time, in whole seconds.
    pub fn set_for(&self, key: &str, value: impl AsRef<[u8]>, time: Duration) -> Result<()> {
        self.host.kv_set(self.name, key, value.as_ref(), Some(time))
    }

    /// Stores JSON, over what was there.
    pub fn set_json(&self, key: &str, value: &impl Serialize) -> Result<()> {
        self.set(key, self.write(key, value)?)
    }

    /// Stores bytes if the key still has this version (none: if there is no such key); false if not.
    pub fn swap(&self, key: &str, version: Option<&str>, value: impl AsRef<[u8]>) -> Result<bool> {
        self.host.kv_swap(self.name, key, version, value.as_ref(), None)
    }

    /// Changes the JSON under a key, and gives what is there now. `change` gets what was there, and may run more than
    /// once: again whenever somebody else was faster.
    pub fn update<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<T>) -> T,
    ) -> Result<T> {
        for _ in 0..TRIES {
            let entry = self.entry(key)?;
            let (version, old) = match &entry {
                Some(entry) => (Some(entry.version.as_str()), Some(self.read(key, &entry.value)?)),
                None => (None, None),
            };
            let new = change(old);
            if self.swap(key, version, self.write(key, &new)?)? {
                return Ok(new);
            }
        }
        let message = format!("bucket `{}`: `{key}` was changed by others {TRIES} times over", self.name);
        Err(KvError { kind: KvErrorKind::Unavailable, message })
    }

    /// Deletes a key, if it is there.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.host.kv_delete(self.name, key)
    }

    /// The keys that begin with `prefix`, in no order, fetched page by page.
    #[must_use]
    pub fn keys(&self, prefix: &str) -> Keys<'a> {
        Keys { bucket: *self, prefix: prefix.to_owned(), page: Vec::new().into_iter(), next: Next::First }
    }

    fn read<T: DeserializeOwned>(&self, key: &str, value: &[u8]) -> Result<T> {
        let text = std::str::from_utf8(value).map_err(|error| self.unreadable(key, &error))?;
        read_json(text).map_err(|wrong| self.unreadable(key, &wrong))
    }

    fn write(&self, key: &str, value: &impl Serialize) -> Result<Vec<u8>> {
        serde_json::to_vec(value).map_err(|error| self.unreadable(key, &error))
    }

    fn unreadable(&self, key: &str, what: &dyn fmt::Display) -> KvError {
        KvError { kind: KvErrorKind::Unreadable, message: format!("bucket `{}`, key `{key}`: {what}", self.name) }
    }
}

/// Keys of a bucket; see [`Bucket::keys`].
#[derive(Debug)]
pub struct Keys<'a> {
    bucket: Bucket<'a>,
    prefix: String,
    page: std::vec::IntoIter<String>,
    next: Next,
}

/// Which page comes.
#[derive(Debug)]
enum Next {
    First,
    From(String),
    None,
}

impl Iterator for Keys<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.page.next() {
                return Some(Ok(key));
            }
            let cursor = match std::mem::replace(&mut self.next, Next::None) {
                Next::First => None,
                Next::From(cursor) => Some(cursor),
                Next::None => return None,
            };
            match self.bucket.host.kv_keys(self.bucket.name, &self.prefix, cursor.as_deref()) {
                Ok(page) => {
                    self.page = page.keys.into_iter();
                    self.next = page.cursor.map_or(Next::None, Next::From);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
