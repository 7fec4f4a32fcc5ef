//! `pegboard:plugin/kv`: the buckets that the plugin was granted.

use std::time::Duration;

use crate::kv::{self, BucketId, Full, KEY_BYTES, NewValue, Quota, VALUE_BYTES};
use crate::plugin::Capability;
use crate::policy::{BucketAccess, Denial};
use crate::runtime::output::excerpt;
use crate::runtime::store::{Purpose, State};
use crate::runtime::wit::imports::kv::{Entry, Host, KeyPage, KvError, KvErrorKind};

impl Host for State {
    async fn get(&mut self, bucket: String, key: String) -> Result<Option<Entry>, KvError> {
        let (id, _) = self.bucket(bucket, false)?;
        let found = self.runtime.kv.get(&id, &key).await;
        let entry = found.map_err(|error| self.failed(&id, &error))?;
        Ok(entry.map(|entry| Entry { value: entry.value, version: entry.version }))
    }

    async fn set(
        &mut self,
        bucket: String,
        key: String,
        value: Vec<u8>,
        ttl_seconds: Option<u32>,
    ) -> Result<(), KvError> {
        let (id, quota) = self.bucket(bucket, true)?;
        let new = new_value(&key, value, ttl_seconds)?;
        let stored = self.runtime.kv.set(&id, &key, new, quota).await;
        stored.map_err(|error| self.failed(&id, &error))
    }

    async fn swap(
        &mut self,
        bucket: String,
        key: String,
        version: Option<String>,
        value: Vec<u8>,
        ttl_seconds: Option<u32>,
    ) -> Result<bool, KvError> {
        let (id, quota) = self.bucket(bucket, true)?;
        let new = new_value(&key, value, ttl_seconds)?;
        let stored = self.runtime.kv.swap(&id, &key, version.as_deref(), new, quota).await;
        stored.map_err(|error| self.failed(&id, &error))
    }

    async fn delete(&mut self, bucket: String, key: String) -> Result<(), KvError> {
        let (id, _) = self.bucket(bucket, true)?;
        let deleted = self.runtime.kv.delete(&id, &key).await;
        deleted.map_err(|error| self.failed(&id, &error))
    }

    async fn keys(&mut self, bucket: String, prefix: String, cursor: Option<String>) -> Result<KeyPage, KvError> {
        let (id, _) = self.bucket(bucket, false)?;
        let found = self.runtime.kv.keys(&id, &prefix, cursor.as_deref()).await;
        let page = found.map_err(|error| self.failed(&id, &error))?;
        Ok(KeyPage { keys: page.keys, cursor: page.cursor })
    }
}

/// What may be stored at all. What is only looked for may be of any length: there is nothing under it.
fn new_value(key: &str, value: Vec<u8>, ttl_seconds: Option<u32>) -> Result<NewValue, KvError> {
    let too_long = if key.len() > KEY_BYTES {
        Some(format!("a key has at most {KEY_BYTES} bytes, this one has {}", key.len()))
    } else if value.len() > VALUE_BYTES {
        Some(format!("a value has at most {VALUE_BYTES} bytes, this one has {}", value.len()))
    } else {
        None
    };
    match too_long {
        Some(message) => Err(KvError { kind: KvErrorKind::Full, message }),
        None => Ok(NewValue { value, ttl: ttl_seconds.map(|secs| Duration::from_secs(secs.into())) }),
    }
}

impl State {
    /// The bucket `name`, if the plugin has it, to write to or only to read.
    fn bucket(&self, name: String, to_write: bool) -> Result<(BucketId, Quota), KvError> {
        let permissions = &self.terms.permissions;
        let shown = excerpt(&name, 64);
        let act = |verb: &str| format!("{verb} the key-value bucket `{shown}`");
        let granted = permissions.granted().kv.0.iter().find(|(granted, _)| granted.as_str() == name);
        let denial = match granted {
            None => {
                let beyond = |most: &std::collections::BTreeSet<crate::policy::BucketName>| {
                    !most.iter().any(|bucket| bucket.as_str() == name)
                };
                if permissions.ceiling().kv.as_ref().is_some_and(beyond) {
                    permissions.denial_by_ceiling(act("use"), &format!("\"{shown}\""), "kv")
                } else {
                    permissions.denial(act("use"), &format!("{shown} = {{}}"), "kv")
                }
            }
            Some(_) if self.purpose == Purpose::Listing => {
                let remedy = "while it says what it offers nothing is there; use it in a call".to_owned();
                Denial { what: act("use"), remedy }
            }
            Some((_, bucket)) if to_write && bucket.access == BucketAccess::Read => {
                permissions.denial(act("write to"), &format!("{shown} = {{ access = \"read-write\" }}"), "kv")
            }
            Some(_) if to_write && self.call.access.read_only => Denial::of_read_only_call(act("write to")),
            Some((_, bucket)) => {
                self.used(Capability::Kv, &name);
                let quota = Quota { bytes: bucket.quota_bytes, keys: bucket.quota_keys };
                return Ok((BucketId { plugin: self.terms.plugin.clone(), name }, quota));
            }
        };
        Err(KvError { kind: KvErrorKind::Denied, message: self.terms.denied(&denial) })
    }

    fn failed(&self, bucket: &BucketId, error: &kv::KvError) -> KvError {
        let (kind, message) = match error {
            kv::KvError::Full(full) => (KvErrorKind::Full, self.full(bucket, *full)),
            kv::KvError::Unavailable(_) => (KvErrorKind::Unavailable, error.to_string()),
            kv::KvError::Other(_) => (KvErrorKind::Other, error.to_string()),
        };
        KvError { kind, message }
    }

    fn full(&self, bucket: &BucketId, full: Full) -> String {
        let key = match full {
            Full::Bytes => "quota_bytes",
            Full::Keys => "quota_keys",
            Full::Store => {
                let what = format!("put more into the key-value bucket `{}`", bucket.name);
                let remedy = "the store of all plugins is full; a larger max_bytes under [kv] in pegboard.toml would \
                              allow it"
                    .to_owned();
                return self.terms.denied(&Denial { what, remedy });
            }
        };
        let what = format!("put more into the key-value bucket `{}`, which is full", bucket.name);
        self.terms.denied(&self.terms.permissions.denial(what, &format!("a larger {key} of {}", bucket.name), "kv"))
    }
}
