//! What a tool promises about itself, held against what its sandbox lets it do.
//!
//! Of MCP's four hints two can be enforced: a tool that is read-only runs with nothing that it could change, and one
//! that stays within itself runs without network. So those are true when they are listed, whoever claims them. A claim
//! that the plugin's permissions make impossible is corrected: a tool of a plugin that may reach no host is not open to
//! the world, and one that has nothing to change is read-only and destroys nothing. What a tool leaves unsaid stays so.
//! Whether a tool that may change things destroys any, and whether doing it twice is doing it once, nobody but its
//! author knows: `destructiveHint: false` and `idempotentHint` stay claims.

use crate::plugin::{Access, ToolAnnotations};
use crate::policy::{Powers, ToolOverride};

/// The annotations as they are listed, and what follows from them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effective {
    pub(super) annotations: Option<ToolAnnotations>,
    pub(super) access: Access,
    /// What was claimed and is not so, a sentence each.
    pub(super) corrections: Vec<String>,
}

/// What is listed of `claimed`, with `said` over it, under `powers`.
pub(super) fn effective(claimed: Option<ToolAnnotations>, said: Option<&ToolOverride>, powers: Powers) -> Effective {
    let nothing = ToolAnnotations::default();
    let (given, said) = (claimed.unwrap_or(nothing), said.cloned().unwrap_or_default());
    let mut hints = ToolAnnotations {
        read_only: said.read_only.or(given.read_only),
        destructive: said.destructive.or(given.destructive),
        idempotent: said.idempotent.or(given.idempotent),
        open_world: said.open_world.or(given.open_world),
    };
    // What the tool itself promises. What a correction says holds anyway, and a refusal is to name the grant that lacks.
    let access = Access { read_only: hints.read_only == Some(true), network: hints.open_world != Some(false) };
    let mut corrections = Vec::new();
    let mut correct = |name: &str, hint: &mut Option<bool>, wrong: bool, why: &str| {
        if *hint == Some(wrong) {
            *hint = Some(!wrong);
            corrections.push(format!("`{name}: {wrong}` is listed as {}: {why}", !wrong));
        }
    };
    if !powers.network {
        correct("openWorldHint", &mut hints.open_world, true, "its plugin may reach no host");
    }
    let network = powers.network && hints.open_world != Some(false);
    if !(network || powers.storage || powers.otherwise) {
        correct("readOnlyHint", &mut hints.read_only, false, "it has nothing that it could change");
        correct("destructiveHint", &mut hints.destructive, true, "it has nothing that it could destroy");
    }
    if hints.read_only == Some(true) {
        correct("destructiveHint", &mut hints.destructive, true, "it is read-only");
    }
    let annotations = (claimed.is_some() || hints != nothing).then_some(hints);
    Effective { annotations, access, corrections }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Powers = Powers { network: false, storage: false, otherwise: false };
    const ALL: Powers = Powers { network: true, storage: true, otherwise: true };

    /// In MCP's order: read-only, destructive, idempotent, open to the world.
    fn hints(of: [Option<bool>; 4]) -> ToolAnnotations {
        let [read_only, destructive, idempotent, open_world] = of;
        ToolAnnotations { read_only, destructive, idempotent, open_world }
    }

    fn listed(claimed: [Option<bool>; 4], powers: Powers) -> ([Option<bool>; 4], Access, usize) {
        let Effective { annotations, access, corrections } = effective(Some(hints(claimed)), None, powers);
        let ToolAnnotations { read_only, destructive, idempotent, open_world } = annotations.unwrap();
        ([read_only, destructive, idempotent, open_world], access, corrections.len())
    }

    #[test]
    fn what_is_claimed_and_can_be_so_stays_and_is_enforced() {
        for read_only in [None, Some(false), Some(true)] {
            for open_world in [None, Some(false), Some(true)] {
                let claimed = [read_only, Some(false), Some(true), open_world];
                let access = Access { read_only: read_only == Some(true), network: open_world != Some(false) };
                assert_eq!(listed(claimed, ALL), (claimed, access, 0));
            }
        }
    }

    #[test]
    fn a_tool_that_says_nothing_is_listed_so_and_may_all_that_its_plugin_may() {
        for powers in [NOTHING, ALL] {
            assert_eq!(effective(None, None, powers), Effective::default());
        }
        assert_eq!(effective(None, None, ALL).access, Access { read_only: false, network: true });
    }

    #[test]
    fn a_claim_that_the_permissions_make_impossible_is_corrected() {
        let (t, f) = (Some(true), Some(false));
        assert_eq!(listed([f, t, f, t], NOTHING), ([t, f, f, f], Access::default(), 3));
        assert_eq!(listed([None, t, None, None], NOTHING), ([None, f, None, None], Access::default(), 1));
        let storage = Powers { storage: true, ..NOTHING };
        assert_eq!(listed([f, t, f, t], storage), ([f, t, f, f], Access::default(), 1));
        let network = Powers { network: true, ..NOTHING };
        assert_eq!(listed([f, t, f, t], network).2, 0);
        // The network is all that it could change something by, and it says that it does without.
        let closed = Access { read_only: false, network: false };
        assert_eq!(listed([f, None, None, f], network), ([t, None, None, f], closed, 1));
    }

    #[test]
    fn whoever_may_ask_a_person_or_remember_may_change_something() {
        let otherwise = Powers { otherwise: true, ..NOTHING };
        assert_eq!(listed([Some(false), Some(true), None, None], otherwise).2, 0);
    }

    #[test]
    fn what_is_read_only_destroys_nothing() {
        let (shown, access, corrections) = listed([Some(true), Some(true), None, None], ALL);
        assert_eq!((shown[1], access.read_only, corrections), (Some(false), true, 1));
    }

    #[test]
    fn the_operator_has_the_last_word_but_for_what_is_impossible() {
        let said = ToolOverride { read_only: Some(true), open_world: Some(true), ..ToolOverride::default() };
        let of_writer = effective(Some(hints([Some(false), Some(true), None, Some(false)])), Some(&said), ALL);
        assert_eq!(of_writer.annotations, Some(hints([Some(true), Some(false), None, Some(true)])));
        assert_eq!(of_writer.access, Access { read_only: true, network: true });
        let without_network = effective(None, Some(&said), NOTHING);
        assert_eq!(without_network.annotations, Some(hints([Some(true), None, None, Some(false)])));
        assert_eq!(without_network.corrections.len(), 1);
    }
}
