//! A client that sends and gets all its messages on one channel, in whatever order they are ready: over standard input
//! and output, or on the event stream of HTTP+SSE with the POSTs beside it.
//!
//! The channel has one session at most, which `initialize` begins and which ends with the channel. Its id never goes
//! out, so nobody else can be in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::Endpoint;
use crate::plugin::Principal;
use crate::protocol::{
    Batch, BatchReply, ErrorKind, Header, Incoming, Listen, Message, Origin, Outbound, Reply, ReplyKind, RequestError,
    RequestId, Response, RunningCall, Server,
};
use crate::session::SessionId;

/// The most requests of one client that are under way.
const MOST_UNDER_WAY: usize = 256;
/// How many messages wait for a client before whoever has more to say does.
const QUEUED: usize = 16;

/// One client's channel. Cheap to clone.
#[derive(Clone)]
pub(super) struct Conversation(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    principal: Option<Principal>,
    out: mpsc::Sender<String>,
    /// How long a message may wait for the client, who is then gone; none: for ever.
    patience: Option<Duration>,
    session: Mutex<Option<SessionId>>,
    under_way: Mutex<HashMap<RequestId, CancellationToken>>,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Nothing new is waited for.
    closing: CancellationToken,
    /// The client or its session is gone.
    over: CancellationToken,
}

impl Conversation {
    /// A channel, and what goes out on it: messages, each on one line.
    pub(super) fn new(
        endpoint: Endpoint,
        principal: Option<Principal>,
        patience: Option<Duration>,
    ) -> (Self, mpsc::Receiver<String>) {
        let (out, messages) = mpsc::channel(QUEUED);
        let closing = endpoint.0.closing.child_token();
        let inner = Inner {
            endpoint,
            principal,
            out,
            patience,
            session: Mutex::default(),
            under_way: Mutex::default(),
            permits: Arc::new(Semaphore::new(MOST_UNDER_WAY)),
            tasks: TaskTracker::new(),
            closing,
            over: CancellationToken::new(),
        };
        (Self(Arc::new(inner)), messages)
    }

    /// Cancelled when the client or its session is gone.
    pub(super) fn over(&self) -> &CancellationToken {
        &self.0.over
    }

    /// Takes what the client sent. Requests are answered when they are ready; what is no message is answered at once.
    pub(super) async fn receive(&self, body: &[u8]) {
        match Incoming::parse(body, self.0.endpoint.0.config.max_batch) {
            Ok(incoming) => self.accept(incoming).await,
            Err(not) => self.0.say(Response::error(not.id.as_ref(), &not.error).json).await,
        }
    }

    /// As [`Self::receive`], of what was read already.
    pub(super) async fn accept(&self, incoming: Incoming) {
        match incoming {
            Incoming::One(message) => self.take(message).await,
            Incoming::Batch(batch) => self.begin(None, move |inner| async move { inner.batch(batch).await }).await,
        }
    }

    /// Tells the client that what it sent was not taken.
    pub(super) async fn refuse(&self, why: impl Into<String>) {
        let error = RequestError::new(ErrorKind::InvalidRequest, why);
        self.0.say(Response::error(None, &error).json).await;
    }

    /// No more will come from the client: lets what is under way end, for as long as `drain`, and ends the session.
    pub(super) async fn finish(&self, drain: Duration) {
        self.0.closing.cancel();
        self.0.tasks.close();
        let ended = self.0.over.run_until_cancelled(tokio::time::timeout(drain, self.0.tasks.wait())).await;
        if let Some(Err(_)) = ended {
            warn!("requests were still under way at the end of the grace period; they are cut off");
        }
        self.0.over.cancel();
        let session = self.0.lock_session().take();
        if let Some(session) = session {
            self.0.end_session(&session).await;
        }
    }

    async fn take(&self, message: Message) {
        match message {
            // In its turn, since what follows is in the session that it begins.
            Message::Request { ref method, .. } if method == "initialize" => self.initialize(message).await,
            Message::Request { ref id, .. } => {
                let id = id.clone();
                self.begin(Some(id), move |inner| async move { inner.request(message).await }).await;
            }
            Message::Notification { ref method, ref params } => {
                if method == "notifications/cancelled" {
                    let id = params.get("requestId").and_then(RequestId::from_json);
                    let token = id.and_then(|id| self.0.lock_under_way().get(&id).cloned());
                    token.inspect(CancellationToken::cancel);
                }
                self.0.unanswered(message).await;
            }
            Message::Response { .. } => self.0.unanswered(message).await,
        }
    }

    async fn initialize(&self, message: Message) {
        let inner = &self.0;
        let Reply { session, kind, .. } = inner.handle(message).await;
        let ReplyKind::Response(response) = kind else { return };
        let Some(session) = session else { return inner.say(response.json).await };
        let before = inner.lock_session().replace(session.clone());
        if let Some(before) = before {
            inner.end_session(&before).await;
        }
        inner.say(response.json).await;
        let inner = inner.clone();
        self.0.tasks.spawn(async move {
            let over = inner.over.clone();
            over.run_until_cancelled(inner.follow(session)).await;
        });
    }

    /// Does `work` beside all else, until it ends or is cancelled by its id.
    async fn begin<F>(&self, id: Option<RequestId>, work: impl FnOnce(Arc<Inner>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let inner = self.0.clone();
        let Ok(permit) = inner.permits.clone().try_acquire_owned() else {
            let message = format!("{MOST_UNDER_WAY} requests are under way; wait for a response");
            let error = RequestError::new(ErrorKind::Unavailable, message);
            return inner.say(Response::error(id.as_ref(), &error).json).await;
        };
        let token = inner.over.child_token();
        if let Some(id) = &id {
            // An id may be in use, against the protocol; a cancellation then means the newest.
            inner.lock_under_way().insert(id.clone(), token.clone());
        }
        let work = work(inner.clone());
        self.0.tasks.spawn(async move {
            token.run_until_cancelled(work).await;
            // Marks the token as over, so that it can be told from one that took its place.
            token.cancel();
            if let Some(id) = id {
                let mut under_way = inner.lock_under_way();
                if under_way.get(&id).is_some_and(CancellationToken::is_cancelled) {
                    under_way.remove(&id);
                }
            }
            drop(permit);
        });
    }
}

impl Inner {
    fn server(&self) -> &Server {
        &self.endpoint.0.server
    }

    fn lock_session(&self) -> MutexGuard<'_, Option<SessionId>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_under_way(&self) -> MutexGuard<'_, HashMap<RequestId, CancellationToken>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<SessionId> {
        self.lock_session().clone()
    }

    fn origin<'a>(&'a self, session: Option<&'a SessionId>) -> Origin<'a> {
        let session = session.map_or(Header::Absent, |session| Header::Text(session.as_str()));
        Origin { headers: None, session, principal: self.principal.as_ref() }
    }

    async fn handle(&self, message: Message) -> Reply {
        let session = self.session();
        self.server().handle(message, self.origin(session.as_ref())).await
    }

    /// Sends a message when there is room.
    async fn say(&self, message: String) {
        let sent = match self.patience {
            Some(patience) => self.out.send_timeout(message, patience).await.is_ok(),
            None => self.out.send(message).await.is_ok(),
        };
        if !sent && !self.over.is_cancelled() {
            debug!("the client takes no messages any more");
            self.over.cancel();
        }
    }

    /// A message that gets no response, whatever comes of it.
    async fn unanswered(&self, message: Message) {
        if let ReplyKind::Response(refused) = self.handle(message).await.kind {
            debug!(refused = refused.json, "a message that gets no response was refused");
        }
    }

    async fn request(&self, message: Message) {
        match self.handle(message).await.kind {
            ReplyKind::Response(response) => self.say(response.json).await,
            ReplyKind::Call(call) => {
                if let Some(response) = self.call(call).await {
                    self.say(response.json).await;
                }
            }
            ReplyKind::Listen(listen) => self.listen(listen).await,
            // Streams are resumed over Streamable HTTP alone.
            ReplyKind::Accepted | ReplyKind::Replay(_) => {}
        }
    }

    async fn batch(&self, batch: Batch) {
        let session = self.session();
        let taken = self.server().handle_batch(batch, self.origin(session.as_ref())).await;
        let BatchReply { mut responses, calls, .. } = match taken {
            Ok(reply) => reply,
            Err(error) => return self.say(Response::error(None, &error).json).await,
        };
        let outcomes = futures_util::future::join_all(calls.into_iter().map(|call| self.call(call))).await;
        responses.extend(outcomes.into_iter().flatten());
        if !responses.is_empty() {
            self.say(BatchReply::array(&responses)).await;
        }
    }

    /// Passes on what a call has to say, and gives its response.
    async fn call(&self, call: RunningCall) -> Option<Response> {
        // A client that does not read must not stop the clock of its call.
        let mut call = call.into_task();
        loop {
            tokio::select! {
                biased;
                Some(outbound) = call.outbound.recv() => self.pass_on(outbound).await,
                outcome = &mut call.outcome => {
                    while let Some(outbound) = call.outbound.try_recv() {
                        self.pass_on(outbound).await;
                    }
                    return outcome;
                }
            }
        }
    }

    async fn pass_on(&self, outbound: Outbound) {
        match outbound {
            Outbound::Message(message) => self.say(message).await,
            // There is one channel, and it stays.
            Outbound::CloseStream { .. } => {}
        }
    }

    /// Tells of changes for as long as there is the session, and keeps it in use. The channel ends with it.
    async fn follow(&self, session: SessionId) {
        if let Ok(Reply { kind: ReplyKind::Listen(listen), .. }) =
            self.server().open_stream(self.origin(Some(&session)), Header::Absent).await
        {
            self.listen(listen).await;
        }
        if !self.closing.is_cancelled() && self.session() == Some(session) {
            debug!("the session is over");
            self.over.cancel();
        }
    }

    async fn listen(&self, mut listen: Listen) {
        let mut silence = interval(self.endpoint.0.config.keep_alive());
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.closing.cancelled() => {
                    if let Some(closing) = listen.closing.take() {
                        self.say(closing).await;
                    }
                    return;
                }
                message = listen.messages.next() => match message {
                    Some(message) => self.say(message).await,
                    None => return,
                },
                _ = silence.tick() => {
                    if !(listen.still_wanted)().await {
                        return;
                    }
                }
            }
        }
    }

    async fn end_session(&self, session: &SessionId) {
        if let Err(error) = self.server().end_session(self.origin(Some(session))).await {
            debug!(%error, "the session could not be ended");
        }
    }
}
