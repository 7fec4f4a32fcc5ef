//! Frames of an event stream ([HTML, 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).

use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::protocol::ReplayEvent;

/// Sent when a stream begins before there is anything to say, and to keep it open.
pub(super) const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");
/// The last event, where it is wanted.
pub(super) const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata: {}\n\n");

/// One message as one event. The message is JSON of ours, so it has no line breaks.
pub(super) fn message(json: &str) -> Bytes {
    debug_assert!(!json.contains(['\n', '\r']), "a message is one line");
    const BEFORE: &[u8] = b"event: message\ndata: ";
    const AFTER: &[u8] = b"\n\n";
    let mut frame = BytesMut::with_capacity(BEFORE.len() + json.len() + AFTER.len());
    frame.put_slice(BEFORE);
    frame.put_slice(json.as_bytes());
    frame.put_slice(AFTER);
    frame.freeze()
}

/// The first event of HTTP+SSE: where the client sends its messages.
pub(super) fn endpoint(address: &str) -> Bytes {
    format!("event: endpoint\ndata: {address}\n\n").into()
}

/// One event of a stream that can be resumed. Without a message it is there for its id alone.
pub(super) fn replay(event: &ReplayEvent) -> Bytes {
    let mut frame = String::with_capacity(64 + event.message.as_ref().map_or(0, |message| message.len()));
    // Writing to a text does not fail.
    let _ = writeln!(frame, "id: {}", event.id);
    if let Some(retry) = event.retry_ms {
        let _ = writeln!(frame, "retry: {retry}");
    }
    match &event.message {
        Some(json) => {
            debug_assert!(!json.contains(['\n', '\r']), "a message is one line");
            let _ = write!(frame, "event: message\ndata: {json}\n\n");
        }
        None => frame.push_str("data: \n\n"),
    }
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_event_on_one_data_line() {
        assert_eq!(message(r#"{"a":1}"#), "event: message\ndata: {\"a\":1}\n\n".as_bytes());
    }

    #[test]
    fn an_event_that_can_be_resumed_has_its_id_and_one_without_a_message_an_empty_data_line() {
        let event = |message: Option<&str>, retry_ms| ReplayEvent {
            id: "s.1".to_owned(),
            message: message.map(Into::into),
            retry_ms,
        };
        let first = replay(&event(None, Some(500)));
        assert_eq!(first, "id: s.1\nretry: 500\ndata: \n\n".as_bytes());
        let message = replay(&event(Some("{}"), None));
        assert_eq!(message, "id: s.1\nevent: message\ndata: {}\n\n".as_bytes());
    }
}
