//! One call in the audit trail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Trail;
use crate::plugin::{Capability, Digest, Outcome, Plugin, PluginId, Principal, Usage, canonical_json};

/// Bytes of a name that are kept: what is asked for may be anything.
const NAME_BYTES: usize = 256;

/// One call. It is entered when it is dropped, since a call may end anywhere: once, and only once.
#[derive(Debug)]
pub struct Entry {
    trail: Arc<Trail>,
    began: SystemTime,
    started: Instant,
    method: &'static str,
    principal: Option<(Option<String>, String)>,
    session: Option<String>,
    name: String,
    plugin: Option<(PluginId, Digest)>,
    arguments: Option<Digest>,
    usage: Arc<Usage>,
    as_task: bool,
    /// The plugin was to be run.
    begun: bool,
    rounds: AtomicU32,
    code: OnceLock<i32>,
}

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    method: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_sha256: Option<String>,
    outcome: Outcome,
    /// Of the JSON-RPC error that was the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i32>,
    grants: BTreeMap<&'static str, Vec<String>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_grants: bool,
    cpu_us: u64,
    memory_peak_bytes: u64,
    wall_us: u64,
    rounds: u32,
    task: bool,
}

impl Entry {
    pub(super) fn new(
        trail: Arc<Trail>,
        method: &'static str,
        principal: Option<&Principal>,
        session: Option<String>,
        usage: Arc<Usage>,
    ) -> Self {
        Self {
            trail,
            began: SystemTime::now(),
            started: Instant::now(),
            method,
            principal: principal.map(|principal| (principal.issuer.clone(), principal.subject.clone())),
            session,
            name: String::new(),
            plugin: None,
            arguments: None,
            usage,
            as_task: false,
            begun: false,
            rounds: AtomicU32::new(0),
            code: OnceLock::new(),
        }
    }

    /// The name that was called by, if it was a text.
    pub fn named(&mut self, name: Option<&Value>) {
        let name = name.and_then(Value::as_str).unwrap_or_default();
        name[..name.floor_char_boundary(NAME_BYTES)].clone_into(&mut self.name);
    }

    /// What it is, now that it is about to be done; `rounds` of questions came before.
    pub fn begins(&mut self, plugin: &dyn Plugin, arguments: &Value, as_task: bool, rounds: u32) {
        self.plugin = Some((plugin.id().clone(), *plugin.digest()));
        self.arguments = (!arguments.is_null()).then(|| Digest(Sha256::digest(canonical_json(arguments)).into()));
        self.as_task = as_task;
        *self.rounds.get_mut() = rounds;
        self.begun = true;
    }

    /// It is done by no plugin, or by several.
    pub fn begins_without_plugin(&mut self) {
        self.begun = true;
    }

    /// The plugin is run again, with the answers to its questions.
    pub fn another_round(&self) {
        self.rounds.fetch_add(1, Ordering::Relaxed);
    }

    /// It was answered with a JSON-RPC error of this code.
    pub fn answered_with_error(&self, code: i32) {
        // The first counts; there is never another.
        let _ = self.code.set(code);
    }

    fn outcome(&self) -> Outcome {
        let without = if self.begun { Outcome::Cancelled } else { Outcome::Refused };
        self.usage.outcome().unwrap_or(without)
    }

    fn line(&self) -> Line<'_> {
        let (used, more_grants) = self.usage.grants();
        let mut grants: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (capability, subject) in used {
            grants.entry(Capability::as_str(capability)).or_default().push(subject);
        }
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Line {
            time: humantime::format_rfc3339_micros(self.began).to_string(),
            principal: self.principal.as_ref().map(|(_, subject)| subject.as_str()),
            issuer: self.principal.as_ref().and_then(|(issuer, _)| issuer.as_deref()),
            session: self.session.as_deref(),
            method: self.method,
            name: &self.name,
            plugin: self.plugin.as_ref().map(|(id, _)| id.as_str()),
            digest: self.plugin.as_ref().map(|(_, digest)| digest.to_string()),
            arguments_sha256: self.arguments.map(|digest| digest.to_string()),
            outcome: self.outcome(),
            code: self.code.get().copied(),
            grants,
            more_grants,
            cpu_us: micros(self.usage.cpu()),
            memory_peak_bytes: self.usage.memory_peak(),
            wall_us: micros(self.started.elapsed()),
            rounds: self.rounds.load(Ordering::Relaxed),
            task: self.as_task,
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let line = self.line();
        if self.trail.log {
            let Line { principal, issuer, session, method, name, plugin, .. } = line;
            let (digest, arguments_sha256) = (line.digest.as_deref(), line.arguments_sha256.as_deref());
            let grants = serde_json::to_string(&line.grants).unwrap_or_default();
            tracing::info!(
                target: "pegboard::audit",
                principal, issuer, session, method, name, plugin, digest, arguments_sha256,
                outcome = line.outcome.as_str(), code = line.code, grants, more_grants = line.more_grants,
                cpu_us = line.cpu_us, memory_peak_bytes = line.memory_peak_bytes, wall_us = line.wall_us,
                rounds = line.rounds, task = line.task, "call"
            );
        }
        if let Some(file) = &self.trail.file
            && let Ok(mut json) = serde_json::to_vec(&line)
        {
            json.push(b'\n');
            file.write(&json);
        }
    }
}
