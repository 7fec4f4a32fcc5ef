//! When clients and people get to see what was done.

use std::ffi::OsString;
use std::time::Duration;

use tokio::time::Instant;

use super::{Reconciler, ms};
use crate::loader::announce::Announced;
use crate::loader::shelf::printable;
use crate::loader::status::Status;
use crate::registry::Change;

impl Reconciler {
    /// What was published, or the status, is out of date.
    pub(super) fn stale(&mut self, now: Instant) {
        self.stale_since.get_or_insert(now);
    }

    /// While other files are being loaded, what is done waits a little for them: a rename is then one change, and
    /// a burst of files a few. A slow one is not waited for.
    pub(super) fn publish_delay(&self) -> Duration {
        if self.jobs.is_loading_nothing() { Duration::ZERO } else { ms(self.config.debounce_ms) }
    }

    pub(super) fn publish_if_due(&mut self, now: Instant) {
        let is_due = self.stale_since.is_some_and(|since| since + self.publish_delay() <= now);
        if self.starting.is_some() {
            self.get_ready_if_due(now, is_due);
        } else if is_due {
            if self.unpublished {
                self.publish();
            }
            self.report();
        }
    }

    /// Clients see all that was there at the start at once.
    fn get_ready_if_due(&mut self, now: Instant, is_due: bool) {
        let Some(starting) = &self.starting else { return };
        let is_awaited = |name: &OsString| starting.awaited.contains(name);
        if now < starting.deadline && self.ledger.pending().any(is_awaited) {
            if is_due {
                self.report();
            }
            return;
        }
        let elapsed_ms = u64::try_from((now - starting.since).as_millis()).unwrap_or(u64::MAX);
        let (loaded, refused) = (self.shelf.served().count(), self.shelf.refusals());
        self.starting = None;
        self.publish();
        // Who waits for being ready can read the status then.
        self.report();
        self.registry.set_ready();
        tracing::info!(loaded, refused, elapsed_ms, "plugins ready");
    }

    /// A plugin announced changes of its lists and was asked: clients are told of each, whether anything differs or
    /// not, once.
    pub(super) fn publish_announced(&mut self, announced: &Announced, differs: bool) {
        if differs {
            self.unpublished = true;
            self.stale(Instant::now());
        }
        if self.starting.is_some() {
            return;
        }
        let told = if differs { self.publish() } else { Vec::new() };
        let announced = [
            (announced.tools, Change::ToolsListChanged),
            (announced.prompts, Change::PromptsListChanged),
            (announced.resources, Change::ResourcesListChanged),
        ];
        let untold = announced.into_iter().filter(|(announced, change)| *announced && !told.contains(change));
        untold.for_each(|(_, change)| self.registry.notify(change));
    }

    /// Gives what clients were told.
    fn publish(&mut self) -> Vec<Change> {
        self.unpublished = false;
        self.registry.publish(self.shelf.served().cloned().collect())
    }

    fn report(&mut self) {
        self.stale_since = None;
        let (loaded, refused) = self.shelf.report();
        let status = Status {
            directory: self.path.to_path_buf(),
            missing: self.missing,
            trouble: self.trouble.clone(),
            ready: self.starting.is_none(),
            loaded,
            refused,
            pending: self.ledger.pending().map(|name| printable(name)).collect(),
        };
        self.status.send_if_modified(|before| {
            let differs = *before != status;
            *before = status;
            differs
        });
    }
}
