//! HTTP: the endpoint, the checks before it, and streams that are never buffered.
//!
//! [`router`] can be mounted in any axum program; [`serve`] is the accept loop that Pegboard itself uses, since
//! it bounds what axum's own does not: headers, their time, and the number of connections.

mod accept;
mod config;
mod cors;
mod guard;
mod respond;
mod serve;
mod sse_frame;
mod stream;
mod stream_log;
mod streamable_http;
#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError};
pub use serve::{ServeError, bind, serve};
pub use streamable_http::{Endpoint, router};
