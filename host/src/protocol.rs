//! The Model Context Protocol: one JSON-RPC message in, a reply out.
//!
//! [`Server::handle`] decides the era of a message, checks what its revision demands, and hands it to a
//! method. It knows no HTTP beyond the names of headers; transports put messages in and carry replies out.

mod batch;
mod caller;
mod compat;
mod convert;
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
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use batch::{Batch, BatchReply, Incoming};
pub use compat::{Config as Compat, HeaderMismatch};
pub use error::{ErrorKind, RequestError};
pub use headers::{Header, RequestHeaders};
pub use jsonrpc::{Message, NotAMessage, RequestId, Response};
pub use outbound::{Outbound, OutboundQueue};
pub use questions::{Config as Questions, Kind as QuestionKind};
pub use replay::ReplayEvent;
pub use reply::{Listen, Outcome, Replay, Reply, ReplyKind, RunningCall};
pub use request_state::{KeyError, KeySource};
pub use version::{Era, REVISIONS, Revision};

use caller::{Caller, ModernMeta};
use in_flight::InFlight;
use methods::{completions, lifecycle, listen, prompts, resources, tools};
use request_state::Sealer;
use rounds::Begun;
use tasks::Tasks;
use waiting::Waiting;

use crate::plugin::{JsonObject, Principal};
use crate::registry::{Registry, Tool};
use crate::session::events::{self, EventStore};
use crate::session::{SessionId, SessionStore, StoreError};
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
}

/// The protocol, over the plugins of a registry and the sessions of a store.
pub struct Server {
    registry: Arc<Registry>,
    sessions: Arc<dyn SessionStore>,
    sessions_required: bool,
    events: Arc<dyn EventStore>,
    event_config: events::Config,
    tasks: Tasks,
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
        let Stores { sessions, sessions_required, events, event_config, tasks, task_config } = stores;
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

    /// Takes one message.
    pub async fn handle(&self, message: Message, origin: Origin<'_>) -> Reply {
        let version = origin.version();
        let meta_version = message.meta().and_then(|meta| meta.get(version::META_VERSION));
        let era = version::era(message.method(), meta_version, version.text());
        let id = match &message {
            Message::Request { id, .. } => Some(id.clone()),
            Message::Notification { .. } | Message::Response { .. } => None,
        };
        let taken = match era {
            Era::Modern => self.modern(message, origin).await.map(|kind| (None, kind)),
            Era::Legacy => self.legacy(message, version, origin).await,
        };
        let (session, kind) =
            taken.unwrap_or_else(|error| (None, ReplyKind::Response(Response::error(id.as_ref(), &error))));
        Reply { era, session, kind }
    }

    async fn modern(&self, message: Message, origin: Origin<'_>) -> Result<ReplyKind, RequestError> {
        let (id, method, params) = match message {
            Message::Request { id, method, params } => (id, method, params),
            // None is defined over HTTP; one that comes is taken and has no effect.
            Message::Notification { .. } => return Ok(ReplyKind::Accepted),
            Message::Response { .. } => return Err(unexpected_response()),
        };
        let headers = origin.headers;
        let meta = ModernMeta::read(params.get("_meta").and_then(Value::as_object))?;
        let mut tolerated = false;
        if let Some(headers) = headers
            && let Err(error) = headers::check_version(headers, meta.version)
        {
            tolerated = self.compat.takes(headers, meta.version, meta.client());
            if !tolerated {
                return Err(compat::refused(error));
            }
            tracing::warn!(client = ?meta.client(), "a modern request under a legacy version header was taken");
        }
        let revision = version::find(meta.version).filter(|revision| revision.era == Era::Modern);
        let revision = revision.ok_or_else(|| RequestError::unsupported_version(meta.version))?;
        if let Some(headers) = headers {
            headers::check_standard(headers, &method, &params, tolerated)?;
        }
        let caller = meta.caller(revision, origin.principal.cloned());
        let result = match method.as_str() {
            "server/discover" => lifecycle::discover(&self.config),
            "tools/list" => self.cacheable(tools::list(self, &caller, &params)?, "public"),
            "prompts/list" => self.cacheable(prompts::list(self, &caller, &params)?, "public"),
            "resources/list" => self.cacheable(resources::list(self, &caller, &id, &params).await?, "private"),
            "resources/templates/list" => self.cacheable(resources::list_templates(self, &caller, &params)?, "public"),
            "tasks/get" => self.get_task(&caller, &params).await?,
            "tasks/update" => self.update_task(&caller, &params).await?,
            "tasks/cancel" => self.cancel_task(&caller, &params).await?,
            "subscriptions/listen" => {
                return listen::subscriptions_listen(self, &caller, &id, &params).await.map(ReplyKind::Listen);
            }
            _ => return self.begin_work(&method, caller, id, params, headers).await,
        };
        Ok(ReplyKind::Response(Response::new(&id, Ok(self.modern_result(result)))))
    }

    async fn legacy(
        &self,
        message: Message,
        version: Header<'_>,
        origin: Origin<'_>,
    ) -> Result<(Option<SessionId>, ReplyKind), RequestError> {
        // A client that begins anew may still send the id of a session that is over.
        if let Message::Request { id, method, params } = &message
            && method == "initialize"
        {
            let (session, result) = lifecycle::initialize(self, params, origin).await?;
            return Ok((Some(session), ReplyKind::Response(Response::new(id, Ok(result)))));
        }
        let caller = self.legacy_caller(version, origin).await?;
        let session = caller.session.clone();
        let kind = match message {
            Message::Response { id, outcome } => {
                let taken = session.as_ref().is_some_and(|session| self.waiting.respond(session, &id, outcome));
                if !taken {
                    return Err(unexpected_response());
                }
                ReplyKind::Accepted
            }
            Message::Notification { method, params } => {
                if let ("notifications/cancelled", Some(session)) = (method.as_str(), &session) {
                    self.cancel(session, &params);
                }
                ReplyKind::Accepted
            }
            Message::Request { id, method, params } => self.legacy_request(caller, id, &method, params).await?,
        };
        Ok((session, kind))
    }

    async fn legacy_request(
        &self,
        caller: Caller,
        id: RequestId,
        method: &str,
        params: JsonObject,
    ) -> Result<ReplyKind, RequestError> {
        let session = caller.session.as_ref();
        if self.sessions_required && session.is_none() && method != "ping" {
            return Err(Self::session_required());
        }
        let result = match method {
            "ping" => json!({}),
            "tools/list" => tools::list(self, &caller, &params)?.into(),
            "prompts/list" => prompts::list(self, &caller, &params)?.into(),
            "resources/list" => resources::list(self, &caller, &id, &params).await?.into(),
            "resources/templates/list" => resources::list_templates(self, &caller, &params)?.into(),
            "resources/subscribe" => resources::subscribe(self, &caller, &id, session, &params, true).await?,
            "resources/unsubscribe" => resources::subscribe(self, &caller, &id, session, &params, false).await?,
            "logging/setLevel" => lifecycle::set_level(self, session, &params).await?,
            _ => return self.begin_work(method, caller, id, params, None).await,
        };
        Ok(ReplyKind::Response(Response::new(&id, Ok(result))))
    }

    /// The methods that a plugin answers.
    async fn begin_work(
        &self,
        method: &str,
        caller: Caller,
        id: RequestId,
        mut params: JsonObject,
        headers: Option<&dyn RequestHeaders>,
    ) -> Result<ReplyKind, RequestError> {
        let work: Arc<dyn rounds::Work> = match method {
            "tools/call" => Arc::new(tools::call(self, &caller, &mut params, headers)?),
            "prompts/get" => Arc::new(prompts::get(self, &caller, &mut params)?),
            "resources/read" => Arc::new(resources::read(self, &caller, &id, &params).await?),
            "completion/complete" => match completions::complete(self, &params)? {
                Some(complete) => Arc::new(complete),
                None => {
                    let result = self.finisher(caller.revision)(completions::nothing());
                    return Ok(ReplyKind::Response(Response::new(&id, Ok(result))));
                }
            },
            _ => return Err(RequestError::method_not_found(method)),
        };
        let finish = self.finisher(caller.revision);
        Ok(match self.begin(caller, id.clone(), &mut params, work).await? {
            Begun::Call(call) => ReplyKind::Call(call),
            Begun::Task(created) => ReplyKind::Response(Response::new(&id, Ok(finish(created)))),
        })
    }

    /// Says how long a list may be kept, and by whom: for everybody, or for this caller alone.
    fn cacheable(&self, mut page: JsonObject, scope: &str) -> JsonObject {
        page.insert("ttlMs".to_owned(), self.config.list_ttl_ms.into());
        page.insert("cacheScope".to_owned(), scope.into());
        page
    }

    /// The session that is named, or none; and the revision: the session's, or else the header's.
    async fn legacy_caller(&self, version: Header<'_>, origin: Origin<'_>) -> Result<Caller, RequestError> {
        let named = match version {
            Header::Absent => version::without_header(),
            // A version that is known is tolerated even if the session agreed on another: real clients send it.
            Header::Text(name) => version::in_header(name).ok_or_else(|| RequestError::unsupported_version(name))?,
            Header::Invalid => return Err(RequestError::unsupported_version("")),
        };
        match origin.session {
            Header::Absent => Ok(Caller::without_session(named, origin.principal.cloned())),
            Header::Invalid => Err(Self::session_not_found()),
            Header::Text(text) => {
                let id = SessionId::parse(text).ok_or_else(Self::session_not_found)?;
                let session = self.sessions.load(&id).await?;
                let session = session.filter(|session| session.principal.as_ref() == origin.principal);
                let session = session.ok_or_else(Self::session_not_found)?;
                let revision = version::find(&session.protocol_version).unwrap_or(named);
                Ok(Caller::in_session(revision, id, session))
            }
        }
    }

    fn cancel(&self, session: &SessionId, params: &JsonObject) {
        if let Some(id) = params.get("requestId").and_then(RequestId::from_json) {
            let found = self.in_flight.cancel(session, &id);
            tracing::debug!(?session, %id, found, "cancelled by the client");
        }
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

fn unexpected_response() -> RequestError {
    let message = "Invalid request: no request of this server waits for a response with that id";
    RequestError::new(ErrorKind::InvalidRequest, message)
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
