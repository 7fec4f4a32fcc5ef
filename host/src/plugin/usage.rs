//! What a call has used of what its plugin may use: filled in while it runs, read when it has ended, however it did.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Outcome;

/// The most subjects that are remembered of one call. A plugin that walks over a thousand hosts tells nothing more by
/// the last of them.
const MOST_SUBJECTS: usize = 32;

/// Bytes of a subject that are remembered.
const SUBJECT_BYTES: usize = 256;

/// What a grant is about: a section of the grants file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Directories, by the path at which the plugin sees them.
    Filesystem,
    /// Hosts, as `https://example.com:443`.
    Network,
    /// Environment variables, by name.
    Env,
    /// Settings, by key.
    Config,
    /// Buckets, by name.
    Kv,
    /// Secrets, by name.
    Secrets,
    /// Questions to users, by kind.
    Client,
}

impl Capability {
    /// The section's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filesystem => "filesystem",
            Self::Network => "network",
            Self::Env => "env",
            Self::Config => "config",
            Self::Kv => "kv",
            Self::Secrets => "secrets",
            Self::Client => "client",
        }
    }
}

/// What one call has used, all runs of it together. Several may note at the same time.
#[derive(Debug, Default)]
pub struct Usage {
    runs: AtomicU32,
    cpu_ns: AtomicU64,
    memory_peak: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    outcome: Option<Outcome>,
    used: BTreeSet<(Capability, String)>,
    /// There were more.
    more: bool,
}

impl Usage {
    /// A grant was used: `capability`, and which directory, host, bucket, secret or name. To be noted when the host
    /// does what was granted, not when it is refused.
    pub fn used(&self, capability: Capability, subject: &str) {
        let end = subject.floor_char_boundary(SUBJECT_BYTES);
        let mut notes = self.notes();
        let entry = (capability, subject[..end].to_owned());
        if notes.used.len() < MOST_SUBJECTS || notes.used.contains(&entry) {
            notes.used.insert(entry);
        } else {
            notes.more = true;
        }
    }

    /// How the call ends is open, again.
    pub fn goes_on(&self) {
        self.notes().outcome = None;
    }

    /// An instance begins to run for the call.
    pub fn runs_once(&self) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.goes_on();
    }

    /// The instance has so much memory.
    pub fn has_memory(&self, bytes: u64) {
        self.memory_peak.fetch_max(bytes, Ordering::Relaxed);
    }

    /// An instance computed for so long.
    pub fn computed(&self, cpu: Duration) {
        self.cpu_ns.fetch_add(u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The call, or its latest run, ended so.
    pub fn ended(&self, outcome: Outcome) {
        self.notes().outcome = Some(outcome);
    }

    /// How the call, or its latest run, ended; none while it runs, and after that if it was cancelled.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.notes().outcome
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many instances ran.
    #[must_use]
    pub fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The CPU time of all of them.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.cpu_ns.load(Ordering::Relaxed))
    }

    /// Bytes of linear memory of the largest of them.
    #[must_use]
    pub fn memory_peak(&self) -> u64 {
        self.memory_peak.load(Ordering::Relaxed)
    }

    /// The grants that were used, in a stable order, and whether there were more than are remembered.
    #[must_use]
    pub fn grants(&self) -> (Vec<(Capability, String)>, bool) {
        let notes = self.notes();
        (notes.used.iter().cloned().collect(), notes.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_and_the_largest_memory_counts() {
        let usage = Usage::default();
        for (us, memory) in [(3, 7), (4, 5)] {
            usage.runs_once();
            usage.computed(Duration::from_micros(us));
            usage.has_memory(memory);
        }
        assert_eq!((usage.runs(), usage.cpu(), usage.memory_peak()), (2, Duration::from_micros(7), 7));
    }

    #[test]
    fn a_further_run_leaves_the_end_open_again() {
        let usage = Usage::default();
        usage.runs_once();
        usage.ended(Outcome::Asked);
        assert_eq!(usage.outcome(), Some(Outcome::Asked));
        usage.runs_once();
        assert_eq!(usage.outcome(), None);
    }

    #[test]
    fn a_grant_counts_once_and_a_thousand_of_them_are_cut_off() {
        let usage = Usage::default();
        usage.used(Capability::Secrets, "token");
        usage.used(Capability::Secrets, "token");
        assert_eq!(usage.grants(), (vec![(Capability::Secrets, "token".to_owned())], false));
        for host in 0..1_000 {
            usage.used(Capability::Network, &format!("https://{host}.example.com"));
        }
        let (grants, more) = usage.grants();
        assert_eq!((grants.len(), more), (MOST_SUBJECTS, true));
    }

    #[test]
    fn a_long_subject_is_cut_at_a_character() {
        let usage = Usage::default();
        usage.used(Capability::Network, &"é".repeat(1_000));
        assert!(usage.grants().0[0].1.len() <= SUBJECT_BYTES);
    }
}
