//! Clients of both eras. Each request has a connection of its own, so that it can be lost without the others.

mod legacy;
mod modern;
mod rounds;

use serde_json::{Value, json};

use crate::http::Response;
use crate::sse::Events;

pub use legacy::Legacy;
pub use modern::Modern;
pub use rounds::{accepted, asking, next_round, who};

/// The revisions of the legacy era, the newest first.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// The revision of the modern era.
pub const MODERN: &str = "2026-07-28";

/// A request of JSON-RPC.
pub fn request(id: impl Into<Value>, method: &str, params: Value) -> Value {
    let id: Value = id.into();
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
    if !params.is_null() {
        message["params"] = params;
    }
    message
}

/// What came of a request: all that was sent on its way, and the response.
#[derive(Debug)]
pub struct Answer {
    /// Of the reply.
    pub status: u16,
    /// What came before the response.
    pub notifications: Vec<Value>,
    /// The response.
    pub response: Value,
}

impl Answer {
    /// Reads a reply, JSON or stream, to its end.
    pub fn read(reply: Response) -> Self {
        let status = reply.status;
        if reply.header("content-type") == Some("application/json") {
            return Self { status, notifications: vec![], response: reply.json() };
        }
        let mut messages = reply.events().rest();
        let response = messages.pop().expect("a response at the end of the stream");
        Self { status, notifications: messages, response }
    }

    /// The result; it must be one.
    pub fn result(&self) -> &Value {
        assert!(self.response.get("error").is_none(), "{}", self.response);
        &self.response["result"]
    }

    /// Code and message of the error; it must be one.
    pub fn error(&self) -> (i64, &str) {
        let error = &self.response["error"];
        let code = error["code"].as_i64().unwrap_or_else(|| panic!("no error: {}", self.response));
        (code, error["message"].as_str().expect("an error has a message"))
    }

    /// All text of a tool's result.
    pub fn text(&self) -> String {
        let content = self.result()["content"].as_array().expect("a tool's result has content");
        content.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The text of a tool's result that says that it failed.
    pub fn failure(&self) -> String {
        assert_eq!(self.result()["isError"], true, "{}", self.response);
        self.text()
    }

    /// The text of a tool's result that says that it worked.
    pub fn success(&self) -> String {
        assert_eq!(self.result()["isError"], false, "{}", self.response);
        self.text()
    }
}

/// The names of the tools in a result of `tools/list`.
pub fn names(result: &Value) -> Vec<String> {
    let tools = result["tools"].as_array().unwrap_or_else(|| panic!("no list: {result}"));
    tools.iter().map(|tool| tool["name"].as_str().expect("a tool has a name").to_owned()).collect()
}

/// A call that is under way.
pub struct Running {
    /// Its stream.
    pub events: Events,
    /// Its id.
    pub id: Value,
}

/// The `params` of a call; with a token for progress, if one is given.
pub fn call_params(tool: &str, arguments: &Value, token: Option<Value>) -> Value {
    let mut params = json!({"name": tool, "arguments": arguments});
    if let Some(token) = token {
        params["_meta"] = json!({"progressToken": token});
    }
    params
}
