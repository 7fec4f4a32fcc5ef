//! The fate of each stream, told once, when it ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::info;

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// All was sent.
    Completed,
    /// The client went away before that.
    ClientGone,
    /// The session that it belonged to is over.
    SessionOver,
    /// The call was cancelled by the client.
    Cancelled,
    /// The server stops.
    Drained,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::ClientGone => "client gone",
            Self::SessionOver => "session over",
            Self::Cancelled => "cancelled",
            Self::Drained => "drained",
        }
    }
}

/// What happened on one stream so far. Says so when dropped.
#[derive(Debug)]
pub(super) struct StreamLog {
    stream_id: u64,
    kind: &'static str,
    begun: Instant,
    bytes_sent: usize,
    chunks_sent: usize,
    /// Unless it is said, the client has gone: nothing else drops a stream before its end.
    reason: Reason,
}

impl StreamLog {
    /// A stream begins; `kind` is `call` or `listen`.
    pub(super) fn new(kind: &'static str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let stream_id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { stream_id, kind, begun: Instant::now(), bytes_sent: 0, chunks_sent: 0, reason: Reason::ClientGone }
    }

    /// A frame was handed to the connection.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes_sent += bytes;
        self.chunks_sent += 1;
    }

    /// The stream is at its end.
    pub(super) fn end(&mut self, reason: Reason) {
        self.reason = reason;
    }
}

impl Drop for StreamLog {
    fn drop(&mut self) {
        info!(
            stream_id = self.stream_id,
            kind = self.kind,
            bytes_sent = self.bytes_sent,
            chunks_sent = self.chunks_sent,
            duration_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            disconnect_reason = self.reason.as_str(),
            "stream ended"
        );
    }
}
