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

mod double;

use std::ops::Deref;
use std::time::Duration;

use serde_json::Value;

use crate::ask::{Answer, Question};
use crate::context::{Call, Change, Context, LogLevel};
use crate::http::{HttpError, Request, Response};

#[doc(hidden)]
pub use double::Double;

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
        self.context.host.state.borrow_mut().call = call;
        self
    }

    /// Sets the operator's configuration: a JSON object.
    ///
    /// # Panics
    /// If it is no object.
    #[must_use]
    pub fn with_config(self, config: Value) -> Self {
        let Value::Object(config) = config else { panic!("a configuration is a JSON object, not {config}") };
        self.context.host.state.borrow_mut().config = config;
        self
    }

    /// Grants a secret.
    #[must_use]
    pub fn with_secret(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.host.state.borrow_mut().secrets.insert(name.into(), value.into());
        self
    }

    /// Grants a bucket, empty and in memory. It is the same for each call with this context.
    #[must_use]
    pub fn with_bucket(self, name: impl Into<String>) -> Self {
        self.context.host.state.borrow_mut().buckets.insert(name.into(), double::Bucket::default());
        self
    }

    /// Answers requests. Without it, each is denied.
    #[must_use]
    pub fn with_fetch(mut self, fetch: impl Fn(&Request) -> Result<Response, HttpError> + 'static) -> Self {
        self.context.host.fetch = Some(Box::new(fetch));
        self
    }

    /// The requests sent so far, those that were denied too.
    #[must_use]
    pub fn fetched(&self) -> Vec<Request> {
        self.context.host.state.borrow().fetched.clone()
    }

    /// Answers a question, by its key, for the runs to come.
    pub fn answer(&self, key: impl Into<String>, answer: Answer) {
        self.context.host.state.borrow_mut().answers.insert(key.into(), answer);
    }

    /// The questions that had no answer, so that the call was left pending.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.context.host.state.borrow().asked.clone()
    }

    /// The changes announced so far.
    #[must_use]
    pub fn announced(&self) -> Vec<Change> {
        self.context.host.state.borrow().announced.clone()
    }

    /// Each time that the response stream was closed: after what time the client shall come back, if that was said.
    #[must_use]
    pub fn streams_closed(&self) -> Vec<Option<Duration>> {
        self.context.host.state.borrow().streams_closed.clone()
    }

    /// The progress sent so far.
    #[must_use]
    pub fn progress_sent(&self) -> Vec<Progress> {
        self.context.host.state.borrow().progress.clone()
    }

    /// The messages logged so far.
    #[must_use]
    pub fn logged(&self) -> Vec<LogMessage> {
        self.context.host.state.borrow().logged.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpErrorKind;
    use crate::kv::KvErrorKind;

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
    fn without_a_grant_nothing_is_reached() {
        let ctx = Context::test();
        assert_eq!(ctx.fetch("https://a.example").unwrap_err().kind, HttpErrorKind::Denied);
        assert_eq!(ctx.fetched()[0].url, "https://a.example");
        assert_eq!(ctx.kv("b").get("k").unwrap_err().kind, KvErrorKind::Denied);
        assert!(ctx.secret("s").unwrap_err().to_string().contains("no secret `s`"));
        assert_eq!(ctx.config("k"), None);
    }

    #[test]
    fn what_is_granted_is_there() {
        let fetch = |request: &Request| Ok(Response::new(404, "x").with_header("X-A", request.method.as_str()));
        let ctx = Context::test()
            .with_secret("s", "value")
            .with_config(serde_json::json!({ "text": "a", "number": 1 }))
            .with_fetch(fetch);
        assert_eq!(ctx.secret("s").as_deref(), Ok("value"));
        assert_eq!((ctx.config("text"), ctx.config("number")), (Some("a".into()), Some("1".into())));
        let request = Request::post("https://a.example").bearer("s").json(&[1]).unwrap();
        let response = ctx.fetch(request).unwrap();
        assert_eq!((response.header("x-a"), response.text()), (Some("POST"), Ok("x")));
        assert_eq!((ctx.fetched()[0].body.as_slice(), ctx.fetched()[0].secrets.len()), (b"[1]".as_slice(), 1));
        let error = response.ok().unwrap_err();
        assert_eq!(error.to_string(), "https://a.example answered with status 404");
    }

    #[test]
    fn a_bucket_keeps_versions_and_gives_its_keys_page_by_page() {
        let ctx = Context::test().with_bucket("b");
        let bucket = ctx.kv("b");
        bucket.set("a", "1").unwrap();
        let entry = bucket.entry("a").unwrap().unwrap();
        assert!(bucket.swap("a", Some(&entry.version), "2").unwrap());
        assert!(!bucket.swap("a", Some(&entry.version), "3").unwrap());
        assert!(!bucket.swap("a", None, "3").unwrap() && bucket.swap("b", None, "3").unwrap());
        assert_eq!(bucket.get("a"), Ok(Some(b"2".to_vec())));
        for n in 0..25 {
            bucket.set_json(&format!("n{n}"), &n).unwrap();
        }
        bucket.delete("n3").unwrap();
        assert_eq!(bucket.keys("n").collect::<Result<Vec<_>, _>>().unwrap().len(), 24);
        assert_eq!((bucket.get_json("n4"), bucket.get_json::<u8>("n3")), (Ok(Some(4)), Ok(None)));
        assert_eq!(bucket.get_json::<bool>("n4").unwrap_err().kind, KvErrorKind::Unreadable);
        bucket.set_for("gone", "x", Duration::ZERO).unwrap();
        assert_eq!(bucket.get("gone"), Ok(None));
    }

    #[test]
    fn an_update_that_others_disturb_is_tried_again() {
        let ctx = Context::test().with_bucket("b");
        let bucket = ctx.kv("b");
        let mut runs = 0;
        let value = bucket.update("k", |old: Option<u32>| {
            runs += 1;
            if runs == 1 {
                bucket.set("k", "10").unwrap();
            }
            old.unwrap_or(0) + 1
        });
        assert_eq!((value, runs), (Ok(11), 2));
        let error = bucket.update("k", |old: Option<u32>| {
            bucket.set("k", "1").unwrap();
            old.unwrap_or(0)
        });
        assert_eq!(error.unwrap_err().kind, KvErrorKind::Unavailable);
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
