//! Calls of a legacy session whose stream can be resumed: what they send goes through a store, and whoever reads, reads
//! from there.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use tracing::warn;

use super::error::{ErrorKind, RequestError};
use super::methods::listen;
use super::outbound::Outbound;
use super::reply::{Replay, RunningCall};
use super::{Era, Header, Origin, Reply, ReplyKind, Server};
use crate::session::events::{EventId, EventStore, Rest, StreamId};
use crate::session::{SessionId, StoreError};

/// An event of a stream that can be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayEvent {
    /// Where the client can go on after it.
    pub id: String,
    /// The message, on one line; none: there is nothing yet, but an id to come back with.
    pub message: Option<Arc<str>>,
    /// Come back after so many milliseconds.
    pub retry_ms: Option<u32>,
}

impl Server {
    /// Gives a call's stream to the store, if it is one that can be resumed; the call then goes on whoever reads.
    ///
    /// # Errors
    /// The call as it was, if there is no room for it.
    pub async fn stored(&self, call: RunningCall) -> Result<Replay, RunningCall> {
        let Some((session, primed)) = call.resumable.clone() else { return Err(call) };
        let stream = match self.events.open(&session).await {
            Ok(Some(stream)) => stream,
            Ok(None) => {
                warn!("no room for a stream that can be resumed (`events.total_bytes`)");
                return Err(call);
            }
            Err(error) => {
                warn!(%error, "a stream cannot be resumed");
                return Err(call);
            }
        };
        let (read, reader) = watch::channel(0);
        let window = self.event_config.stream_bytes / 2;
        // A task of its own, whose clock goes on while the client is waited for.
        let pump = Pump { call: call.into_task(), stream: stream.clone(), events: self.events.clone(), reader, window };
        self.tracker.spawn(pump.run());
        let start = EventId { stream, number: 0 };
        let first = primed.then(|| ReplayEvent {
            id: start.to_string(),
            message: None,
            retry_ms: Some(self.event_config.retry_ms),
        });
        let rest = self.follow(session, start, 0, primed, Some(read));
        Ok(Replay { events: stream::iter(first).chain(rest).boxed() })
    }

    /// The stream of which a legacy client has seen `last`, from there on.
    ///
    /// # Errors
    /// There is no such stream in the session, or it is too late for it.
    pub(super) async fn resume(&self, session: SessionId, last: &str, primed: bool) -> Result<Replay, RequestError> {
        let unknown = || {
            let message = "Last-Event-ID: this session has no such event, or no longer; make the request again";
            RequestError::new(ErrorKind::InvalidRequest, message)
        };
        let last = EventId::parse(last).ok_or_else(unknown)?;
        let rest = self.events.rest(&session, &last).await?.ok_or_else(unknown)?;
        Ok(Replay { events: self.follow(session, last, rest.closed, primed, None) })
    }

    /// What follows `after`, and what comes; until the end, or until readers are sent away once more than `closed`.
    /// Where the revision has events with nothing but an id, one says when to come back then.
    fn follow(
        &self,
        session: SessionId,
        after: EventId,
        closed: u32,
        primed: bool,
        read: Option<watch::Sender<usize>>,
    ) -> BoxStream<'static, ReplayEvent> {
        let reader = Reader {
            events: self.events.clone(),
            changed: self.events.watch(&after.stream),
            session,
            after,
            closed,
            primed,
            ready: VecDeque::new(),
            over: false,
            read,
        };
        stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) }).boxed()
    }
}

/// One who reads a stream from the store.
struct Reader {
    events: Arc<dyn EventStore>,
    changed: Option<watch::Receiver<()>>,
    session: SessionId,
    after: EventId,
    closed: u32,
    primed: bool,
    ready: VecDeque<ReplayEvent>,
    over: bool,
    /// How many bytes of messages it has taken, for a call that waits for its first reader.
    read: Option<watch::Sender<usize>>,
}

impl Reader {
    async fn next(&mut self) -> Option<ReplayEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                if let Some(read) = &self.read {
                    read.send_modify(|read| *read += event.message.as_ref().map_or(0, |message| message.len()));
                }
                return Some(event);
            }
            if self.over {
                return None;
            }
            // Marked before the store is read, so that nothing which comes meanwhile is slept through.
            let changed = self.changed.as_mut()?;
            changed.borrow_and_update();
            // One that cannot be read any more has ended for this reader; the client comes back, and is told why.
            let rest = self.events.rest(&self.session, &self.after).await.ok().flatten()?;
            let Rest { messages, ended, closed, retry_ms } = rest;
            for (number, message) in messages {
                self.after.number = number;
                let id = self.after.to_string();
                self.ready.push_back(ReplayEvent { id, message: Some(message), retry_ms: None });
            }
            let sent_away = closed > self.closed && !ended;
            if sent_away && self.primed && retry_ms.is_some() {
                self.ready.push_back(ReplayEvent { id: self.after.to_string(), message: None, retry_ms });
            }
            self.over = ended || sent_away;
            if self.ready.is_empty() && !self.over {
                changed.changed().await.ok()?;
            }
        }
    }
}

/// Puts what a call sends, and at last its response, into the store.
struct Pump {
    call: RunningCall,
    stream: StreamId,
    events: Arc<dyn EventStore>,
    /// How many bytes the first reader has taken. While it is there the call does not run away from it, so that a
    /// flood stays in the guest and nothing has gone from the store that was not read; once it has gone the call waits
    /// for nobody.
    reader: watch::Receiver<usize>,
    /// How many bytes the call may be ahead of it.
    window: usize,
}

impl Pump {
    async fn run(mut self) {
        if let Err(error) = self.keep_all().await {
            warn!(%error, "a stream that was to be resumable is lost");
        }
    }

    async fn keep_all(&mut self) -> Result<(), StoreError> {
        let mut sent = 0;
        loop {
            let outbound = tokio::select! {
                biased;
                Some(outbound) = self.call.outbound.recv() => outbound,
                outcome = &mut self.call.outcome => {
                    while let Some(outbound) = self.call.outbound.try_recv() {
                        self.keep(outbound, &mut sent).await?;
                    }
                    if let Some(response) = outcome {
                        // However large it is, it pushes out nothing that is not read yet.
                        self.wait_for_reader(sent).await;
                        self.events.append(&self.stream, response.json).await?;
                    }
                    return self.events.end(&self.stream).await;
                }
            };
            self.keep(outbound, &mut sent).await?;
        }
    }

    /// Until the first reader has taken so many bytes, or has gone.
    async fn wait_for_reader(&mut self, bytes: usize) {
        // An error says that it has gone.
        let _ = self.reader.wait_for(|read| *read >= bytes).await;
    }

    async fn keep(&mut self, outbound: Outbound, sent: &mut usize) -> Result<(), StoreError> {
        match outbound {
            Outbound::Message(message) => {
                *sent += message.len();
                self.events.append(&self.stream, message).await?;
                self.wait_for_reader(sent.saturating_sub(self.window)).await;
                Ok(())
            }
            Outbound::CloseStream { retry_ms } => self.events.close_readers(&self.stream, retry_ms).await,
        }
    }
}

impl Server {
    /// The stream that a legacy client opens with GET: of changes, or of a call that it has lost, from
    /// `last_event_id` on.
    ///
    /// # Errors
    /// The session is unknown, is required and not named, or has no such event.
    pub async fn open_stream(&self, origin: Origin<'_>, last_event_id: Header<'_>) -> Result<Reply, RequestError> {
        let caller = self.legacy_caller(origin.version(), origin).await?;
        let (session, primed) = (caller.session, caller.revision.primed_streams);
        let kind = match (last_event_id, session.clone()) {
            (Header::Absent, _) => {
                if self.sessions_required && session.is_none() {
                    return Err(Self::session_required());
                }
                ReplyKind::Listen(listen::get_stream(self, session.clone()))
            }
            (_, None) => return Err(Self::session_required()),
            (last, Some(session)) => {
                ReplyKind::Replay(self.resume(session, last.text().unwrap_or_default(), primed).await?)
            }
        };
        Ok(Reply { era: Era::Legacy, session, kind })
    }
}
