//! The Model Context Protocol: one JSON-RPC message in, a reply out.
//!
//! [`Server::handle`] decides the era of a message, checks what its revision demands, and hands it to a
//! method. It knows no HTTP beyond the names of headers; transports put messages in and carry replies out.

mod batch;
mod caller;
mod compat;
mod convert;
mod dispatch;
mod error;
mod headers;
mod in_flight;
mod jsonrpc;
mod methods;
mod outbound;
mod page;
mod questions;
mod replay;
mod reply;
mod request_state;
mod rounds;
mod tasks;
#[cfg(test)]
mod tests;
mod version;
mod waiting;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use batch::{Batch, BatchReply, Incoming};
pub use compat::{Config as Compat, HeaderMismatch};
pub use error::{ErrorKind, RequestError};
pub use headers::{Header, RequestHeaders};
pub use jsonrpc::{Message, NotAMessage, RequestId, Response};
pub use outbound::{Outbound, OutboundQueue};
pub use questions::Config as Questions;
pub use replay::ReplayEvent;
pub use reply::{Listen, Outcome, Replay, Reply, ReplyKind, RunningCall};
pub use request_state::{KeyError, KeySource};
pub use version::{Era, REVISIONS, Revision};

use in_flight::InFlight;
use methods::lifecycle;
use request_state::Sealer;
use tasks::Tasks;
use waiting::Waiting;

use crate::audit::Audit;
use crate::plugin::{JsonObject, Principal};
use crate::registry::{Registry, Tool};
use crate::session::events::{self, EventStore};
use crate::session::{SessionStore, StoreError};
use crate::task::{self, TaskStore};

/// `tool` as the newest revision lists it.
#[must_use]
pub fn listed(tool: &Tool) -> Value {
    convert::tool(tool, &REVISIONS[0])
}

const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What the server says of itself, and how it lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The server's name, for programs.
    pub name: String,
    /// The server's name, for people.
    pub title: Option<String>,
    /// What a model should know of this server as a whole.
    pub instructions: Option<String>,
    /// The most tools on one page of a list.
    pub page_size: usize,
    /// How long, in milliseconds, a client may keep a list. 0, or a cached list hides a dropped tool.
    pub list_ttl_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "pegboard".to_owned(),
            title: Some("Pegboard".to_owned()),
            instructions: None,
            page_size: 250,
            list_ttl_ms: 0,
        }
    }
}

/// Where a message comes from, beside the message itself.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The headers of the request that brought it; a transport without headers has none, and nothing is checked
    /// against them.
    pub headers: Option<&'a dyn RequestHeaders>,
    /// The session that it belongs to: `Mcp-Session-Id`, or what the transport knows.
    pub session: Header<'a>,
    /// Who sends it, as the transport has made sure of it; absent: anybody.
    pub principal: Option<&'a Principal>,
}

/// What outlives a request.
pub struct Stores {
    /// The sessions of legacy clients.
    pub sessions: Arc<dyn SessionStore>,
    /// Refuse what could be served without a session.
    pub sessions_required: bool,
    /// What went out on their streams.
    pub events: Arc<dyn EventStore>,
    /// Bounds of that.
    pub event_config: events::Config,
    /// Calls that go on after they were answered.
    pub tasks: Arc<dyn TaskStore>,
    /// Their bounds.
    pub task_config: task::Config,
    /// The trail of all calls.
    pub audit: Audit,
}

/// The protocol, over the plugins of a registry and the sessions of a store.
pub struct Server {
    registry: Arc<Registry>,
    sessions: Arc<dyn SessionStore>,
    sessions_required: bool,
    events: Arc<dyn EventStore>,
    event_config: events::Config,
    tasks: Tasks,
    audit: Audit,
    /// What the server names itself, in each modern result.
    info: Value,
    config: Config,
    compat: Compat,
    questions: Arc<Questions>,
    sealer: Arc<Sealer>,
    in_flight: Arc<InFlight>,
    waiting: Arc<Waiting>,
    /// Calls that go on after their connection was lost.
    tracker: TaskTracker,
    _watch: DropGuard,
}

impl Server {
    /// A server. Must be made within a tokio runtime, in which it watches for sessions that end.
    ///
    /// # Errors
    /// A key of `questions` that cannot be used.
    pub fn new(
        registry: Arc<Registry>,
        stores: Stores,
        config: Config,
        compat: Compat,
        questions: Questions,
    ) -> Result<Self, KeyError> {
        let Stores { sessions, sessions_required, events, event_config, tasks, task_config, audit } = stores;
        let sealer = Arc::new(Sealer::new(&questions.state_keys)?);
        let in_flight = Arc::new(InFlight::default());
        let stop = CancellationToken::new();
        let watch = watch_ended_sessions(sessions.clone(), in_flight.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(watch));
        Ok(Self {
            registry,
            sessions,
            sessions_required,
            events,
            event_config,
            tasks: Tasks::new(tasks, task_config),
            audit,
            info: lifecycle::server_info(&config),
            config,
            compat,
            questions: Arc::new(questions),
            sealer,
            in_flight,
            waiting: Arc::default(),
            tracker: TaskTracker::new(),
            _watch: stop.drop_guard(),
        })
    }

    /// The plugins.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Ready when the calls that lost their connection have ended too.
    pub async fn drained(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Ends a session, as a client asks with DELETE.
    ///
    /// # Errors
    /// No session is named, it is unknown, or the store does not answer.
    pub async fn end_session(&self, origin: Origin<'_>) -> Result<(), RequestError> {
        let caller = self.legacy_caller(Header::Absent, origin).await?;
        let id = caller.session.ok_or_else(Self::session_required)?;
        let existed = self.sessions.delete(&id).await?;
        self.in_flight.end(&id);
        if existed { Ok(()) } else { Err(Self::session_not_found()) }
    }

    /// Makes a result modern: its type, and who gave it.
    fn modern_result(&self, result: JsonObject) -> Value {
        self.finisher(&REVISIONS[0])(result)
    }

    /// What has to be added to each result of the revision; may outlive the request.
    fn finisher(&self, revision: &'static Revision) -> impl Fn(JsonObject) -> Value + Send + use<> {
        let info = (revision.era == Era::Modern).then(|| self.info.clone());
        move |mut result| {
            if let Some(info) = &info {
                result.entry("resultType").or_insert_with(|| "complete".into());
                convert::set_meta(&mut result, META_SERVER_INFO, info.clone());
            }
            Value::Object(result)
        }
    }

    fn session_required() -> RequestError {
        let message = "Mcp-Session-Id is missing: send `initialize` first, then its session id with each request";
        RequestError::new(ErrorKind::SessionRequired, message)
    }

    fn session_not_found() -> RequestError {
        let message = "Session not found: it is over or was never begun; send `initialize` to begin a new one";
        RequestError::new(ErrorKind::SessionNotFound, message)
    }
}

impl Origin<'_> {
    fn version(&self) -> Header<'_> {
        self.headers.map_or(Header::Absent, |headers| headers.get("mcp-protocol-version"))
    }
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        Self::new(ErrorKind::Unavailable, format!("{error}; try again"))
    }
}

/// Ends what hangs on sessions that end by themselves.
async fn watch_ended_sessions(sessions: Arc<dyn SessionStore>, in_flight: Arc<InFlight>) {
    let mut ended = sessions.ended();
    loop {
        match ended.recv().await {
            Ok(session) => in_flight.end(&session),
            // Some were missed: ask for each that matters.
            Err(RecvError::Lagged(_)) => {
                for session in in_flight.sessions() {
                    if let Ok(None) = sessions.load(&session).await {
                        in_flight.end(&session);
                    }
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}
