//! Values in this process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{BucketId, Config, Entry, Full, KeyPage, KvError, KvStore, NewValue, PAGE_KEYS, Quota};
use crate::plugin::BoxFuture;

/// What an entry costs beside its key and value, about.
const ENTRY_BYTES: u64 = 192;

/// The store of one process; what is in it ends with the process.
pub struct MemoryKv {
    max_bytes: u64,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    by_id: HashMap<BucketId, Bucket>,
    /// Bytes of all of them, and what they cost.
    bytes: u64,
    /// The version of the next change, whatever it changes.
    next: u64,
}

#[derive(Default)]
struct Bucket {
    entries: BTreeMap<String, Stored>,
    /// When entries end that do, the soonest first.
    ends: BTreeSet<(Instant, String)>,
    /// Bytes of keys and values.
    bytes: u64,
}

struct Stored {
    value: Arc<[u8]>,
    version: u64,
    ends: Option<Instant>,
}

impl MemoryKv {
    /// An empty store.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { max_bytes: config.max_bytes, buckets: Mutex::default() }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get_at(&self, now: Instant, bucket: &BucketId, key: &str) -> Option<Entry> {
        let (value, version) = {
            let buckets = self.buckets();
            let stored = buckets.by_id.get(bucket)?.entries.get(key).filter(|stored| stored.is_there(now))?;
            (stored.value.clone(), stored.version)
        };
        Some(Entry { value: value.to_vec(), version: version.to_string() })
    }

    /// Stores it if `expected` holds of the version that is there.
    fn put_at(
        &self,
        now: Instant,
        bucket: &BucketId,
        key: &str,
        new: NewValue,
        quota: Quota,
        expected: impl FnOnce(Option<&str>) -> bool,
    ) -> Result<bool, KvError> {
        let mut buckets = self.buckets();
        buckets.forget_what_ended(now, bucket);
        let there = buckets.by_id.get(bucket);
        let (bytes, keys) = there.map_or((0, 0), |bucket| (bucket.bytes, bucket.entries.len() as u64));
        let old = there.and_then(|bucket| bucket.entries.get(key));
        if !expected(old.map(|old| old.version.to_string()).as_deref()) {
            return Ok(false);
        }
        let old = old.map(|old| size(key, &old.value));
        let size = size(key, &new.value);
        // What takes no more than before is never refused, even if the quota is smaller now.
        let more = size.saturating_sub(old.unwrap_or_default());
        if more > 0 && bytes.saturating_add(more) > quota.bytes {
            return Err(KvError::Full(Full::Bytes));
        }
        if old.is_none() && keys >= quota.keys {
            return Err(KvError::Full(Full::Keys));
        }
        let more = more + if old.is_none() { ENTRY_BYTES } else { 0 };
        if more > 0 && buckets.bytes.saturating_add(more) > self.max_bytes {
            buckets.forget_all_that_ended(now);
            if buckets.bytes.saturating_add(more) > self.max_bytes {
                return Err(KvError::Full(Full::Store));
            }
        }
        let ends = new.ttl.and_then(|ttl| now.checked_add(ttl));
        buckets.insert(bucket, key, new.value.into(), ends);
        Ok(true)
    }

    fn delete_now(&self, bucket: &BucketId, key: &str) {
        let mut buckets = self.buckets();
        if let Some(there) = buckets.by_id.get_mut(bucket) {
            let freed = there.remove(key);
            buckets.freed(bucket, freed);
        }
    }

    fn keys_at(&self, now: Instant, bucket: &BucketId, prefix: &str, cursor: Option<&str>) -> KeyPage {
        let mut buckets = self.buckets();
        buckets.forget_what_ended(now, bucket);
        let Some(bucket) = buckets.by_id.get(bucket) else { return KeyPage::default() };
        // In their order, so that the last key of a page is where the next one begins.
        let from = match cursor {
            Some(last) if last >= prefix => Bound::Excluded(last),
            _ => Bound::Included(prefix),
        };
        let mut keys = bucket.entries.range::<str, _>((from, Bound::Unbounded)).map(|(key, _)| key);
        let mut page: Vec<String> = Vec::new();
        while let Some(key) = keys.next().filter(|key| key.starts_with(prefix)) {
            if page.len() == PAGE_KEYS {
                return KeyPage { cursor: page.last().cloned(), keys: page };
            }
            page.push(key.clone());
        }
        KeyPage { keys: page, cursor: None }
    }
}

fn size(key: &str, value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64
}

impl Stored {
    fn is_there(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| ends > now)
    }
}

/// What an entry that is gone had taken.
#[derive(Clone, Copy, Default)]
struct Freed {
    bytes: u64,
    entries: u64,
}

impl Bucket {
    fn remove(&mut self, key: &str) -> Freed {
        let Some((key, stored)) = self.entries.remove_entry(key) else { return Freed::default() };
        let bytes = size(&key, &stored.value);
        self.bytes -= bytes;
        if let Some(ends) = stored.ends {
            self.ends.remove(&(ends, key));
        }
        Freed { bytes, entries: 1 }
    }

    fn forget_what_ended(&mut self, now: Instant) -> Freed {
        let mut freed = Freed::default();
        while let Some((_, key)) = self.ends.first().filter(|(ends, _)| *ends <= now).cloned() {
            let one = self.remove(&key);
            freed = Freed { bytes: freed.bytes + one.bytes, entries: freed.entries + one.entries };
        }
        freed
    }
}

impl Buckets {
    fn insert(&mut self, id: &BucketId, key: &str, value: Arc<[u8]>, ends: Option<Instant>) {
        let bucket = self.by_id.entry(id.clone()).or_default();
        let freed = bucket.remove(key);
        let bytes = size(key, &value);
        bucket.bytes += bytes;
        if let Some(ends) = ends {
            bucket.ends.insert((ends, key.to_owned()));
        }
        bucket.entries.insert(key.to_owned(), Stored { value, version: self.next, ends });
        self.next += 1;
        self.bytes += bytes + ENTRY_BYTES;
        self.bytes -= freed.bytes + freed.entries * ENTRY_BYTES;
    }

    fn forget_what_ended(&mut self, now: Instant, id: &BucketId) {
        if let Some(bucket) = self.by_id.get_mut(id) {
            let freed = bucket.forget_what_ended(now);
            self.freed(id, freed);
        }
    }

    fn forget_all_that_ended(&mut self, now: Instant) {
        let ids: Vec<BucketId> = self.by_id.keys().cloned().collect();
        for id in ids {
            self.forget_what_ended(now, &id);
        }
    }

    fn freed(&mut self, id: &BucketId, freed: Freed) {
        self.bytes -= freed.bytes + freed.entries * ENTRY_BYTES;
        if self.by_id.get(id).is_some_and(|bucket| bucket.entries.is_empty()) {
            self.by_id.remove(id);
        }
    }
}

impl KvStore for MemoryKv {
    fn get<'a>(&'a self, bucket: &'a BucketId, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, KvError>> {
        Box::pin(async move { Ok(self.get_at(Instant::now(), bucket, key)) })
    }

    fn set<'a>(
        &'a self,
        bucket: &'a BucketId,
        key: &'a str,
        new: NewValue,
        quota: Quota,
    ) -> BoxFuture<'a, Result<(), KvError>> {
        Box::pin(async move { self.put_at(Instant::now(), bucket, key, new, quota, |_| true).map(drop) })
    }

    fn swap<'a>(
        &'a self,
        bucket: &'a BucketId,
        key: &'a str,
        version: Option<&'a str>,
        new: NewValue,
        quota: Quota,
    ) -> BoxFuture<'a, Result<bool, KvError>> {
        Box::pin(async move { self.put_at(Instant::now(), bucket, key, new, quota, |there| there == version) })
    }

    fn delete<'a>(&'a self, bucket: &'a BucketId, key: &'a str) -> BoxFuture<'a, Result<(), KvError>> {
        Box::pin(async move {
            self.delete_now(bucket, key);
            Ok(())
        })
    }

    fn keys<'a>(
        &'a self,
        bucket: &'a BucketId,
        prefix: &'a str,
        cursor: Option<&'a str>,
    ) -> BoxFuture<'a, Result<KeyPage, KvError>> {
        Box::pin(async move { Ok(self.keys_at(Instant::now(), bucket, prefix, cursor)) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plugin::PluginId;

    const QUOTA: Quota = Quota { bytes: 100, keys: 3 };

    fn store(max_bytes: u64) -> MemoryKv {
        MemoryKv::new(&Config { max_bytes })
    }

    fn bucket(plugin: &str) -> BucketId {
        BucketId { plugin: PluginId::parse(plugin).unwrap(), name: "notes".into() }
    }

    fn bytes(count: usize) -> NewValue {
        NewValue { value: vec![1; count], ttl: None }
    }

    fn lasting(secs: u64) -> NewValue {
        NewValue { value: vec![1; 50], ttl: Some(Duration::from_secs(secs)) }
    }

    #[tokio::test]
    async fn what_is_stored_is_there_for_its_plugin_alone_until_it_is_deleted() {
        let store = store(10_000);
        let (x, y) = (bucket("x"), bucket("y"));
        store.set(&x, "k", bytes(3), QUOTA).await.unwrap();
        assert_eq!(store.get(&x, "k").await.unwrap().unwrap().value, [1; 3]);
        assert_eq!(store.get(&y, "k").await, Ok(None));
        store.delete(&y, "k").await.unwrap();
        store.delete(&x, "k").await.unwrap();
        assert_eq!(store.get(&x, "k").await, Ok(None));
        assert_eq!(store.buckets().bytes, 0);
        assert!(store.buckets().by_id.is_empty());
    }

    #[tokio::test]
    async fn a_full_bucket_takes_what_makes_it_no_fuller() {
        let (store, x) = (store(10_000), bucket("x"));
        store.set(&x, "a", bytes(99), QUOTA).await.unwrap();
        assert_eq!(store.set(&x, "b", bytes(0), QUOTA).await, Err(KvError::Full(Full::Bytes)));
        assert_eq!(store.set(&x, "a", bytes(100), QUOTA).await, Err(KvError::Full(Full::Bytes)));
        store.set(&x, "a", bytes(1), QUOTA).await.unwrap();
        store.set(&x, "b", bytes(1), QUOTA).await.unwrap();
        store.set(&x, "c", bytes(1), QUOTA).await.unwrap();
        assert_eq!(store.set(&x, "d", bytes(1), QUOTA).await, Err(KvError::Full(Full::Keys)));
        store.set(&x, "c", bytes(2), QUOTA).await.unwrap();
        let smaller = Quota { bytes: 1, keys: 1 };
        store.set(&x, "c", bytes(1), smaller).await.unwrap();
    }

    #[tokio::test]
    async fn all_plugins_together_have_bounds_too() {
        let store = store(2 * (ENTRY_BYTES + 11));
        let all = Quota { bytes: u64::MAX, keys: u64::MAX };
        store.set(&bucket("x"), "a", bytes(10), all).await.unwrap();
        store.set(&bucket("y"), "a", bytes(10), all).await.unwrap();
        assert_eq!(store.set(&bucket("z"), "a", bytes(0), all).await, Err(KvError::Full(Full::Store)));
        assert_eq!(store.set(&bucket("x"), "a", bytes(11), all).await, Err(KvError::Full(Full::Store)));
        store.delete(&bucket("x"), "a").await.unwrap();
        store.set(&bucket("z"), "a", bytes(10), all).await.unwrap();
    }

    #[test]
    fn what_has_ended_is_gone_and_makes_room() {
        let (store, x, y, now) = (store(2 * (ENTRY_BYTES + 51)), bucket("x"), bucket("y"), Instant::now());
        let z = bucket("z");
        let later = |secs| now + Duration::from_secs(secs);
        let put = |at, id, key| store.put_at(at, id, key, lasting(10), QUOTA, |_| true);
        assert_eq!(put(now, &x, "a"), Ok(true));
        assert!(store.get_at(later(9), &x, "a").is_some());
        assert!(store.get_at(later(10), &x, "a").is_none());
        // A swap that expects no key finds none.
        assert_eq!(store.put_at(later(10), &x, "a", lasting(10), QUOTA, |there| there.is_none()), Ok(true));
        assert_eq!(store.keys_at(later(19), &x, "", None).keys, ["a"]);
        assert_eq!(put(later(10), &y, "b"), Ok(true));
        // Full, until the one of the other plugin has ended.
        assert_eq!(put(later(19), &z, "c"), Err(KvError::Full(Full::Store)));
        assert_eq!(put(later(20), &z, "c"), Ok(true));
        assert!(store.keys_at(later(20), &x, "", None).keys.is_empty());
        // Stored anew it lasts as long as it is told to now.
        assert_eq!(store.put_at(later(29), &z, "c", bytes(50), QUOTA, |_| true), Ok(true));
        assert!(store.get_at(later(1_000), &z, "c").is_some());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_many_swaps_at_the_same_time_one_wins() {
        let (store, x) = (Arc::new(store(10_000)), bucket("x"));
        assert_eq!(store.swap(&x, "k", Some("0"), bytes(1), QUOTA).await, Ok(false));
        assert_eq!(store.swap(&x, "k", None, bytes(1), QUOTA).await, Ok(true));
        let version = store.get(&x, "k").await.unwrap().unwrap().version;
        let swaps: Vec<_> = (0..20)
            .map(|_| {
                let (store, x, version) = (store.clone(), x.clone(), version.clone());
                tokio::spawn(async move { store.swap(&x, "k", Some(&version), bytes(2), QUOTA).await.unwrap() })
            })
            .collect();
        let mut won = 0;
        for swap in swaps {
            won += usize::from(swap.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    #[tokio::test]
    async fn a_key_that_is_there_all_the_time_comes_whatever_else_comes_and_goes() {
        let (store, x) = (store(10_000_000), bucket("x"));
        let quota = Quota { bytes: u64::MAX, keys: u64::MAX };
        for index in 0..1_200 {
            store.set(&x, &format!("k{index:04}"), bytes(1), quota).await.unwrap();
            store.set(&x, &format!("other{index}"), bytes(1), quota).await.unwrap();
        }
        let (mut seen, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = store.keys(&x, "k", cursor.as_deref()).await.unwrap();
            assert!(page.keys.len() <= PAGE_KEYS && page.keys.iter().all(|key| key.starts_with('k')));
            // Half of the page, the cursor's key among them, goes; others come.
            for key in page.keys.iter().rev().step_by(2) {
                store.delete(&x, key).await.unwrap();
                store.set(&x, &format!("{key}+"), bytes(1), quota).await.unwrap();
            }
            seen.extend(page.keys);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert!((0..1_200).all(|index| seen.contains(&format!("k{index:04}"))));
    }
}
