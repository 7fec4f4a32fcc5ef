//! The extension `io.modelcontextprotocol/tasks`: calls that are answered with a task, and what clients do with one
//! ([specification](https://github.com/modelcontextprotocol/ext-tasks)).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::Server;
use super::caller::Caller;
use super::error::{ErrorKind, RequestError};
use super::outbound::Answers;
use super::rounds::{Ended, Rounds};
use crate::plugin::{JsonObject, Principal, TaskSupport};
use crate::session::StoreError;
use crate::task::{Config, Status, Task, TaskId, TaskStore, update};

/// The extension's name.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// The most tasks that one stream tells of.
const MOST_WATCHED: usize = 256;

/// What is needed to have tasks.
pub(super) struct Tasks {
    pub(super) store: Arc<dyn TaskStore>,
    pub(super) config: Config,
    running: Arc<Running>,
}

/// The tasks that run in this process.
#[derive(Default)]
struct Running(Mutex<HashMap<TaskId, CancellationToken>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks {
    pub(super) fn new(store: Arc<dyn TaskStore>, config: Config) -> Self {
        Self { store, config, running: Arc::default() }
    }
}

/// Has the client declared that it knows tasks?
fn declared(caller: &Caller) -> bool {
    caller.capabilities.get("extensions").is_some_and(|extensions| extensions.get(EXTENSION).is_some())
}

fn not_declared() -> RequestError {
    RequestError {
        kind: ErrorKind::MissingClientCapability,
        message: format!("This needs a client that declares the extension {EXTENSION}"),
        data: Some(json!({"requiredCapabilities": {"extensions": {EXTENSION: {}}}})),
    }
}

/// Is this call to become a task? By what the tool supports and what the client declared.
///
/// # Errors
/// The tool is for tasks alone, and the client knows none.
pub(super) fn wanted(support: TaskSupport, caller: &Caller) -> Result<bool, RequestError> {
    match (support, declared(caller)) {
        (TaskSupport::Forbidden, _) | (TaskSupport::Optional, false) => Ok(false),
        (TaskSupport::Optional | TaskSupport::Required, true) => Ok(true),
        (TaskSupport::Required, false) => Err(not_declared()),
    }
}

impl Server {
    /// Makes a task of the work, which goes on by itself. Gives the `CreateTaskResult`.
    pub(super) async fn create_task(&self, rounds: Rounds, answers: Answers) -> Result<JsonObject, RequestError> {
        let Tasks { store, config, running } = &self.tasks;
        let task = self.new_task(rounds.principal()).await.inspect_err(|error| rounds.not_begun(error))?;
        let (id, ttl) = (task.id.clone(), Duration::from_millis(task.ttl_ms));
        let mut result = shown(&task, config);
        result.insert("resultType".to_owned(), "task".into());
        let cancelled = CancellationToken::new();
        running.lock().insert(id.clone(), cancelled.clone());
        let (store, running) = (store.clone(), running.clone());
        self.tracker.spawn(async move {
            let work = tokio::time::timeout(ttl, run(&rounds, answers, &id, &*store));
            match cancelled.run_until_cancelled(work).await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => warn!(task = id.as_str(), %error, "a task is lost"),
                Some(Err(_)) => debug!(task = id.as_str(), "a task's time is up"),
                None => debug!(task = id.as_str(), "a task was cancelled"),
            }
            running.lock().remove(&id);
        });
        Ok(result)
    }

    /// A task in the store, if there is room.
    async fn new_task(&self, principal: Option<&Principal>) -> Result<Task, RequestError> {
        let Tasks { store, config, .. } = &self.tasks;
        let task = Task::new(principal.cloned(), config)?;
        if store.create(task.clone()).await? {
            return Ok(task);
        }
        let message = format!("There are {} tasks already (`tasks.max_tasks`); try again later", config.max_tasks);
        Err(RequestError::new(ErrorKind::Unavailable, message))
    }

    /// `tasks/get`.
    pub(super) async fn get_task(&self, caller: &Caller, params: &JsonObject) -> Result<JsonObject, RequestError> {
        let task = self.task(caller, params).await?;
        Ok(shown(&task, &self.tasks.config))
    }

    /// `tasks/update`: answers to what the task asks. What it does not ask is ignored.
    pub(super) async fn update_task(&self, caller: &Caller, params: &JsonObject) -> Result<JsonObject, RequestError> {
        let task = self.task(caller, params).await?;
        let Some(Value::Object(responses)) = params.get("inputResponses") else {
            return Err(RequestError::invalid_params("`inputResponses` must be an object"));
        };
        update(&*self.tasks.store, &task.id, |task| {
            let Status::InputRequired(requests) = &mut task.status else { return false };
            let before = requests.len();
            for (key, response) in responses {
                if response.is_object() && requests.remove(key).is_some() {
                    task.answers.insert(key.clone(), response.clone());
                }
            }
            let changed = requests.len() < before;
            if requests.is_empty() {
                task.status = Status::Working;
            }
            changed
        })
        .await?;
        Ok(JsonObject::new())
    }

    /// `tasks/cancel`.
    pub(super) async fn cancel_task(&self, caller: &Caller, params: &JsonObject) -> Result<JsonObject, RequestError> {
        let task = self.task(caller, params).await?;
        update(&*self.tasks.store, &task.id, |task| {
            let running = !task.status.is_terminal();
            if running {
                task.status = Status::Cancelled;
            }
            running
        })
        .await?;
        if let Some(running) = self.tasks.running.lock().get(&task.id) {
            running.cancel();
        }
        Ok(JsonObject::new())
    }

    /// Those of the tasks in the `taskIds` of a filter that are the caller's.
    ///
    /// # Errors
    /// Wrong parameters, or a client that declared no tasks.
    pub(super) async fn own_tasks(&self, caller: &Caller, filter: &JsonObject) -> Result<Vec<TaskId>, RequestError> {
        let Some(ids) = filter.get("taskIds") else { return Ok(Vec::new()) };
        if !declared(caller) {
            return Err(not_declared());
        }
        let ids = ids.as_array().filter(|ids| ids.len() <= MOST_WATCHED).ok_or_else(|| {
            RequestError::invalid_params(format!("`taskIds` must be a list of at most {MOST_WATCHED} tasks"))
        })?;
        let mut own = Vec::new();
        for id in ids.iter().filter_map(Value::as_str).map(TaskId::from_client) {
            if self.tasks.store.load(&id).await?.is_some_and(|task| task.principal == caller.principal) {
                own.push(id);
            }
        }
        Ok(own)
    }

    /// What is told of these tasks, as they change: the `params` of `notifications/tasks`.
    pub(super) fn watch_tasks(&self, ids: Vec<TaskId>) -> BoxStream<'static, JsonObject> {
        if ids.is_empty() {
            return stream::pending().boxed();
        }
        let watch = (self.tasks.store.changes(), self.tasks.store.clone(), ids, self.tasks.config.clone());
        let changed = stream::unfold(watch, |(mut changes, store, ids, config)| async move {
            let changed = match changes.recv().await {
                Ok(id) => ids.iter().filter(|own| **own == id).cloned().collect(),
                // Some were missed: all may have changed.
                Err(RecvError::Lagged(_)) => ids.clone(),
                Err(RecvError::Closed) => return None,
            };
            let mut told = Vec::new();
            for id in changed {
                told.extend(store.load(&id).await.ok().flatten().map(|task| shown(&task, &config)));
            }
            Some((stream::iter(told), (changes, store, ids, config)))
        });
        changed.flatten().boxed()
    }

    /// The task that is named, if it is the caller's.
    async fn task(&self, caller: &Caller, params: &JsonObject) -> Result<Task, RequestError> {
        if !declared(caller) {
            return Err(not_declared());
        }
        let Some(Value::String(id)) = params.get("taskId") else {
            return Err(RequestError::invalid_params("`taskId` must be a text"));
        };
        let task = self.tasks.store.load(&TaskId::from_client(id)).await?;
        let task = task.filter(|task| task.principal == caller.principal);
        task.ok_or_else(|| RequestError::invalid_params(format!("Task not found: {id:.100}; it may have expired")))
    }
}

/// Runs the work to its end. Where the plugin asks, the task parks until all is answered; nothing of the plugin is
/// there meanwhile.
async fn run(rounds: &Rounds, mut answers: Answers, id: &TaskId, store: &dyn TaskStore) -> Result<(), StoreError> {
    for round in 0..=rounds.most() {
        // Heard before the store is read, so that no change is missed.
        let mut changes = store.changes();
        let (ended, asked) = rounds.run(answers).await;
        match &ended {
            Ended::Done(outcome) => rounds.answered(outcome),
            Ended::Pending => rounds.waits(),
        }
        let status = match ended {
            Ended::Done(Ok(result)) => Status::Completed(Value::Object(result)),
            Ended::Done(Err(error)) => Status::Failed(error.to_json()),
            Ended::Pending if round == rounds.most() => Status::Failed(rounds.too_many().to_json()),
            Ended::Pending => {
                let requests = asked.open.into_iter().map(|(key, request)| (key, request.to_json()));
                Status::InputRequired(requests.collect())
            }
        };
        let parked = matches!(status, Status::InputRequired(_));
        let used = asked.used.into_iter().filter_map(|(key, answer)| Some((key, answer.ok()?)));
        let used: std::collections::BTreeMap<_, _> = used.collect();
        update(store, id, |task| {
            // Cancelled, or expired, meanwhile: what came of it does not count.
            let running = !task.status.is_terminal();
            if running {
                task.status = status.clone();
                task.answers = used.clone();
            }
            running
        })
        .await?;
        if !parked {
            return Ok(());
        }
        answers = loop {
            match store.load(id).await? {
                Some(task) if task.status == Status::Working => {
                    rounds.goes_on();
                    break task.answers.into_iter().map(|(key, answer)| (key, Ok(answer))).collect();
                }
                Some(task) if !task.status.is_terminal() => {}
                // Cancelled or expired.
                _ => return Ok(()),
            }
            // One that lagged looks again; one that is closed has lost its store, and with it the task.
            if let Err(RecvError::Closed) = changes.recv().await {
                return Ok(());
            }
        };
    }
    // The last round has ended it, one way or the other.
    Ok(())
}

/// A task as clients see it.
fn shown(task: &Task, config: &Config) -> JsonObject {
    let (status, payload) = match &task.status {
        Status::Working => ("working", None),
        Status::InputRequired(requests) => ("input_required", Some(("inputRequests", json!(requests)))),
        Status::Completed(result) => ("completed", Some(("result", result.clone()))),
        Status::Failed(error) => ("failed", Some(("error", error.clone()))),
        Status::Cancelled => ("cancelled", None),
    };
    let mut shown = JsonObject::new();
    let mut set = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    set("taskId", task.id.as_str().into());
    set("status", status.into());
    set("createdAt", timestamp(task.created_ms).into());
    set("lastUpdatedAt", timestamp(task.updated_ms).into());
    set("ttlMs", task.ttl_ms.into());
    set("pollIntervalMs", config.poll_interval_ms.max(1).into());
    if let Some((name, value)) = payload {
        set(name, value);
    }
    shown
}

/// ISO 8601, in UTC.
fn timestamp(unix_ms: u64) -> String {
    let time = std::time::UNIX_EPOCH + Duration::from_millis(unix_ms);
    humantime::format_rfc3339_millis(time).to_string()
}
