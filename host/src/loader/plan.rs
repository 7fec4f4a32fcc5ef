//! What is to be done about the directory as it is now.
//!
//! A [`Ledger`] remembers what was found under each name and what came of it; a [`Look`] at the directory turns
//! the difference into [`Step`]s. It knows no files, no clock and no events beyond what a look carries, so that a
//! burst of events, a missed one and a restart all lead to the same steps.
//!
//! A file is judged once it is settled: it was closed after writing or moved in, or it stood still for long
//! enough. Until then it is nobody's error.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use tokio::time::Instant;

use super::directory::{Entry, Found, Listing, Obstacle, Stamp};
use crate::plugin::PluginId;

/// The directory at one moment, and what was heard of it before.
pub(super) struct Look<'a> {
    /// When the looking began.
    pub at: Instant,
    pub listing: &'a Listing,
    /// Names that were closed after writing, or moved in.
    pub closed: &'a BTreeSet<OsString>,
    /// Names that were written to and not closed yet.
    pub open: &'a BTreeSet<OsString>,
    /// May a file's own times say for how long it has stood still? Not where another machine's clock sets them.
    pub trust_age: bool,
    /// How long a file must stand still if nobody was seen to close it.
    pub still: Duration,
    /// The same for one that is open for writing.
    pub open_still: Duration,
}

/// Longer than any file must stand still.
const LONG_AGO: Duration = Duration::from_hours(24);

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Read it, and build it unless these very bytes are built already.
    Load { name: OsString, id: PluginId, stamp: Stamp },
    /// Tell that it cannot be a plugin.
    Refuse { name: OsString, obstacle: Obstacle },
    /// It is gone.
    Remove { name: OsString },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not judged yet; to be looked at again at `due`.
    Settling { since: Instant, due: Instant },
    /// Being read or built.
    Loading,
    /// Loaded or refused: nothing to do until it changes.
    Done,
    /// Refused for a reason that may pass.
    RetryAt(Instant),
}

#[derive(Debug)]
struct Known {
    found: Found,
    phase: Phase,
}

/// What was found under each name, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<OsString, Known>);

impl Ledger {
    /// Compares, remembers, and says what to do.
    pub(super) fn look(&mut self, look: &Look<'_>) -> Vec<Step> {
        let dealt_with: Vec<Stamp> = self.0.values().filter_map(Known::stamp_if_done).collect();
        let gone: Vec<_> = self.0.keys().filter(|name| !look.listing.contains_key(*name)).cloned().collect();
        let mut steps = Vec::new();
        for name in gone {
            self.0.remove(&name);
            steps.push(Step::Remove { name });
        }
        for (name, entry) in look.listing {
            let known = self.0.get(name);
            let phase = known.filter(|known| known.found == entry.found).map(|known| known.phase);
            let phase = next_phase(phase, name, entry, look, &dealt_with).unwrap_or_else(|| {
                let (phase, step) = judge(name, &entry.found);
                steps.push(step);
                phase
            });
            self.0.insert(name.clone(), Known { found: entry.found.clone(), phase });
        }
        steps
    }

    /// What was being loaded under `name` has been dealt with, for good.
    pub(super) fn done(&mut self, name: &OsStr) {
        self.loaded(name, Phase::Done);
    }

    /// Loading `name` failed for a reason that may pass.
    pub(super) fn retry(&mut self, name: &OsStr, at: Instant) {
        self.loaded(name, Phase::RetryAt(at));
    }

    /// `name` turned out to be changing still.
    pub(super) fn unsettled(&mut self, name: &OsStr, now: Instant, still: Duration) {
        self.loaded(name, Phase::Settling { since: now, due: now + still });
    }

    /// What is known of `name` is to be loaded anew, although its file is the same.
    pub(super) fn again(&mut self, name: &OsStr, now: Instant) {
        if let Some(known) = self.0.get_mut(name) {
            known.phase = Phase::Settling { since: now.checked_sub(LONG_AGO).unwrap_or(now), due: now };
        }
    }

    /// The files that may be plugins, and whose each is.
    pub(super) fn files(&self) -> impl Iterator<Item = (&OsString, &PluginId)> {
        self.0.iter().filter_map(|(name, known)| match &known.found {
            Found::File { id, .. } => Some((name, id)),
            Found::Obstacle(_) => None,
        })
    }

    /// Is what lies under `name` being loaded? Not if it changed again.
    pub(super) fn is_loading(&self, name: &OsStr) -> bool {
        self.0.get(name).is_some_and(|known| known.phase == Phase::Loading)
    }

    /// What came of a file that changed meanwhile says nothing of the file as it is.
    fn loaded(&mut self, name: &OsStr, phase: Phase) {
        if let Some(known) = self.0.get_mut(name).filter(|known| known.phase == Phase::Loading) {
            known.phase = phase;
        }
    }

    /// When the next look is due for the sake of a file that waits.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let due = |known: &Known| match known.phase {
            Phase::Settling { due, .. } => Some(due),
            Phase::RetryAt(at) => Some(at),
            Phase::Loading | Phase::Done => None,
        };
        self.0.values().filter_map(due).min()
    }

    /// The names that have not been dealt with yet.
    pub(super) fn pending(&self) -> impl Iterator<Item = &OsString> {
        let is_pending = |known: &Known| matches!(known.phase, Phase::Settling { .. } | Phase::Loading);
        self.0.iter().filter(move |(_, known)| is_pending(known)).map(|(name, _)| name)
    }
}

impl Known {
    fn stamp_if_done(&self) -> Option<Stamp> {
        match (&self.found, self.phase) {
            (Found::File { stamp, .. }, Phase::Done) => Some(*stamp),
            _ => None,
        }
    }
}

/// The phase that a name is in after a look, or `None` if it is time to judge it. `phase` is the one it was in
/// with just this under it.
fn next_phase(
    phase: Option<Phase>,
    name: &OsString,
    entry: &Entry,
    look: &Look<'_>,
    dealt_with: &[Stamp],
) -> Option<Phase> {
    // Who makes an empty file is about to write to it.
    let is_empty = matches!(&entry.found, Found::File { stamp, .. } if stamp.size == 0);
    if look.closed.contains(name) && !is_empty {
        return None;
    }
    let patience = if look.open.contains(name) { look.open_still } else { look.still };
    let settling = |since: Instant| {
        let due = since + patience;
        (look.at < due).then_some(Phase::Settling { since, due })
    };
    match phase {
        Some(Phase::Settling { since, .. }) => settling(since),
        Some(Phase::RetryAt(at)) => (look.at < at).then_some(Phase::RetryAt(at)),
        Some(phase @ (Phase::Loading | Phase::Done)) => Some(phase),
        None => {
            let renamed = matches!(&entry.found, Found::File { stamp, .. }
                if dealt_with.iter().any(|known| stamp.is_same_content(known)));
            let age = entry.age.filter(|_| look.trust_age).unwrap_or_default();
            if renamed || age >= patience {
                return None;
            }
            settling(look.at.checked_sub(age).unwrap_or(look.at))
        }
    }
}

fn judge(name: &OsString, found: &Found) -> (Phase, Step) {
    let name = name.clone();
    match found {
        Found::File { id, stamp, .. } => (Phase::Loading, Step::Load { name, id: id.clone(), stamp: *stamp }),
        Found::Obstacle(obstacle) => (Phase::Done, Step::Refuse { name, obstacle: obstacle.clone() }),
    }
}

#[cfg(test)]
mod tests;
