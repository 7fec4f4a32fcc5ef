//! Names that look alike: `read_file` and `readFile`, `list1` and `listl`.
//!
//! A name is ASCII, so what can be confused is little: letters' case, `-` and `_`, and the few that are drawn alike.
//! Neither is refused, since nobody knows which is the imitation; the operator is told, and decides with a grant's
//! `[tools]` section.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::admit::Kind;
use super::snapshot::Item;
use crate::plugin::PluginId;

/// Several names that look alike, and whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imitation {
    /// Of what they are names.
    pub kind: Kind,
    /// The names, in the order of the list.
    pub names: Vec<(Arc<str>, PluginId)>,
}

/// How many names a sentence has.
const NAMED: usize = 4;

impl fmt::Display for Imitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s whose names look alike: ", self.kind)?;
        for (index, (name, plugin)) in self.names.iter().take(NAMED).enumerate() {
            let and = if index == 0 { "" } else { ", " };
            write!(f, "{and}`{name}` of the plugin {plugin}")?;
        }
        match self.names.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// The names among `items` that look alike.
pub(super) fn among<E>(kind: Kind, items: &[Item<E>]) -> Vec<Imitation> {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        alike.entry(skeleton(&item.name)).or_default().push(index);
    }
    let mut groups: Vec<_> = alike.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_unstable();
    let named = |index: usize| (items[index].name.clone(), items[index].plugin().id().clone());
    groups.into_iter().map(|group| Imitation { kind, names: group.into_iter().map(named).collect() }).collect()
}

/// What is left of a name when all that can be confused is one.
fn skeleton(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| match c.to_ascii_lowercase() {
        // A capital I, a small l and a 1 are one stroke; case is folded before, so i is among them.
        'i' | '1' => 'l',
        '0' => 'o',
        c => c,
    });
    letters.collect::<String>().replace("rn", "m").replace("vv", "w")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_what_is_overlooked_have_one_skeleton() {
        for (one, other) in [
            ("read_file", "ReadFile"),
            ("read_file", "read-file"),
            ("read_file", "read__file"),
            ("list", "1ist"),
            ("list", "Iist"),
            ("lo", "l0"),
            ("form", "forrn"),
            ("write", "vvrite"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn names_that_are_read_apart_have_several() {
        for (one, other) in [("read", "write"), ("a1", "a2"), ("time", "times"), ("get", "set")] {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }
}
