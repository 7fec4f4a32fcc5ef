//! A client of the modern era.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::{Answer, MODERN, Running, call_params, request};
use crate::http::Request;
use crate::server::Server;
use crate::sse::Events;

/// A client that says with each request who it is.
pub struct Modern<'a> {
    server: &'a Server,
    capabilities: Value,
    token: Option<String>,
    next: AtomicU64,
}

impl<'a> Modern<'a> {
    /// A client without capabilities.
    pub fn new(server: &'a Server) -> Self {
        Self { server, capabilities: json!({}), token: None, next: AtomicU64::new(1) }
    }

    /// With these capabilities.
    #[must_use]
    pub fn with(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// As who has this token.
    #[must_use]
    pub fn bearing(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// An id that was not used yet.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// `_meta` of its requests.
    pub fn meta(&self) -> Value {
        json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": "suite", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": self.capabilities,
        })
    }

    /// `message` with what this client adds to it: `_meta`, and the headers that mirror it.
    pub fn post(&self, message: &Value) -> Request {
        let mut message = message.clone();
        let mut meta = self.meta();
        if let Some(given) = message["params"]["_meta"].as_object() {
            meta.as_object_mut().expect("an object").extend(given.clone());
        }
        message["params"]["_meta"] = meta;
        let request = Request::post(message.to_string()).header("MCP-Protocol-Version", MODERN).on(MODERN);
        let request = match &self.token {
            Some(token) => request.header("Authorization", &format!("Bearer {token}")),
            None => request,
        };
        let request = match message["method"].as_str() {
            Some(method) => request.header("Mcp-Method", method),
            None => request,
        };
        let named_by = match message["method"].as_str() {
            Some("resources/read") => "uri",
            Some("tasks/get" | "tasks/update" | "tasks/cancel") => "taskId",
            _ => "name",
        };
        match message["params"][named_by].as_str() {
            Some(name) => request.header("Mcp-Name", name),
            None => request,
        }
    }

    /// Asks, and reads the answer to its end.
    pub fn ask(&self, method: &str, params: Value) -> Answer {
        let params = if params.is_null() { json!({}) } else { params };
        Answer::read(self.post(&request(self.next_id(), method, params)).send(self.server))
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
        let events = self.post(&request(id, "tools/call", params)).send(self.server).events();
        Running { events, id: id.into() }
    }

    /// Listens for changes of the tools, and gives the id of the request; when this returns, the stream is
    /// acknowledged.
    pub fn listen(&self) -> (Events, Value) {
        self.listen_for(json!({"toolsListChanged": true}))
    }

    /// Listens for what `filter` says, all of which must be agreed to.
    pub fn listen_for(&self, filter: Value) -> (Events, Value) {
        let id: Value = self.next_id().into();
        let params = json!({"notifications": filter});
        let mut events = self.post(&request(id.clone(), "subscriptions/listen", params)).send(self.server).events();
        let acknowledged = events.notification("notifications/subscriptions/acknowledged");
        assert_eq!(acknowledged["notifications"], filter);
        (events, id)
    }
}
