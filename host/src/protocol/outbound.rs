//! The way back to the client while a call runs: notifications on the call's own stream.

use std::sync::Mutex;

use serde_json::Value;
use tokio::sync::mpsc;

use super::convert;
use super::jsonrpc::notification;
use crate::plugin::{BoxFuture, Client, LogLevel, LogMessage, Progress};

/// How many notifications wait for a slow client before the guest does.
const QUEUED: usize = 32;

/// One call's way back.
pub(super) struct CallClient {
    queue: mpsc::Sender<String>,
    progress_token: Option<Value>,
    log_level: Option<LogLevel>,
    /// Progress must grow ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/progress)).
    done: Mutex<Option<f64>>,
}

impl CallClient {
    /// The client's end, and the notifications as they come.
    pub(super) fn new(progress_token: Option<Value>, log_level: Option<LogLevel>) -> (Self, mpsc::Receiver<String>) {
        let (queue, notifications) = mpsc::channel(QUEUED);
        (Self { queue, progress_token, log_level, done: Mutex::new(None) }, notifications)
    }

    fn grows(&self, next: f64) -> bool {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let grows = next.is_finite() && done.is_none_or(|before| next > before);
        if grows {
            *done = Some(next);
        }
        grows
    }

    fn send(&self, message: String) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // An error says that nobody reads any more, which is no concern of the guest.
            let _ = self.queue.send(message).await;
        })
    }
}

impl Client for CallClient {
    fn progress(&self, progress: Progress) -> BoxFuture<'_, ()> {
        match &self.progress_token {
            Some(token) if self.grows(progress.done) => {
                self.send(notification("notifications/progress", Some(convert::progress(token, progress))))
            }
            _ => Box::pin(async {}),
        }
    }

    fn log(&self, message: LogMessage) -> BoxFuture<'_, ()> {
        match self.log_level {
            Some(least) if message.level >= least => {
                self.send(notification("notifications/message", Some(convert::log(message))))
            }
            _ => Box::pin(async {}),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn progress(done: f64) -> Progress {
        Progress { done, total: None, message: None }
    }

    #[tokio::test]
    async fn progress_that_does_not_grow_is_not_sent() {
        let (client, mut sent) = CallClient::new(Some(json!("t")), None);
        for done in [0.0, 1.0, 1.0, 0.5, f64::NAN, 2.0] {
            client.progress(progress(done)).await;
        }
        drop(client);
        let mut values = Vec::new();
        while let Some(message) = sent.recv().await {
            let message: Value = serde_json::from_str(&message).unwrap();
            values.push(message["params"]["progress"].clone());
        }
        assert_eq!(values, [json!(0), json!(1), json!(2)]);
    }

    #[tokio::test]
    async fn nothing_is_sent_that_was_not_asked_for() {
        let (client, mut sent) = CallClient::new(None, Some(LogLevel::Warning));
        client.progress(progress(1.0)).await;
        for level in [LogLevel::Info, LogLevel::Error] {
            client.log(LogMessage { level, logger: None, data: json!("x") }).await;
        }
        drop(client);
        let only: Value = serde_json::from_str(&sent.recv().await.unwrap()).unwrap();
        assert_eq!(only["params"]["level"], "error");
        assert_eq!(sent.recv().await, None);
    }

    #[tokio::test]
    async fn a_guest_does_not_wait_for_a_client_that_is_gone() {
        let (client, sent) = CallClient::new(Some(json!(0)), None);
        drop(sent);
        for done in 0..1000 {
            client.progress(progress(f64::from(done))).await;
        }
    }
}
