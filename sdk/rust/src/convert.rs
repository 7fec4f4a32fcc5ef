//! Between this crate's types and the generated ones. The only place that names both.

#[cfg(target_arch = "wasm32")]
pub mod capabilities;
mod client;
mod content;
mod offers;
mod tools;

use serde_json::Value;

use crate::bindings::pegboard::plugin::types;
use crate::content::Object;
use crate::error::{Error, RpcError};

fn json(object: Object) -> String {
    Value::Object(object).to_string()
}

/// An object that the host sent; the host's word that it is one holds.
fn object(json: &str) -> Object {
    serde_json::from_str(json).unwrap_or_default()
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn list<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(Into::into).collect()
}

impl From<RpcError> for types::RpcError {
    fn from(from: RpcError) -> Self {
        Self { code: from.code, message: from.message, data: from.data.map(|data| data.to_string()) }
    }
}

impl From<Error> for types::CallError {
    fn from(from: Error) -> Self {
        match from {
            Error::Failed(message) => Self::Failed(message),
            Error::InvalidArguments(message) => Self::InvalidArguments(message),
            Error::NotFound(what) => Self::NotFound(what),
            Error::Protocol(error) => Self::Protocol(error.into()),
            Error::Pending => Self::Pending,
            Error::Refused(_) => Self::Failed(from.to_string()),
        }
    }
}

impl From<types::RpcError> for RpcError {
    fn from(from: types::RpcError) -> Self {
        Self { code: from.code, message: from.message, data: from.data.as_deref().map(value) }
    }
}

/// An error of the host's. No `From`, since a generated error is an `std::error::Error` too, which become `Failed`.
#[cfg(target_arch = "wasm32")]
pub fn error(from: types::CallError) -> Error {
    match from {
        types::CallError::Failed(message) => Error::Failed(message),
        types::CallError::InvalidArguments(message) => Error::InvalidArguments(message),
        types::CallError::NotFound(what) => Error::NotFound(what),
        types::CallError::Protocol(error) => Error::Protocol(error.into()),
        types::CallError::Pending => Error::Pending,
    }
}
