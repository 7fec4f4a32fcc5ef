//! Change notifications: `subscriptions/listen` and the legacy GET stream.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::super::error::RequestError;
use super::super::jsonrpc::{RequestId, Response, notification};
use super::super::reply::Listen;
use super::super::{Server, convert};
use crate::plugin::JsonObject;
use crate::registry::Change;
use crate::session::SessionId;

const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// `subscriptions/listen`: the acknowledgement first, then what was asked for.
///
/// # Errors
/// Wrong parameters.
pub(in super::super) fn subscriptions_listen(
    server: &Server,
    id: &RequestId,
    params: &JsonObject,
) -> Result<Listen, RequestError> {
    let Some(Value::Object(filter)) = params.get("notifications") else {
        return Err(RequestError::invalid_params("`notifications` must be an object: the filter of what to send"));
    };
    let tools = match filter.get("toolsListChanged") {
        None => false,
        Some(Value::Bool(wanted)) => *wanted,
        Some(_) => return Err(RequestError::invalid_params("`toolsListChanged` must be true or false")),
    };
    // Subscribed before the acknowledgement is sent, so that nothing is missed after it.
    let changes = server.registry.changes();
    let mut agreed = JsonObject::new();
    if tools {
        agreed.insert("toolsListChanged".to_owned(), true.into());
    }
    let subscription = json!({SUBSCRIPTION_ID: id});
    let mut acknowledged = JsonObject::new();
    acknowledged.insert("_meta".to_owned(), subscription.clone());
    acknowledged.insert("notifications".to_owned(), agreed.into());
    let first = notification("notifications/subscriptions/acknowledged", Some(acknowledged));

    let mut result = JsonObject::new();
    convert::set_meta(&mut result, SUBSCRIPTION_ID, id.to_json());
    let closing = Response::new(id, Ok(server.modern_result(result))).json;

    let mut changed = JsonObject::new();
    changed.insert("_meta".to_owned(), subscription);
    let changes = if tools { change_stream(changes, Some(changed)) } else { stream::pending().boxed() };
    Ok(Listen {
        messages: stream::once(async { first }).chain(changes).boxed(),
        closing: Some(closing),
        still_wanted: Box::new(|| Box::pin(async { true })),
    })
}

/// The stream that a legacy client gets with GET. With a session it ends with the session.
pub(in super::super) fn get_stream(server: &Server, session: Option<SessionId>) -> Listen {
    let changes = change_stream(server.registry.changes(), None);
    let Some(session) = session else {
        return Listen { messages: changes, closing: None, still_wanted: Box::new(|| Box::pin(async { true })) };
    };
    let guard = Arc::new(server.in_flight.stream(session.clone()));
    let ended = { async move { guard.cancelled().await } };
    let sessions = server.sessions.clone();
    Listen {
        messages: changes.take_until(Box::pin(ended)).boxed(),
        closing: None,
        still_wanted: Box::new(move || {
            let (sessions, session) = (sessions.clone(), session.clone());
            // A store that does not answer now is no reason to end a stream.
            Box::pin(async move { !matches!(sessions.load(&session).await, Ok(None)) })
        }),
    }
}

/// Changes as notifications. Those that a slow client has not yet seen are told once.
fn change_stream(changes: Receiver<Change>, params: Option<JsonObject>) -> BoxStream<'static, String> {
    stream::unfold((changes, params), |(mut changes, params)| async move {
        match changes.recv().await {
            Ok(Change::ToolsListChanged) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
        while changes.try_recv().is_ok() {}
        Some((notification("notifications/tools/list_changed", params.clone()), (changes, params)))
    })
    .boxed()
}
