//! Every way in which a request can be refused: one closed set, with its JSON-RPC code and HTTP status.

use serde_json::{Value, json};

use super::version::{self, Era};
use crate::plugin;

/// What kind of error, for code, status and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No JSON.
    Parse,
    /// JSON, but no JSON-RPC message that a client may send.
    InvalidRequest,
    /// No such method on this revision.
    MethodNotFound,
    /// The method's parameters are wrong.
    InvalidParams,
    /// No such resource, on a legacy revision; on a modern one that is a wrong parameter.
    ResourceNotFound,
    /// The request's `_meta` lacks what the revision requires.
    InvalidMeta,
    /// A header says something else than the body.
    HeaderMismatch,
    /// The client lacks a capability that the request needs.
    MissingClientCapability,
    /// A revision that is not served.
    UnsupportedProtocolVersion,
    /// The session is unknown, or over.
    SessionNotFound,
    /// The request needs a session and names none.
    SessionRequired,
    /// The store does not answer, or a bound is reached; trying again may help.
    Unavailable,
    /// An error of the plugin's own, with its code.
    Plugin(i32),
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    /// The JSON-RPC code.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest | Self::SessionRequired => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams | Self::InvalidMeta => -32602,
            Self::Internal | Self::Unavailable => -32603,
            // Not ours to choose: what legacy clients know from the official SDKs.
            Self::SessionNotFound => -32001,
            Self::ResourceNotFound => -32002,
            Self::HeaderMismatch => -32020,
            Self::MissingClientCapability => -32021,
            Self::UnsupportedProtocolVersion => -32022,
            Self::Plugin(code) => code,
        }
    }

    /// The HTTP status of a reply that is this error and nothing else.
    #[must_use]
    pub fn http_status(self, era: Era) -> u16 {
        match (self, era) {
            (Self::Parse | Self::InvalidRequest | Self::SessionRequired, _)
            | (Self::InvalidMeta | Self::HeaderMismatch | Self::UnsupportedProtocolVersion, _)
            | (Self::MissingClientCapability | Self::Plugin(-32022..=-32020), Era::Modern) => 400,
            (Self::SessionNotFound, _) | (Self::MethodNotFound | Self::Plugin(-32601), Era::Modern) => 404,
            (Self::Unavailable, _) => 503,
            (Self::Internal, _) => 500,
            (Self::MethodNotFound | Self::MissingClientCapability, Era::Legacy)
            | (Self::InvalidParams | Self::ResourceNotFound | Self::Plugin(_), _) => 200,
        }
    }
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// Which kind.
    pub kind: ErrorKind,
    /// What happened, and what to do.
    pub message: String,
    /// More of it, for programs.
    pub data: Option<Value>,
}

impl RequestError {
    /// An error without data.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), data: None }
    }

    /// Wrong parameters.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidParams, message)
    }

    /// A method that this revision does not have.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self::new(ErrorKind::MethodNotFound, format!("Method not found: {method:.200}"))
    }

    /// A revision that is not served; lists those that are.
    #[must_use]
    pub fn unsupported_version(requested: &str) -> Self {
        Self {
            kind: ErrorKind::UnsupportedProtocolVersion,
            message: format!("Unsupported protocol version: {requested:.100}"),
            data: Some(json!({"supported": version::supported(), "requested": requested})),
        }
    }

    /// The `error` member of a response.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = json!({"code": self.kind.code(), "message": self.message});
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }
}

impl From<plugin::RpcError> for RequestError {
    fn from(error: plugin::RpcError) -> Self {
        Self { kind: ErrorKind::Plugin(error.code), message: error.message, data: error.data }
    }
}
