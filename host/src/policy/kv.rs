//! `[kv]`: which key-value buckets a plugin has. Each plugin has its own: the same name is another bucket for another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name;

/// Buckets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kv(pub BTreeMap<BucketName, Bucket>);

/// What a plugin may do with a bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bucket {
    /// Whether it may write.
    pub access: BucketAccess,
    /// The most bytes of all keys and values together.
    pub quota_bytes: u64,
    /// The most keys.
    pub quota_keys: u64,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { access: BucketAccess::default(), quota_bytes: 1 << 20, quota_keys: 1_000 }
    }
}

/// What a plugin may do with a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketAccess {
    /// Read alone.
    Read,
    /// Read and write: what nobody can write to is of little use.
    #[default]
    ReadWrite,
}

/// The name of a bucket: 1 to 64 of a-z, A-Z, 0-9, `_`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

impl BucketName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BucketName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name::sound(name, "bucket").map(Self)
    }
}

impl From<BucketName> for String {
    fn from(name: BucketName) -> Self {
        name.0
    }
}
