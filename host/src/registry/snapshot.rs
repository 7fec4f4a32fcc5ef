//! What clients see, at one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::imitation::{self, Imitation};
use super::names::{self, Claim, Names};
use super::{Admitted, Config, Kind, PromptEntry, TemplateEntry, ToolEntry};
use crate::plugin::{Plugin, PluginId};

/// Something a plugin offers, under the name that clients know it by.
#[derive(Debug)]
pub struct Item<E> {
    /// The name in the list.
    pub name: Arc<str>,
    /// What is offered.
    pub entry: Arc<E>,
    admitted: Arc<Admitted>,
}

impl<E> Clone for Item<E> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), entry: self.entry.clone(), admitted: self.admitted.clone() }
    }
}

impl<E> Item<E> {
    /// Whose it is.
    #[must_use]
    pub fn plugin(&self) -> &Arc<dyn Plugin> {
        self.admitted.plugin()
    }

    /// The plugin, as it was admitted.
    #[must_use]
    pub fn admitted(&self) -> &Arc<Admitted> {
        &self.admitted
    }

    /// Does its plugin suggest values for arguments?
    #[must_use]
    pub fn suggests(&self) -> bool {
        self.admitted.has_completions()
    }
}

/// A tool under its name.
pub type Tool = Item<ToolEntry>;
/// A prompt under its name.
pub type Prompt = Item<PromptEntry>;

/// What a name stands for.
#[derive(Debug)]
pub enum Lookup<'a, E> {
    /// One thing.
    Found(&'a Item<E>),
    /// Several plugins offer it; the names that they are listed under instead.
    Ambiguous(&'a [Arc<str>]),
    /// Nothing.
    Unknown,
}

/// What can be offered under a name.
pub trait Named {
    /// The name that it is listed under, if no other plugin has the same.
    fn bare_name(&self) -> &Arc<str>;
    /// Would clients see the same?
    fn is_listed_like(&self, other: &Self) -> bool;
}

/// All of one kind: plugins by id, what a plugin offers in its own order.
#[derive(Debug)]
pub struct Catalog<E> {
    items: Vec<Item<E>>,
    by_name: HashMap<Arc<str>, usize>,
    ambiguous: HashMap<Arc<str>, Vec<Arc<str>>>,
}

impl<E> Default for Catalog<E> {
    fn default() -> Self {
        Self { items: Vec::new(), by_name: HashMap::new(), ambiguous: HashMap::new() }
    }
}

impl<E: Named> Catalog<E> {
    fn new<'a>(
        plugins: impl Iterator<Item = &'a Arc<Admitted>>,
        offers: impl Fn(&'a Admitted) -> &'a [Arc<E>],
        owners: &BTreeMap<String, String>,
    ) -> Self
    where
        E: 'a,
    {
        let offers: Vec<_> = plugins.flat_map(|p| offers(p).iter().map(move |entry| (p, entry))).collect();
        let claim = |(admitted, entry): &(&'a Arc<Admitted>, &'a Arc<E>)| Claim {
            plugin: admitted.plugin().id(),
            bare_name: entry.bare_name(),
        };
        let Names { names, ambiguous } = names::assign(&offers.iter().map(claim).collect::<Vec<_>>(), owners);
        let by_name = names.iter().cloned().zip(0..).collect();
        let items = names.into_iter().zip(offers).map(|(name, (admitted, entry))| Item {
            name,
            entry: entry.clone(),
            admitted: admitted.clone(),
        });
        Self { items: items.collect(), by_name, ambiguous }
    }

    /// All of them, in the order in which clients list them.
    #[must_use]
    pub fn items(&self) -> &[Item<E>] {
        &self.items
    }

    /// What a client means by `name`.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Lookup<'_, E> {
        match (self.by_name.get(name), self.ambiguous.get(name)) {
            (Some(&index), _) => Lookup::Found(&self.items[index]),
            (None, Some(names)) => Lookup::Ambiguous(names),
            (None, None) => Lookup::Unknown,
        }
    }

    /// Would clients see the same?
    pub(super) fn is_listed_like(&self, other: &Self) -> bool {
        self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(|(a, b)| a.name == b.name && a.entry.is_listed_like(&b.entry))
    }
}

/// The plugins and what they offer at one moment. Never changes.
#[derive(Debug, Default)]
pub struct Snapshot {
    plugins: BTreeMap<PluginId, Arc<Admitted>>,
    tools: Catalog<ToolEntry>,
    prompts: Catalog<PromptEntry>,
    imitations: Vec<Imitation>,
}

impl Snapshot {
    /// What `plugins` offer, under the names that `config` allows.
    #[must_use]
    pub fn new(plugins: Vec<Arc<Admitted>>, config: &Config) -> Self {
        let plugins: BTreeMap<_, _> = plugins.into_iter().map(|p| (p.plugin().id().clone(), p)).collect();
        let tools = Catalog::new(plugins.values(), Admitted::tools, &config.tool_owners);
        let prompts = Catalog::new(plugins.values(), Admitted::prompts, &config.prompt_owners);
        let mut imitations = imitation::among(Kind::Tool, tools.items());
        imitations.extend(imitation::among(Kind::Prompt, prompts.items()));
        Self { plugins, tools, prompts, imitations }
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

    /// All tools.
    #[must_use]
    pub fn tools(&self) -> &Catalog<ToolEntry> {
        &self.tools
    }

    /// All prompts.
    #[must_use]
    pub fn prompts(&self) -> &Catalog<PromptEntry> {
        &self.prompts
    }

    /// The names that look alike, so that a person or a model may take one for another.
    #[must_use]
    pub fn imitations(&self) -> &[Imitation] {
        &self.imitations
    }

    /// All resource templates, and whose they are, in the order in which clients list them.
    pub fn resource_templates(&self) -> impl Iterator<Item = (&Arc<Admitted>, &Arc<TemplateEntry>)> {
        self.plugins.values().flat_map(|plugin| plugin.resource_templates().iter().map(move |entry| (plugin, entry)))
    }

    /// Does it offer clients the same resources as `other`, as far as is known without asking?
    pub(super) fn offers_resources_like(&self, other: &Self) -> bool {
        let with_resources = |snapshot: &Self| {
            let plugins = snapshot.plugins.values().filter(|plugin| plugin.has_resources());
            plugins.map(|plugin| (plugin.plugin().id().clone(), *plugin.plugin().digest())).collect::<Vec<_>>()
        };
        let specs = |snapshot: &Self| snapshot.resource_templates().map(|(_, t)| t.spec.clone()).collect::<Vec<_>>();
        with_resources(self) == with_resources(other) && specs(self) == specs(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Listing;
    use crate::testing::{FakePlugin, tool};

    fn admitted(id: &str, tools: &[&str]) -> Arc<Admitted> {
        let specs = tools.iter().map(|name| tool(name)).collect();
        Arc::new(
            Admitted::new(FakePlugin::new(id), Listing { tools: specs, ..Listing::default() }, Arc::default()).unwrap(),
        )
    }

    fn names(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.tools().items().iter().map(|t| &*t.name).collect()
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
        let Lookup::Ambiguous(instead) = snapshot.tools().lookup("t") else { panic!("t must be ambiguous") };
        assert_eq!(instead, ["a_t".into(), "b_t".into()]);
        assert!(matches!(snapshot.tools().lookup("b_t"), Lookup::Found(t) if t.plugin().id().as_str() == "b"));
    }

    #[test]
    fn the_operator_may_give_a_name_to_one() {
        let config = Config { tool_owners: [("t".to_owned(), "b".to_owned())].into(), ..Config::default() };
        let snapshot = Snapshot::new(vec![admitted("b", &["t"]), admitted("a", &["t"])], &config);
        assert_eq!(names(&snapshot), ["a_t", "t"]);
        assert!(matches!(snapshot.tools().lookup("t"), Lookup::Found(t) if t.plugin().id().as_str() == "b"));
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
        assert!(snapshot.tools().items().iter().all(|t| names::is_name(&t.name)));
        assert_ne!(snapshot.tools().items()[0].name, snapshot.tools().items()[1].name);
    }

    #[test]
    fn names_that_look_alike_are_found_among_all_plugins() {
        let plugins = vec![admitted("a", &["read_file", "list"]), admitted("b", &["ReadFile", "write", "1ist"])];
        let snapshot = Snapshot::new(plugins, &Config::default());
        let found: Vec<_> = snapshot.imitations().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "tools whose names look alike: `read_file` of the plugin a, `ReadFile` of the plugin b",
                "tools whose names look alike: `list` of the plugin a, `1ist` of the plugin b",
            ]
        );
    }
}
