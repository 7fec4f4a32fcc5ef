//! `fetch`

use pegboard_sdk::http::{HttpErrorKind, Request, Response};
use pegboard_sdk::prelude::*;

use crate::decode::{Kind, decode};
use crate::{html, window};

/// Characters, if not told otherwise.
const LENGTH: u32 = 20_000;

/// What becomes of a web page.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Markdown,
    Text,
    Raw,
}

/// Fetches a URL and returns what is there as text: a web page as Markdown, JSON and other texts as they are. Long
/// texts come in pieces: the end of each says with which `start_index` to go on. Follows redirects.
#[tool(title = "Fetch a URL", read_only, destructive = false, idempotent, open_world)]
pub fn fetch(
    /// Where: an http: or https: URL.
    #[schemars(length(min = 1, max = 16_000))]
    url: &str,
    /// What becomes of a web page: markdown (if not given) keeps headings, links and lists, text keeps words alone,
    /// raw is the HTML itself. Other texts are returned as they are.
    format: Option<Format>,
    /// The most characters to return; 20000 if not given.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_length: Option<u32>,
    /// With which character to begin, from 0, to go on where a piece ended; 0 if not given.
    start_index: Option<u32>,
    ctx: &Context,
) -> Result<String, Error> {
    let request = Request::get(url).header("accept", "text/html, application/xhtml+xml, text/*;q=0.9, */*;q=0.8");
    let response = ctx.fetch(request).map_err(|error| match error.kind {
        HttpErrorKind::Invalid => Error::invalid_arguments(format!("url: {error}")),
        _ => Error::failed(error),
    })?;
    let text = text(&response, format.unwrap_or_default())?;
    if response.status >= 400 {
        let (status, url) = (response.status, &response.url);
        let said = window::cut(text.trim(), 0, 1_000)?;
        return Err(Error::failed(format!("{url} answered with status {status}:\n{said}")));
    }
    window::cut(&text, start_index.unwrap_or(0), max_length.unwrap_or(LENGTH))
}

fn text(response: &Response, format: Format) -> Result<String, Error> {
    let url = &response.url;
    let (kind, text) = decode(response).map_err(|what| Error::failed(format!("{url} is {what}, which is no text")))?;
    match (kind, format) {
        (Kind::Html, Format::Markdown) => html::to_markdown(&text, url),
        (Kind::Html, Format::Text) => html::to_text(&text),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use pegboard_sdk::http::HttpError;

    use super::*;

    const PAGE: &str = "<!doctype html><title>T</title><h1>Head</h1><p>Some <b>words</b>, <a href='/x'>a link</a>.</p>\
                        <script>alert(1)</script>";

    fn answering(response: Response) -> pegboard_sdk::testing::TestContext {
        Context::test().with_fetch(move |_| Ok(response.clone()))
    }

    fn page() -> pegboard_sdk::testing::TestContext {
        answering(Response::new(200, PAGE).with_header("content-type", "text/html; charset=utf-8"))
    }

    fn fetched(ctx: &Context, format: Option<Format>) -> String {
        fetch("https://example.com/a/b", format, None, None, ctx).unwrap()
    }

    #[test]
    fn a_page_is_markdown_with_whole_links() {
        let ctx = page();
        assert_eq!(fetched(&ctx, None), "# Head\n\nSome **words**, [a link](https://example.com/x).");
        assert_eq!(ctx.fetched()[0].method, "GET");
    }

    #[test]
    fn a_page_is_text_or_itself_if_that_is_wanted() {
        assert_eq!(fetched(&page(), Some(Format::Text)), "Head\n\nSome words, a link.");
        assert_eq!(fetched(&page(), Some(Format::Raw)), PAGE);
    }

    #[test]
    fn other_texts_are_as_they_are_and_no_text_is_an_error() {
        let json = answering(Response::new(200, r#"{"a": 1}"#).with_header("content-type", "application/json"));
        assert_eq!(fetched(&json, None), r#"{"a": 1}"#);
        let image = answering(Response::new(200, [0x89, b'P', 0]).with_header("content-type", "image/png"));
        let error = fetch("https://example.com/x.png", None, None, None, &image).unwrap_err();
        assert_eq!(error.to_string(), "https://example.com/x.png is image/png (3 bytes), which is no text");
    }

    #[test]
    fn a_long_text_comes_in_pieces_that_lead_on() {
        let text = answering(Response::new(200, "äbcdefg").with_header("content-type", "text/plain"));
        let piece = |from| fetch("https://example.com", None, Some(3), Some(from), &text).unwrap();
        assert!(piece(0).starts_with("äbc\n\n[Characters 0 to 3 of 7"), "{}", piece(0));
        assert!(piece(0).contains("start_index 3"), "{}", piece(0));
        assert_eq!(piece(6), "g");
        assert!(fetch("https://example.com", None, None, Some(7), &text).is_err());
    }

    #[test]
    fn a_status_of_400_or_more_is_an_error_with_what_the_page_says() {
        let gone = answering(Response::new(404, "<h1>Gone</h1>").with_header("content-type", "text/html"));
        let error = fetch("https://example.com/", None, None, None, &gone).unwrap_err();
        assert_eq!(error.to_string(), "https://example.com/ answered with status 404:\n# Gone");
    }

    #[test]
    fn a_denial_is_told_in_the_hosts_words_and_a_wrong_url_is_a_wrong_argument() {
        let failing = |kind, message: &str| {
            let error = HttpError { kind, message: message.into() };
            let ctx = Context::test().with_fetch(move |_| Err(error.clone()));
            fetch("https://example.com/", None, None, None, &ctx).unwrap_err()
        };
        assert_eq!(failing(HttpErrorKind::Denied, "add a line"), Error::failed("add a line"));
        assert_eq!(failing(HttpErrorKind::Invalid, "no URL"), Error::invalid_arguments("url: no URL"));
    }
}
