//! `pegboard:plugin/client`: the way back to who is calling.

use crate::plugin::{self, Announcement, LogLevel, Progress};
use crate::runtime::limits::LOG_LINE_BYTES;
use crate::runtime::output::excerpt;
use crate::runtime::store::{Purpose, State};
use crate::runtime::wit::imports::client::{Answer, CallContext, Change, Host, LogLevel as WitLogLevel, Question};
use crate::runtime::wit::imports::types::CallError;
use crate::runtime::wit::{self, change, context, level, log_message};

impl Host for State {
    async fn log(&mut self, level_: WitLogLevel, logger: Option<String>, data: String) {
        let level = level(level_);
        let Some(left) = self.log_messages.checked_sub(1) else { return };
        self.log_messages = left;
        self.log_to_host(level, logger.as_deref(), &data);
        if left == 0 {
            let most = self.terms.limits.log_messages;
            tracing::warn!(
                target: "pegboard::plugin", plugin = %self.terms.plugin,
                "that was its last log message of this call: a call may send limits.log_messages = {most}"
            );
        }
        if let Some(client) = &self.call.client
            && self.call.context.log_level.is_some_and(|least| level >= least)
        {
            client.log(log_message(level, logger, data)).await;
        }
    }

    async fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        // JSON has neither infinity nor NaN.
        if let Some(client) = self.call.client.as_ref().filter(|_| done.is_finite()) {
            client.progress(Progress { done, total: total.filter(|total| total.is_finite()), message }).await;
        }
    }

    fn context(&mut self) -> CallContext {
        context(&self.call.context)
    }

    fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Answer>, CallError> {
        let asked = match &self.call.client {
            Some(client) => wit::questions(questions).and_then(|questions| client.ask(questions)),
            None => Err(plugin::CallError::Failed("there is no client to ask while a plugin is loaded".into())),
        };
        asked.map(wit::answers).map_err(wit::to_call_error)
    }

    async fn announce(&mut self, announced: Change) {
        // While a plugin is loaded it is listed anyway; and the one who reads announcements is waiting for it then.
        if self.purpose == Purpose::Listing {
            return;
        }
        let announcement = Announcement { plugin: self.terms.plugin.clone(), change: change(announced) };
        // It fails only when nobody listens any more, at the end of the process.
        let _ = self.runtime.announcements.send(announcement).await;
    }

    fn close_stream(&mut self, retry_ms: Option<u32>) {
        if let Some(client) = &self.call.client {
            client.close_stream(retry_ms);
        }
    }
}

impl State {
    fn log_to_host(&self, level: LogLevel, logger: Option<&str>, data: &str) {
        let logger = logger.map(|logger| excerpt(logger, 128));
        let logger = logger.as_deref();
        let data = excerpt(&self.scrub(data), LOG_LINE_BYTES);
        let plugin = &self.terms.plugin;
        match level {
            LogLevel::Debug => tracing::debug!(target: "pegboard::plugin", %plugin, logger, "{data}"),
            LogLevel::Info | LogLevel::Notice => tracing::info!(target: "pegboard::plugin", %plugin, logger, "{data}"),
            LogLevel::Warning => tracing::warn!(target: "pegboard::plugin", %plugin, logger, "{data}"),
            LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => {
                tracing::error!(target: "pegboard::plugin", %plugin, logger, "{data}");
            }
        }
    }
}
