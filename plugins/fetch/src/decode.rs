//! Bytes to text, by what a server says of them and what they say of themselves.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use pegboard_sdk::http::Response;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Html,
    Other,
}

/// Bytes at the beginning of a page in which it can name its encoding.
const HEAD: usize = 1024;

/// The text of a response; the error says what it is instead.
pub fn decode(response: &Response) -> Result<(Kind, String), String> {
    let named = response.header("content-type").unwrap_or_default();
    let media_type = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = match media_type.as_str() {
        "text/html" | "application/xhtml+xml" => Kind::Html,
        "" | "application/octet-stream" if looks_like_html(&response.body) => Kind::Html,
        "" | "application/octet-stream" if !response.body.contains(&0) => Kind::Other,
        other if is_text(other) => Kind::Other,
        "" => return Err(format!("of no known type ({} bytes)", response.body.len())),
        other => return Err(format!("{other} ({} bytes)", response.body.len())),
    };
    let encoding = parameter(named, "charset").and_then(|name| Encoding::for_label(name.as_bytes()));
    let own = || (kind == Kind::Html).then(|| own_encoding(&response.body)).flatten();
    // What nobody names is UTF-8, or, where it cannot be, what browsers take for the rest of the old web.
    let guess = || if std::str::from_utf8(&response.body).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let encoding = encoding.or_else(own).unwrap_or_else(guess);
    // A byte order mark is taken off, and stronger than all of these.
    Ok((kind, encoding.decode(&response.body).0.into_owned()))
}

fn is_text(media_type: &str) -> bool {
    const TEXTS: [&str; 9] = ["json", "xml", "javascript", "ecmascript", "yaml", "x-yaml", "toml", "x-ndjson", "x-sh"];
    let (family, sort) = media_type.split_once('/').unwrap_or((media_type, ""));
    family == "text"
        || (family == "application" && TEXTS.contains(&sort))
        || ["+json", "+xml", "+yaml"].iter().any(|suffix| sort.ends_with(suffix))
}

fn looks_like_html(body: &[u8]) -> bool {
    let begin = String::from_utf8_lossy(&body[..body.len().min(HEAD)]).trim_start().to_ascii_lowercase();
    begin.starts_with("<!doctype html") || begin.starts_with("<html")
}

/// A parameter of a media type: `charset` of `text/html; charset="utf-8"`.
fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = media_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(own, _)| own.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"'))
}

/// The encoding that a page names: `<meta charset="…">`, or the older `<meta http-equiv content="…; charset=…">`.
fn own_encoding(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]).to_ascii_lowercase();
    let metas = head.match_indices("<meta").filter_map(|(at, _)| head[at..].split('>').next());
    let values = metas.filter_map(|meta| meta.split_once("charset=").map(|(_, value)| value));
    let names = values.map(|value| value.trim_start_matches(['"', '\'']));
    let mut names = names.map(|value| value.split(['"', '\'', ' ', ';', '/']).next().unwrap_or_default());
    names.find_map(|name| Encoding::for_label(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(media_type: &str, body: &[u8]) -> Result<(Kind, String), String> {
        let response = Response::new(200, body);
        decode(&if media_type.is_empty() { response } else { response.with_header("content-type", media_type) })
    }

    #[test]
    fn the_encoding_is_what_the_server_says_or_the_page_or_a_guess() {
        let cases: [(&str, &[u8], &str); 8] = [
            ("text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe", "Grüße"),
            ("text/html; Charset=\"UTF-8\"", "Grüße".as_bytes(), "Grüße"),
            ("text/html", b"<meta charset=latin1>Gr\xfc\xdfe", "<meta charset=latin1>Grüße"),
            (
                "text/html",
                b"<META content='text/html; charset=koi8-r'>\xc1",
                "<META content='text/html; charset=koi8-r'>а",
            ),
            ("text/plain", "Grüße".as_bytes(), "Grüße"),
            ("text/plain", b"Gr\xfc\xdfe", "Grüße"),
            ("text/plain; charset=nonsense", "Grüße".as_bytes(), "Grüße"),
            ("text/plain; charset=utf-8", b"\xff\xfea\0", "a"),
        ];
        for (media_type, body, text) in cases {
            assert_eq!(decoded(media_type, body).unwrap().1, text, "{media_type}");
        }
    }

    #[test]
    fn what_is_text_is_known_by_its_type() {
        for media_type in
            ["text/css", "application/json", "application/ld+json", "image/svg+xml", "APPLICATION/XML; a=b"]
        {
            assert_eq!(decoded(media_type, b"x"), Ok((Kind::Other, "x".into())), "{media_type}");
        }
        for media_type in ["image/png", "application/pdf", "application/zip", "nonsense"] {
            assert!(decoded(media_type, b"x").is_err(), "{media_type}");
        }
        assert_eq!(decoded("application/xhtml+xml", b"x").unwrap().0, Kind::Html);
    }

    #[test]
    fn what_has_no_type_is_looked_at() {
        assert_eq!(decoded("", b" <!DOCTYPE html><p>x").unwrap().0, Kind::Html);
        assert_eq!(decoded("application/octet-stream", b"plain").unwrap().0, Kind::Other);
        assert_eq!(decoded("", b"\0\x01").unwrap_err(), "of no known type (2 bytes)");
    }
}
