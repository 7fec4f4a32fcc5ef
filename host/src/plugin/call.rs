//! One call: who makes it, how it talks back while it runs, and how it can fail.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, Answer, BoxFuture, JsonObject, PluginId, Principal, Question, Usage};

/// Levels of [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1), least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

/// A log message of a plugin for its client.
#[derive(Debug, Clone, PartialEq)]
pub struct LogMessage {
    /// How grave.
    pub level: LogLevel,
    /// Who logs, in the plugin's words.
    pub logger: Option<String>,
    /// Any JSON.
    pub data: Value,
}

/// How far a call is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Grows with each message.
    pub done: f64,
    /// What `done` will be at the end, if known.
    pub total: Option<f64>,
    /// For people.
    pub message: Option<String>,
}

/// A program at the other end, as it names itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// [W3C trace context](https://www.w3.org/TR/trace-context/).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// `traceparent`
    pub parent: String,
    /// `tracestate`
    pub state: Option<String>,
    /// `baggage`
    pub baggage: Option<String>,
}

/// Who is calling, and what they can do.
#[derive(Debug, Clone, Default)]
pub struct CallContext {
    /// `2026-07-28`; empty while a plugin is being loaded: there is no client then.
    pub protocol_version: String,
    /// The client.
    pub client: Option<Peer>,
    /// What the client declared.
    pub capabilities: Arc<JsonObject>,
    /// The session, where the protocol has them.
    pub session: Option<String>,
    /// Who calls; absent: anybody.
    pub principal: Option<Principal>,
    /// The JSON-RPC id of the request.
    pub request_id: Value,
    /// Trace context.
    pub trace: Option<Trace>,
    /// Does anyone read progress?
    pub wants_progress: bool,
    /// The least level that the client wants logged; absent: none.
    pub log_level: Option<LogLevel>,
    /// `_meta` of the request.
    pub meta: JsonObject,
}

/// The way back to the client while a call runs. A future waits while the client does not keep up, so that
/// a guest's flood stays in the guest; where nobody reads any more it is ready at once.
pub trait Client: Send + Sync + 'static {
    /// Sends progress, if the client asked for it.
    fn progress(&self, progress: Progress) -> BoxFuture<'_, ()>;
    /// Sends a log message, if the client wants its level.
    fn log(&self, message: LogMessage) -> BoxFuture<'_, ()>;
    /// The answers to `questions`, in their order, if they are there already.
    ///
    /// # Errors
    /// [`CallError::Pending`] if they are not: the call must end, and is run again with them. Otherwise why
    /// this client cannot be asked.
    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>, CallError>;
    /// Closes the response stream, if the client can come back for the rest; after `retry_ms`, if given.
    fn close_stream(&self, retry_ms: Option<u32>);
}

/// All that a plugin gets with a call, beside the arguments.
#[derive(Clone)]
pub struct Call {
    /// Who is calling.
    pub context: Arc<CallContext>,
    /// The way back; absent while a plugin is being loaded.
    pub client: Option<Arc<dyn Client>>,
    /// Nobody waits for it at a connection, so that it may take longer.
    pub as_task: bool,
    /// How much it may use of what its plugin may.
    pub access: Access,
    /// What it has used so far.
    pub usage: Arc<Usage>,
}

impl Call {
    /// A call without a client, as the loader makes it.
    #[must_use]
    pub fn detached() -> Self {
        Self { context: Arc::default(), client: None, as_task: false, access: Access::default(), usage: Arc::default() }
    }
}

/// What a plugin says may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its tools.
    Tools,
    /// Its prompts.
    Prompts,
    /// Its resources or templates.
    Resources,
    /// What is in one resource, by its URI.
    ResourceUpdated(String),
}

/// A change, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Who announced it.
    pub plugin: PluginId,
    /// What.
    pub change: Change,
}

/// A JSON-RPC error.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcError {
    /// The code.
    pub code: i32,
    /// One sentence.
    pub message: String,
    /// More of it.
    pub data: Option<Value>,
}

/// A bound that a call ran into.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Milliseconds of computing.
    CpuTime(u64),
    /// Milliseconds from the beginning to the end, waiting included.
    WallTime(u64),
    /// Bytes of linear memory.
    Memory(u64),
    /// Elements of a table.
    TableElements(u64),
    /// Bytes that the guest may hand to the host at once, its result included.
    Output(u64),
    /// Calls at the same time.
    ConcurrentCalls(u64),
    /// Calls a minute of one caller.
    CallsPerMinute(u64),
}

/// Why a call gave no result. What the guest said, what became of the guest, and what the host could not do
/// are different cases, so that none is taken for another.
#[derive(Debug, Clone, PartialEq)]
pub enum CallError {
    /// The guest: it was tried and did not work.
    Failed(String),
    /// The guest: the arguments are wrong.
    InvalidArguments(String),
    /// The guest: no such tool, prompt or resource; names it.
    NotFound(String),
    /// The guest: a protocol error, sent as it is.
    Protocol(RpcError),
    /// The guest: it has asked its client, and must be run again with the answers.
    Pending,
    /// The guest trapped (a panic, for one); says how.
    Trap(String),
    /// The guest broke the interface: JSON that is none, a name twice.
    Invalid(String),
    /// The call ran into a bound.
    Limit(Limit),
    /// The host could not run it now; trying again may help.
    Unavailable(String),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CpuTime(ms) => write!(f, "it computed for more than its {ms} ms of CPU time"),
            Self::WallTime(ms) => write!(f, "it took longer than {ms} ms"),
            Self::Memory(bytes) => write!(f, "it wanted more than {bytes} bytes of memory"),
            Self::TableElements(n) => write!(f, "it wanted a table of more than {n} elements"),
            Self::Output(bytes) => write!(f, "it gave more than {bytes} bytes at once"),
            Self::CallsPerMinute(n) => {
                write!(f, "its caller called more than {n} times a minute; try again in a moment")
            }
            Self::ConcurrentCalls(n) => write!(f, "{n} calls are running already; try again in a moment"),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) | Self::InvalidArguments(message) | Self::Unavailable(message) => {
                f.write_str(message)
            }
            Self::NotFound(what) => write!(f, "{what}: not found"),
            Self::Protocol(error) => write!(f, "{} ({})", error.message, error.code),
            Self::Pending => f.write_str("the plugin waits for answers of its client"),
            Self::Trap(how) => write!(f, "the plugin crashed: {how}"),
            Self::Invalid(what) => write!(f, "the plugin answered wrongly: {what}"),
            Self::Limit(limit) => write!(f, "stopped: {limit}"),
        }
    }
}

impl std::error::Error for CallError {}
