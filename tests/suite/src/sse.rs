//! The frames of an event stream, strictly: what a lenient reader would forgive is a failure here.

use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use crate::http::Body;
use crate::rules::{Rules, check};

/// What stands between two empty lines.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Comments alone.
    Comment(String),
    /// No message yet, but an id to come back with.
    Primer {
        /// `id:`
        id: String,
        /// `retry:`
        retry: Option<u64>,
    },
    /// An event.
    Event {
        /// `event:`
        name: String,
        /// `data:`, which is one line.
        data: String,
        /// `id:`
        id: Option<String>,
        /// `retry:`
        retry: Option<u64>,
    },
}

/// A stream, frame by frame. Dropping it closes the connection.
pub struct Events {
    reader: BufReader<Body>,
    rules: Rules,
    /// The id of the last event that had one.
    pub last_id: Option<String>,
}

impl Events {
    pub(crate) fn new(reader: BufReader<Body>, rules: Rules) -> Self {
        Self { reader, rules, last_id: None }
    }

    /// The next frame, as soon as it is there; none at the end of the stream.
    pub fn frame(&mut self) -> Option<Frame> {
        let (mut comment, mut name, mut data, mut id, mut retry) = (None, None, None, None, None);
        loop {
            let line = self.line()?;
            let Some((field, value)) = line.split_once(':') else {
                assert_eq!(line, "", "a field without a colon");
                break;
            };
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            let again = match field {
                "" => comment.replace(value).is_some(),
                "event" => name.replace(value).is_some(),
                "data" => data.replace(value).is_some(),
                "id" => id.replace(value).is_some(),
                "retry" => retry.replace(value.parse().expect("a number")).is_some(),
                other => panic!("an event stream has no field {other:?}"),
            };
            assert!(!again, "{field:?} is there twice in one frame");
        }
        if id.is_some() {
            self.last_id.clone_from(&id);
        }
        Some(match (comment, name, data, id) {
            (Some(comment), None, None, None) => Frame::Comment(comment),
            (None, Some(name), Some(data), id) => Frame::Event { name, data, id, retry },
            (None, None, Some(data), Some(id)) if data.is_empty() => Frame::Primer { id, retry },
            other => panic!("a frame with {other:?}"),
        })
    }

    /// The next message, checked against the rules of its revision; none at the end of the stream.
    pub fn message(&mut self) -> Option<Value> {
        loop {
            match self.frame()? {
                Frame::Comment(_) | Frame::Primer { .. } => {}
                Frame::Event { name, data, .. } => {
                    assert_eq!(name, "message");
                    let message = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
                    check(&self.rules, &message);
                    return Some(message);
                }
            }
        }
    }

    /// The next message, which must be a request of the server for `method`.
    pub fn request(&mut self, method: &str) -> Value {
        let message = self.message().unwrap_or_else(|| panic!("the stream has ended; {method} was to come"));
        assert!(message["method"] == method && message.get("id").is_some(), "{message}");
        message
    }

    /// The next message, which must be a response with a result.
    pub fn result(&mut self) -> Value {
        let message = self.message().expect("the stream has ended; a response was to come");
        assert!(message.get("result").is_some(), "{message}");
        message["result"].clone()
    }

    /// The next message, which must be a notification of that method.
    pub fn notification(&mut self, method: &str) -> Value {
        let message = self.message().unwrap_or_else(|| panic!("the stream has ended; {method} was to come"));
        assert_eq!(message["method"], method, "{message}");
        assert!(message.get("id").is_none(), "a notification has no id: {message}");
        message["params"].clone()
    }

    /// Checks that no message comes. For a server that keeps streams alive often; what happened before this was called
    /// would come before its comments.
    pub fn stays_quiet(&mut self) {
        for _ in 0..5 {
            let frame = self.frame();
            assert!(matches!(frame, Some(Frame::Comment(_))), "nothing was to come: {frame:?}");
        }
    }

    /// All messages up to the end of the stream.
    pub fn rest(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.message()).collect()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).expect("the stream goes on or ends in order");
        if line.is_empty() {
            return None;
        }
        assert_eq!(line.pop(), Some(b'\n'), "the stream ends within a line");
        Some(String::from_utf8(line).expect("text"))
    }
}
