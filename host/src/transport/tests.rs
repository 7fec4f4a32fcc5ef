//! The routes as a client meets them, over a fake plugin and without a socket.

mod batches;
mod legacy_sse;
mod stdio;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use super::auth::Tokens;
use super::{Config, Endpoint, router};
use crate::audit::Audit;
use crate::plugin::{Listing, Plugin, ToolSpec};
use crate::protocol::{self, Questions, Server, Stores};
use crate::registry::{self, Admitted, Registry};
use crate::session::{self, MemoryStore, events};
use crate::task;
use crate::testing::{FakePlugin, tool};

/// A protocol server with one plugin.
pub(super) fn server(plugin: Arc<dyn Plugin>, tools: &[ToolSpec], questions: Questions) -> Server {
    let registry = Arc::new(Registry::new(registry::Config::default()));
    let listing = Listing { tools: tools.to_vec(), ..Listing::default() };
    registry.publish(vec![Arc::new(Admitted::new(plugin, listing, Arc::default()).unwrap())]);
    let stores = Stores {
        sessions: Arc::new(MemoryStore::new(&session::Config::default())),
        sessions_required: false,
        events: Arc::new(events::MemoryEvents::new(events::Config::default())),
        event_config: events::Config::default(),
        tasks: Arc::new(task::MemoryTasks::new(&task::Config::default())),
        task_config: task::Config::default(),
        audit: Audit::default(),
    };
    Server::new(registry, stores, protocol::Config::default(), protocol::Compat::default(), questions).unwrap()
}

/// A protocol server whose tool `t` echoes its arguments.
pub(super) fn echo() -> Server {
    server(FakePlugin::new("fake"), &[tool("t")], Questions::default())
}

/// The routes over [`echo`].
fn routes(config: Config) -> Router {
    router(Endpoint::new(echo(), config, Tokens::default()))
}

/// Headers that every request has, and these.
fn headers(more: &[(&'static str, &str)]) -> HeaderMap {
    let base = [
        ("host", "localhost"),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in base.iter().chain(more) {
        headers.insert(*name, value.parse().unwrap());
    }
    headers
}

async fn send(routes: &Router, method: Method, path: &str, headers: HeaderMap, body: &Value) -> Response {
    let mut request = Request::new(Body::from(body.to_string()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    *request.headers_mut() = headers;
    TowerToHyperService::new(routes.clone()).call(request).await.unwrap()
}

async fn post(routes: &Router, more: &[(&'static str, &str)], body: &Value) -> (StatusCode, String) {
    let response = send(routes, Method::POST, "/mcp", headers(more), body).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The messages of an event stream that has ended.
fn messages(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn request(id: u32, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"name": "t", "arguments": {}}})
}
