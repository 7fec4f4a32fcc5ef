//! How often a plugin's announcements are answered.
//!
//! The first is answered at once. Those that come until the interval is over are answered together at its end, so
//! the last one is never lost, and a plugin that announces in a loop costs one listing an interval.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::plugin::PluginId;

/// Who has announced something, and who may be asked again when.
#[derive(Debug)]
pub(super) struct Pacer {
    interval: Duration,
    plugins: HashMap<PluginId, Pace>,
}

#[derive(Debug)]
struct Pace {
    /// Announced and not yet asked about.
    wanted: bool,
    /// Being asked.
    asking: bool,
    /// Not to be asked before.
    earliest: Instant,
}

impl Pacer {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, plugins: HashMap::new() }
    }

    /// `id` has announced something. To be called for loaded plugins alone, whose number is bounded.
    pub(super) fn announced(&mut self, id: &PluginId, now: Instant) {
        let new = || Pace { wanted: false, asking: false, earliest: now };
        self.plugins.entry(id.clone()).or_insert_with(new).wanted = true;
    }

    /// Those to ask now; to be followed by [`Self::answered`] for each.
    pub(super) fn due(&mut self, now: Instant) -> Vec<PluginId> {
        let interval = self.interval;
        let due = self.plugins.iter_mut().filter(|(_, pace)| pace.is_waiting() && pace.earliest <= now);
        due.map(|(id, pace)| {
            *pace = Pace { wanted: false, asking: true, earliest: now + interval };
            id.clone()
        })
        .collect()
    }

    /// `id` has answered, or failed to.
    pub(super) fn answered(&mut self, id: &PluginId) {
        if let Some(pace) = self.plugins.get_mut(id) {
            pace.asking = false;
        }
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
        self.wanted && !self.asking
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    fn id() -> PluginId {
        PluginId::parse("a").unwrap()
    }

    #[test]
    fn the_first_is_due_at_once_and_a_burst_once_more_after_the_interval() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), start);
        assert_eq!(pacer.due(start), [id()]);
        pacer.answered(&id());
        for _ in 0..100 {
            pacer.announced(&id(), start);
        }
        assert_eq!(pacer.due(start), []);
        assert_eq!(pacer.next(), Some(start + INTERVAL));
        assert_eq!(pacer.due(start + INTERVAL), [id()]);
        pacer.answered(&id());
        assert_eq!((pacer.next(), pacer.due(start + 2 * INTERVAL)), (None, vec![]));
    }

    #[test]
    fn one_that_comes_while_the_plugin_is_asked_is_not_lost() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), start);
        pacer.due(start);
        pacer.announced(&id(), start);
        let late = start + 5 * INTERVAL;
        assert_eq!((pacer.next(), pacer.due(late)), (None, vec![]), "it is being asked");
        pacer.answered(&id());
        assert_eq!(pacer.due(late), [id()]);
    }

    #[test]
    fn a_removed_plugin_is_not_asked() {
        let (mut pacer, start) = (Pacer::new(INTERVAL), Instant::now());
        pacer.announced(&id(), start);
        pacer.forget(&id());
        assert_eq!((pacer.next(), pacer.due(start)), (None, vec![]));
    }
}
