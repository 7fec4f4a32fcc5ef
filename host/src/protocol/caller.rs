//! Who sent a request, and what they said of themselves: with the request, or with `initialize`.

use std::sync::Arc;

use serde_json::Value;

use super::error::{ErrorKind, RequestError};
use super::jsonrpc::RequestId;
use super::version::{META_VERSION, Revision};
use crate::plugin::{Access, Call, CallContext, JsonObject, LogLevel, Peer, Principal, Trace};
use crate::session::{Session, SessionId};

const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The client of one request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) revision: &'static Revision,
    pub(super) session: Option<SessionId>,
    pub(super) client: Option<Peer>,
    pub(super) capabilities: Arc<JsonObject>,
    pub(super) log_level: Option<LogLevel>,
    pub(super) principal: Option<Principal>,
}

/// The per-request fields of a modern request, of which the version is not yet checked.
#[derive(Debug)]
pub(super) struct ModernMeta<'a> {
    pub(super) version: &'a str,
    client: Option<Peer>,
    capabilities: &'a JsonObject,
    log_level: Option<LogLevel>,
}

impl<'a> ModernMeta<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// A required one is missing, or one has the wrong type.
    pub(super) fn read(meta: Option<&'a JsonObject>) -> Result<Self, RequestError> {
        let refused = |key: &str, must: &str| {
            let message = format!("Invalid params: `_meta` must have {key:?}, {must}");
            RequestError::new(ErrorKind::InvalidMeta, message)
        };
        let get = |key: &str| meta.and_then(|meta| meta.get(key));
        let version = get(META_VERSION).and_then(Value::as_str).ok_or_else(|| refused(META_VERSION, "a text"))?;
        let capabilities = get(META_CAPABILITIES).and_then(Value::as_object);
        let capabilities = capabilities.ok_or_else(|| refused(META_CAPABILITIES, "an object"))?;
        let client = get(META_CLIENT).map(|info| peer(info).ok_or_else(|| refused(META_CLIENT, PEER))).transpose()?;
        let log_level = get(META_LOG_LEVEL).map(log_level).transpose();
        let log_level = log_level.map_err(|()| refused(META_LOG_LEVEL, "a level of RFC 5424"))?;
        Ok(Self { version, client, capabilities, log_level })
    }

    /// The client, as it names itself.
    pub(super) fn client(&self) -> Option<&Peer> {
        self.client.as_ref()
    }

    /// The caller, on a revision that is served.
    pub(super) fn caller(self, revision: &'static Revision, principal: Option<Principal>) -> Caller {
        Caller {
            revision,
            session: None,
            client: self.client,
            capabilities: Arc::new(self.capabilities.clone()),
            log_level: self.log_level,
            principal,
        }
    }
}

impl Caller {
    /// The caller of a legacy request within a session.
    pub(super) fn in_session(revision: &'static Revision, id: SessionId, session: Session) -> Self {
        Self {
            revision,
            session: Some(id),
            client: session.client,
            capabilities: session.capabilities,
            log_level: Some(session.log_level),
            principal: session.principal,
        }
    }

    /// The caller of a legacy request without one.
    pub(super) fn without_session(revision: &'static Revision, principal: Option<Principal>) -> Self {
        Self { revision, session: None, client: None, capabilities: Arc::default(), log_level: None, principal }
    }

    /// The members of `needs` that the client did not declare, whole.
    pub(super) fn lacks(&self, needs: &JsonObject) -> JsonObject {
        lacks(&self.capabilities, needs)
    }

    /// What a plugin gets to know of the request `id`.
    pub(super) fn context(&self, id: &RequestId, meta: JsonObject) -> CallContext {
        CallContext {
            protocol_version: self.revision.name.to_owned(),
            client: self.client.clone(),
            capabilities: self.capabilities.clone(),
            session: self.session.as_ref().map(SessionId::alias),
            principal: self.principal.clone(),
            request_id: id.to_json(),
            trace: trace(&meta),
            wants_progress: progress_token(&meta).is_some(),
            log_level: self.log_level,
            meta,
        }
    }

    /// A call on behalf of the request `id` that can say nothing to the client.
    pub(super) fn detached_call(&self, id: &RequestId, params: &JsonObject) -> Call {
        let meta = params.get("_meta").and_then(Value::as_object).cloned().unwrap_or_default();
        Call {
            context: Arc::new(CallContext { wants_progress: false, ..self.context(id, meta) }),
            client: None,
            as_task: false,
            access: Access::default(),
            usage: Arc::default(),
        }
    }
}

/// The members of `needs` that are not in `capabilities`, whole.
pub(super) fn lacks(capabilities: &JsonObject, needs: &JsonObject) -> JsonObject {
    let lacking = needs.iter().filter(|(name, wanted)| !declares(capabilities.get(*name), wanted));
    lacking.map(|(name, wanted)| (name.clone(), wanted.clone())).collect()
}

/// Is all that `wanted` has in `declared` too? Of an object, its members; other values are not compared.
fn declares(declared: Option<&Value>, wanted: &Value) -> bool {
    match (declared, wanted) {
        (None, _) => false,
        (Some(declared), Value::Object(members)) => {
            members.iter().all(|(name, wanted)| declares(declared.get(name), wanted))
        }
        (Some(_), _) => true,
    }
}

const PEER: &str = "an object with `name` and `version`";

/// An `Implementation`.
pub(super) fn peer(info: &Value) -> Option<Peer> {
    serde::Deserialize::deserialize(info).ok()
}

/// A `LoggingLevel`.
pub(super) fn log_level(level: &Value) -> Result<LogLevel, ()> {
    serde::Deserialize::deserialize(level).map_err(|_| ())
}

/// The progress token in `_meta`, a text or a number.
pub(super) fn progress_token(meta: &JsonObject) -> Option<Value> {
    meta.get("progressToken").filter(|token| token.is_string() || token.is_number()).cloned()
}

/// W3C trace context in `_meta`.
pub(super) fn trace(meta: &JsonObject) -> Option<Trace> {
    let text = |key: &str| meta.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Trace { parent: text("traceparent")?, state: text("tracestate"), baggage: text("baggage") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::version::REVISIONS;

    fn object(value: &Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_required_fields_are_required_and_no_others() {
        let whole = object(&json!({META_VERSION: "2026-07-28", META_CAPABILITIES: {}}));
        assert_eq!(ModernMeta::read(Some(&whole)).unwrap().version, "2026-07-28");
        assert_eq!(ModernMeta::read(None).unwrap_err().kind, ErrorKind::InvalidMeta);
        for key in [META_VERSION, META_CAPABILITIES] {
            let mut part = whole.clone();
            part.remove(key);
            let error = ModernMeta::read(Some(&part)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidMeta);
            assert!(error.message.contains(key), "{error}");
        }
        for (key, bad) in [(META_LOG_LEVEL, json!("loud")), (META_CLIENT, json!({"name": 1}))] {
            let mut wrong = whole.clone();
            wrong.insert(key.to_owned(), bad);
            assert!(ModernMeta::read(Some(&wrong)).is_err(), "{key}");
        }
    }

    #[test]
    fn lacking_capabilities_are_named() {
        let mut caller = Caller::without_session(&REVISIONS[0], None);
        caller.capabilities = Arc::new(object(&json!({"elicitation": {"form": {}}})));
        assert!(caller.lacks(&object(&json!({"elicitation": {}}))).is_empty());
        assert!(caller.lacks(&object(&json!({"elicitation": {"form": {}}}))).is_empty());
        let needs = object(&json!({"sampling": {}, "elicitation": {"url": {}}}));
        assert_eq!(caller.lacks(&needs), needs);
    }
}
