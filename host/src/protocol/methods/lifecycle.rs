//! Who is who: `initialize`, `server/discover`, and the log level of a session.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::caller::{log_level, peer};
use super::super::error::RequestError;
use super::super::version::{self, REVISIONS, Revision};
use super::super::{Config, Origin, Server, tasks};
use crate::plugin::{JsonObject, LogLevel};
use crate::session::{Session, SessionId};

/// The `Implementation` that Pegboard names itself.
pub(in super::super) fn server_info(config: &Config) -> Value {
    let mut info = json!({"name": config.name, "version": env!("CARGO_PKG_VERSION")});
    if let Some(title) = &config.title {
        info["title"] = title.as_str().into();
    }
    info
}

fn with_instructions(mut result: Value, config: &Config) -> Value {
    if let Some(instructions) = &config.instructions {
        result["instructions"] = instructions.as_str().into();
    }
    result
}

/// What the server can do. A family that no plugin offers now may be there in a moment.
fn capabilities(revision: &Revision) -> Value {
    let mut can = json!({
        "tools": {"listChanged": true},
        "prompts": {"listChanged": true},
        "resources": {"listChanged": true, "subscribe": true},
    });
    if revision.audio_and_annotations {
        can["completions"] = json!({});
    }
    can
}

/// `server/discover`.
pub(in super::super) fn discover(config: &Config) -> JsonObject {
    let mut can = capabilities(&REVISIONS[0]);
    can["extensions"] = json!({tasks::EXTENSION: {}});
    let result = json!({
        "supportedVersions": version::supported(),
        "capabilities": can,
        // Also in `_meta`, as every modern result has it; clients of drafts read it here.
        "serverInfo": server_info(config),
        "ttlMs": config.list_ttl_ms,
        "cacheScope": "public",
    });
    match with_instructions(result, config) {
        Value::Object(result) => result,
        _ => JsonObject::new(),
    }
}

/// `initialize`: begins a session.
///
/// # Errors
/// Wrong parameters, or a store that does not answer.
pub(in super::super) async fn initialize(
    server: &Server,
    params: &JsonObject,
    origin: Origin<'_>,
) -> Result<(SessionId, Value), RequestError> {
    let requested = params.get("protocolVersion").and_then(Value::as_str);
    let requested = requested.ok_or_else(|| RequestError::invalid_params("`protocolVersion` must be a text"))?;
    let declared = match params.get("capabilities") {
        Some(Value::Object(declared)) => declared.clone(),
        None => JsonObject::new(),
        Some(_) => return Err(RequestError::invalid_params("`capabilities` must be an object")),
    };
    let revision: &Revision = version::negotiate(requested, origin.headers.is_some());
    let session = Session {
        protocol_version: revision.name.to_owned(),
        client: params.get("clientInfo").and_then(peer),
        capabilities: Arc::new(declared),
        log_level: LogLevel::Info,
        principal: origin.principal.cloned(),
        subscriptions: BTreeSet::new(),
    };
    let id = server.sessions.create(session).await?;
    let mut can = capabilities(revision);
    can["logging"] = json!({});
    let mut info = server_info(&server.config);
    if let Some(info) = info.as_object_mut().filter(|_| !revision.titles_and_structured_content) {
        info.remove("title");
    }
    let result = json!({"protocolVersion": revision.name, "capabilities": can, "serverInfo": info});
    Ok((id, with_instructions(result, &server.config)))
}

/// `logging/setLevel`.
///
/// # Errors
/// No such level, no such session, or a store that does not answer.
pub(in super::super) async fn set_level(
    server: &Server,
    session: Option<&SessionId>,
    params: &JsonObject,
) -> Result<Value, RequestError> {
    let level = params.get("level").ok_or(()).and_then(log_level);
    let level = level.map_err(|()| {
        RequestError::invalid_params(
            "`level` must be debug, info, notice, warning, error, critical, alert or emergency",
        )
    })?;
    let session = session.ok_or_else(Server::session_required)?;
    if server.sessions.set_log_level(session, level).await? { Ok(json!({})) } else { Err(Server::session_not_found()) }
}
