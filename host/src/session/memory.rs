//! Sessions in this process.

use std::sync::Arc;
use std::time::Duration;

use moka::notification::RemovalCause;
use moka::ops::compute::{CompResult, Op};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use super::{Config, Session, SessionId, SessionStore, StoreError};
use crate::plugin::{BoxFuture, LogLevel};

/// How many ended sessions a slow listener may lag behind.
const ENDED_KEPT: usize = 1024;

/// The store of one process: bounded, and swept on a timer.
pub struct MemoryStore {
    sessions: Cache<SessionId, Arc<Session>>,
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
        let swept = sessions.clone();
        let period = (config.idle_timeout() / 10).clamp(Duration::from_millis(10), Duration::from_secs(10));
        let sweeper = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(period);
            loop {
                ticks.tick().await;
                swept.run_pending_tasks();
            }
        });
        Self { sessions, ended, sweeper: sweeper.abort_handle() }
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
            let result = self.sessions.entry_by_ref(id).and_compute_with(|entry| match entry {
                Some(entry) => {
                    let session = Session { log_level: level, ..(*entry.into_value()).clone() };
                    Op::Put(Arc::new(session))
                }
                None => Op::Nop,
            });
            Ok(matches!(result, CompResult::ReplacedWith(_)))
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
    use super::*;

    fn session() -> Session {
        Session {
            protocol_version: "2025-11-25".into(),
            client: None,
            capabilities: Arc::default(),
            log_level: LogLevel::Info,
        }
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
