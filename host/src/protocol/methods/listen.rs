//! Change notifications: `subscriptions/listen` and the legacy GET stream.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::super::caller::Caller;
use super::super::error::RequestError;
use super::super::jsonrpc::{RequestId, Response, notification};
use super::super::reply::Listen;
use super::super::{Server, convert};
use crate::plugin::JsonObject;
use crate::registry::Change;
use crate::session::{MOST_SUBSCRIPTIONS, SessionId, SessionStore};

const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// What a listener wants to hear of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    tools: bool,
    prompts: bool,
    resources: bool,
    /// By URI.
    updated: BTreeSet<String>,
}

impl Filter {
    /// The filter of `subscriptions/listen`; what it has beyond these is not agreed to.
    fn read(filter: &JsonObject) -> Result<Self, RequestError> {
        let flag = |key: &str| match filter.get(key) {
            None => Ok(false),
            Some(Value::Bool(wanted)) => Ok(*wanted),
            Some(_) => Err(RequestError::invalid_params(format!("`{key}` must be true or false"))),
        };
        let updated = match filter.get("resourceSubscriptions") {
            None => BTreeSet::new(),
            Some(Value::Array(uris)) if uris.len() <= MOST_SUBSCRIPTIONS => {
                let uris = uris.iter().map(|uri| uri.as_str().map(str::to_owned)).collect::<Option<_>>();
                uris.ok_or_else(|| RequestError::invalid_params("`resourceSubscriptions` must be a list of URIs"))?
            }
            Some(_) => {
                let message = format!("`resourceSubscriptions` must be a list of at most {MOST_SUBSCRIPTIONS} URIs");
                return Err(RequestError::invalid_params(message));
            }
        };
        Ok(Self {
            tools: flag("toolsListChanged")?,
            prompts: flag("promptsListChanged")?,
            resources: flag("resourcesListChanged")?,
            updated,
        })
    }

    /// What was agreed to, as the acknowledgement says it.
    fn to_json(&self) -> JsonObject {
        let flags = [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ];
        let mut agreed: JsonObject =
            flags.into_iter().filter(|(_, wanted)| *wanted).map(|(key, _)| (key.to_owned(), true.into())).collect();
        if !self.updated.is_empty() {
            agreed.insert("resourceSubscriptions".to_owned(), json!(self.updated));
        }
        agreed
    }

    fn wants(&self, change: &Change) -> bool {
        match change {
            Change::ToolsListChanged => self.tools,
            Change::PromptsListChanged => self.prompts,
            Change::ResourcesListChanged => self.resources,
            Change::ResourceUpdated(uri) => self.updated.contains(&**uri),
        }
    }

    /// All that a listener who missed something must take for changed.
    fn everything(&self) -> BTreeSet<Told> {
        let lists = [(self.tools, Told::Tools), (self.prompts, Told::Prompts), (self.resources, Told::Resources)];
        let lists = lists.into_iter().filter_map(|(wanted, told)| wanted.then_some(told));
        lists.chain(self.updated.iter().cloned().map(Told::Updated)).collect()
    }
}

/// A notification to be sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Tools,
    Prompts,
    Resources,
    Updated(String),
}

impl Told {
    fn of(change: Change) -> Self {
        match change {
            Change::ToolsListChanged => Self::Tools,
            Change::PromptsListChanged => Self::Prompts,
            Change::ResourcesListChanged => Self::Resources,
            Change::ResourceUpdated(uri) => Self::Updated(uri.to_string()),
        }
    }

    fn message(self, meta: Option<&Value>) -> String {
        let mut params = JsonObject::new();
        let method = match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
            Self::Updated(uri) => {
                params.insert("uri".to_owned(), uri.into());
                "notifications/resources/updated"
            }
        };
        params.extend(meta.map(|meta| ("_meta".to_owned(), meta.clone())));
        notification(method, (!params.is_empty()).then_some(params))
    }
}

/// `subscriptions/listen`: the acknowledgement first, then what was asked for.
///
/// # Errors
/// Wrong parameters.
pub(in super::super) async fn subscriptions_listen(
    server: &Server,
    caller: &Caller,
    id: &RequestId,
    params: &JsonObject,
) -> Result<Listen, RequestError> {
    let Some(Value::Object(filter)) = params.get("notifications") else {
        return Err(RequestError::invalid_params("`notifications` must be an object: the filter of what to send"));
    };
    let tasks = server.own_tasks(caller, filter).await?;
    let filter = Filter::read(filter)?;
    // Subscribed before the acknowledgement is sent, so that nothing is missed after it.
    let changes = server.registry.changes();
    let meta = json!({SUBSCRIPTION_ID: id});
    let mut agreed = filter.to_json();
    if !tasks.is_empty() {
        agreed.insert("taskIds".to_owned(), json!(tasks));
    }
    let acknowledged = [("_meta".to_owned(), meta.clone()), ("notifications".to_owned(), agreed.into())];
    let first = notification("notifications/subscriptions/acknowledged", Some(acknowledged.into_iter().collect()));

    let mut result = JsonObject::new();
    convert::set_meta(&mut result, SUBSCRIPTION_ID, id.to_json());
    let closing = Response::new(id, Ok(server.modern_result(result))).json;

    let of_task = meta.clone();
    let tasks = server.watch_tasks(tasks).map(move |mut task| {
        task.insert("_meta".to_owned(), of_task.clone());
        notification("notifications/tasks", Some(task))
    });
    let told = told(changes, Wanted::Filter(filter)).map(move |told| told.message(Some(&meta)));
    Ok(Listen {
        messages: stream::once(async { first }).chain(stream::select(told, tasks)).boxed(),
        closing: Some(closing),
        still_wanted: Box::new(|| Box::pin(async { true })),
    })
}

/// The stream that a legacy client gets with GET. With a session it ends with the session.
pub(in super::super) fn get_stream(server: &Server, session: Option<SessionId>) -> Listen {
    let changes = server.registry.changes();
    let Some(session) = session else {
        let filter = Filter { tools: true, prompts: true, resources: true, updated: BTreeSet::new() };
        return Listen {
            messages: told(changes, Wanted::Filter(filter)).map(|told| told.message(None)).boxed(),
            closing: None,
            still_wanted: Box::new(|| Box::pin(async { true })),
        };
    };
    let guard = Arc::new(server.in_flight.stream(session.clone()));
    let ended = { async move { guard.cancelled().await } };
    let sessions = server.sessions.clone();
    let told = told(changes, Wanted::Session(sessions.clone(), session.clone()));
    Listen {
        messages: told.map(|told| told.message(None)).take_until(Box::pin(ended)).boxed(),
        closing: None,
        still_wanted: Box::new(move || {
            let (sessions, session) = (sessions.clone(), session.clone());
            // A store that does not answer now is no reason to end a stream.
            Box::pin(async move { !matches!(sessions.load(&session).await, Ok(None)) })
        }),
    }
}

/// Where a listener's wishes are.
enum Wanted {
    /// It told them at the beginning.
    Filter(Filter),
    /// The session's: all lists, and the resources that it has subscribed to since.
    Session(Arc<dyn SessionStore>, SessionId),
}

impl Wanted {
    async fn now(&self) -> Filter {
        match self {
            Self::Filter(filter) => filter.clone(),
            Self::Session(sessions, id) => {
                let session = sessions.load(id).await.ok().flatten();
                let updated = session.map(|session| session.subscriptions).unwrap_or_default();
                Filter { tools: true, prompts: true, resources: true, updated }
            }
        }
    }
}

/// What is to be told, as it happens. What a slow client has not yet seen is told once; what was missed is told as if
/// all had changed.
fn told(changes: Receiver<Change>, wanted: Wanted) -> BoxStream<'static, Told> {
    let batches = stream::unfold((changes, wanted), |(mut changes, wanted)| async move {
        let mut seen = Vec::new();
        let mut missed = false;
        match changes.recv().await {
            Ok(change) => seen.push(change),
            Err(RecvError::Lagged(_)) => missed = true,
            Err(RecvError::Closed) => return None,
        }
        loop {
            match changes.try_recv() {
                Ok(change) => seen.push(change),
                Err(TryRecvError::Lagged(_)) => missed = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let filter = wanted.now().await;
        let mut told = if missed { filter.everything() } else { BTreeSet::new() };
        told.extend(seen.into_iter().filter(|change| filter.wants(change)).map(Told::of));
        Some((stream::iter(told), (changes, wanted)))
    });
    batches.flatten().boxed()
}
