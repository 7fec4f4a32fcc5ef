//! What all transports share, and the routes of those over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use http::header::ORIGIN;
use http::request::Parts;
use http::{Method, StatusCode};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::auth::Tokens;
use super::guard::Guard;
use super::stream::StreamOptions;
use super::{Config, cors, legacy_sse, respond, streamable_http};
use crate::plugin::Principal;
use crate::protocol::Server;

/// The endpoint: a protocol server behind the checks of its transports. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) server: Server,
    pub(super) guard: Guard,
    tokens: Tokens,
    pub(super) config: Config,
    pub(super) stream: StreamOptions,
    /// Those of HTTP+SSE.
    pub(super) streams: legacy_sse::Streams,
    /// Cancelled when the server stops.
    pub(super) closing: CancellationToken,
}

impl Endpoint {
    /// An endpoint for `server`, for those who have one of `tokens`.
    #[must_use]
    pub fn new(server: Server, config: Config, tokens: Tokens) -> Self {
        let stream = StreamOptions { keep_alive: config.keep_alive(), complete_event: config.complete_event };
        let guard = Guard::new(&config);
        let (streams, closing) = (legacy_sse::Streams::default(), CancellationToken::new());
        Self(Arc::new(Inner { server, guard, tokens, config, stream, streams, closing }))
    }

    /// Reads the tokens in files again.
    pub fn reload_tokens(&self) {
        self.0.tokens.reload();
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

/// All routes: `/mcp`, for clients of 2024-11-05 `/sse` and `/messages`, each with and without a slash at its end;
/// `/healthz` and `/readyz`. Mount them under a path of your own with [`Router::nest`].
pub fn router(endpoint: Endpoint) -> Router {
    Router::new()
        .route("/mcp", any(streamable_http::mcp))
        .route("/mcp/", any(streamable_http::mcp))
        .route("/sse", any(legacy_sse::sse))
        .route("/sse/", any(legacy_sse::sse))
        .route("/messages", any(legacy_sse::messages))
        .route("/messages/", any(legacy_sse::messages))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(not_found)
        .with_state(endpoint)
}

/// What is the same for each route of MCP: who is let in, preflights, and which pages may read the reply.
pub(super) async fn checked(
    endpoint: Endpoint,
    request: Request,
    serve: impl AsyncFnOnce(Endpoint, Parts, Body, Option<Principal>) -> Response,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(denied) = endpoint.0.guard.check(&parts.headers, &parts.uri) {
        debug!(%denied, "request denied");
        return respond::refusal(StatusCode::FORBIDDEN, format!("Forbidden: {denied}"));
    }
    let origin = parts.headers.get(ORIGIN).cloned();
    let mut response = if parts.method == Method::OPTIONS {
        let mut response = respond::empty(StatusCode::NO_CONTENT);
        cors::preflight(&parts.headers, response.headers_mut());
        response
    } else {
        match endpoint.0.tokens.authenticate(&parts.headers) {
            Ok(principal) => serve(endpoint, parts, body, principal).await,
            Err(refused) => {
                debug!(%refused, "request without a token that is let in");
                respond::unauthorized(refused)
            }
        }
    };
    cors::allow_origin(origin, response.headers_mut());
    response
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
