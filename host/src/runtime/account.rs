//! What each version of a plugin did: counted where it happens, without a lock where that is often.
//!
//! An account belongs to a plugin's id and its file's digest, so it outlives a change of grants, and a version that
//! comes back finds its own. Of versions that nobody runs any more only the sum is kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::breaker::{self, Breaker, Permit};
use super::cpu::Meter;
use super::output::excerpt;
use super::store::Purpose;
use crate::plugin::{CallContext, CallError, Counters, Digest, Failure, Outcome, PluginId, Usage};

/// The most versions of one plugin that have an account of their own.
const VERSIONS: usize = 4;
/// The most plugins that are remembered when they are gone.
const PLUGINS: usize = 1_024;
/// The failures of a version that are remembered.
const FAILURES: usize = 16;
/// Bytes of what is remembered of one.
const REASON_BYTES: usize = 1_024;

/// The accounts of all plugins.
pub(super) struct Accounts {
    plugins: Mutex<BTreeMap<PluginId, Versions>>,
    breaker: breaker::Config,
}

/// The accounts of one plugin.
#[derive(Default)]
struct Versions {
    suspended: Arc<AtomicBool>,
    /// The latest last.
    accounts: Vec<(Digest, Arc<Account>)>,
    /// What those did that are not kept.
    before: Counters,
}

/// The account of one version.
pub(super) struct Account {
    ended: [AtomicU64; Outcome::ALL.len()],
    listings: AtomicU64,
    cpu_ns: AtomicU64,
    wall_ns: AtomicU64,
    memory_peak: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    denials: AtomicU64,
    failures: Mutex<VecDeque<Failure>>,
    pub(super) breaker: Breaker,
}

/// What is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct What<'a> {
    /// `tools/call`, say.
    pub(super) method: &'static str,
    /// The tool's own name, say.
    pub(super) name: &'a str,
    /// Bytes of arguments.
    pub(super) bytes: usize,
}

impl What<'_> {
    /// Something without arguments to speak of.
    pub(super) fn new<'a>(method: &'static str, name: &'a str) -> What<'a> {
        What { method, name, bytes: 0 }
    }
}

impl Accounts {
    pub(super) fn new(breaker: &breaker::Config) -> Self {
        Self { plugins: Mutex::default(), breaker: breaker.clone() }
    }

    /// The account of a version.
    pub(super) fn open(&self, id: &PluginId, digest: &Digest) -> Arc<Account> {
        let mut plugins = self.lock();
        if !plugins.contains_key(id) && plugins.len() >= PLUGINS {
            plugins.retain(|_, versions| versions.matters());
        }
        let versions = plugins.entry(id.clone()).or_default();
        if let Some(at) = versions.accounts.iter().position(|(known, _)| known == digest) {
            let known = versions.accounts.remove(at);
            let account = known.1.clone();
            versions.accounts.push(known);
            return account;
        }
        versions.forget();
        let account = Arc::new(Account::new(Breaker::new(&self.breaker, versions.suspended.clone())));
        versions.accounts.push((*digest, account.clone()));
        account
    }

    /// What each plugin did, all its versions together.
    pub(super) fn totals(&self) -> BTreeMap<PluginId, Counters> {
        let total = |versions: &Versions| {
            let mut total = versions.before.clone();
            versions.accounts.iter().for_each(|(_, account)| total.add(&account.counters()));
            total
        };
        self.lock().iter().map(|(id, versions)| (id.clone(), total(versions))).collect()
    }

    /// Suspends a plugin, whatever its version; false if none of that name was ever loaded.
    pub(super) fn suspend(&self, id: &PluginId) -> bool {
        self.lock().get(id).map(|versions| versions.suspended.store(true, Ordering::Relaxed)).is_some()
    }

    /// Lets a plugin be called again, whyever it was not; false if none of that name was ever loaded.
    pub(super) fn resume(&self, id: &PluginId) -> bool {
        let plugins = self.lock();
        let Some(versions) = plugins.get(id) else { return false };
        versions.suspended.store(false, Ordering::Relaxed);
        versions.accounts.iter().for_each(|(_, account)| account.breaker.close());
        true
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PluginId, Versions>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Versions {
    /// Makes room for one more, out of those that nobody runs.
    fn forget(&mut self) {
        while self.accounts.len() >= VERSIONS {
            let Some(at) = self.accounts.iter().position(|(_, account)| is_idle(account)) else { return };
            let (_, gone) = self.accounts.remove(at);
            self.before.add(&gone.counters());
        }
    }

    /// Is there more to it than a name that was loaded once?
    fn matters(&self) -> bool {
        self.suspended.load(Ordering::Relaxed) || self.accounts.iter().any(|(_, account)| !is_idle(account))
    }
}

fn is_idle(account: &Arc<Account>) -> bool {
    Arc::strong_count(account) == 1
}

impl Account {
    fn new(breaker: Breaker) -> Self {
        Self {
            ended: [const { AtomicU64::new(0) }; Outcome::ALL.len()],
            listings: AtomicU64::new(0),
            cpu_ns: AtomicU64::new(0),
            wall_ns: AtomicU64::new(0),
            memory_peak: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            denials: AtomicU64::new(0),
            failures: Mutex::default(),
            breaker,
        }
    }

    /// The guest was refused something.
    pub(super) fn denied(&self) {
        self.denials.fetch_add(1, Ordering::Relaxed);
    }

    /// The guest gave so many bytes.
    pub(super) fn gave(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn counters(&self) -> Counters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let calls = Outcome::ALL.into_iter().map(|outcome| (outcome, get(&self.ended[outcome as usize])));
        Counters {
            calls: calls.filter(|(_, count)| *count > 0).collect(),
            listings: get(&self.listings),
            cpu_us: get(&self.cpu_ns) / 1_000,
            wall_us: get(&self.wall_ns) / 1_000,
            memory_peak_bytes: get(&self.memory_peak),
            bytes_in: get(&self.bytes_in),
            bytes_out: get(&self.bytes_out),
            denials: get(&self.denials),
        }
    }

    /// How calls failed, the latest last.
    pub(super) fn failures(&self) -> Vec<Failure> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn failed(&self, what: What<'_>, outcome: Outcome, reason: &CallError) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let failure = Failure {
            at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            method: what.method.to_owned(),
            name: excerpt(what.name, REASON_BYTES),
            outcome,
            reason: excerpt(&reason.to_string(), REASON_BYTES),
        };
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() == FAILURES {
            failures.pop_front();
        }
        failures.push_back(failure);
    }
}

/// One run, entered into its account when it is dropped: a call may end anywhere.
pub(super) struct Run<'a> {
    account: &'a Account,
    what: What<'a>,
    usage: Arc<Usage>,
    meter: Arc<Meter>,
    purpose: Purpose,
    started: Instant,
    permit: Option<Permit<'a>>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    pub(super) fn begin(
        account: &'a Account,
        what: What<'a>,
        usage: &Arc<Usage>,
        meter: &Arc<Meter>,
        purpose: Purpose,
    ) -> Self {
        usage.runs_once();
        let (usage, meter) = (usage.clone(), meter.clone());
        let (permit, outcome) = (None, Outcome::Cancelled);
        Self { account, what, usage, meter, purpose, started: Instant::now(), permit, outcome }
    }

    /// Goes past the circuit breaker.
    ///
    /// # Errors
    /// The plugin is put aside; for how long, why, and what ends it.
    pub(super) fn enter(&mut self, plugin: &PluginId, context: &Arc<CallContext>) -> Result<(), CallError> {
        match self.account.breaker.enter(plugin, context) {
            Ok(permit) => {
                self.permit = Some(permit);
                Ok(())
            }
            Err(why) => {
                self.ended(Outcome::PutAside);
                Err(CallError::Unavailable(why))
            }
        }
    }

    /// It ended, by itself or with an error.
    pub(super) fn ended(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.usage.ended(outcome);
    }

    /// As [`Self::ended`], for one that failed.
    pub(super) fn failed(&mut self, error: &CallError) {
        let outcome = Outcome::from(error);
        self.ended(outcome);
        if outcome.is_failure() || outcome == Outcome::Invalid {
            self.account.failed(self.what, outcome, error);
        }
        if let Some(permit) = &mut self.permit
            && outcome.is_failure()
        {
            permit.because(error);
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let add = |counter: &AtomicU64, more: Duration| {
            counter.fetch_add(u64::try_from(more.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        let account = self.account;
        let cpu = self.meter.used();
        self.usage.computed(cpu);
        add(&account.cpu_ns, cpu);
        account.memory_peak.fetch_max(self.usage.memory_peak(), Ordering::Relaxed);
        if self.purpose == Purpose::Listing {
            account.listings.fetch_add(1, Ordering::Relaxed);
            return;
        }
        add(&account.wall_ns, self.started.elapsed());
        account.bytes_in.fetch_add(self.what.bytes as u64, Ordering::Relaxed);
        account.ended[self.outcome as usize].fetch_add(1, Ordering::Relaxed);
        if let Some(permit) = self.permit.take() {
            permit.ended(self.outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> PluginId {
        PluginId::parse(name).unwrap()
    }

    fn run(account: &Account, outcome: Outcome) {
        let meter = Arc::new(Meter::new(Duration::from_secs(1)));
        let what = What { method: "tools/call", name: "t", bytes: 3 };
        Run::begin(account, what, &Arc::default(), &meter, Purpose::Call).ended(outcome);
    }

    #[test]
    fn a_version_that_comes_back_finds_its_account() {
        let accounts = Accounts::new(&breaker::Config::default());
        let account = accounts.open(&id("x"), &Digest([1; 32]));
        run(&account, Outcome::Ok);
        drop(account);
        let _other = accounts.open(&id("x"), &Digest([2; 32]));
        assert_eq!(accounts.open(&id("x"), &Digest([1; 32])).counters().ended(Outcome::Ok), 1);
    }

    #[test]
    fn what_a_thousand_versions_did_is_summed_up_in_bounded_memory() {
        let accounts = Accounts::new(&breaker::Config::default());
        for version in 0..1_000u16 {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&version.to_le_bytes());
            run(&accounts.open(&id("x"), &Digest(digest)), Outcome::Trap);
        }
        let total = accounts.totals().remove(&id("x")).unwrap();
        assert_eq!((total.ended(Outcome::Trap), total.bytes_in), (1_000, 3_000));
        assert_eq!(accounts.lock()[&id("x")].accounts.len(), VERSIONS);
    }

    #[test]
    fn plugins_that_are_gone_are_forgotten_in_the_end() {
        let accounts = Accounts::new(&breaker::Config::default());
        let kept = accounts.open(&id("kept"), &Digest([0; 32]));
        for plugin in 0..3 * PLUGINS {
            accounts.open(&id(&format!("p{plugin}")), &Digest([0; 32]));
        }
        assert!(accounts.lock().len() <= PLUGINS && accounts.lock().contains_key(&id("kept")));
        drop(kept);
    }

    #[test]
    fn a_run_that_is_dropped_was_cancelled() {
        let accounts = Accounts::new(&breaker::Config::default());
        let account = accounts.open(&id("x"), &Digest([0; 32]));
        let meter = Arc::new(Meter::new(Duration::from_secs(1)));
        drop(Run::begin(&account, What::new("tools/call", "t"), &Arc::default(), &meter, Purpose::Call));
        assert_eq!(account.counters().ended(Outcome::Cancelled), 1);
    }

    #[test]
    fn the_latest_failures_are_remembered_and_no_others() {
        let accounts = Accounts::new(&breaker::Config { failures: 0, ..breaker::Config::default() });
        let account = accounts.open(&id("x"), &Digest([0; 32]));
        let meter = Arc::new(Meter::new(Duration::from_secs(1)));
        for number in 0..100 {
            let mut run = Run::begin(&account, What::new("tools/call", "t"), &Arc::default(), &meter, Purpose::Call);
            run.failed(&CallError::Trap(format!("{number} {}", "x".repeat(10_000))));
        }
        let mut run = Run::begin(&account, What::new("tools/call", "t"), &Arc::default(), &meter, Purpose::Call);
        run.failed(&CallError::Failed("it says no".into()));
        drop(run);
        let failures = account.failures();
        assert_eq!(failures.len(), FAILURES);
        assert!(failures[FAILURES - 1].reason.starts_with("the plugin crashed: 99"));
        assert!(failures.iter().all(|failure| failure.reason.len() <= REASON_BYTES + "…".len()));
    }
}
