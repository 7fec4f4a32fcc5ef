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
use std::ops::Deref;

use serde_json::Value;

use crate::context::{Call, Context, LogLevel};
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
}
