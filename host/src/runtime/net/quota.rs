//! How many requests a plugin has at the same time, and how many a minute.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::policy::Network;

/// What one version of a plugin may use of the network, all its calls together.
pub(in crate::runtime) struct Quota {
    rate: Rate,
    connections: Arc<Semaphore>,
}

/// The right to one connection.
pub(super) struct Permits {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Quota {
    pub(in crate::runtime) fn new(granted: &Network) -> Self {
        let connections = usize::try_from(granted.connections).unwrap_or(usize::MAX);
        let connections = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        Self { rate: Rate::new(granted.requests_per_minute), connections }
    }

    /// Counts a request or a connection. The error is how many a minute there may be.
    pub(super) fn spend(&self) -> Result<(), u32> {
        if self.rate.spend(Instant::now()) { Ok(()) } else { Err(self.rate.per_minute) }
    }

    /// Waits for its turn, among the plugin's own and then among all; whoever waits for the second holds up its own
    /// plugin alone.
    pub(super) async fn permits(&self, all: &Arc<Semaphore>) -> Permits {
        let open = "these semaphores are never closed";
        let own = self.connections.clone().acquire_owned().await.expect(open);
        let shared = all.clone().acquire_owned().await.expect(open);
        Permits { _own: own, _shared: shared }
    }
}

/// So many a minute, evenly filled up: after a quiet minute that many may come at once. (The generic cell rate
/// algorithm: all that is kept is when the next one would come if they came evenly.)
struct Rate {
    per_minute: u32,
    next: Mutex<Option<Instant>>,
}

impl Rate {
    const MINUTE: Duration = Duration::from_mins(1);

    fn new(per_minute: u32) -> Self {
        Self { per_minute, next: Mutex::new(None) }
    }

    fn spend(&self, now: Instant) -> bool {
        let Some(interval) = Self::MINUTE.checked_div(self.per_minute) else { return false };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let due = next.map_or(now, |next| next.max(now));
        let enough = due + interval <= now + Self::MINUTE;
        if enough {
            *next = Some(due + interval);
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let rate = Rate::new(3);
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!([0; 4].map(|_| rate.spend(at(0))), [true, true, true, false]);
        assert!(!rate.spend(at(19)));
        assert!(rate.spend(at(20)));
        assert!(!rate.spend(at(39)));
        // Quiet for long enough it is as at the beginning.
        assert_eq!([0; 4].map(|_| rate.spend(at(300))), [true, true, true, false]);
    }

    #[test]
    fn none_a_minute_is_none() {
        assert!(!Rate::new(0).spend(Instant::now()));
    }
}
