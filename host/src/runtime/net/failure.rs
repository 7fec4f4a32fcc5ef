//! Why nothing came back.

use wasmtime_wasi_http::Error;

use crate::runtime::wit::imports::http::{HttpError, HttpErrorKind};

/// Why nothing came back. The message never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(in crate::runtime) struct Failure {
    pub(in crate::runtime) kind: Kind,
    pub(in crate::runtime) message: String,
}

/// Which case it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Kind {
    /// No grant.
    Denied,
    /// The request makes no sense.
    Invalid,
    /// The name is not known.
    Dns,
    /// Refused, reset, unreachable.
    Connection,
    /// No trust, or no common protocol.
    Tls,
    /// The time was up.
    Timeout,
    /// More bytes than are allowed.
    TooLarge,
    /// Anything else.
    Other,
}

impl Failure {
    pub(in crate::runtime) fn new(kind: Kind, message: String) -> Self {
        Self { kind, message }
    }

    pub(super) fn timeout(ms: u128) -> Self {
        Self::new(Kind::Timeout, format!("no answer within {ms} ms"))
    }

    pub(super) fn too_large(what: &str, most: u64) -> Self {
        Self::new(Kind::TooLarge, format!("the {what} is larger than {most} bytes"))
    }

    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, why.into())
    }
}

impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            Kind::Denied => HttpErrorKind::Denied,
            Kind::Invalid => HttpErrorKind::Invalid,
            Kind::Dns => HttpErrorKind::Dns,
            Kind::Connection => HttpErrorKind::Connection,
            Kind::Tls => HttpErrorKind::Tls,
            Kind::Timeout => HttpErrorKind::Timeout,
            Kind::TooLarge => HttpErrorKind::TooLarge,
            Kind::Other => HttpErrorKind::Other,
        };
        Self { kind, message: failure.message }
    }
}

/// The codes of `wasi:http` have no text, but for one that is for what goes wrong inside.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            Kind::Denied => Self::HttpRequestDenied,
            Kind::Invalid => Self::HttpRequestUriInvalid,
            Kind::Dns => Self::DnsError { rcode: None, info_code: None },
            Kind::Connection => Self::ConnectionRefused,
            Kind::Tls => Self::TlsProtocolError,
            Kind::Timeout => Self::HttpResponseTimeout,
            Kind::TooLarge => Self::HttpResponseBodySize(None),
            Kind::Other => Self::InternalError(Some(failure.message)),
        }
    }
}
