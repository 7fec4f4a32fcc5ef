//! HTTP and key-value.

use std::time::Duration;

use crate::bindings::pegboard::plugin::{http, kv};
use crate::http::{HttpError, HttpErrorKind, Request, Response, SecretPlace, SecretUse};
use crate::kv::{Entry, KeyPage, KvError, KvErrorKind};

/// Milliseconds; more than the interface can hold is the most that it can.
pub fn milliseconds(time: Duration) -> u32 {
    time.as_millis().try_into().unwrap_or(u32::MAX)
}

/// Whole seconds, and at least one: nothing is stored for no time.
pub fn seconds(time: Duration) -> u32 {
    time.as_secs().max(1).try_into().unwrap_or(u32::MAX)
}

impl From<SecretUse> for http::SecretUse {
    fn from(from: SecretUse) -> Self {
        let place = match from.place {
            SecretPlace::Header(name) => http::SecretPlace::Header(name),
            SecretPlace::Query(name) => http::SecretPlace::Query(name),
        };
        Self { secret: from.secret, place, prefix: from.prefix }
    }
}

impl From<Request> for http::Request {
    fn from(from: Request) -> Self {
        Self {
            method: from.method,
            url: from.url,
            headers: from.headers.into_iter().map(|(name, value)| http::Header { name, value }).collect(),
            secrets: super::list(from.secrets),
            body: from.body,
            timeout_ms: from.timeout.map(milliseconds),
            max_redirects: from.max_redirects,
            max_body: from.max_body,
        }
    }
}

impl From<http::Response> for Response {
    fn from(from: http::Response) -> Self {
        let headers = from.headers.into_iter().map(|header| (header.name, header.value)).collect();
        Self { status: from.status, url: from.url, headers, body: from.body }
    }
}

impl From<http::HttpError> for HttpError {
    fn from(from: http::HttpError) -> Self {
        let kind = match from.kind {
            http::HttpErrorKind::Denied => HttpErrorKind::Denied,
            http::HttpErrorKind::Invalid => HttpErrorKind::Invalid,
            http::HttpErrorKind::Dns => HttpErrorKind::Dns,
            http::HttpErrorKind::Connection => HttpErrorKind::Connection,
            http::HttpErrorKind::Tls => HttpErrorKind::Tls,
            http::HttpErrorKind::Timeout => HttpErrorKind::Timeout,
            http::HttpErrorKind::TooLarge => HttpErrorKind::TooLarge,
            http::HttpErrorKind::Other => HttpErrorKind::Other,
        };
        Self { kind, message: from.message }
    }
}

impl From<kv::KvError> for KvError {
    fn from(from: kv::KvError) -> Self {
        let kind = match from.kind {
            kv::KvErrorKind::Denied => KvErrorKind::Denied,
            kv::KvErrorKind::Full => KvErrorKind::Full,
            kv::KvErrorKind::Unavailable => KvErrorKind::Unavailable,
            kv::KvErrorKind::Other => KvErrorKind::Other,
        };
        Self { kind, message: from.message }
    }
}

impl From<kv::Entry> for Entry {
    fn from(from: kv::Entry) -> Self {
        Self { value: from.value, version: from.version }
    }
}

impl From<kv::KeyPage> for KeyPage {
    fn from(from: kv::KeyPage) -> Self {
        Self { keys: from.keys, cursor: from.cursor }
    }
}
