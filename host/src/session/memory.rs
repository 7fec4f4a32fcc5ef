//! Sessions in this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::notification::RemovalCause;
use moka::ops::compute::{CompResult, Op};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use super::{Config, MOST_SUBSCRIPTIONS, Session, SessionId, SessionStore, StoreError};
use crate::plugin::{BoxFuture, LogLevel};

/// How many ended sessions a slow listener may lag behind.
const ENDED_KEPT: usize = 1024;

/// The store of one process: bounded, and swept on a timer.
pub struct MemoryStore {
    sessions: Cache<SessionId, Arc<Session>>,
    /// The SHA-256 of tokens that were taken, with the time until which that counts.
    spent: Cache<[u8; 32], Instant>,
    ended: broadcast::Sender<SessionId>,
    sweeper: AbortHandle,
}

impl MemoryStore {
    /// An empty store. Must be called within a tokio runtime, which sweeps it until it is dropped.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let (ended, _) = broadcast::channel(ENDED_KEPT);
        let tell = ended.clone();
        let sessions = Cache::builder()
            .max_capacity(config.max_sessions)
            .time_to_idle(config.idle_timeout())
            // The one idle for longest goes first; the default policy would rather refuse newcomers.
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(move |id: Arc<SessionId>, _, cause| {
                if cause != RemovalCause::Replaced {
                    let _ = tell.send((*id).clone());
                }
            })
            .build();
        let spent = Cache::builder().max_capacity(config.max_sessions).build();
        let swept = sessions.clone();
        let period = (config.idle_timeout() / 10).clamp(Duration::from_millis(10), Duration::from_secs(10));
        let sweeper = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(period);
            loop {
                ticks.tick().await;
                swept.run_pending_tasks();
            }
        });
        Self { sessions, spent, ended, sweeper: sweeper.abort_handle() }
    }
}

impl MemoryStore {
    /// Changes a session at once; false if there is none, or `change` says so.
    fn change(&self, id: &SessionId, change: impl FnOnce(&mut Session) -> bool) -> bool {
        let result = self.sessions.entry_by_ref(id).and_compute_with(|entry| {
            let Some(entry) = entry else { return Op::Nop };
            let mut session = (*entry.into_value()).clone();
            if change(&mut session) { Op::Put(Arc::new(session)) } else { Op::Nop }
        });
        matches!(result, CompResult::ReplacedWith(_))
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.sweeper.abort();
    }
}

impl SessionStore for MemoryStore {
    fn create(&self, session: Session) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        Box::pin(async move {
            let id = SessionId::random().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            self.sessions.insert(id.clone(), Arc::new(session));
            Ok(id)
        })
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, StoreError>> {
        Box::pin(async { Ok(self.sessions.get(id).map(|session| (*session).clone())) })
    }

    fn set_log_level<'a>(&'a self, id: &'a SessionId, level: LogLevel) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            Ok(self.change(id, |session| {
                session.log_level = level;
                true
            }))
        })
    }

    fn set_subscription<'a>(
        &'a self,
        id: &'a SessionId,
        uri: &'a str,
        subscribed: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            Ok(self.change(id, |session| {
                if !subscribed {
                    session.subscriptions.remove(uri);
                } else if session.subscriptions.len() < MOST_SUBSCRIPTIONS || session.subscriptions.contains(uri) {
                    session.subscriptions.insert(uri.to_owned());
                } else {
                    return false;
                }
                true
            }))
        })
    }

    fn spend<'a>(&'a self, token: &'a str, ttl: Duration) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let (token, now) = (Sha256::digest(token).into(), Instant::now());
            let result = self.spent.entry(token).and_compute_with(|entry| match entry {
                Some(entry) if *entry.value() > now => Op::Nop,
                _ => Op::Put(now + ttl),
            });
            Ok(!matches!(result, CompResult::Unchanged(_)))
        })
    }

    fn delete<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async {
            let existed = self.sessions.remove(id).is_some();
            // The listener runs with the cache's pending tasks: now, so that what hangs on the session ends now.
            self.sessions.run_pending_tasks();
            Ok(existed)
        })
    }

    fn ended(&self) -> broadcast::Receiver<SessionId> {
        self.ended.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn session() -> Session {
        Session {
            protocol_version: "2025-11-25".into(),
            client: None,
            capabilities: Arc::default(),
            log_level: LogLevel::Info,
            principal: None,
            subscriptions: BTreeSet::new(),
        }
    }

    #[tokio::test]
    async fn subscriptions_are_bounded() {
        let store = MemoryStore::new(&Config::default());
        let id = store.create(session()).await.unwrap();
        for n in 0..MOST_SUBSCRIPTIONS {
            assert!(store.set_subscription(&id, &format!("x:{n}"), true).await.unwrap());
        }
        assert!(!store.set_subscription(&id, "x:more", true).await.unwrap());
        assert!(store.set_subscription(&id, "x:0", true).await.unwrap(), "again is no more");
        assert!(store.set_subscription(&id, "x:0", false).await.unwrap());
        assert!(store.set_subscription(&id, "x:more", true).await.unwrap());
    }

    #[tokio::test]
    async fn a_token_is_taken_once() {
        let store = MemoryStore::new(&Config::default());
        assert!(store.spend("a", Duration::from_mins(1)).await.unwrap());
        assert!(!store.spend("a", Duration::from_mins(1)).await.unwrap());
        assert!(store.spend("b", Duration::ZERO).await.unwrap());
        assert!(store.spend("b", Duration::ZERO).await.unwrap(), "its time is over");
    }

    #[tokio::test]
    async fn a_session_is_kept_changed_and_deleted() {
        let store = MemoryStore::new(&Config::default());
        let id = store.create(session()).await.unwrap();
        assert!(store.set_log_level(&id, LogLevel::Error).await.unwrap());
        assert_eq!(store.load(&id).await.unwrap().unwrap().log_level, LogLevel::Error);
        let mut ended = store.ended();
        assert!(store.delete(&id).await.unwrap());
        assert_eq!(ended.recv().await.unwrap(), id);
        assert_eq!(store.load(&id).await.unwrap(), None);
        assert!(!store.delete(&id).await.unwrap());
        assert!(!store.set_log_level(&id, LogLevel::Error).await.unwrap());
    }

    #[tokio::test]
    async fn an_idle_session_expires_and_says_so() {
        let store = MemoryStore::new(&Config { idle_timeout_secs: 0, ..Config::default() });
        let mut ended = store.ended();
        let id = store.create(session()).await.unwrap();
        assert_eq!(ended.recv().await.unwrap(), id);
        assert_eq!(store.load(&id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_flood_of_sessions_is_bounded() {
        let store = MemoryStore::new(&Config { max_sessions: 10, ..Config::default() });
        let mut newest = store.create(session()).await.unwrap();
        for _ in 0..1000 {
            newest = store.create(session()).await.unwrap();
        }
        store.sessions.run_pending_tasks();
        assert!(store.sessions.entry_count() <= 10);
        assert!(store.load(&newest).await.unwrap().is_some(), "the newest stays");
    }
}
