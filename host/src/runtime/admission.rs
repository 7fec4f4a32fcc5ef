//! How many calls run at the same time, and how long the others wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::limits::{CONCURRENT_LISTINGS, Config};
use crate::plugin::Limit;

/// The places of all plugins together.
pub(super) struct Admission {
    calls: Places,
    listings: Places,
    patience: Duration,
}

/// A number of places, taken and given back.
#[derive(Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: u32,
    queue: Arc<Queue>,
}

/// Those that wait.
struct Queue {
    waiting: AtomicUsize,
    most: usize,
}

/// A place in use.
pub(super) struct Admitted {
    _plugin: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Places {
    /// So many places, for which so many may wait.
    pub(super) fn new(all: u32, queue: u32) -> Self {
        let queue = Arc::new(Queue { waiting: AtomicUsize::new(0), most: queue as usize });
        Self { free: Arc::new(Semaphore::new(all as usize)), all, queue }
    }

    /// Those in use.
    pub(super) fn taken(&self) -> u64 {
        u64::from(self.all).saturating_sub(self.free.available_permits() as u64)
    }

    fn limit(&self) -> Limit {
        Limit::ConcurrentCalls(self.all.into())
    }
}

impl Queue {
    /// A place at its end, if it is not too long.
    fn enter(&self) -> Option<impl Drop + '_> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        (before < self.most).then_some(waiting)
    }
}

impl Admission {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            calls: Places::new(config.concurrent_calls, config.queued_calls),
            listings: Places::new(CONCURRENT_LISTINGS, u32::MAX),
            patience: Duration::from_millis(config.queue_time_ms),
        }
    }

    /// A place for a call. It waits for one of the plugin's own first, so that calls of a busy plugin never keep
    /// the others from running; not for longer than the queue's time, and not if too many wait already.
    pub(super) async fn call(&self, plugin: &Places) -> Result<Admitted, Limit> {
        if let Ok(of_plugin) = plugin.free.clone().try_acquire_owned()
            && let Ok(of_all) = self.calls.free.clone().try_acquire_owned()
        {
            return Ok(Admitted { _plugin: of_plugin, _all: of_all });
        }
        let _behind_others = self.calls.queue.enter().ok_or_else(|| self.calls.limit())?;
        let _behind_its_own = plugin.queue.enter().ok_or_else(|| plugin.limit())?;
        let mut refusal = plugin.limit();
        let both = async {
            let of_plugin = plugin.free.clone().acquire_owned().await;
            refusal = self.calls.limit();
            let of_all = self.calls.free.clone().acquire_owned().await;
            of_plugin.ok().zip(of_all.ok())
        };
        match timeout(self.patience, both).await {
            Ok(Some((plugin, all))) => Ok(Admitted { _plugin: plugin, _all: all }),
            // Nothing closes the semaphores.
            Ok(None) | Err(_) => Err(refusal),
        }
    }

    /// A place for asking a plugin what it offers. It waits as long as it takes: the listings before it are bounded.
    pub(super) async fn listing(&self) -> Option<OwnedSemaphorePermit> {
        self.listings.free.clone().acquire_owned().await.ok()
    }

    /// Places for calls that are free now.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.calls.free.available_permits()
    }
}
