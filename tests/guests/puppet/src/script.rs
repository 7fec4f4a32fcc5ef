//! What a call is told to do.

use std::io::Write as _;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::bindings::exports::pegboard::plugin::tools::ToolResult;
use crate::bindings::pegboard::plugin::client::{self, CallContext, Change, LogLevel};
use crate::bindings::pegboard::plugin::types::{CallError, Content, MediaContent, RpcError, TextContent};
use crate::questions::Ask;

/// Steps, then a result. Raw texts are handed on as they are, so that they may be no JSON at all.
#[derive(Deserialize)]
pub struct Script {
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    result: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Tells progress.
    Progress { done: f64, total: Option<f64>, message: Option<String> },
    /// Tells progress so many times, each with a message of so many bytes.
    Flood { count: u32, bytes: usize },
    /// Logs raw JSON text.
    Log { level: Level, logger: Option<String>, data: String },
    /// Writes to standard output.
    Print(String),
    /// Writes to standard error.
    Eprint(String),
    /// Announces a change.
    Announce(Announced),
    /// Waits for so many milliseconds.
    Sleep(u64),
    /// Asks the client.
    Ask(Ask),
    /// Closes the stream, so that the client comes back for the rest.
    CloseStream { retry_ms: Option<u32> },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Announced {
    Tools,
    Prompts,
    Resources,
    /// One resource, by its URI.
    Updated(String),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Outcome {
    text: Vec<String>,
    /// A text with all answers.
    answers: bool,
    image: Option<Vec<u8>>,
    /// A content block as raw JSON text.
    other: Option<String>,
    structured: Option<String>,
    is_error: bool,
    meta: Option<String>,
    extra: Option<String>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Failure {
    Failed(String),
    InvalidArguments(String),
    NotFound(String),
    Protocol { code: i32, message: String, data: Option<String> },
    Pending,
}

impl Script {
    pub fn parse(args: &str) -> Result<Self, CallError> {
        serde_json::from_str(args).map_err(|error| CallError::InvalidArguments(error.to_string()))
    }

    pub fn play(self) -> Result<ToolResult, CallError> {
        let mut answers = Vec::new();
        self.steps.into_iter().try_for_each(|step| step.take(&mut answers))?;
        self.result.give(&answers)
    }
}

impl Step {
    /// Does it. What was answered goes to `answers`.
    fn take(self, answers: &mut Vec<Value>) -> Result<(), CallError> {
        match self {
            Self::Progress { done, total, message } => client::progress(done, total, message.as_deref()),
            Self::Flood { count, bytes } => {
                let message = "x".repeat(bytes);
                (1..=count).for_each(|done| client::progress(done.into(), Some(count.into()), Some(&message)));
            }
            Self::Log { level, logger, data } => client::log(level.into(), logger.as_deref(), &data),
            Self::Print(text) => {
                print!("{text}");
                // Or the end of a line that is none would stay in the guest.
                let _ = std::io::stdout().flush();
            }
            Self::Eprint(text) => eprint!("{text}"),
            Self::Announce(what) => client::announce(&what.into()),
            Self::Sleep(ms) => std::thread::sleep(Duration::from_millis(ms)),
            Self::Ask(ask) => answers.extend(ask.put()?),
            Self::CloseStream { retry_ms } => client::close_stream(retry_ms),
        }
        Ok(())
    }
}

impl Outcome {
    fn give(self, answers: &[Value]) -> Result<ToolResult, CallError> {
        if let Some(failure) = self.error {
            return Err(failure.into());
        }
        let answers = self.answers.then(|| json!(answers).to_string());
        let texts = self.text.into_iter().chain(answers);
        let texts = texts.map(|text| Content::Text(TextContent { text, annotations: None, meta: None }));
        let image = self.image.map(|data| {
            Content::Image(MediaContent { data, mime_type: "image/png".into(), annotations: None, meta: None })
        });
        Ok(ToolResult {
            content: texts.chain(image).chain(self.other.map(Content::Other)).collect(),
            structured_content: self.structured,
            is_error: self.is_error,
            meta: self.meta,
            extra: self.extra,
        })
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Failed(text) => Self::Failed(text),
            Failure::InvalidArguments(text) => Self::InvalidArguments(text),
            Failure::NotFound(text) => Self::NotFound(text),
            Failure::Protocol { code, message, data } => Self::Protocol(RpcError { code, message, data }),
            Failure::Pending => Self::Pending,
        }
    }
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}

impl From<Announced> for Change {
    fn from(what: Announced) -> Self {
        match what {
            Announced::Tools => Self::Tools,
            Announced::Prompts => Self::Prompts,
            Announced::Resources => Self::Resources,
            Announced::Updated(uri) => Self::ResourceUpdated(uri),
        }
    }
}

/// One text.
pub fn text(text: &str) -> ToolResult {
    let content = vec![Content::Text(TextContent { text: text.into(), annotations: None, meta: None })];
    ToolResult { content, structured_content: None, is_error: false, meta: None, extra: None }
}

/// A value, as text too.
pub fn structured(value: &Value) -> ToolResult {
    let json = value.to_string();
    ToolResult { structured_content: Some(json.clone()), ..text(&json) }
}

/// What a plugin is told of its call.
pub fn context(context: &CallContext) -> Value {
    let raw = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|error| error.to_string().into());
    json!({
        "protocolVersion": context.protocol_version,
        "client": context.client.as_ref().map(|peer| json!({"name": peer.name, "version": peer.version})),
        "capabilities": raw(&context.capabilities),
        "session": context.session,
        "requestId": raw(&context.request_id),
        "traceparent": context.trace.as_ref().map(|trace| &trace.parent),
        "wantsProgress": context.wants_progress,
        "logs": context.log_level.is_some(),
        "meta": raw(&context.meta),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_anything_gives_an_empty_result() {
        let result = Script::parse("{}").and_then(Script::play);
        assert!(result.is_ok_and(|result| result.content.is_empty() && !result.is_error));
    }

    #[test]
    fn a_step_that_is_not_known_is_an_error() {
        assert!(matches!(Script::parse(r#"{"steps":[{"dance":1}]}"#), Err(CallError::InvalidArguments(_))));
    }
}
