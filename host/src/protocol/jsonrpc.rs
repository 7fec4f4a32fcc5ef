//! JSON-RPC 2.0 messages, as [MCP restricts them](https://modelcontextprotocol.io/specification/2026-07-28/basic#messages).

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Number, Value, json};

use super::error::{ErrorKind, RequestError};
use crate::plugin::{JsonObject, RpcError};

/// A request's id: a text or a whole number, never null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequestId {
    /// A whole number.
    Number(Number),
    /// A text.
    String(String),
}

impl RequestId {
    /// The id as JSON, if it is one.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::String(text.clone())),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(Self::Number(number.clone())),
            _ => None,
        }
    }

    /// As JSON, of the type that it came with.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(text.clone()),
        }
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::String(text) => write!(f, "{text:?}"),
        }
    }
}

/// One message from a client.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Wants a response.
    Request {
        /// Its id.
        id: RequestId,
        /// What it wants.
        method: String,
        /// Its parameters, empty if it has none.
        params: JsonObject,
    },
    /// Wants none.
    Notification {
        /// What it says.
        method: String,
        /// Its parameters, empty if it has none.
        params: JsonObject,
    },
    /// Answers a request of the server.
    Response {
        /// Whose.
        id: RequestId,
        /// The result, or the error.
        outcome: Result<Value, RpcError>,
    },
}

/// A body that is no message, with its id where that could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct NotAMessage {
    /// The id.
    pub id: Option<RequestId>,
    /// Why.
    pub error: RequestError,
}

impl Message {
    /// Reads one message. JSON deeper than 128 levels is refused, so that no later step can be driven to
    /// the end of its stack.
    ///
    /// # Errors
    /// [`NotAMessage`]: no JSON (`-32700`), or no message (`-32600`).
    pub fn parse(body: &[u8]) -> Result<Self, NotAMessage> {
        let value: Value = serde_json::from_slice(body).map_err(|error| NotAMessage {
            id: None,
            error: RequestError::new(ErrorKind::Parse, format!("Parse error: the body is no JSON: {error}")),
        })?;
        Self::from_json(value)
    }

    fn from_json(value: Value) -> Result<Self, NotAMessage> {
        let refused = |id: Option<RequestId>, why: &str| NotAMessage {
            id,
            error: RequestError::new(ErrorKind::InvalidRequest, format!("Invalid request: {why}")),
        };
        let Value::Object(mut object) = value else {
            return Err(refused(None, "a message is a JSON object"));
        };
        let raw_id = object.get("id");
        let id = raw_id.and_then(RequestId::from_json);
        if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(refused(id, "`jsonrpc` must be \"2.0\""));
        }
        if raw_id.is_some() && id.is_none() {
            return Err(refused(None, "`id` must be a text or a whole number"));
        }
        let method = match object.remove("method") {
            Some(Value::String(method)) => method,
            Some(_) => return Err(refused(id, "`method` must be a text")),
            None => {
                let Some(outcome) = outcome(&mut object) else {
                    return Err(refused(id, "`method` is missing, and it is no response either"));
                };
                return match id {
                    Some(id) => Ok(Self::Response { id, outcome }),
                    None => Err(refused(None, "a response needs the `id` of its request")),
                };
            }
        };
        let params = match object.remove("params") {
            Some(Value::Object(params)) => params,
            None => JsonObject::new(),
            Some(_) => return Err(refused(id, "`params` must be an object")),
        };
        Ok(match id {
            Some(id) => Self::Request { id, method, params },
            None => Self::Notification { method, params },
        })
    }

    /// The method of a request or notification.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match self {
            Self::Request { method, .. } | Self::Notification { method, .. } => Some(method),
            Self::Response { .. } => None,
        }
    }

    /// The `_meta` of a request or notification, if it is an object.
    #[must_use]
    pub fn meta(&self) -> Option<&JsonObject> {
        match self {
            Self::Request { params, .. } | Self::Notification { params, .. } => params.get("_meta")?.as_object(),
            Self::Response { .. } => None,
        }
    }
}

/// What a response says: its `result`, or its `error`.
fn outcome(object: &mut JsonObject) -> Option<Result<Value, RpcError>> {
    if let Some(result) = object.remove("result") {
        return Some(Ok(result));
    }
    let error = object.remove("error")?;
    Some(Err(RpcError {
        code: error["code"].as_i64().and_then(|code| code.try_into().ok()).unwrap_or(-32603),
        message: error["message"].as_str().unwrap_or("the client gave no reason").to_owned(),
        data: error.get("data").cloned(),
    }))
}

/// A response, ready to be sent: on one line, since a text of JSON never holds a raw line break.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The message.
    pub json: String,
    /// What kind of error it is, if it is one.
    pub error: Option<ErrorKind>,
}

impl Response {
    /// A result, or an error.
    #[must_use]
    pub fn new(id: &RequestId, outcome: Result<Value, RequestError>) -> Self {
        /// Borrows: a result may be large.
        #[derive(Serialize)]
        struct Success<'a> {
            jsonrpc: &'static str,
            id: &'a RequestId,
            result: &'a Value,
        }
        match outcome {
            Ok(result) => match serde_json::to_string(&Success { jsonrpc: "2.0", id, result: &result }) {
                Ok(json) => Self { json, error: None },
                Err(error) => Self::error(Some(id), &RequestError::new(ErrorKind::Internal, error.to_string())),
            },
            Err(error) => Self::error(Some(id), &error),
        }
    }

    /// An error; without an id where that could not be read.
    #[must_use]
    pub fn error(id: Option<&RequestId>, error: &RequestError) -> Self {
        // JSON-RPC wants `null` where the id is unknown; modern clients accept that as well as none.
        let json = json!({"jsonrpc": "2.0", "id": id, "error": error.to_json()}).to_string();
        Self { json, error: Some(error.kind) }
    }
}

/// A request of the server, ready to be sent, on one line.
#[must_use]
pub fn request(id: &RequestId, method: &str, params: &JsonObject) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// A notification, ready to be sent, on one line.
#[must_use]
pub fn notification(method: &str, params: Option<JsonObject>) -> String {
    let mut message = json!({"jsonrpc": "2.0", "method": method});
    if let Some(params) = params {
        message["params"] = Value::Object(params);
    }
    message.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> NotAMessage {
        Message::parse(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn requests_notifications_and_responses_are_told_apart() {
        let request = Message::parse(br#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#).unwrap();
        assert!(matches!(request, Message::Request { .. }));
        let notification = Message::parse(br#"{"jsonrpc":"2.0","method":"a","params":{}}"#).unwrap();
        assert!(matches!(notification, Message::Notification { .. }));
        let response = Message::parse(br#"{"jsonrpc":"2.0","id":"x","result":{}}"#).unwrap();
        let id = RequestId::String("x".into());
        assert_eq!(response, Message::Response { id: id.clone(), outcome: Ok(json!({})) });
        let error = Message::parse(br#"{"jsonrpc":"2.0","id":"x","error":{"code":-1,"message":"no"}}"#).unwrap();
        let refused = RpcError { code: -1, message: "no".into(), data: None };
        assert_eq!(error, Message::Response { id, outcome: Err(refused) });
    }

    #[test]
    fn malformed_json_is_a_parse_error() {
        for body in ["", "{", "nonsense", "{\"jsonrpc\":\"2.0\",}", "\u{0}", &"[".repeat(10_000)] {
            assert_eq!(refused(body).error.kind, ErrorKind::Parse, "{body:.20}");
        }
        assert!(Message::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_bad_envelope_is_an_invalid_request_and_keeps_the_id() {
        for body in [
            "1",
            "[]",
            "{}",
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
        ] {
            assert_eq!(refused(body).error.kind, ErrorKind::InvalidRequest, "{body}");
        }
        let with_id = refused(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":7}"#);
        assert_eq!(with_id.id, Some(RequestId::String("a".into())));
    }

    #[test]
    fn an_id_comes_back_with_its_type() {
        for id in [json!(0), json!(-1), json!(u64::MAX), json!("0")] {
            let id = RequestId::from_json(&id).unwrap();
            let response: Value = serde_json::from_str(&Response::new(&id, Ok(json!({}))).json).unwrap();
            assert_eq!(response["id"], id.to_json());
        }
    }

    #[test]
    fn a_message_stays_on_one_line() {
        let response = Response::new(&RequestId::Number(1.into()), Ok(json!({"text": "a\nb\r\n\u{2028}"})));
        assert!(!response.json.contains(['\n', '\r']));
    }
}
