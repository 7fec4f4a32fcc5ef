//! Requests of the server that wait for a legacy client's response.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::oneshot;

use super::jsonrpc::RequestId;
use crate::plugin::RpcError;
use crate::session::{NoRandomness, SessionId};

/// What a client says to a request.
pub(super) type Outcome = Result<Value, RpcError>;

/// All that wait in this process.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    requests: Mutex<HashMap<(SessionId, RequestId), oneshot::Sender<Outcome>>>,
}

/// One that waits; when dropped it does no longer.
#[derive(Debug)]
pub(super) struct Pending {
    waiting: Arc<Waiting>,
    session: SessionId,
    pub(super) id: RequestId,
    response: oneshot::Receiver<Outcome>,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<(SessionId, RequestId), oneshot::Sender<Outcome>>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request to the client of `session`, with an id that is nobody else's.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn request(self: &Arc<Self>, session: SessionId) -> Result<Pending, NoRandomness> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(NoRandomness::from)?;
        let id = RequestId::String(format!("pegboard-{:016x}", u64::from_ne_bytes(random)));
        let (sender, response) = oneshot::channel();
        self.lock().insert((session.clone(), id.clone()), sender);
        Ok(Pending { waiting: self.clone(), session, id, response })
    }

    /// A response has come; false: nobody waits for it.
    pub(super) fn respond(&self, session: &SessionId, id: &RequestId, outcome: Outcome) -> bool {
        let waiting = self.lock().remove(&(session.clone(), id.clone()));
        waiting.is_some_and(|waiting| waiting.send(outcome).is_ok())
    }
}

impl Pending {
    /// The response, when it comes.
    pub(super) async fn response(&mut self) -> Option<Outcome> {
        (&mut self.response).await.ok()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.waiting.lock().remove(&(self.session.clone(), self.id.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_response_reaches_its_own_request_alone_and_once() {
        let (here, there) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        let waiting = Arc::new(Waiting::default());
        let mut pending = waiting.request(here.clone()).unwrap();
        assert!(!waiting.respond(&there, &pending.id, Ok(Value::Null)));
        assert!(!waiting.respond(&here, &RequestId::Number(1.into()), Ok(Value::Null)));
        assert!(waiting.respond(&here, &pending.id, Ok(Value::Bool(true))));
        assert!(!waiting.respond(&here, &pending.id, Ok(Value::Null)));
        assert_eq!(pending.response().await, Some(Ok(Value::Bool(true))));
    }

    #[test]
    fn nothing_is_left_of_one_that_was_given_up() {
        let session = SessionId::random().unwrap();
        let waiting = Arc::new(Waiting::default());
        drop(waiting.request(session).unwrap());
        assert!(waiting.lock().is_empty());
    }
}
