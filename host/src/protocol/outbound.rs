//! The way back to the client while a call runs: notifications on the call's own stream, and questions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use serde_json::Value;
use tokio::sync::mpsc;

use super::convert;
use super::jsonrpc::notification;
use super::questions::{self, Request};
use super::version::Revision;
use crate::plugin::{
    Answer, BoxFuture, CallError, Client, JsonObject, LogLevel, LogMessage, Plugin, Progress, Query, Question, RpcError,
};

/// How many messages wait for a slow client before the guest does.
const QUEUED: usize = 32;

/// What a call has for its stream, beside its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// A message, on one line.
    Message(String),
    /// The plugin wants the stream closed, and the client to come back for the rest.
    CloseStream {
        /// After so many milliseconds.
        retry_ms: Option<u32>,
    },
}

/// What comes out of a call for its stream, in order.
#[derive(Debug)]
pub struct OutboundQueue {
    put_back: Option<Outbound>,
    queue: mpsc::Receiver<Outbound>,
}

impl OutboundQueue {
    /// The next, when it is there; none when no more will come.
    pub async fn recv(&mut self) -> Option<Outbound> {
        match self.put_back.take() {
            Some(outbound) => Some(outbound),
            None => self.queue.recv().await,
        }
    }

    /// The next, if it is there.
    pub fn try_recv(&mut self) -> Option<Outbound> {
        self.put_back.take().or_else(|| self.queue.try_recv().ok())
    }

    /// As [`Self::recv`], for a hand-written future.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outbound>> {
        match self.put_back.take() {
            Some(outbound) => Poll::Ready(Some(outbound)),
            None => self.queue.poll_recv(cx),
        }
    }

    /// Undoes the last `recv`.
    pub fn put_back(&mut self, outbound: Outbound) {
        self.put_back = Some(outbound);
    }

    /// Nobody will read: the plugin need not wait for a reader.
    pub fn close(&mut self) {
        self.queue.close();
    }
}

/// One call's stream, shared by all its runs.
pub(super) struct Channel {
    queue: mpsc::Sender<Outbound>,
    progress_token: Option<Value>,
    log_level: Option<LogLevel>,
    revision: &'static Revision,
    /// Progress must grow ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/progress)).
    done: Mutex<Option<f64>>,
}

impl Channel {
    /// The channel, and what comes out of it.
    pub(super) fn new(
        progress_token: Option<Value>,
        log_level: Option<LogLevel>,
        revision: &'static Revision,
    ) -> (Self, OutboundQueue) {
        let (sender, queue) = mpsc::channel(QUEUED);
        let outbound = OutboundQueue { put_back: None, queue };
        (Self { queue: sender, progress_token, log_level, revision, done: Mutex::new(None) }, outbound)
    }

    /// Sends a message when there is room. That nobody reads any more is no concern of a guest.
    async fn tell(&self, message: String) {
        self.send(message).await;
    }

    /// Sends a message when there is room; false: nobody reads any more.
    pub(super) async fn send(&self, message: String) -> bool {
        self.queue.send(Outbound::Message(message)).await.is_ok()
    }

    fn grows(&self, next: f64) -> bool {
        let mut done = lock(&self.done);
        let grows = next.is_finite() && done.is_none_or(|before| next > before);
        if grows {
            *done = Some(next);
        }
        grows
    }
}

/// What the client has answered, by the plugin's keys.
pub(super) type Answers = BTreeMap<String, Result<Value, RpcError>>;

/// Whom a plugin asks, and what is known already.
pub(super) struct Asker {
    plugin: Arc<dyn Plugin>,
    /// Absent: nothing can be asked during such a call.
    capabilities: Option<Arc<JsonObject>>,
    answers: Answers,
    asked: Mutex<Asked>,
}

/// What came of the questions of one run.
#[derive(Default)]
pub(super) struct Asked {
    /// The questions without an answer, by key.
    pub(super) open: BTreeMap<String, Request>,
    /// The answers that were used; what else the client sent nobody asked for.
    pub(super) used: Answers,
}

impl Asker {
    pub(super) fn new(plugin: Arc<dyn Plugin>, capabilities: Option<Arc<JsonObject>>, answers: Answers) -> Self {
        Self { plugin, capabilities, answers, asked: Mutex::default() }
    }

    /// What this run has asked.
    pub(super) fn take(&self) -> Asked {
        std::mem::take(&mut lock(&self.asked))
    }

    fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, CallError> {
        let Some(capabilities) = &self.capabilities else {
            return Err(CallError::Failed("a client cannot be asked anything while it lists or completes".into()));
        };
        // All are checked before any is put.
        let request = |question| questions::request(question, &*self.plugin, capabilities);
        let requests = questions.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        let mut asked = lock(&self.asked);
        let is_new = |key: &String| !asked.open.contains_key(key) && !asked.used.contains_key(key);
        let new: BTreeSet<_> = questions.iter().map(|question| &question.key).filter(|key| is_new(key)).collect();
        questions::check_number(asked.open.len() + asked.used.len() + new.len())?;
        let mut answers = Vec::with_capacity(questions.len());
        for (question, request) in questions.iter().zip(requests) {
            let given = self.answers.get(&question.key);
            match given.and_then(|given| read(&question.query, given)) {
                Some(answer) => {
                    asked.used.extend(given.map(|given| (question.key.clone(), given.clone())));
                    answers.push(answer);
                }
                None => {
                    asked.open.insert(question.key.clone(), request);
                }
            }
        }
        if asked.open.is_empty() { Ok(answers) } else { Err(CallError::Pending) }
    }
}

fn read(query: &Query, given: &Result<Value, RpcError>) -> Option<Answer> {
    match given {
        Ok(value) => questions::answer(query, value),
        Err(error) => Some(Answer::Refused(error.clone())),
    }
}

/// The client, as one run of a call sees it.
pub(super) struct CallClient {
    pub(super) channel: Arc<Channel>,
    pub(super) asker: Asker,
}

impl Client for CallClient {
    fn progress(&self, progress: Progress) -> BoxFuture<'_, ()> {
        let channel = &self.channel;
        match &channel.progress_token {
            Some(token) if channel.grows(progress.done) => {
                let params = convert::progress(token, progress, channel.revision);
                let message = notification("notifications/progress", Some(params));
                Box::pin(channel.tell(message))
            }
            _ => Box::pin(async {}),
        }
    }

    fn log(&self, message: LogMessage) -> BoxFuture<'_, ()> {
        match self.channel.log_level {
            Some(least) if message.level >= least => {
                let message = notification("notifications/message", Some(convert::log(message)));
                Box::pin(self.channel.tell(message))
            }
            _ => Box::pin(async {}),
        }
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>, CallError> {
        self.asker.ask(&questions)
    }

    fn close_stream(&self, retry_ms: Option<u32>) {
        // Where the queue is full the client is behind anyway.
        let _ = self.channel.queue.try_send(Outbound::CloseStream { retry_ms });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::version::REVISIONS;
    use crate::testing::FakePlugin;

    fn progress(done: f64) -> Progress {
        Progress { done, total: None, message: None }
    }

    fn client(token: Option<Value>, log_level: Option<LogLevel>) -> (CallClient, OutboundQueue) {
        let (channel, outbound) = Channel::new(token, log_level, &REVISIONS[0]);
        let asker = Asker::new(FakePlugin::new("x"), None, Answers::new());
        (CallClient { channel: Arc::new(channel), asker }, outbound)
    }

    async fn next(sent: &mut OutboundQueue) -> Option<Value> {
        match sent.recv().await? {
            Outbound::Message(message) => Some(serde_json::from_str(&message).unwrap()),
            Outbound::CloseStream { .. } => panic!("nobody closes it"),
        }
    }

    #[tokio::test]
    async fn progress_that_does_not_grow_is_not_sent() {
        let (client, mut sent) = client(Some(json!("t")), None);
        for done in [0.0, 1.0, 1.0, 0.5, f64::NAN, 2.0] {
            client.progress(progress(done)).await;
        }
        drop(client);
        let mut values = Vec::new();
        while let Some(message) = next(&mut sent).await {
            values.push(message["params"]["progress"].clone());
        }
        assert_eq!(values, [json!(0), json!(1), json!(2)]);
    }

    #[tokio::test]
    async fn nothing_is_sent_that_was_not_asked_for() {
        let (client, mut sent) = client(None, Some(LogLevel::Warning));
        client.progress(progress(1.0)).await;
        for level in [LogLevel::Info, LogLevel::Error] {
            client.log(LogMessage { level, logger: None, data: json!("x") }).await;
        }
        drop(client);
        assert_eq!(next(&mut sent).await.unwrap()["params"]["level"], "error");
        assert_eq!(next(&mut sent).await, None);
    }

    #[tokio::test]
    async fn a_guest_does_not_wait_for_a_client_that_is_gone() {
        let (client, sent) = client(Some(json!(0)), None);
        drop(sent);
        for done in 0..1000 {
            client.progress(progress(f64::from(done))).await;
        }
    }

    #[test]
    fn answers_are_given_when_all_are_there_and_what_nobody_asked_for_is_left() {
        let can = json!({"roots": {}}).as_object().cloned().map(Arc::new);
        let asker = |answers| Asker::new(FakePlugin::new("x"), can.clone(), answers);
        let question = |key: &str| Question { key: key.into(), query: Query::Roots };
        let roots = || Ok(json!({"roots": []}));

        let some = asker([("a".to_owned(), roots()), ("other".to_owned(), roots())].into());
        assert_eq!(some.ask(&[question("a"), question("b")]), Err(CallError::Pending));
        let asked = some.take();
        assert_eq!(asked.open.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(asked.used.keys().collect::<Vec<_>>(), ["a"]);

        let all = asker([("a".to_owned(), roots()), ("b".to_owned(), roots())].into());
        assert_eq!(all.ask(&[question("a"), question("b")]).unwrap().len(), 2);
        assert!(all.take().open.is_empty());
    }
}
