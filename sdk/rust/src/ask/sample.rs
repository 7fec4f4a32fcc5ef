//! Conversations for the client's model to continue.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Query, Question};
use crate::content::{Content, Object, Role};
use crate::error::{Error, Result};

/// A conversation for the client's model to continue.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Says what a text is about.
/// #[tool(read_only, needs("sampling"))]
/// fn summarize(text: &str, ctx: &Context) -> Result<String> {
///     let summary = ctx.ask(
///         "summary",
///         Sample::new(200).system_prompt("Be brief.").user(format!("Summarize this:\n\n{text}")).temperature(0.2),
///     )?;
///     Ok(summary.to_text())
/// }
///
/// let ctx = Context::test();
/// ctx.answer("summary", Answer::sampled("Nothing new."));
/// assert_eq!(summarize("…", &ctx), Ok("Nothing new.".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// First message first.
    pub messages: Vec<SamplingMessage>,
    /// What the model is told before.
    pub system_prompt: Option<String>,
    /// The most tokens that it may write.
    pub max_tokens: u32,
    /// Further members of MCP's request: `modelPreferences`, `tools` and so on.
    pub extra: Object,
}

/// One message of such a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingMessage {
    /// Who is to have said it.
    pub role: Role,
    /// What, in pieces.
    pub content: Vec<Content>,
}

impl Sample {
    /// A conversation without a message yet.
    #[must_use]
    pub fn new(max_tokens: u32) -> Self {
        Self { messages: Vec::new(), system_prompt: None, max_tokens, extra: Object::new() }
    }

    /// Tells the model something before.
    #[must_use]
    pub fn system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.system_prompt = Some(prompt.into());
        self
    }

    /// Adds a message of the user.
    #[must_use]
    pub fn user(self, content: impl Into<Content>) -> Self {
        self.message(Role::User, vec![content.into()])
    }

    /// Adds a message of the model.
    #[must_use]
    pub fn assistant(self, content: impl Into<Content>) -> Self {
        self.message(Role::Assistant, vec![content.into()])
    }

    /// Adds a message of several pieces.
    #[must_use]
    pub fn message(mut self, role: Role, content: Vec<Content>) -> Self {
        self.messages.push(SamplingMessage { role, content });
        self
    }

    /// Adds what the model wrote when it was asked before, so that the conversation goes on.
    #[must_use]
    pub fn sampled(self, sampled: Sampled) -> Self {
        self.message(sampled.role, sampled.content)
    }

    /// Adds the results of the tools that the model wanted to use: for each [`ToolUse`] one, in one message.
    #[must_use]
    pub fn tool_results<T: Into<String>>(self, results: impl IntoIterator<Item = (ToolUse, T)>) -> Self {
        let result = |(tool, text): (ToolUse, T)| {
            Content::Other(object(json!({
                "type": "tool_result",
                "toolUseId": tool.id,
                "content": [{ "type": "text", "text": text.into() }],
            })))
        };
        self.message(Role::User, results.into_iter().map(result).collect())
    }

    /// How much the model may vary its words.
    #[must_use]
    pub fn temperature(self, temperature: f64) -> Self {
        self.extra("temperature", temperature)
    }

    /// Where the model shall stop.
    #[must_use]
    pub fn stop_sequences<S: Into<String>>(self, sequences: impl IntoIterator<Item = S>) -> Self {
        self.extra("stopSequences", sequences.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Which model would do best, as MCP writes `modelPreferences`.
    #[must_use]
    pub fn model_preferences(self, preferences: impl Serialize) -> Self {
        self.extra("modelPreferences", preferences)
    }

    /// Offers the model a tool, which it asks for with a [`ToolUse`]; the plugin runs it, and asks again with its
    /// result. The client must have the capability `sampling.tools`.
    #[must_use]
    pub fn tool(mut self, name: &str, description: &str, input_schema: impl Serialize) -> Self {
        let tool = json!({ "name": name, "description": description, "inputSchema": input_schema });
        match self.extra.entry("tools").or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(tools) => tools.push(tool),
            other => *other = Value::Array(vec![tool]),
        }
        self
    }

    /// Must (`required`), may (`auto`) or must not (`none`) the model use tools?
    #[must_use]
    pub fn tool_choice(self, mode: &str) -> Self {
        self.extra("toolChoice", json!({ "mode": mode }))
    }

    /// Any other member of MCP's request. A value that cannot be JSON is `null`.
    #[must_use]
    pub fn extra(mut self, member: &str, value: impl Serialize) -> Self {
        self.extra.insert(member.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }
}

impl Query for Sample {
    type Answer = Sampled;

    fn question(self) -> Result<Question> {
        if self.messages.is_empty() {
            return Err(Error::failed("there is no message for the model to answer: add one with `user`"));
        }
        Ok(Question::Sample(self))
    }

    fn read(answer: Answer) -> Result<Sampled> {
        match answer {
            Answer::Sampled(sampled) => Ok(sampled),
            other => Err(other.unexpected("a message of the model")),
        }
    }
}

/// What the client's model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// As a rule the assistant.
    pub role: Role,
    /// What, in pieces.
    pub content: Vec<Content>,
    /// Which model, in the client's words.
    pub model: String,
    /// Why it stopped: `endTurn`, `maxTokens`, `stopSequence`, `toolUse` or another.
    pub stop_reason: Option<String>,
}

/// That the model wants a tool to be used, of those it was offered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUse {
    /// Names this use, for its result.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// With which arguments.
    pub input: Value,
}

impl Sampled {
    /// A message of one text, as a model would write it at the end of its turn.
    pub fn text(text: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            content: vec![Content::text(text)],
            model: model.into(),
            stop_reason: Some("endTurn".to_owned()),
        }
    }

    /// All its text, joined by line ends.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.content.iter().filter_map(Content::as_text).collect::<Vec<_>>().join("\n")
    }

    /// The tools that the model wants to use; none: it has said all.
    #[must_use]
    pub fn tool_uses(&self) -> Vec<ToolUse> {
        let of_object = |content: &Content| {
            let Content::Other(block) = content else { return None };
            let text = |key: &str| Some(block.get(key)?.as_str()?.to_owned());
            (text("type")? == "tool_use").then_some(())?;
            Some(ToolUse {
                id: text("id")?,
                name: text("name")?,
                input: block.get("input").cloned().unwrap_or_default(),
            })
        };
        self.content.iter().filter_map(of_object).collect()
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
