//! Streams that can be resumed: what went out on one is kept for a while, so that a client whose connection was lost
//! gets the rest ([specification](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery)).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tokio::sync::watch;

use super::{SessionId, StoreError};
use crate::plugin::BoxFuture;

/// Bounds of what is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The most bytes of messages kept for one stream; beyond that the oldest go.
    pub stream_bytes: usize,
    /// The most bytes kept for all streams; beyond that no further stream can be resumed.
    pub total_bytes: usize,
    /// How long, in seconds, a stream is kept after its end.
    pub retention_secs: u64,
    /// How long, in milliseconds, a client waits before it comes back.
    pub retry_ms: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { stream_bytes: 4 << 20, total_bytes: 64 << 20, retention_secs: 300, retry_ms: 1_000 }
    }
}

/// Bytes that a stream takes beside its messages, about.
const STREAM_COST: usize = 512;

/// A stream's name: 128 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamId(String);

/// The place of an event: its stream, and how many were before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId {
    /// The stream.
    pub stream: StreamId,
    /// From 0, which stands for the beginning: no message has it.
    pub number: u64,
}

impl EventId {
    /// What a client sent as `Last-Event-ID`, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stream, number) = text.split_once('.')?;
        let fits = stream.len() == 22 && stream.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let number = number.parse().ok()?;
        fits.then(|| Self { stream: StreamId(stream.to_owned()), number })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stream.0, self.number)
    }
}

/// What follows an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// The messages with their numbers.
    pub messages: Vec<(u64, Arc<str>)>,
    /// There will be no more.
    pub ended: bool,
    /// How often whoever reads was to be sent away; it is to come back.
    pub closed: u32,
    /// After how many milliseconds, if that was said.
    pub retry_ms: Option<u32>,
}

/// Keeps what goes out on streams. A message is kept before a client can have seen it.
pub trait EventStore: Send + Sync + 'static {
    /// A new stream of `session`; none if there is no room for it.
    fn open<'a>(&'a self, session: &'a SessionId) -> BoxFuture<'a, Result<Option<StreamId>, StoreError>>;

    /// Adds a message. Where the stream is gone nothing happens.
    fn append<'a>(&'a self, stream: &'a StreamId, message: String) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Sends away whoever reads, to come back after `retry_ms`; the stream goes on.
    fn close_readers<'a>(
        &'a self,
        stream: &'a StreamId,
        retry_ms: Option<u32>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Nothing more will be added.
    fn end<'a>(&'a self, stream: &'a StreamId) -> BoxFuture<'a, Result<(), StoreError>>;

    /// What follows `after`; none if `session` has no such stream, or what follows is no longer all there.
    fn rest<'a>(
        &'a self,
        session: &'a SessionId,
        after: &'a EventId,
    ) -> BoxFuture<'a, Result<Option<Rest>, StoreError>>;

    /// Changes whenever something happens to the stream; none if there is no such stream.
    fn watch(&self, stream: &StreamId) -> Option<watch::Receiver<()>>;
}

/// The store of one process.
pub struct MemoryEvents {
    config: Config,
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    by_id: HashMap<StreamId, Stream>,
    bytes: usize,
}

struct Stream {
    session: SessionId,
    messages: VecDeque<Arc<str>>,
    bytes: usize,
    /// The number of the first message that is still there.
    first: u64,
    closed: u32,
    retry_ms: Option<u32>,
    ended: Option<Instant>,
    changed: watch::Sender<()>,
}

impl MemoryEvents {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, streams: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, stream: &StreamId, change: impl FnOnce(&mut Stream)) {
        if let Some(stream) = self.lock().by_id.get_mut(stream) {
            change(stream);
            stream.changed.send_replace(());
        }
    }
}

impl Streams {
    /// Forgets streams that ended long ago.
    fn sweep(&mut self, retention: Duration) {
        let mut freed = 0;
        self.by_id.retain(|_, stream| {
            let keep = stream.ended.is_none_or(|ended| ended.elapsed() < retention);
            freed += if keep { 0 } else { stream.bytes };
            keep
        });
        self.bytes -= freed;
    }
}

impl EventStore for MemoryEvents {
    fn open<'a>(&'a self, session: &'a SessionId) -> BoxFuture<'a, Result<Option<StreamId>, StoreError>> {
        Box::pin(async move {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let id = StreamId(URL_SAFE_NO_PAD.encode(random));
            let mut streams = self.lock();
            streams.sweep(Duration::from_secs(self.config.retention_secs));
            if streams.bytes + streams.by_id.len() * STREAM_COST >= self.config.total_bytes {
                return Ok(None);
            }
            let stream = Stream {
                session: session.clone(),
                messages: VecDeque::new(),
                bytes: 0,
                first: 1,
                closed: 0,
                retry_ms: None,
                ended: None,
                changed: watch::Sender::new(()),
            };
            streams.by_id.insert(id.clone(), stream);
            Ok(Some(id))
        })
    }

    fn append<'a>(&'a self, stream: &'a StreamId, message: String) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut streams = self.lock();
            let Streams { by_id, bytes } = &mut *streams;
            if let Some(stream) = by_id.get_mut(stream) {
                stream.bytes += message.len();
                *bytes += message.len();
                stream.messages.push_back(message.into());
                // The newest stays, however large it is: it may be the response.
                while stream.bytes > self.config.stream_bytes && stream.messages.len() > 1 {
                    let oldest = stream.messages.pop_front().map_or(0, |oldest| oldest.len());
                    stream.first += 1;
                    stream.bytes -= oldest;
                    *bytes -= oldest;
                }
                stream.changed.send_replace(());
            }
            Ok(())
        })
    }

    fn close_readers<'a>(
        &'a self,
        stream: &'a StreamId,
        retry_ms: Option<u32>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(stream, |stream| {
            stream.closed += 1;
            stream.retry_ms = retry_ms;
        });
        Box::pin(async { Ok(()) })
    }

    fn end<'a>(&'a self, stream: &'a StreamId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(stream, |stream| stream.ended = Some(Instant::now()));
        Box::pin(async { Ok(()) })
    }

    fn rest<'a>(
        &'a self,
        session: &'a SessionId,
        after: &'a EventId,
    ) -> BoxFuture<'a, Result<Option<Rest>, StoreError>> {
        let streams = self.lock();
        let rest = streams.by_id.get(&after.stream).filter(|stream| stream.session == *session).and_then(|stream| {
            let next = after.number + 1;
            let end = stream.first + stream.messages.len() as u64;
            if next < stream.first || next > end {
                return None;
            }
            let messages = (stream.first..).zip(&stream.messages).skip_while(|(number, _)| *number < next);
            Some(Rest {
                messages: messages.map(|(number, message)| (number, message.clone())).collect(),
                ended: stream.ended.is_some(),
                closed: stream.closed,
                retry_ms: stream.retry_ms,
            })
        });
        Box::pin(async { Ok(rest) })
    }

    fn watch(&self, stream: &StreamId) -> Option<watch::Receiver<()>> {
        self.lock().by_id.get(stream).map(|stream| stream.changed.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(stream: &StreamId, number: u64) -> EventId {
        EventId { stream: stream.clone(), number }
    }

    fn texts(rest: &Rest) -> Vec<&str> {
        rest.messages.iter().map(|(_, message)| &**message).collect()
    }

    #[tokio::test]
    async fn what_follows_an_event_is_there_for_its_session_alone() {
        let (events, session) = (MemoryEvents::new(Config::default()), SessionId::random().unwrap());
        let stream = events.open(&session).await.unwrap().unwrap();
        for message in ["a", "b"] {
            events.append(&stream, message.to_owned()).await.unwrap();
        }
        let rest = events.rest(&session, &at(&stream, 1)).await.unwrap().unwrap();
        assert_eq!((texts(&rest), rest.ended), (vec!["b"], false));
        events.end(&stream).await.unwrap();
        assert!(events.rest(&session, &at(&stream, 2)).await.unwrap().unwrap().ended);
        assert_eq!(events.rest(&session, &at(&stream, 3)).await.unwrap(), None, "made up");
        assert_eq!(events.rest(&SessionId::random().unwrap(), &at(&stream, 1)).await.unwrap(), None);
        let other = StreamId("x".repeat(22));
        assert_eq!(events.rest(&session, &at(&other, 0)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_stream_is_bounded_and_says_when_it_lost_something() {
        let config = Config { stream_bytes: 10, ..Config::default() };
        let (events, session) = (MemoryEvents::new(config), SessionId::random().unwrap());
        let stream = events.open(&session).await.unwrap().unwrap();
        for n in 0..100 {
            events.append(&stream, format!("{n:05}")).await.unwrap();
        }
        assert_eq!(events.rest(&session, &at(&stream, 0)).await.unwrap(), None);
        let rest = events.rest(&session, &at(&stream, 98)).await.unwrap().unwrap();
        assert_eq!(texts(&rest), ["00098", "00099"]);
        events.append(&stream, "x".repeat(100)).await.unwrap();
        assert_eq!(events.rest(&session, &at(&stream, 100)).await.unwrap().unwrap().messages.len(), 1);
    }

    #[tokio::test]
    async fn ended_streams_make_room_after_their_time() {
        let config = Config { total_bytes: 4, retention_secs: 0, ..Config::default() };
        let (events, session) = (MemoryEvents::new(config), SessionId::random().unwrap());
        let stream = events.open(&session).await.unwrap().unwrap();
        events.append(&stream, "12345".to_owned()).await.unwrap();
        assert_eq!(events.open(&session).await.unwrap(), None);
        events.end(&stream).await.unwrap();
        assert!(events.open(&session).await.unwrap().is_some());
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = at(&StreamId("aA0-_bbbbbbbbbbbbbbbbb".to_owned()), 7);
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for bad in ["", ".", "x.1", "aA0-_bbbbbbbbbbbbbbbbb", "aA0-_bbbbbbbbbbbbbbbbb.-1", "aA0-_bbbbbbbbbbbbbbb b.1"] {
            assert_eq!(EventId::parse(bad), None, "{bad}");
        }
    }
}
