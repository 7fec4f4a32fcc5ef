//! The call's context, and what a guest tells its client.

use serde_json::Value;

use super::imports::client as wit;
use super::json;
use crate::plugin::{CallContext, Change, LogLevel, LogMessage};

/// The context as the guest sees it.
pub fn context(context: &CallContext) -> wit::CallContext {
    wit::CallContext {
        protocol_version: context.protocol_version.clone(),
        client: context.client.as_ref().map(|peer| wit::Peer {
            name: peer.name.clone(),
            version: peer.version.clone(),
            title: peer.title.clone(),
        }),
        capabilities: text(&*context.capabilities),
        session: context.session.clone(),
        principal: context.principal.as_ref().map(|principal| wit::Principal {
            subject: principal.subject.clone(),
            issuer: principal.issuer.clone(),
            scopes: principal.scopes.clone(),
            claims: text(&principal.claims),
        }),
        request_id: text(&context.request_id),
        trace: context.trace.as_ref().map(|trace| wit::Trace {
            parent: trace.parent.clone(),
            state: trace.state.clone(),
            baggage: trace.baggage.clone(),
        }),
        wants_progress: context.wants_progress,
        log_level: context.log_level.map(to_level),
        meta: text(&context.meta),
        extra: "{}".to_owned(),
    }
}

/// A message for the client; data that is not JSON becomes a JSON string.
pub fn log_message(level: LogLevel, logger: Option<String>, data: String) -> LogMessage {
    LogMessage { level, logger, data: json::value_or_text(data) }
}

pub fn level(level: wit::LogLevel) -> LogLevel {
    match level {
        wit::LogLevel::Debug => LogLevel::Debug,
        wit::LogLevel::Info => LogLevel::Info,
        wit::LogLevel::Notice => LogLevel::Notice,
        wit::LogLevel::Warning => LogLevel::Warning,
        wit::LogLevel::Error => LogLevel::Error,
        wit::LogLevel::Critical => LogLevel::Critical,
        wit::LogLevel::Alert => LogLevel::Alert,
        wit::LogLevel::Emergency => LogLevel::Emergency,
    }
}

fn to_level(level: LogLevel) -> wit::LogLevel {
    match level {
        LogLevel::Debug => wit::LogLevel::Debug,
        LogLevel::Info => wit::LogLevel::Info,
        LogLevel::Notice => wit::LogLevel::Notice,
        LogLevel::Warning => wit::LogLevel::Warning,
        LogLevel::Error => wit::LogLevel::Error,
        LogLevel::Critical => wit::LogLevel::Critical,
        LogLevel::Alert => wit::LogLevel::Alert,
        LogLevel::Emergency => wit::LogLevel::Emergency,
    }
}

pub fn change(change: wit::Change) -> Change {
    match change {
        wit::Change::Tools => Change::Tools,
        wit::Change::Prompts => Change::Prompts,
        wit::Change::Resources => Change::Resources,
        wit::Change::ResourceUpdated(uri) => Change::ResourceUpdated(uri),
    }
}

/// JSON text. Maps with text keys and JSON values always have one.
pub(super) fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| Value::Null.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_context_without_a_client_has_an_empty_version_and_empty_objects() {
        let seen = context(&CallContext::default());
        assert_eq!((seen.protocol_version.as_str(), seen.capabilities.as_str()), ("", "{}"));
        assert_eq!((seen.meta.as_str(), seen.extra.as_str(), seen.request_id.as_str()), ("{}", "{}", "null"));
    }

    #[test]
    fn the_context_of_a_request_arrives_as_json_text() {
        let capabilities = serde_json::json!({"elicitation": {}}).as_object().unwrap().clone();
        let given = CallContext {
            capabilities: Arc::new(capabilities),
            request_id: serde_json::json!("r1"),
            log_level: Some(LogLevel::Notice),
            ..CallContext::default()
        };
        let seen = context(&given);
        assert_eq!(seen.capabilities, r#"{"elicitation":{}}"#);
        assert_eq!(seen.request_id, r#""r1""#);
        assert_eq!(seen.log_level, Some(wit::LogLevel::Notice));
    }
}
