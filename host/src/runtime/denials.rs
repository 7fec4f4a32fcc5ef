//! What a plugin was refused: counted, and told to the log once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::output::excerpt;
use crate::plugin::PluginId;
use crate::policy::Denial;

/// The most different refusals that are remembered of one version of a plugin. Further ones are counted alone: a
/// plugin that makes up hosts must not fill memory or log.
const REMEMBERED: usize = 64;

/// Bytes of a refusal that are remembered.
const SENTENCE_BYTES: usize = 512;

/// The refusals of one version of a plugin.
#[derive(Debug, Default)]
pub struct Denials {
    all: AtomicU64,
    by_sentence: Mutex<BTreeMap<String, u64>>,
}

impl Denials {
    /// Counts `denial` and gives its sentence; the log has it the first time.
    pub(super) fn record(&self, plugin: &PluginId, denial: &Denial) -> String {
        self.all.fetch_add(1, Ordering::Relaxed);
        let sentence = excerpt(&format!("plugin `{plugin}` {denial}"), SENTENCE_BYTES);
        let mut known = self.by_sentence.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = known.get_mut(&sentence) {
            *count += 1;
            return sentence;
        }
        if known.len() < REMEMBERED {
            known.insert(sentence.clone(), 1);
            let is_last = known.len() == REMEMBERED;
            drop(known);
            tracing::warn!(target: "pegboard::plugin", %plugin, "{sentence}");
            if is_last {
                tracing::warn!(
                    target: "pegboard::plugin", %plugin,
                    "plugin `{plugin}` was refused {REMEMBERED} different things; further ones are counted, not logged"
                );
            }
        }
        sentence
    }

    /// How often anything was refused.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// What was refused, and how often, the most frequent first.
    #[must_use]
    pub fn sentences(&self) -> Vec<(String, u64)> {
        let known = self.by_sentence.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sentences: Vec<_> = known.iter().map(|(sentence, count)| (sentence.clone(), *count)).collect();
        sentences.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_refusals_are_one_memory_each_and_a_bounded_number_of_them() {
        let denials = Denials::default();
        let plugin = PluginId::parse("x").unwrap();
        for host in 0..1_000 {
            let denial = Denial { what: format!("reach host {}", host % 100), remedy: "a line".into() };
            assert!(denials.record(&plugin, &denial).starts_with("plugin `x` may not reach host"));
        }
        assert_eq!(denials.count(), 1_000);
        assert_eq!(denials.sentences().len(), REMEMBERED);
        assert_eq!(denials.sentences()[0].1, 10);
    }
}
