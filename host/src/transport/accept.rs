//! What a client takes: `Accept`, read generously.

use http::HeaderMap;
use http::header::ACCEPT;

/// Which of the two kinds of reply a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepts {
    /// `application/json`
    pub(super) json: bool,
    /// `text/event-stream`
    pub(super) event_stream: bool,
}

impl Accepts {
    /// Reads the header; a client that sends none takes anything. Weights are not compared, but a weight of 0
    /// means never ([RFC 9110, 12.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)).
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT) {
            return Self { json: true, event_stream: true };
        }
        let mut accepts = Self { json: false, event_stream: false };
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            let never = parts.any(|parameter| {
                let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
                weight.is_some_and(|weight| weight.parse().is_ok_and(|weight: f32| weight <= 0.0))
            });
            if never {
                continue;
            }
            accepts.json |= is_one_of(media_type, ["application/json", "application/*", "*/*"]);
            accepts.event_stream |= is_one_of(media_type, ["text/event-stream", "text/*", "*/*"]);
        }
        accepts
    }

    /// Neither: there is nothing to reply with.
    pub(super) fn nothing(self) -> bool {
        !self.json && !self.event_stream
    }
}

fn is_one_of(media_type: &str, ranges: [&str; 3]) -> bool {
    ranges.iter().any(|range| media_type.eq_ignore_ascii_case(range))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(value: &'static str) -> (bool, bool) {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]);
        let accepts = Accepts::of(&headers);
        (accepts.json, accepts.event_stream)
    }

    #[test]
    fn accept_is_read_generously() {
        assert_eq!(of("application/json, text/event-stream"), (true, true));
        assert_eq!(of("text/event-stream, application/json;q=0.9"), (true, true));
        assert_eq!(of("*/*"), (true, true));
        assert_eq!(of("application/json"), (true, false));
        assert_eq!(of("TEXT/EVENT-STREAM; q=1"), (false, true));
        assert_eq!(of("application/json;q=0, text/event-stream;q=0.001"), (false, true));
        assert_eq!(of("text/html"), (false, false));
        assert_eq!(of(""), (false, false));
        let none = Accepts::of(&HeaderMap::new());
        assert!(none.json && none.event_stream);
    }
}
