//! How often a plugin's announcements are answered.
//!
//! The first is answered at once. Those that come until the interval is over are answered together at its end, so
//! the last one is never lost, and a plugin that announces in a loop costs one listing an interval.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::plugin::{Change, PluginId};

/// The most resources of one plugin that are told one by one in an interval; more are told as a change of them all.
const MOST_UPDATED: usize = 64;

/// What a plugin has announced and nobody was told yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) tools: bool,
    pub(super) prompts: bool,
    pub(super) resources: bool,
    /// The URIs of resources that read differently.
    pub(super) updated: BTreeSet<String>,
}

impl Announced {
    fn add(&mut self, change: Change) {
        match change {
            Change::Tools => self.tools = true,
            Change::Prompts => self.prompts = true,
            Change::Resources => self.resources = true,
            Change::ResourceUpdated(uri) if self.updated.len() < MOST_UPDATED => {
                self.updated.insert(uri);
            }
            Change::ResourceUpdated(uri) => self.resources |= !self.updated.contains(&uri),
        }
    }

    /// Is it about a list, for which the plugin has to be asked again?
    pub(super) fn lists(&self) -> bool {
        self.tools || self.prompts || self.resources
    }

    fn is_nothing(&self) -> bool {
        !self.lists() && self.updated.is_empty()
    }
}

/// Who has announced what, and who may be heard again when.
#[derive(Debug)]
pub(super) struct Pacer {
    interval: Duration,
    plugins: HashMap<PluginId, Pace>,
}

#[derive(Debug)]
struct Pace {
    /// Announced and not yet acted upon.
    announced: Announced,
    /// What the plugin is being asked about.
    asking: Option<Announced>,
    /// Not to be acted upon before.
    earliest: Instant,
}

impl Pacer {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, plugins: HashMap::new() }
    }

    /// `id` has announced something. To be called for loaded plugins alone, whose number is bounded.
    pub(super) fn announced(&mut self, id: &PluginId, change: Change, now: Instant) {
        let new = || Pace { announced: Announced::default(), asking: None, earliest: now };
        self.plugins.entry(id.clone()).or_insert_with(new).announced.add(change);
    }

    /// What to act upon now; to be followed by [`Self::answered`] for each plugin.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(PluginId, Announced)> {
        let interval = self.interval;
        let due = self.plugins.iter_mut().filter(|(_, pace)| pace.is_waiting() && pace.earliest <= now);
        due.map(|(id, pace)| {
            let announced = std::mem::take(&mut pace.announced);
            pace.asking = Some(announced.clone());
            pace.earliest = now + interval;
            (id.clone(), announced)
        })
        .collect()
    }

    /// `id` has answered, or failed to; gives what it was asked about.
    pub(super) fn answered(&mut self, id: &PluginId) -> Announced {
        self.plugins.get_mut(id).and_then(|pace| pace.asking.take()).unwrap_or_default()
    }

    /// `id` is not loaded any more.
    pub(super) fn forget(&mut self, id: &PluginId) {
        self.plugins.remove(id);
    }

    /// When somebody is due next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.plugins.values().filter(|pace| pace.is_waiting()).map(|pace| pace.earliest).min()
    }
}

impl Pace {
    fn is_waiting(&self) -> bool {
        !self.announced.is_nothing() && self.asking.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    fn id() -> PluginId {
        PluginId::parse("a").unwrap()
    }

    fn ids(due: Vec<(PluginId, Announced)>) -> Vec<PluginId> {
        due.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn a_flood_of_updated_resources_becomes_a_change_of_them_all() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        for n in 0..10 * MOST_UPDATED {
            pacer.announced(&id(), Change::ResourceUpdated(format!("x:{n}")), start);
        }
        let due = pacer.due(start);
        assert_eq!((due[0].1.updated.len(), due[0].1.resources), (MOST_UPDATED, true));
    }

    #[test]
    fn the_first_is_due_at_once_and_a_burst_once_more_after_the_interval() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), Change::Tools, start);
        assert_eq!(ids(pacer.due(start)), [id()]);
        pacer.answered(&id());
        for _ in 0..100 {
            pacer.announced(&id(), Change::Tools, start);
        }
        assert_eq!(pacer.due(start), []);
        assert_eq!(pacer.next(), Some(start + INTERVAL));
        assert_eq!(ids(pacer.due(start + INTERVAL)), [id()]);
        pacer.answered(&id());
        assert_eq!((pacer.next(), pacer.due(start + 2 * INTERVAL)), (None, vec![]));
    }

    #[test]
    fn one_that_comes_while_the_plugin_is_asked_is_not_lost() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), Change::Tools, start);
        pacer.due(start);
        pacer.announced(&id(), Change::Tools, start);
        let late = start + 5 * INTERVAL;
        assert_eq!((pacer.next(), pacer.due(late)), (None, vec![]), "it is being asked");
        pacer.answered(&id());
        assert_eq!(ids(pacer.due(late)), [id()]);
    }

    #[test]
    fn a_removed_plugin_is_not_asked() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), Change::Tools, start);
        pacer.forget(&id());
        assert_eq!((pacer.next(), pacer.due(start)), (None, vec![]));
    }
}
