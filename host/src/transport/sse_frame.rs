//! Frames of an event stream ([HTML, 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).

use bytes::{BufMut as _, Bytes, BytesMut};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_event_on_one_data_line() {
        assert_eq!(message(r#"{"a":1}"#), "event: message\ndata: {\"a\":1}\n\n".as_bytes());
    }
}
