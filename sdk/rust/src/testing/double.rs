//! The imports, played.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Asked, LogMessage, Progress};
use crate::ask::{Answer, Question};
use crate::content::Object;
use crate::context::{Call, Change, LogLevel};
use crate::error::Error;
use crate::host::Host;
use crate::http::{HttpError, HttpErrorKind, Request, Response};
use crate::kv::{Entry, KeyPage, KvError, KvErrorKind};

/// How many keys are on a page: few, so that tests see more than one.
const PAGE: usize = 10;

/// Stands for the host.
#[derive(Default)]
pub struct Double {
    pub(super) state: RefCell<State>,
    pub(super) fetch: Option<Box<Fetch>>,
}

type Fetch = dyn Fn(&Request) -> Result<Response, HttpError>;

#[derive(Debug, Default)]
pub struct State {
    pub(super) call: Call,
    pub(super) progress: Vec<Progress>,
    pub(super) logged: Vec<LogMessage>,
    pub(super) answers: HashMap<String, Answer>,
    pub(super) asked: Vec<Asked>,
    pub(super) announced: Vec<Change>,
    pub(super) streams_closed: Vec<Option<Duration>>,
    pub(super) fetched: Vec<Request>,
    pub(super) config: Object,
    pub(super) secrets: HashMap<String, String>,
    pub(super) buckets: HashMap<String, Bucket>,
}

impl fmt::Debug for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Double").field("state", &self.state).finish_non_exhaustive()
    }
}

/// A bucket in memory.
#[derive(Debug, Default)]
pub struct Bucket {
    entries: BTreeMap<String, (Entry, Option<Instant>)>,
    changes: u64,
}

impl Bucket {
    fn get(&self, key: &str) -> Option<&Entry> {
        let (entry, until) = self.entries.get(key)?;
        until.is_none_or(|until| Instant::now() < until).then_some(entry)
    }

    fn set(&mut self, key: &str, value: &[u8], time: Option<Duration>) {
        self.changes += 1;
        let entry = Entry { value: value.to_vec(), version: self.changes.to_string() };
        self.entries.insert(key.to_owned(), (entry, time.map(|time| Instant::now() + time)));
    }

    /// The cursor is the last key of the page before.
    fn keys(&self, prefix: &str, cursor: Option<&str>) -> KeyPage {
        let fits = |key: &&String| key.starts_with(prefix) && cursor.is_none_or(|cursor| key.as_str() > cursor);
        let keys: Vec<String> =
            self.entries.keys().filter(fits).filter(|key| self.get(key).is_some()).take(PAGE).cloned().collect();
        let cursor = (keys.len() == PAGE).then(|| keys.last().cloned()).flatten();
        KeyPage { keys, cursor }
    }
}

impl Double {
    fn in_bucket<T>(&self, name: &str, what: impl FnOnce(&mut Bucket) -> T) -> Result<T, KvError> {
        let state = &mut *self.state.borrow_mut();
        state.buckets.get_mut(name).map(what).ok_or_else(|| KvError {
            kind: KvErrorKind::Denied,
            message: format!("the test grants no bucket `{name}`: set it up with `with_bucket`"),
        })
    }
}

impl Host for Double {
    fn log(&self, level: LogLevel, logger: Option<&str>, data: &str) {
        let data = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned()));
        self.state.borrow_mut().logged.push(LogMessage { level, logger: logger.map(str::to_owned), data });
    }

    /// # Panics
    /// If `done` does not grow, which the protocol forbids.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let sent = &mut self.state.borrow_mut().progress;
        if let Some(last) = sent.last() {
            assert!(done > last.done, "progress must grow: {done} after {}", last.done);
        }
        sent.push(Progress { done, total, message: message.map(str::to_owned) });
    }

    fn call(&self) -> Call {
        self.state.borrow().call.clone()
    }

    /// # Panics
    /// If two questions have one key, which the host refuses.
    fn ask(&self, questions: Vec<(String, Question)>) -> Result<Vec<Answer>, Error> {
        for (place, (key, _)) in questions.iter().enumerate() {
            assert!(questions[..place].iter().all(|(other, _)| other != key), "two questions have the key `{key}`");
        }
        let state = &mut *self.state.borrow_mut();
        let answers = questions.iter().filter_map(|(key, _)| state.answers.get(key).cloned()).collect::<Vec<_>>();
        if answers.len() == questions.len() {
            return Ok(answers);
        }
        let open = questions.into_iter().filter(|(key, _)| !state.answers.contains_key(key));
        state.asked.extend(open.map(|(key, question)| Asked { key, question }));
        Err(Error::Pending)
    }

    fn announce(&self, change: Change) {
        self.state.borrow_mut().announced.push(change);
    }

    fn close_stream(&self, retry: Option<Duration>) {
        self.state.borrow_mut().streams_closed.push(retry);
    }

    fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let answer = match &self.fetch {
            Some(fetch) => fetch(&request),
            None => Err(HttpError {
                kind: HttpErrorKind::Denied,
                message: format!("the test answers no request to {}: set it up with `with_fetch`", request.url),
            }),
        };
        let answer = answer.map(|response| match response.url.as_str() {
            "" => Response { url: request.url.clone(), ..response },
            _ => response,
        });
        self.state.borrow_mut().fetched.push(request);
        answer
    }

    fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KvError> {
        self.in_bucket(bucket, |bucket| bucket.get(key).cloned())
    }

    fn kv_set(&self, bucket: &str, key: &str, value: &[u8], time: Option<Duration>) -> Result<(), KvError> {
        self.in_bucket(bucket, |bucket| bucket.set(key, value, time))
    }

    fn kv_swap(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        value: &[u8],
        time: Option<Duration>,
    ) -> Result<bool, KvError> {
        self.in_bucket(bucket, |bucket| {
            let same = bucket.get(key).map(|entry| entry.version.as_str()) == version;
            if same {
                bucket.set(key, value, time);
            }
            same
        })
    }

    fn kv_delete(&self, bucket: &str, key: &str) -> Result<(), KvError> {
        self.in_bucket(bucket, |bucket| drop(bucket.entries.remove(key)))
    }

    fn kv_keys(&self, bucket: &str, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvError> {
        self.in_bucket(bucket, |bucket| bucket.keys(prefix, cursor))
    }

    fn config(&self, key: &str) -> Option<String> {
        self.state.borrow().config.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn config_all(&self) -> String {
        Value::Object(self.state.borrow().config.clone()).to_string()
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.state.borrow().secrets.get(name).cloned()
    }
}
