//! Questions of a plugin to its client, and the answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Content, JsonObject, Role, RpcError};

/// One question, under a key of the plugin's own: the same on each run of the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Tells which answer belongs to which question.
    pub key: String,
    /// What is asked.
    pub query: Query,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// `elicitation/create`, for data: a form for the user.
    Form {
        /// What to tell the user.
        message: String,
        /// A flat JSON Schema.
        schema: JsonObject,
    },
    /// `elicitation/create`, for a URL: a page for the user to visit.
    Visit {
        /// Why to go there.
        message: String,
        /// Where.
        url: String,
    },
    /// `sampling/createMessage`: a conversation for the client's model to continue.
    Sample(SampleRequest),
    /// `roots/list`: the directories that the client works in.
    Roots,
    /// Any other request, an object with `method` and `params`.
    Other(JsonObject),
}

/// A conversation for the client's model to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRequest {
    /// First message first.
    pub messages: Vec<SampleMessage>,
    /// What the model is told before.
    pub system_prompt: Option<String>,
    /// The most that it may write.
    pub max_tokens: u32,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}

/// A message of several pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleMessage {
    /// Who is to have said it.
    pub role: Role,
    /// What, in pieces.
    pub content: Vec<Content>,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The form's fields; empty for a visit.
    Accepted(JsonObject),
    /// The user said no.
    Declined,
    /// The user closed the question.
    Cancelled,
    /// What the model wrote.
    Sampled(Sample),
    /// The directories.
    Roots(Vec<Root>),
    /// The answer to an [`Query::Other`].
    Other(Value),
    /// The client answered with an error.
    Refused(RpcError),
}

/// What the client's model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// As a rule the assistant.
    pub role: Role,
    /// What it wrote, in pieces; each a content block as MCP writes it.
    pub content: Vec<Content>,
    /// Which model, in the client's words.
    pub model: String,
    /// Why it stopped.
    pub stop_reason: Option<String>,
}

/// A directory that the client works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// `file:`, as a rule.
    pub uri: String,
    /// For people.
    pub name: Option<String>,
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// Data from the user, in a form.
    Elicit,
    /// The user to visit a page.
    Url,
    /// The client's model to write something.
    Sample,
    /// The directories that the client works in.
    Roots,
}

impl QuestionKind {
    /// As settings spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elicit => "elicit",
            Self::Url => "url",
            Self::Sample => "sample",
            Self::Roots => "roots",
        }
    }
}
