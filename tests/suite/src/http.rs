//! HTTP, byte by byte: requests as they should be and as they should not, and replies as they arrive.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::rules::{Revision, Rules, check};
use crate::server::Server;
use crate::sse::Events;

/// A request. What is not set is as a client of MCP has it.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
    revision: Option<Revision>,
}

impl Request {
    /// A request without any header but `Host`.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: vec![("Host".into(), "localhost".into())],
            body: vec![],
            chunked: false,
            revision: None,
        }
    }

    /// A POST of `body` to the endpoint, with the headers that every client of MCP sends.
    pub fn post(body: impl Into<Vec<u8>>) -> Self {
        let request = Self { body: body.into(), ..Self::new("POST", "/mcp") };
        request.header("Content-Type", "application/json").header("Accept", "application/json, text/event-stream")
    }

    /// A GET for the stream of a session, or for none.
    pub fn listen() -> Self {
        Self::new("GET", "/mcp").header("Accept", "text/event-stream")
    }

    /// Sets a header; in the place of what it was before.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a header beside others of its name.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Leaves out a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in chunks, so that its size is not announced.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Another target than `/mcp`.
    #[must_use]
    pub fn to(mut self, target: &str) -> Self {
        self.target = target.into();
        self
    }

    /// It is made on `version`, and what comes back is checked against the rules of that.
    #[must_use]
    pub fn on(mut self, version: &str) -> Self {
        self.revision = Revision::named(version);
        self
    }

    fn rules(&self) -> Rules {
        let message = serde_json::from_slice::<Value>(&self.body).ok();
        let method = message.and_then(|message| Some(message.get("method")?.as_str()?.to_owned()));
        Rules { revision: self.revision, method }
    }

    /// Its head, as it goes out.
    pub fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
        } else if !self.body.is_empty() || self.method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head + "\r\n"
    }

    fn write_body(&self, stream: &mut TcpStream) -> io::Result<()> {
        if !self.chunked {
            return stream.write_all(&self.body);
        }
        for chunk in self.body.chunks(64 << 10) {
            write!(stream, "{:x}\r\n", chunk.len())?;
            stream.write_all(chunk)?;
            stream.write_all(b"\r\n")?;
        }
        stream.write_all(b"0\r\n\r\n")
    }

    /// Sends it on a connection of its own, and reads the head of the reply.
    pub fn send(&self, server: &Server) -> Response {
        let mut stream = server.connect();
        let written = stream.write_all(self.head().as_bytes()).and_then(|()| self.write_body(&mut stream));
        // A server may answer, and close, before it has read everything.
        match Response::read(stream, self.method == "HEAD") {
            Ok(response) => Response { rules: self.rules(), ..response },
            Err(error) => panic!("{} {}: no reply: {error}; sending: {written:?}", self.method, self.target),
        }
    }
}

/// A reply: its head, and its body as it arrives. Dropping it closes the connection.
pub struct Response {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    rules: Rules,
}

impl Response {
    /// Reads the head of a reply.
    ///
    /// # Errors
    /// The connection ended or is no HTTP.
    pub fn read(stream: TcpStream, to_head: bool) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let bad = |line: &str| io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP: {line:?}"));
        let line = line_of(&mut reader)?;
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| bad(&line))?;
        let mut headers = Vec::new();
        loop {
            let line = line_of(&mut reader)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| bad(&line))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let get = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let left = match (get("transfer-encoding"), get("content-length")) {
            _ if to_head || status == 204 => Left::Bytes(0),
            (Some("chunked"), _) => Left::Chunks(0),
            (_, Some(length)) => Left::Bytes(length.parse().map_err(|_| bad(length))?),
            _ => Left::All,
        };
        Ok(Self { status, headers, body: Body { reader, left }, rules: Rules::default() })
    }

    /// A header, by its name in lower case, if it is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert!(values.next().is_none(), "{name} is there twice");
        first
    }

    /// All values of a header, joined as HTTP would.
    pub fn all(&self, name: &str) -> String {
        let values: Vec<_> = self.headers.iter().filter(|(other, _)| other == name).map(|(_, v)| v.as_str()).collect();
        values.join(", ")
    }

    /// The whole body.
    pub fn text(mut self) -> String {
        let mut body = Vec::new();
        self.body.read_to_end(&mut body).expect("a whole body");
        String::from_utf8(body).expect("text")
    }

    /// The whole body as JSON: a message, checked against the rules of its revision.
    pub fn json(self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "status {}", self.status);
        let rules = self.rules.clone();
        let text = self.text();
        let message = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        check(&rules, &message);
        message
    }

    /// The body as an event stream.
    pub fn events(self) -> Events {
        let content_type = self.header("content-type").map(str::to_owned);
        let is_stream = content_type.as_deref() == Some("text/event-stream; charset=utf-8");
        let (status, rules) = (self.status, self.rules.clone());
        assert!(is_stream, "status {status}, {content_type:?}: {}", self.text());
        Events::new(BufReader::new(self.body), rules)
    }
}

/// A body, without its framing.
pub struct Body {
    reader: BufReader<TcpStream>,
    left: Left,
}

enum Left {
    /// So many bytes.
    Bytes(usize),
    /// So many of this chunk, and then more chunks.
    Chunks(usize),
    /// Until the connection ends.
    All,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Left::Chunks(0) = self.left {
            let line = line_of(&mut self.reader)?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
            let size = size.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("no chunk: {line:?}")))?;
            self.left = if size == 0 { Left::Bytes(0) } else { Left::Chunks(size) };
        }
        let most = match self.left {
            Left::Bytes(left) | Left::Chunks(left) => left.min(buffer.len()),
            Left::All => buffer.len(),
        };
        if most == 0 {
            return Ok(0);
        }
        let read = self.reader.read(&mut buffer[..most])?;
        if read == 0 && !matches!(self.left, Left::All) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &mut self.left {
            Left::Bytes(left) => *left -= read,
            Left::Chunks(left) => {
                *left -= read;
                if *left == 0 {
                    line_of(&mut self.reader)?;
                }
            }
            Left::All => {}
        }
        Ok(read)
    }
}

fn line_of(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
