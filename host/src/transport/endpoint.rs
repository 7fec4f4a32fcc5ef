//! What all transports share, and the routes of those over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get};
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::guard::Guard;
use super::stream::StreamOptions;
use super::{Config, respond, streamable_http};
use crate::protocol::Server;

/// The endpoint: a protocol server behind the checks of its transports. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) server: Server,
    pub(super) guard: Guard,
    pub(super) config: Config,
    pub(super) stream: StreamOptions,
    /// Cancelled when the server stops.
    pub(super) closing: CancellationToken,
}

impl Endpoint {
    /// An endpoint for `server`.
    #[must_use]
    pub fn new(server: Server, config: Config) -> Self {
        let stream = StreamOptions { keep_alive: config.keep_alive(), complete_event: config.complete_event };
        let guard = Guard::new(&config);
        Self(Arc::new(Inner { server, guard, config, stream, closing: CancellationToken::new() }))
    }

    /// Ends all streams that wait for changes, with a closing result where the revision has one. Calls go on.
    pub fn close_streams(&self) {
        self.0.closing.cancel();
    }

    /// Ready when calls that lost their connection have ended too.
    pub async fn drained(&self) {
        self.0.server.drained().await;
    }
}

/// All routes: `/mcp` and `/mcp/`, `/healthz` and `/readyz`. Mount them under a path of your own with
/// [`Router::nest`].
pub fn router(endpoint: Endpoint) -> Router {
    Router::new()
        .route("/mcp", any(streamable_http::mcp))
        .route("/mcp/", any(streamable_http::mcp))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(not_found)
        .with_state(endpoint)
}

async fn not_found() -> Response {
    respond::text(StatusCode::NOT_FOUND, "Not found. The MCP endpoint is /mcp.\n")
}

/// The process lives.
async fn healthz() -> Response {
    respond::text(StatusCode::OK, "ok\n")
}

/// The plugins that were there at the start are loaded.
async fn readyz(State(Endpoint(inner)): State<Endpoint>) -> Response {
    if *inner.server.registry().ready().borrow() {
        respond::text(StatusCode::OK, "ready\n")
    } else {
        respond::text(StatusCode::SERVICE_UNAVAILABLE, "loading plugins\n")
    }
}
