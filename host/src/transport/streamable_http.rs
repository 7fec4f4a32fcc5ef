//! The MCP endpoint over Streamable HTTP
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http)).

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::LengthLimitError;

use super::accept::Accepts;
use super::endpoint::{Endpoint, Inner, checked};
use super::stream::{Calls, EventStream, Listening};
use super::{respond, sse_frame};
use crate::plugin::Principal;
use crate::protocol::{
    self, Batch, BatchReply, Era, Header, Incoming, Origin, Outbound, REVISIONS, Reply, ReplyKind, RequestHeaders,
    RunningCall,
};

/// Every method of `/mcp`.
pub(super) async fn mcp(State(endpoint): State<Endpoint>, request: Request) -> Response {
    checked(endpoint, request, async |Endpoint(inner), parts, body, principal| {
        let headers = &parts.headers;
        let principal = principal.as_ref();
        match parts.method {
            Method::POST => inner.post(headers, body, principal).await,
            Method::GET => inner.get(headers, principal).await,
            Method::DELETE => inner.delete(headers, principal).await,
            // For those who look whether something is here before they speak.
            Method::HEAD => {
                let mut response = respond::empty(StatusCode::OK);
                let newest = HeaderValue::from_static(REVISIONS[0].name);
                response.headers_mut().insert("mcp-protocol-version", newest);
                response
            }
            ref other => respond::method_not_allowed(other, "GET, POST, DELETE, HEAD, OPTIONS"),
        }
    })
    .await
}

impl Inner {
    async fn post(&self, headers: &HeaderMap, body: Body, principal: Option<&Principal>) -> Response {
        let accepts = Accepts::of(headers);
        if accepts.nothing() {
            return not_acceptable("application/json, text/event-stream");
        }
        if let Err(refused) = is_json(headers) {
            return refused;
        }
        let body = match self.read(headers, body).await {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        let headers = Headers(headers);
        let origin = headers.origin(principal);
        let message = match Incoming::parse(&body, self.config.max_batch) {
            Ok(Incoming::One(message)) => message,
            Ok(Incoming::Batch(batch)) => return self.batch(batch, origin, accepts).await,
            Err(refused) => {
                let response = protocol::Response::error(refused.id.as_ref(), &refused.error);
                return respond::json(response, Era::Modern);
            }
        };
        let reply = self.server.handle(message, origin).await;
        self.carry(reply, accepts).await
    }

    async fn batch(&self, batch: Batch, origin: Origin<'_>, accepts: Accepts) -> Response {
        let BatchReply { session, mut responses, calls } = match self.server.handle_batch(batch, origin).await {
            Ok(reply) => reply,
            Err(error) => return respond::json(protocol::Response::error(None, &error), Era::Legacy),
        };
        let response = if responses.is_empty() && calls.is_empty() {
            respond::empty(StatusCode::ACCEPTED)
        } else if accepts.event_stream && (!calls.is_empty() || !accepts.json) {
            let mut first = BytesMut::new();
            for response in &responses {
                first.extend_from_slice(&sse_frame::message(&response.json));
            }
            let first = if first.is_empty() { sse_frame::COMMENT } else { first.freeze() };
            let calls = Calls::new(calls);
            respond::event_stream(Body::new(EventStream::new(calls, Some(first), self.stream.clone())))
        } else {
            let outcomes = calls.into_iter().map(|RunningCall { mut outbound, outcome, .. }| {
                outbound.close();
                outcome
            });
            responses.extend(futures_util::future::join_all(outcomes).await.into_iter().flatten());
            let array = protocol::Response { json: BatchReply::array(&responses), error: None };
            respond::json(array, Era::Legacy)
        };
        respond::with_session(response, session.as_ref())
    }

    async fn get(&self, headers: &HeaderMap, principal: Option<&Principal>) -> Response {
        if let Err(refused) = takes_stream(headers) {
            return refused;
        }
        let (accepts, headers) = (Accepts::of(headers), Headers(headers));
        match self.server.open_stream(headers.origin(principal), headers.get("last-event-id")).await {
            Ok(reply) => self.carry(reply, accepts).await,
            Err(error) => respond::json(protocol::Response::error(None, &error), Era::Legacy),
        }
    }

    async fn delete(&self, headers: &HeaderMap, principal: Option<&Principal>) -> Response {
        match self.server.end_session(Headers(headers).origin(principal)).await {
            Ok(()) => respond::empty(StatusCode::NO_CONTENT),
            Err(error) => respond::json(protocol::Response::error(None, &error), Era::Legacy),
        }
    }

    /// The whole body, bounded in size and time.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Response> {
        let max = self.config.max_body_bytes;
        let too_large = || {
            let message = format!("the body is larger than {max} bytes (`transport.max_body_bytes`)");
            respond::refusal(StatusCode::PAYLOAD_TOO_LARGE, message)
        };
        // Said before anything is read, where the client says how much will come.
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > max) {
            return Err(too_large());
        }
        match tokio::time::timeout(self.config.body_timeout(), to_bytes(body, max)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                let error = error.into_inner();
                let by_length = error.is::<LengthLimitError>();
                Err(if by_length {
                    too_large()
                } else {
                    respond::refusal(StatusCode::BAD_REQUEST, format!("the body could not be read: {error}"))
                })
            }
            Err(_) => Err(respond::refusal(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
        }
    }

    async fn carry(&self, reply: Reply, accepts: Accepts) -> Response {
        let Reply { era, session, kind } = reply;
        let response = match kind {
            ReplyKind::Accepted => respond::empty(StatusCode::ACCEPTED),
            ReplyKind::Response(response) => whole(response, era, accepts.json),
            ReplyKind::Call(call) if accepts.event_stream => self.stream(call, era).await,
            ReplyKind::Call(RunningCall { mut outbound, outcome, .. }) => {
                // Nobody will read it, and the guest need not wait for a reader.
                outbound.close();
                outcome.await.map_or_else(|| respond::empty(StatusCode::ACCEPTED), |r| respond::json(r, era))
            }
            ReplyKind::Listen(_) | ReplyKind::Replay(_) if !accepts.event_stream => not_acceptable("text/event-stream"),
            ReplyKind::Replay(replay) => {
                respond::event_stream(Body::new(EventStream::new(replay, None, self.stream.clone())))
            }
            ReplyKind::Listen(listen) => {
                let listening = Listening::new(listen, self.closing.clone());
                // A first byte at once: it tells the client, and every proxy on the way, that the stream stands.
                let stream = EventStream::new(listening, Some(sse_frame::COMMENT), self.stream.clone());
                respond::event_stream(Body::new(stream))
            }
        };
        respond::with_session(response, session.as_ref())
    }

    /// A call as a stream. The status line waits for the first notification, the outcome, or a moment,
    /// whichever comes first: an error before that has its own status, and a fast call is one write.
    async fn stream(&self, mut call: RunningCall, era: Era) -> Response {
        let first = tokio::select! {
            biased;
            outcome = &mut call.outcome => return self.finished(call, outcome, era),
            Some(outbound) = call.outbound.recv() => Some(outbound),
            () = tokio::time::sleep(self.config.stream_after()) => None,
        };
        // Something to say is sign enough that the stream stands.
        let opening = first.is_none().then_some(sse_frame::COMMENT);
        if let Some(first) = first {
            call.outbound.put_back(first);
        }
        match self.server.stored(call).await {
            Ok(replay) => respond::event_stream(Body::new(EventStream::new(replay, None, self.stream.clone()))),
            Err(call) => {
                // A client that does not read must not stop the clock of its call.
                let call = call.into_task();
                respond::event_stream(Body::new(EventStream::new(call, opening, self.stream.clone())))
            }
        }
    }

    /// A call that ended before its stream began: all of it at once.
    fn finished(&self, mut call: RunningCall, outcome: Option<protocol::Response>, era: Era) -> Response {
        let mut frames = BytesMut::new();
        while let Some(outbound) = call.outbound.try_recv() {
            if let Outbound::Message(json) = outbound {
                frames.extend_from_slice(&sse_frame::message(&json));
            }
        }
        match outcome {
            Some(response) if response.error.is_some() && frames.is_empty() => return respond::json(response, era),
            Some(response) => frames.extend_from_slice(&sse_frame::message(&response.json)),
            None => {}
        }
        if self.config.complete_event {
            frames.extend_from_slice(&sse_frame::COMPLETE);
        }
        respond::event_stream(frames.freeze())
    }
}

/// One response: as JSON if the client takes it or it is an error, otherwise as a stream of one event.
fn whole(response: protocol::Response, era: Era, json: bool) -> Response {
    if json || response.error.is_some() {
        respond::json(response, era)
    } else {
        respond::event_stream(sse_frame::message(&response.json))
    }
}

fn not_acceptable(accept: &str) -> Response {
    let message = format!("this is an MCP endpoint: send `Accept: {accept}`");
    respond::refusal(StatusCode::NOT_ACCEPTABLE, message)
}

/// Does the client take an event stream? A browser takes anything, but wants a page.
pub(super) fn takes_stream(headers: &HeaderMap) -> Result<(), Response> {
    let wants_page = headers.get(ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if wants_page || !Accepts::of(headers).event_stream {
        return Err(not_acceptable("text/event-stream"));
    }
    Ok(())
}

/// Is the body JSON, as it is?
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), Response> {
    let unsupported = |message| Err(respond::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return unsupported("send the message with `Content-Type: application/json`");
    }
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            unsupported("send the message without a Content-Encoding")
        }
        _ => Ok(()),
    }
}

/// Headers as the protocol sees them.
struct Headers<'a>(&'a HeaderMap);

impl Headers<'_> {
    fn origin<'a>(&'a self, principal: Option<&'a Principal>) -> Origin<'a> {
        Origin { headers: Some(self), session: self.get("mcp-session-id"), principal }
    }
}

impl RequestHeaders for Headers<'_> {
    fn get(&self, name: &str) -> Header<'_> {
        let mut values = self.0.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Header::Absent,
            (Some(value), None) => value.to_str().map_or(Header::Invalid, |text| Header::Text(text.trim())),
            (Some(_), Some(_)) => Header::Invalid,
        }
    }
}
