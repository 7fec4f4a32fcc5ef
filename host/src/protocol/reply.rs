//! What comes back for a message: nothing, one response, or messages over time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::BoxStream;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::jsonrpc::Response;
use super::outbound::OutboundQueue;
use super::replay::ReplayEvent;
use super::version::Era;
use crate::plugin::BoxFuture;
use crate::session::SessionId;

/// The reply to one message.
pub struct Reply {
    /// How it was taken, which decides HTTP statuses.
    pub era: Era,
    /// The session that the message belongs to, or began.
    pub session: Option<SessionId>,
    /// What comes back.
    pub kind: ReplyKind,
}

/// What comes back.
pub enum ReplyKind {
    /// Nothing: a notification was taken.
    Accepted,
    /// One response, at once.
    Response(Response),
    /// Notifications while a call runs, then its response.
    Call(RunningCall),
    /// Notifications until one side ends it.
    Listen(Listen),
    /// What follows on a stream that was begun before.
    Replay(Replay),
}

/// A call that is under way. It runs while it is polled.
pub struct RunningCall {
    /// What is for the client beside the response. All of it comes before the response.
    pub outbound: OutboundQueue,
    /// The response; none if the call was cancelled, which is not answered.
    pub outcome: Outcome,
    /// The session that can resume the stream, and whether its revision wants an event with nothing but an id first.
    pub(super) resumable: Option<(SessionId, bool)>,
}

impl RunningCall {
    /// Gives the call a task of its own, so that it goes on, and its deadline is kept, while its reader does
    /// not read.
    #[must_use]
    pub fn into_task(self) -> Self {
        Self { outcome: self.outcome.into_task(), ..self }
    }
}

/// The response of a call, as a future. What dropping it does depends on who may cancel a call: on a modern
/// request that is closing the stream, so the call is dropped; on a legacy one a lost connection must not, so
/// the call goes on without a reader.
pub struct Outcome {
    call: Option<BoxFuture<'static, Option<Response>>>,
    detached_to: Option<TaskTracker>,
}

impl Outcome {
    /// A call that ends when its reader goes.
    pub(super) fn attached(call: BoxFuture<'static, Option<Response>>) -> Self {
        Self { call: Some(call), detached_to: None }
    }

    /// A call that goes on when its reader goes, as a task of `tracker`. As long as the reader stays it needs
    /// no task of its own.
    pub(super) fn detachable(call: BoxFuture<'static, Option<Response>>, tracker: TaskTracker) -> Self {
        Self { call: Some(call), detached_to: Some(tracker) }
    }
}

impl Outcome {
    fn into_task(mut self) -> Self {
        let call: BoxFuture<'static, Option<Response>> = match (self.call.take(), self.detached_to.take()) {
            (None, _) => return self,
            (Some(call), Some(tracker)) => {
                let task = tracker.spawn(call);
                Box::pin(async { task.await.ok().flatten() })
            }
            (Some(call), None) => {
                let task = AbortOnDropHandle::new(tokio::spawn(call));
                Box::pin(async { task.await.ok().flatten() })
            }
        };
        Self::attached(call)
    }
}

impl Future for Outcome {
    type Output = Option<Response>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(call) = &mut self.call else { return Poll::Ready(None) };
        let outcome = std::task::ready!(call.as_mut().poll(cx));
        self.call = None;
        Poll::Ready(outcome)
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if let (Some(call), Some(tracker)) = (self.call.take(), &self.detached_to)
            && tokio::runtime::Handle::try_current().is_ok()
        {
            tracker.spawn(call);
        }
    }
}

/// A call's stream, read from a store. Dropping it leaves the call alone.
pub struct Replay {
    /// The events. Ends when the call has, or when the client is to come back for the rest.
    pub events: BoxStream<'static, ReplayEvent>,
}

/// Notifications that have nothing to do with a request.
pub struct Listen {
    /// The messages, each on one line. Ends when the session does.
    pub messages: BoxStream<'static, String>,
    /// What is sent when the server ends the stream, if the revision has such a thing.
    pub closing: Option<String>,
    /// Is the stream still wanted? Asked at each keep-alive; counts as use of the session.
    pub still_wanted: Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
}
