//! The one task that owns loading.
//!
//! It never waits for anything but its next reason to act: looks, reads, builds and listings run beside it and hand
//! in what came of them. So a slow file keeps no other waiting, and yet nothing is published but here.

mod publish;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Wiring;
use super::announce::Pacer;
use super::config::Config;
use super::directory::{Directory, Stamp};
use super::jobs::{Done, Jobs};
use super::load::{Means, NotRead, Rejection, Text, Version};
use super::look::Seen;
use super::plan::{Ledger, Look, Step};
use super::shelf::Shelf;
use super::status::Status;
use super::watch::Watch;
use crate::plugin::{Announcement, Change, PluginId};
use crate::registry::{self, Admitted, Registry};
use crate::trust::{Mark, Trust};

/// Not ready yet.
struct Starting {
    since: Instant,
    deadline: Instant,
    /// The files that were there at the first look.
    awaited: BTreeSet<OsString>,
}

/// What the one task knows.
pub(super) struct Reconciler {
    config: Config,
    path: Arc<Path>,
    registry: Arc<Registry>,
    announcements: Option<mpsc::Receiver<Announcement>>,
    watch: Arc<Watch>,
    trust: watch::Receiver<Arc<Trust>>,
    /// What was decided about each plugin when its file was last dealt with.
    marks: BTreeMap<PluginId, Mark>,
    status: watch::Sender<Status>,

    ledger: Ledger,
    shelf: Shelf,
    pacer: Pacer,
    jobs: Jobs,

    looking: bool,
    /// There is a reason to look then.
    look_at: Option<Instant>,
    /// The last look failed: not again before.
    not_before: Instant,
    /// How long a file must stand still, where the directory is.
    still: Duration,
    /// Why the last look failed.
    trouble: Option<String>,
    missing: bool,

    starting: Option<Starting>,
    /// What is served is not what was published last.
    unpublished: bool,
    /// Since when what was published, or the status, is out of date.
    stale_since: Option<Instant>,
}

impl Reconciler {
    pub(super) fn new(
        config: Config,
        path: Arc<Path>,
        wiring: Wiring,
        watch: Arc<Watch>,
        status: watch::Sender<Status>,
    ) -> Self {
        let Wiring { registry, build, announcements, trust } = wiring;
        let now = Instant::now();
        let deadline = now + ms(config.ready_within_ms);
        Self {
            jobs: Jobs::new(Means::new(build, &config)),
            pacer: Pacer::new(ms(config.announce_interval_ms)),
            still: ms(config.still_ms),
            starting: Some(Starting { since: now, deadline, awaited: BTreeSet::new() }),
            announcements: Some(announcements),
            ledger: Ledger::default(),
            shelf: Shelf::default(),
            looking: false,
            look_at: None,
            not_before: now,
            trouble: None,
            missing: false,
            unpublished: false,
            stale_since: Some(now),
            config,
            path,
            registry,
            watch,
            trust,
            marks: BTreeMap::new(),
            status,
        }
    }

    /// Works until it is dropped. `first` is what the first look saw; at each `nudge` there is another one.
    pub(super) async fn run(mut self, first: Seen, nudge: Arc<Notify>) {
        if let Some(starting) = &mut self.starting {
            starting.awaited = first.listing.keys().cloned().collect();
        }
        self.saw(&first);
        loop {
            let next = self.catch_up(Instant::now());
            tokio::select! {
                done = self.jobs.next() => self.finished(done),
                () = self.watch.arrived() => self.look_by(Instant::now() + ms(self.config.debounce_ms)),
                announcement = receive(&mut self.announcements) => match announcement {
                    Some(announcement) => self.announced(announcement),
                    None => self.announcements = None,
                },
                () = nudge.notified() => self.look_by(Instant::now()),
                () = changed(&mut self.trust) => self.decided_anew(),
                () = sleep_until(next) => {}
            }
        }
    }

    /// Does what is due, and gives when something will be.
    fn catch_up(&mut self, now: Instant) -> Instant {
        self.publish_if_due(now);
        if !self.looking && self.next_look() <= now {
            self.looking = true;
            self.look_at = None;
            self.jobs.look(self.watch.clone(), self.path.clone(), self.config.max_file_bytes);
        }
        for (id, announced) in self.pacer.due(now) {
            let Some(version) = self.shelf.version(&id) else {
                self.pacer.forget(&id);
                continue;
            };
            if announced.lists() {
                self.jobs.list_again(version.clone(), self.trust.borrow().clone());
            } else {
                self.pacer.answered(&id);
            }
            for uri in announced.updated {
                self.registry.notify(registry::Change::ResourceUpdated(uri.into()));
            }
        }
        let look = (!self.looking).then(|| self.next_look());
        let publish = self.stale_since.map(|since| since + self.publish_delay());
        let ready = self.starting.as_ref().map(|starting| starting.deadline);
        let next = [look, publish, ready, self.pacer.next()].into_iter().flatten().min();
        next.unwrap_or_else(|| now + ms(self.config.safety_poll_ms))
    }

    fn next_look(&self) -> Instant {
        let next = [self.look_at, self.ledger.next_look()].into_iter().flatten().min();
        next.unwrap_or_else(|| self.not_before + ms(self.config.safety_poll_ms)).max(self.not_before)
    }

    fn look_by(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    fn finished(&mut self, done: Done) {
        match done {
            Done::Looked(Ok(seen)) => self.saw(&seen),
            Done::Looked(Err(error)) => self.saw_nothing(&error),
            Done::Read { name, result } => self.read(name, result),
            Done::Built { name, result } => self.built(&name, result),
            Done::ListedAgain { before, result } => self.listed_again(&before, result),
        }
    }

    fn saw(&mut self, seen: &Seen) {
        let now = Instant::now();
        (self.looking, self.not_before) = (false, now);
        let path = self.path.clone();
        let path = path.display();
        if self.trouble.take().is_some() {
            self.stale(now);
            tracing::info!(%path, "the plugins directory can be looked at again");
        }
        if self.missing != seen.directory.is_none() {
            self.missing = !self.missing;
            self.stale(now);
            if self.missing {
                tracing::warn!(%path, "the plugins directory is gone: its plugins are removed, and it is waited for");
            } else {
                tracing::info!(%path, "the plugins directory is back");
            }
        }
        let (still, every) = if seen.attention.reliable {
            (self.config.still_ms, self.config.safety_poll_ms)
        } else {
            (self.config.still_ms.max(self.config.poll_ms), self.config.poll_ms)
        };
        self.still = ms(still);
        self.look_by(now + ms(every));
        let pending = self.ledger.pending().count();
        let steps = self.ledger.look(&Look {
            at: seen.at,
            listing: &seen.listing,
            closed: &seen.news.closed,
            open: &seen.news.open,
            trust_age: seen.attention.is_new || seen.attention.reliable,
            still: self.still,
            open_still: ms(self.config.open_still_ms).max(self.still),
        });
        if !steps.is_empty() || self.ledger.pending().count() != pending {
            self.stale(now);
        }
        for step in steps {
            self.take(step, seen.directory.as_ref());
        }
    }

    /// What is served stays: a directory that cannot be looked at is not an empty one.
    fn saw_nothing(&mut self, error: &anyhow::Error) {
        let now = Instant::now();
        (self.looking, self.not_before) = (false, now + ms(self.config.poll_ms));
        let reason = format!("{error:#}");
        if self.trouble.as_ref() != Some(&reason) {
            self.stale(now);
            let path = self.path.display();
            tracing::error!(%path, reason, "the plugins directory cannot be looked at; what is loaded stays");
        }
        self.trouble = Some(reason);
    }

    fn take(&mut self, step: Step, directory: Option<&Directory>) {
        match step {
            Step::Load { name, id, stamp } => {
                if let Some(directory) = directory {
                    self.load(name, id, stamp, directory.clone());
                }
            }
            Step::Refuse { name, obstacle } => {
                self.jobs.end(&name);
                let reason = obstacle.to_string();
                self.shelf.reject(&name, Rejection { digest: None, reason, may_pass: false });
            }
            Step::Remove { name } => {
                self.jobs.end(&name);
                if let Some(id) = self.shelf.remove(&name) {
                    self.pacer.forget(&id);
                    self.unpublished = true;
                }
            }
        }
    }

    fn load(&mut self, name: OsString, id: PluginId, stamp: Stamp, directory: Directory) {
        let is_new = |name: &OsStr| self.shelf.inputs(name).is_none();
        let newcomers = self.jobs.loading().into_iter().filter(|other| **other != name && is_new(other)).count();
        if is_new(&name) && self.shelf.served().count() + newcomers >= self.config.max_plugins {
            let reason = format!("{} plugins are loaded, and no more may be (max_plugins)", self.config.max_plugins);
            self.rejected(&name, Rejection { digest: None, reason, may_pass: true });
        } else {
            self.marks.insert(id.clone(), self.trust.borrow().mark(&id));
            self.jobs.read(directory, name, id, stamp);
        }
    }

    fn read(&mut self, name: OsString, result: Result<Text, NotRead>) {
        let now = Instant::now();
        self.stale(now);
        match result {
            Ok(text) => {
                let trust = self.trust.borrow().clone();
                let inputs = Some(text.inputs(&trust));
                if self.jobs.building(&name) == inputs {
                    // It was touched, no more.
                } else if self.shelf.inputs(&name) == inputs {
                    self.jobs.end_build(&name);
                    self.shelf.unchanged(&name);
                    self.ledger.done(&name);
                } else {
                    self.jobs.build(name, text, trust);
                }
            }
            Err(NotRead::NotStill) => self.ledger.unsettled(&name, now, self.still),
            Err(NotRead::Rejected(rejection)) => {
                self.jobs.end_build(&name);
                self.rejected(&name, rejection);
            }
        }
    }

    fn built(&mut self, name: &OsStr, result: Result<Version, Rejection>) {
        self.stale(Instant::now());
        let is_current = self.ledger.is_loading(name) && !self.jobs.is_reading(name);
        match result {
            Ok(version) => {
                self.shelf.serve(name, version);
                self.unpublished = true;
                if is_current {
                    self.ledger.done(name);
                }
            }
            Err(rejection) if is_current => self.rejected(name, rejection),
            // The file is already another one: it will be read, and built again if these bytes are still its.
            Err(rejection) => tracing::debug!(file = %name.display(), reason = rejection.reason, "not a plugin"),
        }
    }

    /// An operator has changed grants: the plugins that these are about are made anew.
    fn decided_anew(&mut self) {
        let (now, trust) = (Instant::now(), self.trust.borrow_and_update().clone());
        let is_other = |id: &PluginId| self.marks.get(id).is_some_and(|mark| *mark != trust.mark(id));
        let names: Vec<_> = self.ledger.files().filter(|(_, id)| is_other(id)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.ledger.again(&name, now);
            self.look_by(now);
        }
        self.marks = self.ledger.files().map(|(_, id)| (id.clone(), trust.mark(id))).collect();
    }

    fn rejected(&mut self, name: &OsStr, rejection: Rejection) {
        let may_pass = rejection.may_pass;
        let tries = self.shelf.reject(name, rejection);
        if may_pass {
            self.ledger.retry(name, Instant::now() + self.config.retry_after(tries));
        } else {
            self.ledger.done(name);
        }
    }

    fn announced(&mut self, announcement: Announcement) {
        let id = &announcement.plugin;
        if self.shelf.plugin(id).is_some() {
            self.pacer.announced(id, announcement.change, Instant::now());
        }
    }

    fn listed_again(&mut self, before: &Arc<Admitted>, result: Result<Option<Arc<Admitted>>, String>) {
        let id = before.plugin().id();
        let announced = self.pacer.answered(id);
        let (differs, answered, still_served) = match result {
            Ok(now) => (now.is_some(), true, self.shelf.relisted(before, now)),
            Err(reason) => (false, false, self.shelf.not_relisted(before, reason)),
        };
        if still_served {
            if answered {
                self.publish_announced(&announced, differs);
            }
        } else if self.shelf.plugin(id).is_some() {
            // A new version took its place, perhaps before the change: it is asked in turn.
            let changes = [
                (announced.tools, Change::Tools),
                (announced.prompts, Change::Prompts),
                (announced.resources, Change::Resources),
            ];
            for (_, change) in changes.into_iter().filter(|(announced, _)| *announced) {
                self.pacer.announced(id, change, Instant::now());
            }
        }
    }
}

/// Ready when something was decided anew; never, once nothing can be.
async fn changed(trust: &mut watch::Receiver<Arc<Trust>>) {
    if trust.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The next announcement; never, once there can be none.
async fn receive(announcements: &mut Option<mpsc::Receiver<Announcement>>) -> Option<Announcement> {
    match announcements {
        Some(announcements) => announcements.recv().await,
        None => std::future::pending().await,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
