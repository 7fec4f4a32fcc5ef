//! What the host knows of one version of a plugin beside what it offers: what it may do, what it has used, how it has
//! behaved. Plain data, for people and for programs that watch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JsonObject, Outcome};

/// What the host knows of one version of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The interfaces that it imports: what it asks for.
    pub imports: Vec<String>,
    /// What it is granted, less what the ceiling takes away, as a grants file has it.
    pub grants: JsonObject,
    /// The file that holds its grants, or would.
    pub grants_file: PathBuf,
    /// Why that file's rights do not hold for this version.
    pub grants_withheld: Option<String>,
    /// What no grant can exceed, as far as it is bounded.
    pub ceiling: JsonObject,
    /// The limits in force.
    pub limits: JsonObject,
    /// Calls that run now.
    pub running: u64,
    /// What it did, since the host started.
    pub counters: Counters,
    /// How calls failed, the latest last.
    pub failures: Vec<Failure>,
    /// What it was refused, the most frequent first.
    pub denials: Vec<Denied>,
    /// Whether it is called.
    pub breaker: Breaker,
}

/// What a plugin did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Runs of the guest on behalf of callers, by how they ended; those that never occurred are left out.
    pub calls: BTreeMap<Outcome, u64>,
    /// Runs to learn what it offers.
    pub listings: u64,
    /// CPU time of all of it, in microseconds.
    pub cpu_us: u64,
    /// From the beginning to the end of all calls, in microseconds.
    pub wall_us: u64,
    /// Bytes of linear memory of the largest run.
    pub memory_peak_bytes: u64,
    /// Bytes of arguments that went in.
    pub bytes_in: u64,
    /// Bytes of results that came out.
    pub bytes_out: u64,
    /// How often it was refused something.
    pub denials: u64,
}

impl Counters {
    /// All calls.
    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// The calls that ended so.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.calls.get(&outcome).copied().unwrap_or_default()
    }

    /// Adds what another version did.
    pub fn add(&mut self, other: &Self) {
        for (outcome, count) in &other.calls {
            *self.calls.entry(*outcome).or_default() += count;
        }
        self.listings += other.listings;
        self.cpu_us += other.cpu_us;
        self.wall_us += other.wall_us;
        self.memory_peak_bytes = self.memory_peak_bytes.max(other.memory_peak_bytes);
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.denials += other.denials;
    }
}

/// A call that failed other than by the plugin's own will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When, in milliseconds of Unix time.
    pub at_ms: u64,
    /// `tools/call`, say.
    pub method: String,
    /// The tool's own name, say.
    pub name: String,
    /// How.
    pub outcome: Outcome,
    /// One sentence, and what the guest said last.
    pub reason: String,
}

/// Something that a plugin was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// What, and what would allow it.
    pub what: String,
    /// How often.
    pub times: u64,
}

/// Whether a plugin is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// An operator has suspended it, whatever its version.
    pub suspended: bool,
    /// For whom it is put aside, since their calls failed in a row.
    pub put_aside: Vec<PutAside>,
}

/// That a plugin is put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAside {
    /// For whom; absent: for everybody without a name.
    pub principal: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// Milliseconds until a call is let through again; 0: the next one is.
    pub for_ms: u64,
    /// How the last call failed.
    pub reason: String,
}

/// A value as a JSON object; empty if it is none.
pub(crate) fn object(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}
