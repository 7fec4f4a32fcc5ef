//! Instances that serve further calls, where an operator allows it: a warm cache, which may be dropped at any moment.
//!
//! What a guest leaves in its memory is there for the next call on the same instance. So one is kept only by the rule of
//! [`Reuse`], never for a call that may do more or less than the one before, and never after a trap.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Store;
use wasmtime::component::Instance;

use super::limits::KEPT_PER_PLUGIN;
use super::store::State;
use crate::plugin::{Access, Call};
use crate::policy::Reuse;

/// Those of one version of a plugin.
pub(super) struct Kept {
    reuse: Reuse,
    /// How long one may be idle.
    patience: Duration,
    /// Those that may be kept of all plugins together.
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    sweeping: AtomicBool,
}

/// Which calls an instance may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Issuer and subject; absent where it may be anybody.
    caller: Option<(Option<String>, String)>,
    access: Access,
}

struct Idle {
    key: Key,
    since: Instant,
    instance: Reusable,
}

/// An instance with what it lives in.
pub(super) struct Reusable {
    pub(super) store: Store<State>,
    pub(super) instance: Instance,
    pub(super) place: OwnedSemaphorePermit,
}

impl Kept {
    pub(super) fn new(reuse: Reuse, patience: Duration, places: Arc<Semaphore>) -> Self {
        Self { reuse, patience, places, idle: Mutex::default(), sweeping: AtomicBool::new(false) }
    }

    /// By what the instance of `call` may be known again; none, if it is never to be kept. Of anonymous callers nobody
    /// knows whether they are one.
    pub(super) fn key(&self, call: &Call) -> Option<Key> {
        let caller = match self.reuse {
            Reuse::Never => return None,
            Reuse::Shared => None,
            Reuse::Principal => {
                let principal = call.context.principal.as_ref()?;
                Some((principal.issuer.clone(), principal.subject.clone()))
            }
        };
        Some(Key { caller, access: call.access })
    }

    /// The one that was used last: the others may become idle for long enough to go.
    pub(super) fn take(&self, key: &Key) -> Option<Reusable> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let index = idle.iter().rposition(|kept| kept.key == *key)?;
        Some(idle.remove(index).instance)
    }

    /// The right to keep one more.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Keeps one until it is taken, or has been idle for too long.
    pub(super) fn put(self: &Arc<Self>, key: Key, instance: Reusable) {
        let oldest = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(Idle { key, since: Instant::now(), instance });
            (idle.len() > KEPT_PER_PLUGIN).then(|| idle.remove(0))
        };
        // Unmapping its memory takes a moment.
        drop(oldest);
        self.sweep();
    }

    /// Drops those that have been idle for too long, as long as there are any.
    fn sweep(self: &Arc<Self>) {
        if self.sweeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let (weak, patience) = (Arc::downgrade(self), self.patience);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(patience).await;
                let Some(kept) = weak.upgrade() else { return };
                let (gone, none_left) = kept.idle_too_long(Instant::now());
                drop(gone);
                if none_left {
                    return;
                }
            }
        });
    }

    /// Those that are to go. If none is left then, the next one that is kept begins to sweep anew.
    fn idle_too_long(&self, now: Instant) -> (Vec<Idle>, bool) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = self.patience;
        let gone = idle.extract_if(.., |kept| now.duration_since(kept.since) >= patience).collect();
        if idle.is_empty() {
            self.sweeping.store(false, Ordering::Release);
        }
        (gone, idle.is_empty())
    }
}
