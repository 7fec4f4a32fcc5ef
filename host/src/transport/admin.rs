//! Administration, on a socket of its own.
//!
//! A Unix socket in the file system, for the user whom the server runs as: its mode is 0600, and who connects is asked
//! for by the system besides. HTTP is spoken over it, so that `curl --unix-socket` and what scrapes metrics can. Nothing
//! of it is on the public listener.
//!
//! | request | does |
//! |---|---|
//! | `GET /status` | what is served, what was refused, and why |
//! | `GET /readyz` | is it ready, and what for is it waiting |
//! | `GET /metrics` | counters, as Prometheus reads them |
//! | `GET /plugins/NAME` | all that is known of a plugin |
//! | `GET /tools/NAME` | all that is known of a tool, and of its plugin |
//! | `POST /plugins/NAME/suspend` | each call of it is refused from now on |
//! | `POST /plugins/NAME/resume` | it is called again, suspended or put aside |
//! | `POST /reload` | files are looked at again |
//!
//! | module | holds |
//! |---|---|
//! | `socket` | how the socket comes into the file system, and goes |
//! | `client` | the other end, for the command line |

mod client;
mod socket;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

pub use client::{AskError, Reply, ask};
pub use socket::{Socket, SocketError};

/// Connections at the same time; more wait.
const CONNECTIONS: usize = 16;
/// How long one may take for a request's head.
const HEADER_TIME: Duration = Duration::from_secs(5);
/// How long a connection lives in all: an operator asks, and is answered.
const CONNECTION_TIME: Duration = Duration::from_mins(1);
/// How long to wait after the system could not give another connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Where administration is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The socket; absent: `pegboard.sock` in `$XDG_RUNTIME_DIR`, for `pegboard serve` and `dev`, where that is set.
    pub socket: Option<PathBuf>,
}

/// Where it is if nobody says otherwise: in the directory that the system gives each user for such things.
#[must_use]
pub fn default_socket() -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    directory.is_absolute().then(|| directory.join("pegboard.sock"))
}

/// What can be administered.
pub trait Administration: Send + Sync + 'static {
    /// What is served, what was refused, and why.
    fn status(&self) -> Value;
    /// Is it ready, and what for is it waiting?
    fn readiness(&self) -> (bool, Value);
    /// All counters, as Prometheus reads them.
    fn metrics(&self) -> String;
    /// All that is known of a plugin.
    ///
    /// # Errors
    /// There is none of that name.
    fn plugin(&self, name: &str) -> Result<Value, Unknown>;
    /// All that is known of a tool, and of its plugin.
    ///
    /// # Errors
    /// There is none of that name.
    fn tool(&self, name: &str) -> Result<Value, Unknown>;
    /// Suspends a plugin.
    ///
    /// # Errors
    /// There is none of that name.
    fn suspend(&self, name: &str) -> Result<Value, Unknown>;
    /// Lets a plugin be called again.
    ///
    /// # Errors
    /// There is none of that name.
    fn resume(&self, name: &str) -> Result<Value, Unknown>;
    /// Looks at files again.
    fn reload(&self) -> Value;
}

/// There is nothing of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(pub String);

type Shared = State<Arc<dyn Administration>>;

/// Serves administration on `socket` until `stop`, and takes the socket away then.
pub async fn serve(socket: Socket, administration: Arc<dyn Administration>, stop: CancellationToken) {
    let router = router(administration);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(16 << 10).max_headers(64);
    let http = Arc::new(http);
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let tracker = TaskTracker::new();
    while let Some(stream) = stop.run_until_cancelled(accept(&socket)).await {
        // Never closed, so there is always a permit to wait for.
        let Some(Ok(permit)) = stop.run_until_cancelled(connections.clone().acquire_owned()).await else { break };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
            if let Ok(Err(error)) = timeout(CONNECTION_TIME, connection).await {
                debug!(%error, "a connection of the administration ended");
            }
            drop(permit);
        }));
    }
    tracker.close();
    tracker.wait().await;
}

async fn accept(socket: &Socket) -> UnixStream {
    loop {
        match socket.accept().await {
            Ok(Ok(stream)) => return stream,
            Ok(Err(stranger)) => warn!(uid = stranger.0, "another user wanted to administer this server; refused"),
            Err(error) => {
                warn!(%error, "no connection of the administration could be accepted");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

fn router(administration: Arc<dyn Administration>) -> Router {
    type Named = Path<String>;
    Router::new()
        .route("/status", get(async |State(it): Shared| json(StatusCode::OK, &it.status())))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/plugins/{name}", get(async |State(it): Shared, Path(name): Named| known(it.plugin(&name))))
        .route("/tools/{name}", get(async |State(it): Shared, Path(name): Named| known(it.tool(&name))))
        .route("/plugins/{name}/suspend", post(async |State(it): Shared, Path(name): Named| known(it.suspend(&name))))
        .route("/plugins/{name}/resume", post(async |State(it): Shared, Path(name): Named| known(it.resume(&name))))
        .route("/reload", post(async |State(it): Shared| json(StatusCode::OK, &it.reload())))
        .with_state(administration)
}

async fn readyz(State(administration): Shared) -> Response {
    let (ready, details) = administration.readiness();
    json(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &details)
}

async fn metrics(State(administration): Shared) -> Response {
    reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", administration.metrics())
}

fn known(found: Result<Value, Unknown>) -> Response {
    match found {
        Ok(value) => json(StatusCode::OK, &value),
        Err(Unknown(why)) => json(StatusCode::NOT_FOUND, &json!({"error": why})),
    }
}

fn json(status: StatusCode, value: &Value) -> Response {
    reply(status, "application/json", value.to_string())
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
