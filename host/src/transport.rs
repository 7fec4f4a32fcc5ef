//! How messages come and go: HTTP, with the checks before the endpoint and streams that are never buffered, and
//! standard input and output.
//!
//! [`router`] can be mounted in any axum program; [`serve`] is the accept loop that Pegboard itself uses, since
//! it bounds what axum's own does not: headers, their time, and the number of connections.

mod accept;
pub mod admin;
pub mod auth;
mod config;
mod conversation;
mod cors;
mod endpoint;
mod guard;
mod legacy_sse;
mod respond;
mod serve;
mod sse_frame;
mod stdio;
mod stream;
mod stream_log;
mod streamable_http;
#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError};
pub use endpoint::{Endpoint, router};
pub use serve::{ServeError, bind, serve};
pub use stdio::stdio;
