//! How the operator ends the server: one signal to stop in order, a second one to stop at once.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// The status of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// SIGTERM and SIGINT, heard from the moment this is made.
pub(crate) struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Cancelled by the first signal; the second one ends the process.
    pub(crate) fn token(mut self) -> CancellationToken {
        let token = CancellationToken::new();
        let stop = token.clone();
        tokio::spawn(async move {
            self.next().await;
            info!("stopping: calls under way may still end; a second signal stops at once");
            stop.cancel();
            self.next().await;
            std::process::exit(INTERRUPTED);
        });
        token
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
