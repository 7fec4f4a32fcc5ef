//! An event stream as the body of a response: each frame goes out when it is there, and nothing waits for
//! anything else.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::sse_frame::{COMMENT, COMPLETE, message, replay};
use super::stream_log::{Reason, StreamLog};
use crate::plugin::BoxFuture;
use crate::protocol::{Listen, Outbound, Replay, RunningCall};

/// How a stream behaves, whatever it carries.
#[derive(Debug, Clone)]
pub(super) struct StreamOptions {
    /// A comment is sent after so long a silence.
    pub(super) keep_alive: Duration,
    /// Send the event `complete` at the end.
    pub(super) complete_event: bool,
}

/// A stream of messages.
pub(super) struct EventStream<S> {
    source: S,
    queue: VecDeque<Bytes>,
    ended: bool,
    silence: Pin<Box<Sleep>>,
    options: StreamOptions,
    log: StreamLog,
}

/// Where the messages of a stream come from.
pub(super) trait Source: Send + Unpin + 'static {
    /// For the log.
    const KIND: &'static str;

    /// Puts frames that are there into `queue`; ready with a reason when there will be no more. If it is
    /// pending, it has put all there are.
    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason>;

    /// The keep-alive is due: is there reason to go on?
    fn on_silence(&mut self) {}
}

impl<S: Source> EventStream<S> {
    /// A stream that begins with `first`.
    pub(super) fn new(source: S, first: Option<Bytes>, options: StreamOptions) -> Self {
        Self {
            source,
            queue: first.into_iter().collect(),
            ended: false,
            silence: Box::pin(sleep(options.keep_alive)),
            options,
            log: StreamLog::new(S::KIND),
        }
    }
}

impl<S: Source> Body for EventStream<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            if let Some(frame) = this.queue.pop_front() {
                this.log.sent(frame.len());
                this.silence.as_mut().reset(Instant::now() + this.options.keep_alive);
                return Poll::Ready(Some(Ok(Frame::data(frame))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            if let Poll::Ready(reason) = this.source.poll(cx, &mut this.queue) {
                this.ended = true;
                this.log.end(reason);
                this.queue.extend(this.options.complete_event.then_some(COMPLETE));
            } else if this.queue.is_empty() {
                std::task::ready!(this.silence.poll_unpin(cx));
                this.queue.push_back(COMMENT);
                this.source.on_silence();
            }
        }
    }
}

impl Source for RunningCall {
    const KIND: &'static str = "call";

    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason> {
        // The call runs while it is polled; what it says meanwhile is in the channel afterwards.
        let outcome = self.outcome.poll_unpin(cx);
        while let Poll::Ready(Some(outbound)) = self.outbound.poll_recv(cx) {
            if let Outbound::Message(json) = outbound {
                queue.push_back(message(&json));
            }
        }
        let response = std::task::ready!(outcome);
        let reason = if response.is_some() { Reason::Completed } else { Reason::Cancelled };
        queue.extend(response.map(|response| message(&response.json)));
        Poll::Ready(reason)
    }
}

/// The calls of a batch, side by side.
pub(super) struct Calls(Vec<RunningCall>);

impl Calls {
    pub(super) fn new(calls: Vec<RunningCall>) -> Self {
        Self(calls.into_iter().map(RunningCall::into_task).collect())
    }
}

impl Source for Calls {
    const KIND: &'static str = "batch";

    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason> {
        self.0.retain_mut(|call| call.poll(cx, queue).is_pending());
        if self.0.is_empty() { Poll::Ready(Reason::Completed) } else { Poll::Pending }
    }
}

impl Source for Replay {
    const KIND: &'static str = "resumable call";

    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason> {
        loop {
            match self.events.poll_next_unpin(cx) {
                Poll::Ready(Some(event)) => queue.push_back(replay(&event)),
                Poll::Ready(None) => return Poll::Ready(Reason::Completed),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Notifications until the client, its session or the server ends.
pub(super) struct Listening {
    listen: Listen,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    asked: Option<BoxFuture<'static, bool>>,
}

impl Listening {
    /// `closing`: the server stops.
    pub(super) fn new(listen: Listen, closing: CancellationToken) -> Self {
        Self { listen, closing: Box::pin(closing.cancelled_owned()), asked: None }
    }
}

impl Source for Listening {
    const KIND: &'static str = "listen";

    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason> {
        if let Some(asked) = &mut self.asked
            && let Poll::Ready(still_wanted) = asked.poll_unpin(cx)
        {
            self.asked = None;
            if !still_wanted {
                return Poll::Ready(Reason::SessionOver);
            }
        }
        if self.closing.poll_unpin(cx).is_ready() {
            queue.extend(self.listen.closing.take().map(|json| message(&json)));
            return Poll::Ready(Reason::Drained);
        }
        loop {
            match self.listen.messages.poll_next_unpin(cx) {
                Poll::Ready(Some(json)) => queue.push_back(message(&json)),
                Poll::Ready(None) => return Poll::Ready(Reason::SessionOver),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn on_silence(&mut self) {
        self.asked = Some((self.listen.still_wanted)());
    }
}
