//! Standard output and standard error of guests: line by line into the host's log, bounded.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::limits::{LAST_WORDS_BYTES, LOG_LINE_BYTES};
use super::secrets::Scrubber;
use crate::plugin::PluginId;

/// Bytes that a guest may write at once.
const CHUNK: usize = 64 << 10;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What one call has written. When the call is over, its last line is logged even if it is not finished, and so
/// is how much was dropped.
pub(super) struct Output(Mutex<Written>);

struct Written {
    plugin: PluginId,
    scrubber: Option<Scrubber>,
    /// Bytes that may still go into the log.
    left: u64,
    dropped: u64,
    lines: [Vec<u8>; 2],
    last_words: VecDeque<u8>,
}

impl Output {
    pub(super) fn new(plugin: PluginId, most: u64, scrubber: Option<Scrubber>) -> Self {
        let lines = [Vec::new(), Vec::new()];
        Self(Mutex::new(Written { plugin, scrubber, left: most, dropped: 0, lines, last_words: VecDeque::new() }))
    }

    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(stream, bytes);
    }

    /// Ends what one call has written, so that the next on the same instance may write `most` bytes.
    pub(super) fn renew(&self, most: u64) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.finish();
        written.left = most;
        written.last_words.clear();
    }

    /// The end of standard error, made fit for showing: what a guest says before it crashes.
    pub(super) fn last_words(&self) -> Option<String> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cut_off = written.last_words.len() == LAST_WORDS_BYTES;
        let bytes: Vec<u8> = written.last_words.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let text = written.scrubber.as_ref().map_or(Cow::Borrowed(&*text), |scrubber| scrubber.scrub(&text));
        // Where the beginning is gone, so is the rest of its line.
        let whole = if cut_off { text.split_once('\n').map_or(&*text, |(_, rest)| rest) } else { &text };
        let lines = whole.lines().filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE"));
        let text = lines.map(escaped).collect::<Vec<_>>().join("\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl Written {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Stderr {
            let tail = &bytes[bytes.len().saturating_sub(LAST_WORDS_BYTES)..];
            self.last_words.extend(tail);
            let over = self.last_words.len().saturating_sub(LAST_WORDS_BYTES);
            self.last_words.drain(..over);
        }
        let taken = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.left -= taken as u64;
        self.dropped += (bytes.len() - taken) as u64;
        for piece in bytes[..taken].split_inclusive(|byte| *byte == b'\n') {
            self.add(stream, piece);
        }
    }

    /// Adds what has at most one line's end, at its own end.
    fn add(&mut self, stream: Stream, mut piece: &[u8]) {
        while !piece.is_empty() {
            let line = &mut self.lines[stream as usize];
            let room = LOG_LINE_BYTES.saturating_sub(line.len()).min(piece.len());
            line.extend_from_slice(&piece[..room]);
            piece = &piece[room..];
            if line.ends_with(b"\n") || line.len() >= LOG_LINE_BYTES {
                self.flush(stream);
            }
        }
    }

    fn flush(&mut self, stream: Stream) {
        let line = mem::take(&mut self.lines[stream as usize]);
        let text = String::from_utf8_lossy(&line);
        let text = self.scrubber.as_ref().map_or(Cow::Borrowed(&*text), |scrubber| scrubber.scrub(&text));
        let text = escaped(text.trim_end_matches(['\r', '\n']));
        if !text.is_empty() {
            let stream = if stream == Stream::Stdout { "stdout" } else { "stderr" };
            tracing::info!(target: "pegboard::plugin", plugin = %self.plugin, stream, "{text}");
        }
    }
}

impl Written {
    /// Logs what has no line's end yet, and how much was dropped.
    fn finish(&mut self) {
        self.flush(Stream::Stdout);
        self.flush(Stream::Stderr);
        let dropped = mem::take(&mut self.dropped);
        if dropped > 0 {
            tracing::warn!(
                target: "pegboard::plugin", plugin = %self.plugin,
                "{dropped} more bytes of its output were dropped: a call may write limits.stdio_bytes"
            );
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.finish();
    }
}

/// `text` without anything that could move a terminal's cursor, forge a line or turn the reading direction.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "{}", c.escape_unicode());
            }
            c if c.is_control() => {
                let _ = write!(out, "{}", c.escape_default());
            }
            c => out.push(c),
        }
    }
    out
}

/// At most `most` bytes of `text`, escaped, and a sign where something is missing.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most);
    let mut out = escaped(&text[..end]);
    if end < text.len() {
        out.push('…');
    }
    out
}

/// One of the guest's two streams. It never blocks: what is too much is dropped.
#[derive(Clone)]
pub(super) struct Pipe {
    pub(super) output: Arc<Output>,
    pub(super) stream: Stream,
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output.write(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.output.write(self.stream, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
