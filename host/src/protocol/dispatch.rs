//! Which message goes where: the tables of methods, one for each era, behind what each era demands of a request.

use std::sync::Arc;

use serde_json::{Value, json};

use super::caller::{Caller, ModernMeta};
use super::compat;
use super::error::{ErrorKind, RequestError};
use super::headers::{self, Header, RequestHeaders};
use super::jsonrpc::{Message, RequestId, Response};
use super::methods::{completions, lifecycle, listen, prompts, resources, tools};
use super::reply::{Reply, ReplyKind};
use super::rounds::{Begun, Noted, Work};
use super::version::{self, Era};
use super::{Origin, Server};
use crate::audit::Entry;
use crate::plugin::{JsonObject, Outcome, Usage};
use crate::session::SessionId;

impl Server {
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
            if !compat::may_be_taken(headers, meta.version) {
                return Err(error);
            }
            tolerated = self.compat.takes_from(headers, meta.client());
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
        params: JsonObject,
        headers: Option<&dyn RequestHeaders>,
    ) -> Result<ReplyKind, RequestError> {
        let (method, name) = match method {
            "tools/call" => ("tools/call", params.get("name")),
            "prompts/get" => ("prompts/get", params.get("name")),
            "resources/read" => ("resources/read", params.get("uri")),
            "completion/complete" => {
                ("completion/complete", params.get("argument").and_then(|argument| argument.get("name")))
            }
            _ => return Err(RequestError::method_not_found(method)),
        };
        let usage = Arc::default();
        let mut entry = self.entry(method, &caller, &usage);
        if let Some(entry) = &mut entry {
            entry.named(name);
        }
        let noted = Noted { usage, entry: &mut entry };
        let begun = self.begin_noted(method, caller, id, params, headers, noted).await;
        if let (Err(error), Some(entry)) = (&begun, &entry) {
            entry.answered_with_error(error.kind.code());
        }
        begun
    }

    async fn begin_noted(
        &self,
        method: &str,
        caller: Caller,
        id: RequestId,
        mut params: JsonObject,
        headers: Option<&dyn RequestHeaders>,
        noted: Noted<'_>,
    ) -> Result<ReplyKind, RequestError> {
        let work: Arc<dyn Work> = match method {
            "tools/call" => Arc::new(tools::call(self, &caller, &mut params, headers)?),
            "prompts/get" => Arc::new(prompts::get(self, &caller, &mut params)?),
            "resources/read" => Arc::new(resources::read(self, &caller, &id, &params, &noted.usage).await?),
            _ => match completions::complete(self, &params)? {
                Some(complete) => Arc::new(complete),
                None => {
                    noted.usage.ended(Outcome::Ok);
                    let result = self.finisher(caller.revision)(completions::nothing());
                    return Ok(ReplyKind::Response(Response::new(&id, Ok(result))));
                }
            },
        };
        let finish = self.finisher(caller.revision);
        Ok(match self.begin(caller, id.clone(), &mut params, work, noted).await? {
            Begun::Call(call) => ReplyKind::Call(call),
            Begun::Task(created) => ReplyKind::Response(Response::new(&id, Ok(finish(created)))),
        })
    }

    /// An entry in the audit trail, if there is one.
    pub(super) fn entry(&self, method: &'static str, caller: &Caller, usage: &Arc<Usage>) -> Option<Entry> {
        let session = caller.session.as_ref().map(SessionId::alias);
        self.audit.entry(method, caller.principal.as_ref(), session, usage)
    }

    /// Says how long a list may be kept, and by whom: for everybody, or for this caller alone.
    fn cacheable(&self, mut page: JsonObject, scope: &str) -> JsonObject {
        page.insert("ttlMs".to_owned(), self.config.list_ttl_ms.into());
        page.insert("cacheScope".to_owned(), scope.into());
        page
    }

    /// The session that is named, or none; and the revision: the session's, or else the header's.
    pub(super) async fn legacy_caller(&self, version: Header<'_>, origin: Origin<'_>) -> Result<Caller, RequestError> {
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
}

pub(super) fn unexpected_response() -> RequestError {
    let message = "Invalid request: no request of this server waits for a response with that id";
    RequestError::new(ErrorKind::InvalidRequest, message)
}
