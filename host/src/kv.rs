//! Small values that outlive a call, in buckets, behind a store.
//!
//! Nothing is in [`KvStore`] that a store over a network could not do: each method is one round trip, and decides at
//! once, quotas included.

mod memory;

use std::time::Duration;

use serde::Deserialize;

pub use memory::MemoryKv;

use crate::plugin::{BoxFuture, PluginId};

/// Bounds of the store.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Bytes of all keys and values of all plugins, and of what the store needs for them. They are in memory, and gone
    /// when the process ends.
    pub max_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_bytes: 64 << 20 }
    }
}

/// Bytes of a key.
pub const KEY_BYTES: usize = 256;

/// Bytes of a value.
pub const VALUE_BYTES: usize = 64 << 10;

/// Keys of one page, at most.
pub const PAGE_KEYS: usize = 500;

/// A bucket: each plugin has its own of each name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId {
    /// Whose.
    pub plugin: PluginId,
    /// Its name in the grants.
    pub name: String,
}

/// What may be in a bucket for more to be put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of keys and values.
    pub bytes: u64,
    /// Keys.
    pub keys: u64,
}

/// What is to be stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// The value.
    pub value: Vec<u8>,
    /// For how long; absent: until it is deleted.
    pub ttl: Option<Duration>,
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Vec<u8>,
    /// Another after each change; says nothing of its own.
    pub version: String,
}

/// Some keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<String>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// What is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The bucket's bytes.
    Bytes,
    /// The bucket's keys.
    Keys,
    /// The whole store.
    Store,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// There is no room.
    #[error("there is no room: {0:?}")]
    Full(Full),
    /// It does not answer now; trying again may help.
    #[error("the key-value store does not answer: {0}")]
    Unavailable(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Where values are. Keys and values have been found short enough.
pub trait KvStore: Send + Sync + 'static {
    /// What is under `key`.
    fn get<'a>(&'a self, bucket: &'a BucketId, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, KvError>>;

    /// Stores `new` under `key`, over what was there, if the bucket has room for it.
    fn set<'a>(
        &'a self,
        bucket: &'a BucketId,
        key: &'a str,
        new: NewValue,
        quota: Quota,
    ) -> BoxFuture<'a, Result<(), KvError>>;

    /// As [`Self::set`], if the key still has this version (none: if there is no such key); false if not.
    fn swap<'a>(
        &'a self,
        bucket: &'a BucketId,
        key: &'a str,
        version: Option<&'a str>,
        new: NewValue,
        quota: Quota,
    ) -> BoxFuture<'a, Result<bool, KvError>>;

    /// Deletes `key`, if it is there.
    fn delete<'a>(&'a self, bucket: &'a BucketId, key: &'a str) -> BoxFuture<'a, Result<(), KvError>>;

    /// Keys that begin with `prefix`, from `cursor` on. One that is there from the first page to the last comes at
    /// least once.
    fn keys<'a>(
        &'a self,
        bucket: &'a BucketId,
        prefix: &'a str,
        cursor: Option<&'a str>,
    ) -> BoxFuture<'a, Result<KeyPage, KvError>>;
}
