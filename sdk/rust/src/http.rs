//! Requests to other systems: [`Context::fetch`]. Each host needs the operator's grant.
//!
//! ```
//! use pegboard_sdk::http::{Request, Response};
//! use pegboard_sdk::prelude::*;
//!
//! #[input(open)]
//! struct Repository {
//!     stargazers_count: u64,
//! }
//!
//! /// Counts the stars of a repository on GitHub.
//! #[tool(read_only, open_world)]
//! fn stars(repository: &str, ctx: &Context) -> Result<String> {
//!     let request = Request::get(format!("https://api.github.com/repos/{repository}"))
//!         .header("accept", "application/vnd.github+json")
//!         .bearer("github-token");
//!     let found: Repository = ctx.fetch(request)?.ok()?.json()?;
//!     Ok(format!("{} stars", found.stargazers_count))
//! }
//!
//! let ctx = Context::test().with_fetch(|_| Ok(Response::new(200, r#"{"stargazers_count":7,"size":1}"#)));
//! assert_eq!(stars("a/b", &ctx), Ok("7 stars".into()));
//! assert_eq!(ctx.fetched()[0].url, "https://api.github.com/repos/a/b");
//! ```

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::tool::read_json;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// `http:` or `https:`, with its host.
    pub url: String,
    /// In order; names may repeat. The host adds its own, such as `content-length`.
    pub headers: Vec<(String, String)>,
    /// What the host puts in before it sends.
    pub secrets: Vec<SecretUse>,
    /// Empty: none.
    pub body: Vec<u8>,
    /// For everything, redirects included; none: the host's.
    pub timeout: Option<Duration>,
    /// How many redirects to follow, each checked against the grants; none: the host's number.
    pub max_redirects: Option<u32>,
    /// The most bytes of body to take; none: the host's.
    pub max_body: Option<u32>,
}

/// A secret that the host puts in on the way out, for hosts that it is granted for. The plugin never sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// Its name in the grants.
    pub secret: String,
    /// Where its value is put.
    pub place: SecretPlace,
    /// Put before the value: `Bearer `.
    pub prefix: Option<String>,
}

/// Where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// A header, by name.
    Header(String),
    /// A parameter of the query, by name.
    Query(String),
}

impl Request {
    /// Any method, in capitals.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            secrets: Vec::new(),
            body: Vec::new(),
            timeout: None,
            max_redirects: None,
            max_body: None,
        }
    }

    /// `GET`
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// `POST`; with [`body`](Self::body) or [`json`](Self::json).
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Has the host put in a secret as `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, secret: impl Into<String>) -> Self {
        self.secret(secret, SecretPlace::Header("authorization".to_owned()), Some("Bearer ".to_owned()))
    }

    /// Has the host put in a secret as a header.
    #[must_use]
    pub fn secret_header(self, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.secret(secret, SecretPlace::Header(name.into()), None)
    }

    /// Has the host put in a secret as a parameter of the query.
    #[must_use]
    pub fn secret_query(self, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.secret(secret, SecretPlace::Query(name.into()), None)
    }

    fn secret(mut self, secret: impl Into<String>, place: SecretPlace, prefix: Option<String>) -> Self {
        self.secrets.push(SecretUse { secret: secret.into(), place, prefix });
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to JSON, and says so in `content-type`.
    ///
    /// # Errors
    /// If the value cannot be JSON.
    pub fn json(self, body: &impl Serialize) -> Result<Self> {
        Ok(self.header("content-type", "application/json").body(serde_json::to_vec(body)?))
    }

    /// Sets how long everything may take. Never beyond the call's own time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how many redirects to follow; 0 hands them back.
    #[must_use]
    pub fn max_redirects(mut self, most: u32) -> Self {
        self.max_redirects = Some(most);
        self
    }

    /// Sets the most bytes of body to take.
    #[must_use]
    pub fn max_body(mut self, bytes: u32) -> Self {
        self.max_body = Some(bytes);
        self
    }
}

impl From<&str> for Request {
    fn from(url: &str) -> Self {
        Self::get(url)
    }
}

impl From<String> for Request {
    fn from(url: String) -> Self {
        Self::get(url)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200, 404 and so on.
    pub status: u16,
    /// Where the last redirect led.
    pub url: String,
    /// In order, with repeated names, in lower case.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Response {
    /// One without headers, for tests. Its URL becomes that of the request.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, url: String::new(), headers: Vec::new(), body: body.into() }
    }

    /// Adds a header, for tests.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_lowercase(), value.into()));
        self
    }

    /// The first header of this name; case does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Takes a status of 400 or more for a failure.
    ///
    /// # Errors
    /// [`Error::Failed`] with the URL and the status.
    pub fn ok(self) -> Result<Self> {
        if self.status < 400 {
            return Ok(self);
        }
        Err(Error::failed(format!("{} answered with status {}", self.url, self.status)))
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`Error::Failed`] if it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body)
            .map_err(|error| Error::failed(format!("the answer of {} is no text: {error}", self.url)))
    }

    /// The body, read from JSON.
    ///
    /// # Errors
    /// [`Error::Failed`] if it is no JSON, or does not fit; with the path to what is wrong.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        read_json(self.text()?).map_err(|wrong| Error::failed(format!("the answer of {}: {wrong}", self.url)))
    }
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// No grant.
    Denied,
    /// The request makes no sense: its URL, method or a header.
    Invalid,
    /// The name is not known.
    Dns,
    /// Refused, reset, unreachable.
    Connection,
    /// No trust in the certificate, or no common protocol.
    Tls,
    /// The time was up.
    Timeout,
    /// The body is larger than what the request takes.
    TooLarge,
    /// Anything else.
    Other,
}

/// That nothing came back. The message is the host's; where there is no grant, it names the one that would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpError {
    /// For programs.
    pub kind: HttpErrorKind,
    /// For people.
    pub message: String,
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HttpError {}

impl Context {
    /// Sends a request and waits for the whole answer. Any status is an answer, 404 and 500 too.
    ///
    /// # Errors
    /// If nothing came back; with [`HttpErrorKind::Denied`] if the operator has not granted the host.
    pub fn fetch(&self, request: impl Into<Request>) -> Result<Response, HttpError> {
        self.host.fetch(request.into())
    }
}
