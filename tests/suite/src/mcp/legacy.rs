//! A client of the legacy era.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::{Answer, Running, call_params, request};
use crate::http::{Request, Response};
use crate::server::Server;
use crate::sse::Events;

/// A client in a session of its own. It never ends the session by itself.
pub struct Legacy<'a> {
    server: &'a Server,
    /// `Mcp-Session-Id`
    pub session: String,
    /// The revision agreed on.
    pub version: String,
    /// What `initialize` gave.
    pub initialized: Value,
    token: Option<String>,
    next: AtomicU64,
}

impl<'a> Legacy<'a> {
    /// Begins a session on the newest legacy revision.
    pub fn begin(server: &'a Server) -> Self {
        Self::on(server, super::LEGACY[0])
    }

    /// Begins a session, asking for `version`.
    pub fn on(server: &'a Server, version: &str) -> Self {
        Self::able(server, version, json!({}))
    }

    /// Begins a session, asking for `version`, as a client with these capabilities.
    pub fn able(server: &'a Server, version: &str, capabilities: Value) -> Self {
        Self::start_session(server, Self::initialize_with(version, capabilities), None)
    }

    /// Begins a session on the newest legacy revision, as who has this token.
    pub fn bearing(server: &'a Server, token: &str) -> Self {
        Self::start_session(server, Self::initialize(super::LEGACY[0]), Some(token.to_owned()))
    }

    fn start_session(server: &'a Server, initialize: Request, token: Option<String>) -> Self {
        let reply = with_token(initialize, token.as_deref()).send(server);
        assert_eq!(reply.status, 200);
        let session = reply.header("mcp-session-id").expect("initialize gives a session").to_owned();
        let initialized = Answer::read(reply).result().clone();
        let version = initialized["protocolVersion"].as_str().expect("initialize gives a version").to_owned();
        let client = Self { server, session, version, initialized, token, next: AtomicU64::new(1) };
        let accepted = client.notify("notifications/initialized", Value::Null);
        assert_eq!((accepted.status, accepted.text()), (202, String::new()));
        client
    }

    /// The request that begins a session.
    pub fn initialize(version: &str) -> Request {
        Self::initialize_with(version, json!({}))
    }

    fn initialize_with(version: &str, capabilities: Value) -> Request {
        let info = json!({"name": "suite", "version": "1"});
        let params = json!({"protocolVersion": version, "capabilities": capabilities, "clientInfo": info});
        let request = Request::post(request(0, "initialize", params).to_string());
        // Another is answered with one of these.
        if super::LEGACY.contains(&version) { request.on(version) } else { request }
    }

    /// `message` as this client sends it.
    pub fn post(&self, message: &Value) -> Request {
        self.within(Request::post(message.to_string()))
    }

    /// A request with the headers of the session.
    pub fn within(&self, request: Request) -> Request {
        let request = request.header("Mcp-Session-Id", &self.session).header("MCP-Protocol-Version", &self.version);
        with_token(request.on(&self.version), self.token.as_deref())
    }

    /// An id that was not used yet.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Asks, and reads the answer to its end.
    pub fn ask(&self, method: &str, params: Value) -> Answer {
        Answer::read(self.post(&request(self.next_id(), method, params)).send(self.server))
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Value) -> Response {
        let mut message = request(0, method, params);
        message.as_object_mut().expect("a message is an object").remove("id");
        self.post(&message).send(self.server)
    }

    /// Answers a request of the server.
    pub fn answer(&self, id: &Value, result: Value) -> Response {
        self.post(&json!({"jsonrpc": "2.0", "id": id, "result": result})).send(self.server)
    }

    /// Takes up a stream after the event `last`.
    pub fn resume(&self, last: &str) -> Response {
        self.within(Request::listen()).header("Last-Event-ID", last).send(self.server)
    }

    /// The names of all tools.
    pub fn tools(&self) -> Vec<String> {
        super::names(self.ask("tools/list", json!({})).result())
    }

    /// Calls a tool, and reads the answer to its end.
    pub fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.ask("tools/call", call_params(tool, &arguments, None))
    }

    /// Calls a tool with a token for progress, and gives the stream as it comes.
    pub fn start(&self, tool: &str, arguments: Value) -> Running {
        let id = self.next_id();
        let params = call_params(tool, &arguments, Some(id.into()));
        let reply = self.post(&request(id, "tools/call", params)).send(self.server);
        assert_eq!(reply.header("mcp-session-id"), Some(self.session.as_str()));
        Running { events: reply.events(), id: id.into() }
    }

    /// Cancels a request of this session.
    pub fn cancel(&self, id: &Value) {
        let accepted = self.notify("notifications/cancelled", json!({"requestId": id, "reason": "a test"}));
        assert_eq!(accepted.status, 202);
    }

    /// Opens the stream of notifications; when this returns, it stands.
    pub fn listen(&self) -> Events {
        let mut events = self.within(Request::listen()).send(self.server).events();
        let first = events.frame();
        assert!(matches!(first, Some(crate::sse::Frame::Comment(_))), "a stream begins at once: {first:?}");
        events
    }

    /// Ends the session.
    pub fn end(&self) -> Response {
        self.within(Request::new("DELETE", "/mcp")).send(self.server)
    }
}

fn with_token(request: Request, token: Option<&str>) -> Request {
    match token {
        Some(token) => request.header("Authorization", &format!("Bearer {token}")),
        None => request,
    }
}
