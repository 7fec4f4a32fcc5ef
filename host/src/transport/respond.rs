//! Replies as HTTP responses: statuses, headers, and bodies that are whole.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, StatusCode};

use super::auth;
use crate::protocol::{self, Era, ErrorKind, RequestError};
use crate::session::SessionId;

/// The header that names a session.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const UNBUFFERED: HeaderValue = HeaderValue::from_static("no-cache, no-store, must-revalidate, private");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Tells nginx and its like to hand each frame on at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

fn response(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    response
}

/// No body: a notification was taken, a session ended.
pub(super) fn empty(status: StatusCode) -> Response {
    response(status, Body::empty())
}

/// Plain text for people and probes.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut response = response(status, text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// An event stream; `body` is its frames, all of them or as they come.
pub(super) fn event_stream(body: impl Into<Body>) -> Response {
    let mut response = response(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENT_STREAM);
    headers.insert(CACHE_CONTROL, UNBUFFERED);
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// One JSON-RPC response as JSON, with the status that its error has, if it is one.
pub(super) fn json(reply: protocol::Response, era: Era) -> Response {
    let status = reply.error.map_or(StatusCode::OK, |kind| status(kind, era));
    let mut response = response(status, Bytes::from(reply.json));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A request that was refused by the transport: the status says it, and the body says it as JSON-RPC does.
pub(super) fn refusal(status: StatusCode, message: impl Into<String>) -> Response {
    let error = RequestError::new(ErrorKind::InvalidRequest, message);
    let mut response = json(protocol::Response::error(None, &error), Era::Modern);
    *response.status_mut() = status;
    response
}

/// Nobody gets in without a token, or with a wrong one
/// ([RFC 6750, 3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
pub(super) fn unauthorized(refused: auth::Refused) -> Response {
    let challenge = match refused {
        auth::Refused::Missing => r#"Bearer realm="pegboard""#,
        auth::Refused::Invalid => r#"Bearer realm="pegboard", error="invalid_token""#,
    };
    let mut response = refusal(StatusCode::UNAUTHORIZED, format!("Unauthorized: {refused}"));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// A method that the endpoint does not have.
pub(super) fn method_not_allowed(method: &http::Method, allowed: &'static str) -> Response {
    let message = format!("{method} is not a method of this endpoint; it has {allowed}");
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, message);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Names the session in the reply.
pub(super) fn with_session(mut response: Response, session: Option<&SessionId>) -> Response {
    if let Some(value) = session.and_then(|session| HeaderValue::from_str(session.as_str()).ok()) {
        response.headers_mut().insert(SESSION_ID, value);
    }
    response
}

fn status(kind: ErrorKind, era: Era) -> StatusCode {
    StatusCode::from_u16(kind.http_status(era)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
