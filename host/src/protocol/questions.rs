//! Questions of plugins to clients: who may ask what, how MCP writes a question, and how it reads an answer.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{convert, request_state};
use crate::plugin::{
    Answer, CallError, JsonObject, Plugin, PluginId, Query, Question, QuestionKind as Kind, Root, RpcError, Sample,
};
use crate::schema::Schema;

/// How questions are put, and how long an answer may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// How long, in seconds, an answer may take.
    pub timeout_secs: u64,
    /// How often one call may come back with further questions.
    pub max_rounds: u32,
    /// Keys that seal what a modern client carries between two rounds. The first seals, each opens: put a new one
    /// first, and take the old one away once `timeout_secs` have passed. Without any, each process makes its own.
    pub state_keys: Vec<request_state::KeySource>,
    /// Take each sealed state once only. Then a client cannot try again after a lost reply.
    pub single_use_state: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { timeout_secs: 300, max_rounds: 16, state_keys: Vec::new(), single_use_state: false }
    }
}

impl Config {
    /// How long an answer may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_secs)
    }
}

/// The most questions that wait at once in a call.
const MOST_QUESTIONS: usize = 16;
/// The most bytes of a key.
const KEY_BYTES: usize = 64;
/// The code of [`super::ErrorKind::MissingClientCapability`].
const MISSING_CAPABILITY: i32 = -32021;

/// A question as MCP writes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) params: JsonObject,
}

impl Request {
    /// As a member of `inputRequests`.
    pub(super) fn to_json(&self) -> Value {
        if self.params.is_empty() {
            json!({"method": self.method})
        } else {
            json!({"method": self.method, "params": self.params})
        }
    }
}

/// The question as `plugin` may ask it of a client with `capabilities`.
///
/// # Errors
/// Why it may not, or cannot.
pub(super) fn request(
    question: &Question,
    plugin: &dyn Plugin,
    capabilities: &JsonObject,
) -> Result<Request, CallError> {
    let Question { key, query } = question;
    if key.is_empty() || key.len() > KEY_BYTES {
        return Err(CallError::Invalid(format!("a question's key has 1 to {KEY_BYTES} bytes, not {}", key.len())));
    }
    let (kind, needed, method, params) = match query {
        Query::Form { message, schema } => {
            check_form(schema).map_err(|why| CallError::Invalid(format!("question {key:?}: {why}")))?;
            let params = json!({"message": from(plugin.id(), message), "requestedSchema": schema});
            (Kind::Elicit, json!({"elicitation": {}}), "elicitation/create", params)
        }
        Query::Visit { message, url } => {
            let params = json!({"mode": "url", "message": from(plugin.id(), message), "url": url});
            (Kind::Url, json!({"elicitation": {"url": {}}}), "elicitation/create", params)
        }
        Query::Sample(sample) => {
            let wants_tools = sample.extra.as_ref().is_some_and(|extra| extra.contains_key("tools"));
            let needed = if wants_tools { json!({"sampling": {"tools": {}}}) } else { json!({"sampling": {}}) };
            (Kind::Sample, needed, "sampling/createMessage", Value::Object(convert::sample_request(sample)))
        }
        Query::Roots => (Kind::Roots, json!({"roots": {}}), "roots/list", json!({})),
        Query::Other(_) => {
            return Err(CallError::Failed("this host puts no other questions to clients".to_owned()));
        }
    };
    plugin.may_ask(kind).map_err(CallError::Failed)?;
    let lacking = super::caller::lacks(capabilities, as_object(&needed));
    // A client that says `elicitation: {url: {}}` alone has no forms.
    let no_forms = kind == Kind::Elicit
        && capabilities.get("elicitation").is_some_and(|can| can.get("url").is_some() && can.get("form").is_none());
    if !lacking.is_empty() || no_forms {
        return Err(CallError::Protocol(RpcError {
            code: MISSING_CAPABILITY,
            message: format!("the client cannot be asked this: it did not declare {needed}"),
            data: Some(json!({"requiredCapabilities": needed})),
        }));
    }
    Ok(Request { method: method.to_owned(), params: as_object(&params).clone() })
}

/// Are there not too many?
pub(super) fn check_number(waiting: usize) -> Result<(), CallError> {
    if waiting > MOST_QUESTIONS {
        return Err(CallError::Invalid(format!(
            "it asks {waiting} questions at once; at most {MOST_QUESTIONS} are put"
        )));
    }
    Ok(())
}

/// Tells the user who asks, so that no plugin speaks as another, or as the host.
fn from(plugin: &PluginId, message: &str) -> String {
    format!("[{plugin}] {message}")
}

fn as_object(value: &Value) -> &JsonObject {
    value.as_object().expect("it was written as an object")
}

/// A form is an object whose properties are texts, numbers, booleans, or choices
/// ([specification](https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation)).
fn check_form(schema: &JsonObject) -> Result<(), String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|_| schema.get("type").is_some_and(|kind| kind == "object")) else {
        return Err("a form's schema is an object with `type: object` and `properties`".to_owned());
    };
    for (name, property) in properties {
        let flat = match property["type"].as_str() {
            Some("string" | "number" | "integer" | "boolean") => true,
            Some("array") => property["items"].get("enum").is_some() || property["items"].get("anyOf").is_some(),
            _ => false,
        };
        if !flat {
            return Err(format!(
                "the property {name:?} of a form must be a string, a number, an integer, a boolean, or an array of \
                 choices"
            ));
        }
    }
    Ok(())
}

/// What the client's answer says to `query`; none if it is no answer to it.
pub(super) fn answer(query: &Query, answer: &Value) -> Option<Answer> {
    let answer = answer.as_object()?;
    Some(match query {
        Query::Form { schema, .. } => match elicited(answer)? {
            Answer::Accepted(content) => {
                let content = Value::Object(content);
                Schema::compile(&Value::Object(schema.clone())).ok()?.check(&content).ok()?;
                let Value::Object(content) = content else { return None };
                Answer::Accepted(content)
            }
            other => other,
        },
        Query::Visit { .. } => match elicited(answer)? {
            Answer::Accepted(_) => Answer::Accepted(JsonObject::new()),
            other => other,
        },
        Query::Sample(_) => Answer::Sampled(Sample {
            role: convert::role_from_json(answer.get("role")?)?,
            content: convert::contents_from_json(answer.get("content")?)?,
            model: answer.get("model")?.as_str()?.to_owned(),
            stop_reason: answer.get("stopReason").and_then(Value::as_str).map(str::to_owned),
        }),
        Query::Roots => {
            let root = |root: &Value| {
                let name = root.get("name").and_then(Value::as_str).map(str::to_owned);
                Some(Root { uri: root.get("uri")?.as_str()?.to_owned(), name })
            };
            Answer::Roots(answer.get("roots")?.as_array()?.iter().map(root).collect::<Option<_>>()?)
        }
        Query::Other(_) => Answer::Other(Value::Object(answer.clone())),
    })
}

fn elicited(answer: &JsonObject) -> Option<Answer> {
    match answer.get("action")?.as_str()? {
        "accept" => {
            Some(Answer::Accepted(answer.get("content").and_then(Value::as_object).cloned().unwrap_or_default()))
        }
        "decline" => Some(Answer::Declined),
        "cancel" => Some(Answer::Cancelled),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakePlugin, MUTE};

    fn form() -> Query {
        let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
        Query::Form { message: "Who?".into(), schema: as_object(&schema).clone() }
    }

    fn ask(plugin: &str, query: Query, capabilities: &Value) -> Result<Request, CallError> {
        let question = Question { key: "k".into(), query };
        request(&question, &*FakePlugin::new(plugin), as_object(capabilities))
    }

    #[test]
    fn a_question_names_the_plugin_that_asks() {
        let asked = ask("asker", form(), &json!({"elicitation": {}})).unwrap();
        assert_eq!((asked.method.as_str(), &asked.params["message"]), ("elicitation/create", &json!("[asker] Who?")));
    }

    #[test]
    fn what_is_not_granted_is_refused_with_the_reason_of_the_plugin() {
        let Err(CallError::Failed(why)) = ask(MUTE, Query::Roots, &json!({"roots": {}})) else {
            panic!("it must be refused")
        };
        assert!(why.contains("may not ask: roots"), "{why}");
    }

    #[test]
    fn a_client_that_cannot_answer_is_not_asked() {
        let visit = Query::Visit { message: "Go".into(), url: "https://example.com".into() };
        for (query, capabilities) in [
            (form(), json!({})),
            (form(), json!({"elicitation": {"url": {}}})),
            (visit, json!({"elicitation": {}})),
            (Query::Roots, json!({"sampling": {}})),
        ] {
            let refused = ask("asker", query, &capabilities);
            assert!(matches!(refused, Err(CallError::Protocol(RpcError { code: -32021, .. }))), "{capabilities}");
        }
    }

    #[test]
    fn only_flat_forms_are_put() {
        let nested = json!({"type": "object", "properties": {"a": {"type": "object"}}});
        let query = Query::Form { message: "m".into(), schema: as_object(&nested).clone() };
        assert!(matches!(ask("asker", query, &json!({"elicitation": {}})), Err(CallError::Invalid(_))));
    }

    #[test]
    fn an_answer_that_does_not_fit_the_form_is_none() {
        let accept = |content: Value| answer(&form(), &json!({"action": "accept", "content": content}));
        assert!(matches!(accept(json!({"name": "Alice"})), Some(Answer::Accepted(_))));
        assert_eq!(accept(json!({"name": 7})), None);
        assert_eq!(accept(json!({})), None);
        for bad in [json!(12345), json!(null), json!({}), json!({"action": "maybe"})] {
            assert_eq!(answer(&form(), &bad), None, "{bad}");
        }
        assert_eq!(answer(&form(), &json!({"action": "decline"})), Some(Answer::Declined));
    }
}
