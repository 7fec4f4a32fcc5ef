//! HTTP+SSE, the transport of 2024-11-05: one event stream for all that goes to a client, and POSTs for what it sends
//! ([specification](https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse)).

use std::collections::HashMap;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{NestedPath, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tracing::warn;

use super::conversation::Conversation;
use super::endpoint::{Endpoint, checked};
use super::stream::{EventStream, Source};
use super::stream_log::Reason;
use super::{respond, sse_frame, streamable_http};
use crate::plugin::Principal;
use crate::protocol::{self, Era, Incoming};
use crate::session::SessionId;

/// The parameter that names a stream in the address for POSTs.
const STREAM: &str = "session_id";

/// The streams that are open, by the secret that their clients got as the address for POSTs.
#[derive(Default)]
pub(super) struct Streams(Mutex<HashMap<SessionId, Open>>);

#[derive(Clone)]
struct Open {
    conversation: Conversation,
    principal: Option<Principal>,
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

/// `GET /sse`: begins a conversation.
pub(super) async fn sse(State(endpoint): State<Endpoint>, request: Request) -> Response {
    checked(endpoint, request, async |endpoint, parts, _, principal| match parts.method {
        Method::GET => match streamable_http::takes_stream(&parts.headers) {
            Ok(()) => open(endpoint, &parts, principal),
            Err(refused) => refused,
        },
        Method::HEAD => respond::empty(StatusCode::OK),
        ref other => respond::method_not_allowed(other, "GET, HEAD, OPTIONS"),
    })
    .await
}

/// `POST /messages`: what the client of a stream sends. The reply is on the stream.
pub(super) async fn messages(State(endpoint): State<Endpoint>, request: Request) -> Response {
    checked(endpoint, request, async |endpoint, parts, body, principal| match parts.method {
        Method::POST => post(endpoint, &parts, body, principal).await,
        ref other => respond::method_not_allowed(other, "POST, OPTIONS"),
    })
    .await
}

fn open(endpoint: Endpoint, parts: &Parts, principal: Option<Principal>) -> Response {
    let config = &endpoint.0.config;
    let most = config.max_sse_streams;
    let patience = Some(config.write_timeout());
    let (conversation, messages) = Conversation::new(endpoint.clone(), principal.clone(), patience);
    let id = match SessionId::random() {
        Ok(id) => id,
        Err(error) => return respond::refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    {
        let mut streams = endpoint.0.streams.lock();
        if streams.len() >= most {
            drop(streams);
            warn!(most, "no further HTTP+SSE stream is let in (`transport.max_sse_streams`)");
            let message = format!("{most} streams are open, and no more are let in (`transport.max_sse_streams`)");
            return respond::refusal(StatusCode::SERVICE_UNAVAILABLE, message);
        }
        streams.insert(id.clone(), Open { conversation: conversation.clone(), principal });
    }
    // The client finds the other route beside this one, wherever both are mounted.
    let mounted = parts.extensions.get::<NestedPath>().map_or("", NestedPath::as_str).trim_end_matches('/');
    let address = format!("{mounted}/messages?{STREAM}={}", id.as_str());
    let over = conversation.over().clone();
    let source = Conversing {
        messages,
        over: Box::pin(over.clone().cancelled_owned()),
        closing: endpoint.0.closing.clone(),
        _lost: over.drop_guard(),
    };
    let stream = EventStream::new(source, Some(sse_frame::endpoint(&address)), endpoint.0.stream.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = conversation.over().cancelled() => {}
            () = endpoint.0.closing.cancelled() => {}
        }
        conversation.finish(endpoint.0.config.drain()).await;
        endpoint.0.streams.lock().remove(&id);
    });
    respond::event_stream(Body::new(stream))
}

async fn post(endpoint: Endpoint, parts: &Parts, body: Body, principal: Option<Principal>) -> Response {
    if let Err(refused) = streamable_http::is_json(&parts.headers) {
        return refused;
    }
    let Some(id) = stream_id(&parts.uri) else {
        let message = format!("`{STREAM}` is missing: open the stream at /sse, and send to the address that it names");
        return respond::refusal(StatusCode::BAD_REQUEST, message);
    };
    let open = SessionId::parse(&id).and_then(|id| endpoint.0.streams.lock().get(&id).cloned());
    // A foreign stream is not there.
    let Some(Open { conversation, .. }) = open.filter(|open| open.principal == principal) else {
        let message = "no such stream: it is over or was never opened; open one at /sse";
        return respond::refusal(StatusCode::NOT_FOUND, message);
    };
    let body = match endpoint.0.read(&parts.headers, body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    match Incoming::parse(&body, endpoint.0.config.max_batch) {
        Ok(incoming) => {
            // Whatever becomes of this request, what it brought is taken whole.
            let taken = tokio::spawn(async move { conversation.accept(incoming).await });
            match taken.await {
                Ok(()) => respond::empty(StatusCode::ACCEPTED),
                Err(_) => respond::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal error: see the server's log"),
            }
        }
        Err(not) => respond::json(protocol::Response::error(not.id.as_ref(), &not.error), Era::Legacy),
    }
}

fn stream_id(uri: &Uri) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(name, _)| name == STREAM).map(|(_, id)| id.into_owned())
}

/// All that goes to one client.
struct Conversing {
    messages: mpsc::Receiver<String>,
    over: Pin<Box<WaitForCancellationFutureOwned>>,
    closing: CancellationToken,
    /// Nobody reads any more: the conversation is over.
    _lost: DropGuard,
}

impl Source for Conversing {
    const KIND: &'static str = "HTTP+SSE";

    fn poll(&mut self, cx: &mut Context<'_>, queue: &mut VecDeque<Bytes>) -> Poll<Reason> {
        // Asked first, so that nothing which was said before the end is left behind.
        let over = self.over.poll_unpin(cx).is_ready();
        // One at a time: what waits does so in the conversation's own, bounded queue.
        match self.messages.poll_recv(cx) {
            Poll::Ready(Some(json)) => {
                queue.push_back(sse_frame::message(&json));
                Poll::Pending
            }
            _ if over && self.closing.is_cancelled() => Poll::Ready(Reason::Drained),
            _ if over => Poll::Ready(Reason::SessionOver),
            _ => Poll::Pending,
        }
    }
}
