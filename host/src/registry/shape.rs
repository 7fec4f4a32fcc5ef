//! A grant's `[tools]` section, applied to what a plugin lists.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::names::shortened;
use crate::plugin::ToolSpec;
use crate::policy::ToolRules;

/// What of a plugin's tools is listed, and under which names.
#[derive(Debug, Default)]
pub(super) struct Shape {
    names: HashMap<String, Arc<str>>,
    /// Rules that did not work as they were meant, a sentence each.
    pub(super) warnings: Vec<String>,
}

impl Shape {
    /// Decides about `tools`. A rule for a tool that there is not is no error: the plugin may have it tomorrow.
    pub(super) fn new(tools: &[ToolSpec], rules: &ToolRules) -> Self {
        let mut shape = Self::default();
        let own: HashSet<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        for (section, names) in
            [("rename", rules.rename.keys().collect::<Vec<_>>()), ("override", rules.overrides.keys().collect())]
        {
            for name in names.into_iter().filter(|name| !own.contains(name.as_str())) {
                shape.warnings.push(format!("[tools.{section}] has `{name:.64}`, and the plugin has no such tool"));
            }
        }
        let listed: Vec<_> = tools.iter().map(|tool| &*tool.name).filter(|name| rules.lists(name)).collect();
        // What is renamed gives way: who knows a name by now has it from the plugin.
        let (renamed, unchanged): (Vec<_>, Vec<_>) = listed.into_iter().partition(|own| rules.name(own) != **own);
        let mut taken: HashSet<String> = unchanged.iter().map(|own| (*own).to_owned()).collect();
        shape.names.extend(unchanged.into_iter().map(|own| (own.to_owned(), own.into())));
        for own in renamed {
            let name = shortened(rules.name(own));
            if taken.insert(name.clone()) {
                shape.names.insert(own.to_owned(), name.into());
                continue;
            }
            let free = taken.insert(own.to_owned());
            let instead = if free { "keeps its own name" } else { "is not listed" };
            shape.warnings.push(format!("tool `{own}` {instead}: the plugin has another tool under `{name}`"));
            if free {
                shape.names.insert(own.to_owned(), own.into());
            }
        }
        shape
    }

    /// What clients call the tool that the plugin calls `own_name`; nothing, if it is not listed.
    pub(super) fn name(&self, own_name: &str) -> Option<&Arc<str>> {
        self.names.get(own_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tool;

    fn shaped(names: &[&str], rules: &ToolRules) -> (Vec<(String, String)>, Vec<String>) {
        let tools: Vec<_> = names.iter().map(|name| tool(name)).collect();
        let shape = Shape::new(&tools, rules);
        let shown = names.iter().filter_map(|own| Some(((*own).to_owned(), shape.name(own)?.to_string())));
        (shown.collect(), shape.warnings)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn renaming(renamed: &[(&str, &str)]) -> ToolRules {
        ToolRules { rename: pairs(renamed).into_iter().collect(), ..ToolRules::default() }
    }

    #[test]
    fn without_rules_everything_stays() {
        assert_eq!(shaped(&["a", "b"], &ToolRules::default()), (pairs(&[("a", "a"), ("b", "b")]), Vec::new()));
    }

    #[test]
    fn what_is_not_listed_has_no_name_and_the_rest_its_new_one() {
        let rules = ToolRules { deny: vec!["b".into()], prefix: Some("x_".into()), ..renaming(&[("c", "see")]) };
        assert_eq!(shaped(&["a", "b", "c"], &rules), (pairs(&[("a", "x_a"), ("c", "see")]), Vec::new()));
    }

    #[test]
    fn names_may_be_swapped() {
        let swapped = renaming(&[("a", "b"), ("b", "a")]);
        assert_eq!(shaped(&["a", "b"], &swapped), (pairs(&[("a", "b"), ("b", "a")]), Vec::new()));
    }

    #[test]
    fn a_new_name_that_another_tool_has_is_not_given() {
        let (shown, warnings) = shaped(&["a", "b"], &renaming(&[("a", "b")]));
        assert_eq!(shown, pairs(&[("a", "a"), ("b", "b")]));
        assert!(warnings[0].contains("`a` keeps its own name") && warnings[0].contains("`b`"), "{warnings:?}");
        // A denied tool takes no name.
        let rules = ToolRules { deny: vec!["b".into()], ..renaming(&[("a", "b")]) };
        assert_eq!(shaped(&["a", "b"], &rules), (pairs(&[("a", "b")]), Vec::new()));
        // Its own name has gone to another.
        let (shown, warnings) = shaped(&["c", "a", "b"], &renaming(&[("c", "a"), ("a", "b")]));
        assert_eq!(shown, pairs(&[("c", "a"), ("b", "b")]));
        assert!(warnings[0].contains("`a` is not listed"), "{warnings:?}");
    }

    #[test]
    fn a_rule_for_a_tool_that_there_is_not_is_told() {
        let (shown, warnings) = shaped(&["a"], &renaming(&[("b", "c")]));
        assert_eq!(shown, pairs(&[("a", "a")]));
        assert!(warnings[0].contains("[tools.rename] has `b`"), "{warnings:?}");
    }

    #[test]
    fn a_name_that_a_prefix_makes_too_long_is_cut_and_stays_its_own() {
        let (one, other) = (format!("{}a", "n".repeat(63)), format!("{}b", "n".repeat(63)));
        let rules = ToolRules { prefix: Some("prefix_".into()), ..ToolRules::default() };
        let (shown, warnings) = shaped(&[&one, &other], &rules);
        assert!(warnings.is_empty() && shown[0].1 != shown[1].1);
        assert!(shown.iter().all(|(_, name)| crate::registry::names::is_name(name)), "{shown:?}");
    }
}
