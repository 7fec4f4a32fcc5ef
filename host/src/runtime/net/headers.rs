//! What a guest may put into a request's head, and what it is given of a response's.

use http::header::{ACCEPT, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT};
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::failure::{Failure, Kind};
use crate::runtime::limits::{HTTP_FIELDS, HTTP_FIELDS_BYTES};
use crate::runtime::output::excerpt;
use crate::runtime::wit::imports::http::Header;

const AGENT: &str = concat!("pegboard/", env!("CARGO_PKG_VERSION"));

/// Is this header about the connection, which is the host's?
pub(super) fn is_the_hosts(name: &HeaderName) -> bool {
    const THEIRS: [HeaderName; 7] = [CONNECTION, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    THEIRS.contains(name)
        || name.as_str().starts_with("proxy-")
        || matches!(name.as_str(), "keep-alive" | "http2-settings")
}

/// What a guest sends. Its text is Latin-1, and nothing in it can end the line.
pub(super) fn from_guest(headers: &[Header]) -> Result<HeaderMap, Failure> {
    if headers.len() > HTTP_FIELDS {
        return Err(Failure::invalid(format!("a request has at most {HTTP_FIELDS} headers")));
    }
    let bytes: usize = headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    if bytes > HTTP_FIELDS_BYTES {
        return Err(Failure::invalid(format!("the headers of a request have at most {HTTP_FIELDS_BYTES} bytes")));
    }
    let mut map = HeaderMap::with_capacity(headers.len() + 3);
    for header in headers {
        map.append(name(&header.name)?, value(&header.name, &latin_1(&header.value))?);
    }
    Ok(map)
}

/// A header's name that a guest may use.
pub(super) fn name(name: &str) -> Result<HeaderName, Failure> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Failure::invalid(format!("{} is no name of a header", excerpt(name, 64))))?;
    // Of a request that is sent as a whole the host knows the length.
    if is_the_hosts(&parsed) || parsed == CONTENT_LENGTH {
        return Err(Failure::invalid(format!("the header {parsed} is set by the host alone; leave it out")));
    }
    Ok(parsed)
}

/// A header's value. It is not shown when it cannot be one: it may be secret.
pub(super) fn value(name: &str, bytes: &[u8]) -> Result<HeaderValue, Failure> {
    let wrong = "has a value that no header can have: a line's end, another control character, or one beyond Latin-1";
    HeaderValue::from_bytes(bytes).map_err(|_| Failure::invalid(format!("the header {} {wrong}", excerpt(name, 64))))
}

/// The bytes of `text` in Latin-1. What is beyond becomes a control character, which [`value`] refuses.
pub(super) fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0)).collect()
}

/// What every request has, unless the guest says otherwise.
pub(super) fn complete(headers: &mut HeaderMap, host: HeaderValue) {
    headers.insert(HOST, host);
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
}

/// What came, for the guest.
pub(super) fn to_guest(headers: &HeaderMap) -> Result<Vec<Header>, Failure> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > HTTP_FIELDS_BYTES {
        let message = format!("the headers of the response have more than {HTTP_FIELDS_BYTES} bytes");
        return Err(Failure::new(Kind::TooLarge, message));
    }
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    Ok(headers.iter().map(|(name, value)| Header { name: name.as_str().to_owned(), value: text(value) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<HeaderMap, Failure> {
        from_guest(&[Header { name: name.into(), value: value.into() }])
    }

    #[test]
    fn latin_1_goes_there_and_back() {
        let map = read("X-Name", "Grüße").unwrap();
        assert_eq!(map["x-name"].as_bytes(), b"Gr\xfc\xdfe");
        assert_eq!(to_guest(&map).unwrap()[0].value, "Grüße");
    }

    #[test]
    fn what_is_the_hosts_is_refused() {
        for name in [
            "Host",
            "content-length",
            "Transfer-Encoding",
            "connection",
            "Proxy-Authorization",
            "proxy-x",
            "Upgrade",
            "te",
            "trailer",
            "keep-alive",
            "expect",
        ] {
            assert!(read(name, "x").unwrap_err().message.contains("set by the host alone"), "{name}");
        }
    }

    #[test]
    fn no_second_line_is_smuggled_in() {
        for value in ["a\r\nhost: evil", "a\nb", "a\0", "a\u{10d}b", "a\u{10a}b"] {
            assert_eq!(read("x", value).unwrap_err().kind, Kind::Invalid, "{value:?}");
        }
        for name in ["", "a b", "a:b", "a\r\nb", "é"] {
            assert_eq!(read(name, "x").unwrap_err().kind, Kind::Invalid, "{name:?}");
        }
    }

    #[test]
    fn headers_are_bounded_in_number_and_bytes() {
        let header = |value: &str| Header { name: "a".into(), value: value.into() };
        assert!(from_guest(&vec![header(""); HTTP_FIELDS + 1]).is_err());
        assert!(from_guest(&[header(&"x".repeat(HTTP_FIELDS_BYTES))]).is_err());
    }
}
