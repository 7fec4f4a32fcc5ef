//! Several messages as one JSON array, which a single revision has
//! ([specification](https://modelcontextprotocol.io/specification/2025-03-26/basic/transports#sending-messages-to-the-server)).

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tracing::debug;

use super::dispatch::unexpected_response;
use super::error::{ErrorKind, RequestError};
use super::jsonrpc::{Message, NotAMessage, Response};
use super::reply::{ReplyKind, RunningCall};
use super::version::{self, Era};
use super::{Origin, Server};
use crate::session::SessionId;

/// What a client sent at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// One message.
    One(Message),
    /// Several.
    Batch(Batch),
}

/// The messages of a batch, as many as it may have, and what is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch(Vec<Result<Message, NotAMessage>>);

/// The reply to a batch.
pub struct BatchReply {
    /// The session that it belongs to.
    pub session: Option<SessionId>,
    /// What is there at once. Without calls and responses the batch was taken, and there is nothing to say.
    pub responses: Vec<Response>,
    /// What runs.
    pub calls: Vec<RunningCall>,
}

impl Incoming {
    /// Reads one message, or a batch of `most` at most.
    ///
    /// # Errors
    /// [`NotAMessage`]: no JSON (`-32700`), no message, or a batch that is empty or too large (`-32600`). What is
    /// wrong with one message of a batch is that message's error.
    pub fn parse(body: &[u8], most: usize) -> Result<Self, NotAMessage> {
        if !body.trim_ascii_start().starts_with(b"[") {
            return Message::parse(body).map(Self::One);
        }
        let not_json = |error: serde_json::Error| NotAMessage {
            id: None,
            error: RequestError::new(ErrorKind::Parse, format!("Parse error: the body is no JSON: {error}")),
        };
        let mut json = serde_json::Deserializer::from_slice(body);
        let elements = json.deserialize_seq(AtMost(most)).map_err(not_json)?;
        json.end().map_err(not_json)?;
        let messages = elements.filter(|elements| !elements.is_empty()).ok_or_else(|| NotAMessage {
            id: None,
            error: refused(&format!("a batch has 1 to {most} messages (`transport.max_batch`)")),
        })?;
        Ok(Self::Batch(Batch(messages.into_iter().map(|message| Message::parse(message.get().as_bytes())).collect())))
    }
}

/// The elements of an array as they are written; none if there are more, which are read over and not kept.
struct AtMost(usize);

impl<'de> Visitor<'de> for AtMost {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < self.0 {
            match array.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Some(elements)),
            }
        }
        let mut more = false;
        while array.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok((!more).then_some(elements))
    }
}

impl Server {
    /// Takes a batch. Its requests run side by side.
    ///
    /// # Errors
    /// The revision has no batches, the session is unknown, a message may not be in a batch, or there is no request
    /// in it and a response that nobody waits for.
    pub async fn handle_batch(&self, batch: Batch, origin: Origin<'_>) -> Result<BatchReply, RequestError> {
        let caller = self.legacy_caller(origin.version(), origin).await?;
        if !caller.revision.batches {
            let name = caller.revision.name;
            return Err(refused(&format!("{name} has no batches: send one message at a time")));
        }
        for message in batch.0.iter().flatten() {
            let meta_version = message.meta().and_then(|meta| meta.get(version::META_VERSION));
            if message.method() == Some("initialize") {
                return Err(refused("`initialize` must not be part of a batch"));
            }
            if version::era(message.method(), meta_version, None) == Era::Modern {
                return Err(refused("a request that names its version in `_meta` must not be part of a batch"));
            }
        }
        let mut reply = BatchReply { session: caller.session, responses: Vec::new(), calls: Vec::new() };
        let mut unexpected = 0;
        for message in batch.0 {
            let message = match message {
                Ok(message) => message,
                Err(not) => {
                    reply.responses.push(Response::error(not.id.as_ref(), &not.error));
                    continue;
                }
            };
            let wants_response = matches!(message, Message::Request { .. });
            match self.handle(message, origin).await.kind {
                ReplyKind::Response(response) if wants_response => reply.responses.push(response),
                ReplyKind::Response(_) => unexpected += 1,
                ReplyKind::Call(call) => reply.calls.push(call),
                // Neither is the reply to a legacy message.
                ReplyKind::Accepted | ReplyKind::Listen(_) | ReplyKind::Replay(_) => {}
            }
        }
        if unexpected > 0 {
            debug!(unexpected, "responses in a batch that nobody waits for");
            if reply.responses.is_empty() && reply.calls.is_empty() {
                return Err(unexpected_response());
            }
        }
        Ok(reply)
    }
}

impl BatchReply {
    /// Responses as the JSON array that answers a batch, on one line.
    #[must_use]
    pub fn array(responses: &[Response]) -> String {
        let each: Vec<_> = responses.iter().map(|response| response.json.as_str()).collect();
        format!("[{}]", each.join(","))
    }
}

fn refused(why: &str) -> RequestError {
    RequestError::new(ErrorKind::InvalidRequest, format!("Invalid request: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

    fn parse(body: &str) -> Result<Incoming, ErrorKind> {
        Incoming::parse(body.as_bytes(), 3).map_err(|not| not.error.kind)
    }

    #[test]
    fn an_array_is_a_batch_and_anything_else_one_message() {
        assert!(matches!(parse(PING), Ok(Incoming::One(_))));
        let Ok(Incoming::Batch(Batch(messages))) = parse(&format!(" \n[{PING}, 7, {PING}]")) else { panic!("a batch") };
        assert_eq!(messages.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn an_empty_batch_and_one_of_ten_thousand_are_refused() {
        assert_eq!(parse("[]"), Err(ErrorKind::InvalidRequest));
        let many = format!("[{}]", vec![PING; 10_000].join(","));
        assert_eq!(parse(&many), Err(ErrorKind::InvalidRequest));
        assert_eq!(parse(&format!("[{PING},{PING},{PING},{PING}]")), Err(ErrorKind::InvalidRequest));
    }

    #[test]
    fn a_batch_that_is_no_json_is_a_parse_error() {
        for body in ["[", "[}", "[1,]", "[1] 2", &format!("[{PING},{PING},{PING},{PING},{{]"), &"[".repeat(10_000)] {
            assert_eq!(parse(body), Err(ErrorKind::Parse), "{body:.40}");
        }
    }

    #[test]
    fn a_deep_message_in_a_batch_is_its_own_error() {
        let body = format!("[{PING},{}{}]", "[".repeat(10_000), "]".repeat(10_000));
        let Ok(Incoming::Batch(Batch(messages))) = parse(&body) else { panic!("a batch") };
        assert!(messages[0].is_ok() && messages[1].is_err());
    }
}
