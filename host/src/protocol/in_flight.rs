//! Calls and streams that hang on a legacy session, so that a cancellation, DELETE or expiry finds them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::jsonrpc::RequestId;
use crate::session::SessionId;

/// What hangs on the sessions of this process.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    sessions: Mutex<HashMap<SessionId, Hanging>>,
}

#[derive(Debug, Default)]
struct Hanging {
    calls: HashMap<RequestId, CancellationToken>,
    /// The session's GET stream. The newest wins: a client that opens another has lost the first.
    stream: Option<CancellationToken>,
}

/// Takes a call or stream off its session when dropped.
#[derive(Debug)]
pub(super) struct Guard {
    in_flight: Arc<InFlight>,
    session: SessionId,
    /// None: it is the stream.
    call: Option<RequestId>,
    token: CancellationToken,
}

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Hanging>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a call. Its id may be in use, against the protocol; a cancellation then means the newest.
    pub(super) fn call(self: &Arc<Self>, session: SessionId, id: RequestId) -> Guard {
        let token = CancellationToken::new();
        self.lock().entry(session.clone()).or_default().calls.insert(id.clone(), token.clone());
        Guard { in_flight: self.clone(), session, call: Some(id), token }
    }

    /// Enters the session's GET stream, and ends the one before.
    pub(super) fn stream(self: &Arc<Self>, session: SessionId) -> Guard {
        let token = CancellationToken::new();
        let before = self.lock().entry(session.clone()).or_default().stream.replace(token.clone());
        if let Some(before) = before {
            before.cancel();
        }
        Guard { in_flight: self.clone(), session, call: None, token }
    }

    /// Cancels one call of the session; false if it has none of that id.
    pub(super) fn cancel(&self, session: &SessionId, id: &RequestId) -> bool {
        let token = self.lock().get(session).and_then(|hanging| hanging.calls.get(id).cloned());
        token.inspect(CancellationToken::cancel).is_some()
    }

    /// Cancels all that hangs on a session: it is over.
    pub(super) fn end(&self, session: &SessionId) {
        let hanging = self.lock().remove(session);
        if let Some(Hanging { calls, stream }) = hanging {
            calls.into_values().chain(stream).for_each(|token| token.cancel());
        }
    }

    /// The sessions on which something hangs.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.lock().keys().cloned().collect()
    }
}

impl Guard {
    /// Ready when the call or stream is to end.
    pub(super) async fn cancelled(&self) {
        self.token.cancelled().await;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Marks the token as over, so that it can be told from one that took its place.
        self.token.cancel();
        let mut sessions = self.in_flight.lock();
        let Some(hanging) = sessions.get_mut(&self.session) else { return };
        match &self.call {
            Some(id) if hanging.calls.get(id).is_some_and(CancellationToken::is_cancelled) => {
                hanging.calls.remove(id);
            }
            None if hanging.stream.as_ref().is_some_and(CancellationToken::is_cancelled) => hanging.stream = None,
            _ => {}
        }
        if hanging.calls.is_empty() && hanging.stream.is_none() {
            sessions.remove(&self.session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: i64) -> RequestId {
        RequestId::Number(n.into())
    }

    #[test]
    fn a_cancellation_reaches_its_own_session_alone() {
        let (here, there) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        let in_flight = Arc::new(InFlight::default());
        let call = in_flight.call(here.clone(), id(1));
        assert!(!in_flight.cancel(&there, &id(1)));
        assert!(!in_flight.cancel(&here, &id(2)));
        assert!(!call.token.is_cancelled());
        assert!(in_flight.cancel(&here, &id(1)));
        assert!(call.token.is_cancelled());
    }

    #[test]
    fn the_end_of_a_session_ends_its_calls_and_stream() {
        let session = SessionId::random().unwrap();
        let in_flight = Arc::new(InFlight::default());
        let (call, stream) = (in_flight.call(session.clone(), id(1)), in_flight.stream(session.clone()));
        in_flight.end(&session);
        assert!(call.token.is_cancelled() && stream.token.is_cancelled());
    }

    #[test]
    fn a_second_stream_ends_the_first_and_outlives_it() {
        let session = SessionId::random().unwrap();
        let in_flight = Arc::new(InFlight::default());
        let first = in_flight.stream(session.clone());
        let second = in_flight.stream(session.clone());
        assert!(first.token.is_cancelled() && !second.token.is_cancelled());
        drop(first);
        in_flight.end(&session);
        assert!(second.token.is_cancelled());
    }

    #[test]
    fn nothing_is_left_when_all_is_over() {
        let session = SessionId::random().unwrap();
        let in_flight = Arc::new(InFlight::default());
        drop((in_flight.call(session.clone(), id(1)), in_flight.stream(session)));
        assert!(in_flight.sessions().is_empty());
    }
}
