//! The host's double: what stands behind a [`Context`] where there is no host, so that `cargo test` runs
//! tools as the functions that they are.
//!
//! ```
//! use pegboard_sdk::prelude::*;
//!
//! /// Greets.
//! #[tool(read_only)]
//! fn greet(name: &str, ctx: &Context) -> String {
//!     ctx.info("greeting");
//!     format!("Hello, {name}!")
//! }
//!
//! let ctx = Context::test();
//! assert_eq!(greet("Ann", &ctx), "Hello, Ann!");
//! assert_eq!(ctx.logged()[0].data, json!("greeting"));
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::time::Duration;

use serde_json::Value;

use crate::ask::{Answer, Question};
use crate::context::{Call, Change, Context, LogLevel};
use crate::error::Error;
use crate::host::Host;

/// Progress that a tool sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How much is done.
    pub done: f64,
    /// Of how much.
    pub total: Option<f64>,
    /// In words.
    pub message: Option<String>,
}

/// A message that a tool logged.
#[derive(Debug, Clone, PartialEq)]
pub struct LogMessage {
    /// How grave.
    pub level: LogLevel,
    /// Under which name.
    pub logger: Option<String>,
    /// What.
    pub data: Value,
}

/// A question that a tool asked, and that has no answer yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Its key.
    pub key: String,
    /// What was asked.
    pub question: Question,
}

/// A [`Context`] that records, and answers as the test set it up. It stands where a `&Context` is wanted.
#[derive(Debug, Default)]
pub struct TestContext {
    context: Context,
}

#[derive(Debug, Default)]
struct State {
    call: Call,
    progress: Vec<Progress>,
    logged: Vec<LogMessage>,
    answers: HashMap<String, Answer>,
    asked: Vec<Asked>,
    announced: Vec<Change>,
    streams_closed: Vec<Option<Duration>>,
}

/// The imports, played.
#[derive(Debug, Default)]
pub struct Double(RefCell<State>);

impl Context {
    /// A context for tests, with nothing granted, nobody asked and no client. Not on `wasm32`.
    #[must_use]
    pub fn test() -> TestContext {
        TestContext::default()
    }
}

impl Deref for TestContext {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl TestContext {
    /// Sets who is calling. Before the tool looks: a context asks once.
    #[must_use]
    pub fn with_call(self, call: Call) -> Self {
        self.context.host.0.borrow_mut().call = call;
        self
    }

    /// Answers a question, by its key, for the runs to come.
    pub fn answer(&self, key: impl Into<String>, answer: Answer) {
        self.context.host.0.borrow_mut().answers.insert(key.into(), answer);
    }

    /// The questions that had no answer, so that the call was left pending.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.context.host.0.borrow().asked.clone()
    }

    /// The changes announced so far.
    #[must_use]
    pub fn announced(&self) -> Vec<Change> {
        self.context.host.0.borrow().announced.clone()
    }

    /// Each time that the response stream was closed: after what time the client shall come back, if that was said.
    #[must_use]
    pub fn streams_closed(&self) -> Vec<Option<Duration>> {
        self.context.host.0.borrow().streams_closed.clone()
    }

    /// The progress sent so far.
    #[must_use]
    pub fn progress_sent(&self) -> Vec<Progress> {
        self.context.host.0.borrow().progress.clone()
    }

    /// The messages logged so far.
    #[must_use]
    pub fn logged(&self) -> Vec<LogMessage> {
        self.context.host.0.borrow().logged.clone()
    }
}

impl Host for Double {
    fn log(&self, level: LogLevel, logger: Option<&str>, data: &str) {
        let data = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned()));
        self.0.borrow_mut().logged.push(LogMessage { level, logger: logger.map(str::to_owned), data });
    }

    /// # Panics
    /// If `done` does not grow, which the protocol forbids.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let sent = &mut self.0.borrow_mut().progress;
        if let Some(last) = sent.last() {
            assert!(done > last.done, "progress must grow: {done} after {}", last.done);
        }
        sent.push(Progress { done, total, message: message.map(str::to_owned) });
    }

    fn call(&self) -> Call {
        self.0.borrow().call.clone()
    }

    /// # Panics
    /// If two questions have one key, which the host refuses.
    fn ask(&self, questions: Vec<(String, Question)>) -> Result<Vec<Answer>, Error> {
        for (place, (key, _)) in questions.iter().enumerate() {
            assert!(questions[..place].iter().all(|(other, _)| other != key), "two questions have the key `{key}`");
        }
        let state = &mut *self.0.borrow_mut();
        let answers = questions.iter().filter_map(|(key, _)| state.answers.get(key).cloned()).collect::<Vec<_>>();
        if answers.len() == questions.len() {
            return Ok(answers);
        }
        let open = questions.into_iter().filter(|(key, _)| !state.answers.contains_key(key));
        state.asked.extend(open.map(|(key, question)| Asked { key, question }));
        Err(Error::Pending)
    }

    fn announce(&self, change: Change) {
        self.0.borrow_mut().announced.push(change);
    }

    fn close_stream(&self, retry: Option<Duration>) {
        self.0.borrow_mut().streams_closed.push(retry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "progress must grow: 1 after 2")]
    fn progress_that_does_not_grow_is_a_fault_of_the_tool() {
        let ctx = Context::test();
        ctx.progress(2, None, "");
        ctx.progress(1, None, "");
    }

    #[test]
    #[should_panic(expected = "two questions have the key `a`")]
    fn two_questions_with_one_key_are_a_fault_of_the_tool() {
        let ctx = Context::test();
        let _ = ctx.ask_all((("a", crate::ask::Roots), ("a", crate::ask::Roots)));
    }

    #[test]
    fn announcements_and_the_end_of_the_stream_are_recorded() {
        let ctx = Context::test();
        ctx.announce(Change::Tools);
        ctx.announce(Change::resource("a:b"));
        assert_eq!(ctx.announced(), [Change::Tools, Change::ResourceUpdated("a:b".into())]);
        ctx.close_stream(Duration::from_secs(1));
        ctx.close_stream(None);
        assert_eq!(ctx.streams_closed(), [Some(Duration::from_secs(1)), None]);
    }
}
