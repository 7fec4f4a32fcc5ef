//! How many requests a plugin has at the same time, and how many a minute.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::policy::Network;
use crate::runtime::rate::Rate;

/// What one version of a plugin may use of the network, all its calls together.
pub(in crate::runtime) struct Quota {
    per_minute: u32,
    rate: Mutex<Rate>,
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
        Self { per_minute: granted.requests_per_minute, rate: Mutex::default(), connections }
    }

    /// Counts a request or a connection. The error is how many a minute there may be.
    pub(super) fn spend(&self) -> Result<(), u32> {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if rate.spend(self.per_minute, Instant::now()) { Ok(()) } else { Err(self.per_minute) }
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
