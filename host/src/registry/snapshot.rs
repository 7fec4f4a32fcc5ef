//! What clients see, at one moment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::admit::MAX_NAME_LEN;
use super::{Admitted, Config, ToolEntry};
use crate::plugin::{Plugin, PluginId};

/// A tool under the name that clients know it by.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The name in `tools/list`.
    pub name: Arc<str>,
    /// The tool.
    pub entry: Arc<ToolEntry>,
    admitted: Arc<Admitted>,
}

impl Tool {
    /// Whose it is.
    #[must_use]
    pub fn plugin(&self) -> &Arc<dyn Plugin> {
        self.admitted.plugin()
    }
}

/// What a name stands for.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// One tool.
    Tool(&'a Tool),
    /// Several plugins offer it; the names that they are listed under instead.
    Ambiguous(&'a [Arc<str>]),
    /// Nothing.
    Unknown,
}

/// The plugins and tools at one moment. Never changes.
#[derive(Debug, Default)]
pub struct Snapshot {
    plugins: BTreeMap<PluginId, Arc<Admitted>>,
    tools: Vec<Tool>,
    by_name: HashMap<Arc<str>, usize>,
    ambiguous: HashMap<Arc<str>, Vec<Arc<str>>>,
}

impl Snapshot {
    /// Gives each tool its name. The outcome depends on nothing but the plugins and the configuration, so
    /// every node with the same files lists the same names: plugins by id, their tools in their own order.
    #[must_use]
    pub fn new(plugins: Vec<Arc<Admitted>>, config: &Config) -> Self {
        let plugins: BTreeMap<_, _> = plugins.into_iter().map(|p| (p.plugin().id().clone(), p)).collect();
        let offers: Vec<_> = plugins.values().flat_map(|p| p.tools().iter().map(move |tool| (p, tool))).collect();
        let prefixed = prefixed(&offers, config);
        let mut snapshot = Self { plugins: plugins.clone(), ..Self::default() };
        for (index, (admitted, entry)) in offers.iter().enumerate() {
            let own = &entry.own_name;
            let name = if prefixed.contains(&index) {
                let name = prefixed_name(admitted.plugin().id(), own);
                snapshot.ambiguous.entry(own.clone()).or_default().push(name.clone());
                name
            } else {
                own.clone()
            };
            snapshot.by_name.insert(name.clone(), index);
            snapshot.tools.push(Tool { name, entry: (*entry).clone(), admitted: (*admitted).clone() });
        }
        snapshot
    }

    /// All plugins, by id.
    #[must_use]
    pub fn plugins(&self) -> impl ExactSizeIterator<Item = &Arc<Admitted>> {
        self.plugins.values()
    }

    /// One plugin.
    #[must_use]
    pub fn plugin(&self, id: &PluginId) -> Option<&Arc<Admitted>> {
        self.plugins.get(id)
    }

    /// All tools, in the order of `tools/list`.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// What a client means by `name`.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Lookup<'_> {
        match (self.by_name.get(name), self.ambiguous.get(name)) {
            (Some(&index), _) => Lookup::Tool(&self.tools[index]),
            (None, Some(names)) => Lookup::Ambiguous(names),
            (None, None) => Lookup::Unknown,
        }
    }

    pub(super) fn lists_the_same_tools(&self, other: &Self) -> bool {
        let listed = |snapshot: &Self| snapshot.tools.len();
        listed(self) == listed(other)
            && self.tools.iter().zip(&other.tools).all(|(a, b)| a.name == b.name && a.entry.spec == b.entry.spec)
    }
}

type Offer<'a> = (&'a Arc<Admitted>, &'a Arc<ToolEntry>);

/// The offers whose name is not theirs alone. A prefixed name may in turn meet another plugin's bare name;
/// then that one is prefixed too. Prefixed names meet no others, since an id has no `_`.
fn prefixed(offers: &[Offer<'_>], config: &Config) -> HashSet<usize> {
    let mut prefixed = HashSet::new();
    loop {
        let mut claims: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
        for (index, (admitted, entry)) in offers.iter().enumerate() {
            let name = if prefixed.contains(&index) {
                prefixed_name(admitted.plugin().id(), &entry.own_name)
            } else {
                entry.own_name.clone()
            };
            claims.entry(name).or_default().push(index);
        }
        let before = prefixed.len();
        for (name, claimants) in claims.iter().filter(|(_, claimants)| claimants.len() > 1) {
            let owner = config.tool_owners.get(&**name);
            let is_owner = |index: usize| owner.is_some_and(|id| offers[index].0.plugin().id().as_str() == id);
            prefixed.extend(claimants.iter().copied().filter(|&index| !is_owner(index)));
        }
        if prefixed.len() == before {
            return prefixed;
        }
    }
}

/// `<id>_<name>`; where that is too long, its head and eight digits of its SHA-256.
fn prefixed_name(id: &PluginId, name: &str) -> Arc<str> {
    let mut full = format!("{id}_{name}");
    if full.len() > MAX_NAME_LEN {
        let digest = crate::plugin::Digest(Sha256::digest(&full).into()).to_string();
        full.truncate(MAX_NAME_LEN - 9);
        full = format!("{full}_{}", &digest[..8]);
    }
    full.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakePlugin, tool};

    fn admitted(id: &str, tools: &[&str]) -> Arc<Admitted> {
        let specs = tools.iter().map(|name| tool(name)).collect();
        Arc::new(Admitted::new(FakePlugin::new(id), specs).unwrap())
    }

    fn names(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.tools().iter().map(|t| &*t.name).collect()
    }

    #[test]
    fn the_order_is_plugins_by_id_then_their_own() {
        let snapshot = Snapshot::new(vec![admitted("b", &["z", "y"]), admitted("a", &["x"])], &Config::default());
        assert_eq!(names(&snapshot), ["x", "z", "y"]);
    }

    #[test]
    fn a_name_that_two_plugins_offer_is_prefixed_for_both() {
        let snapshot = Snapshot::new(vec![admitted("b", &["t", "u"]), admitted("a", &["t"])], &Config::default());
        assert_eq!(names(&snapshot), ["a_t", "b_t", "u"]);
        let Lookup::Ambiguous(instead) = snapshot.lookup("t") else { panic!("t must be ambiguous") };
        assert_eq!(instead, ["a_t".into(), "b_t".into()]);
        assert!(matches!(snapshot.lookup("b_t"), Lookup::Tool(t) if t.plugin().id().as_str() == "b"));
    }

    #[test]
    fn the_operator_may_give_a_name_to_one() {
        let config = Config { tool_owners: [("t".to_owned(), "b".to_owned())].into() };
        let snapshot = Snapshot::new(vec![admitted("b", &["t"]), admitted("a", &["t"])], &config);
        assert_eq!(names(&snapshot), ["a_t", "t"]);
        assert!(matches!(snapshot.lookup("t"), Lookup::Tool(t) if t.plugin().id().as_str() == "b"));
    }

    #[test]
    fn a_prefixed_name_captures_no_other_plugins_name() {
        let plugins = vec![admitted("a", &["t"]), admitted("b", &["t"]), admitted("c", &["a_t"])];
        assert_eq!(names(&Snapshot::new(plugins, &Config::default())), ["a_t", "b_t", "c_a_t"]);
    }

    #[test]
    fn a_prefixed_name_stays_within_64_characters() {
        let long = "n".repeat(64);
        let snapshot = Snapshot::new(vec![admitted("a", &[&long]), admitted("b", &[&long])], &Config::default());
        assert!(snapshot.tools().iter().all(|t| super::super::admit::is_tool_name(&t.name)));
        assert_ne!(snapshot.tools()[0].name, snapshot.tools()[1].name);
    }
}
