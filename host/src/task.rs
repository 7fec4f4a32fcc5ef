//! Tasks: calls that go on after they were answered, and that clients ask after
//! ([specification](https://github.com/modelcontextprotocol/ext-tasks)).
//!
//! Nothing is in [`TaskStore`] that a store over a network could not hold: a task is plain data, and a change is made
//! on condition that nobody else made one meanwhile.

mod memory;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast;

pub use memory::MemoryTasks;

use crate::plugin::{BoxFuture, Principal};
use crate::session::StoreError;

/// Bounds of tasks.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// How long, in seconds, a task is kept from its creation on. Then it is cancelled, if it is not over.
    pub ttl_secs: u64,
    /// The most tasks at the same time, finished ones included; the oldest finished one makes room.
    pub max_tasks: usize,
    /// How often, in milliseconds, clients are asked to ask.
    pub poll_interval_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { ttl_secs: 3600, max_tasks: 10_000, poll_interval_ms: 500 }
    }
}

/// A task's name: 192 random bits, since whoever is anonymous and knows it may have it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(String);

impl TaskId {
    /// A new one.
    ///
    /// # Errors
    /// No randomness could be had from the operating system.
    pub fn random() -> Result<Self, StoreError> {
        let mut random = [0; 24];
        getrandom::fill(&mut random).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(random)))
    }

    /// The id that a client sent.
    #[must_use]
    pub fn from_client(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The plugin runs.
    Working,
    /// The plugin waits for answers to these requests, by its own keys.
    InputRequired(BTreeMap<String, Value>),
    /// It gave this result.
    Completed(Value),
    /// It gave this JSON-RPC error.
    Failed(Value),
    /// The client cancelled it, or its time was up.
    Cancelled,
}

impl Status {
    /// Will it change no more?
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(_) | Self::Cancelled)
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// Whose it is; for anybody else it is not there.
    pub principal: Option<Principal>,
    /// How far it is.
    pub status: Status,
    /// What the client has answered so far, by the plugin's keys.
    pub answers: BTreeMap<String, Value>,
    /// When it was made, in milliseconds of Unix time.
    pub created_ms: u64,
    /// When it changed last.
    pub updated_ms: u64,
    /// How long it is kept from its creation on, in milliseconds.
    pub ttl_ms: u64,
    /// How often it has changed.
    pub version: u64,
}

impl Task {
    /// One that begins now.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(principal: Option<Principal>, config: &Config) -> Result<Self, StoreError> {
        let now = now_ms();
        Ok(Self {
            id: TaskId::random()?,
            principal,
            status: Status::Working,
            answers: BTreeMap::new(),
            created_ms: now,
            updated_ms: now,
            ttl_ms: config.ttl_secs.saturating_mul(1000),
            version: 0,
        })
    }

    /// Is its time up?
    #[must_use]
    pub fn is_expired(&self) -> bool {
        now_ms() >= self.created_ms.saturating_add(self.ttl_ms)
    }
}

/// Milliseconds of Unix time.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Where tasks live.
pub trait TaskStore: Send + Sync + 'static {
    /// Keeps a new task; false if there is no room.
    fn create(&self, task: Task) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// A task, if it is there and its time is not up.
    fn load<'a>(&'a self, id: &'a TaskId) -> BoxFuture<'a, Result<Option<Task>, StoreError>>;

    /// Puts `task` in the place of the version before it; false if that is not there any more.
    fn replace(&self, task: Task) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Tasks as they change. A receiver that lags has missed some.
    fn changes(&self) -> broadcast::Receiver<TaskId>;
}

/// Changes a task, again and again until nobody else did meanwhile. Gives what it is then; none if it is not there.
/// `change` says whether there is anything to change.
///
/// # Errors
/// The store does not answer.
pub async fn update(
    store: &dyn TaskStore,
    id: &TaskId,
    mut change: impl FnMut(&mut Task) -> bool + Send,
) -> Result<Option<Task>, StoreError> {
    loop {
        let Some(mut task) = store.load(id).await? else { return Ok(None) };
        if !change(&mut task) {
            return Ok(Some(task));
        }
        task.version += 1;
        task.updated_ms = now_ms();
        if store.replace(task.clone()).await? {
            return Ok(Some(task));
        }
    }
}
