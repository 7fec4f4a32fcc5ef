//! Which plugins are loaded, and under which names clients see their tools.
//!
//! Each request reads one immutable [`Snapshot`] and keeps it until it ends; the loader publishes new ones.
//! So a call in flight finishes on the plugin that it began with, and no lock is held while anything runs.

mod admit;
mod annotations;
pub mod clean;
mod definitions;
mod entries;
mod header_params;
mod imitation;
mod names;
mod shape;
mod snapshot;
mod uri_template;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Deserialize;
use tokio::sync::{broadcast, watch};

pub use admit::{Admitted, Kind, Refusal};
pub use entries::{PromptEntry, TemplateEntry, ToolEntry};
pub use header_params::{HeaderParam, ParamType};
pub use imitation::Imitation;
pub use snapshot::{Catalog, Item, Lookup, Named, Prompt, Snapshot, Tool};
pub use uri_template::UriTemplate;

/// How many changes a slow listener may lag behind; it then just learns that all of them happened.
const CHANGES_KEPT: usize = 64;

/// What an operator decides about names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Of a tool's name that several plugins offer: which plugin, by id, gets it as it is.
    pub tool_owners: BTreeMap<String, String>,
    /// The same for prompts.
    pub prompt_owners: BTreeMap<String, String>,
}

/// What has changed for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `tools/list` gives something else now.
    ToolsListChanged,
    /// `prompts/list` gives something else now.
    PromptsListChanged,
    /// `resources/list` or `resources/templates/list` may give something else now.
    ResourcesListChanged,
    /// One resource reads differently now; its URI.
    ResourceUpdated(Arc<str>),
}

/// The plugins that are loaded now. One loader writes; everybody reads.
#[derive(Debug)]
pub struct Registry {
    current: ArcSwap<Snapshot>,
    changes: broadcast::Sender<Change>,
    ready: watch::Sender<bool>,
    config: Config,
}

impl Registry {
    /// Nothing is loaded, and nobody is ready.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            current: ArcSwap::from_pointee(Snapshot::default()),
            changes: broadcast::Sender::new(CHANGES_KEPT),
            ready: watch::Sender::new(false),
            config,
        }
    }

    /// What is loaded now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts `plugins` in the place of what was loaded, and tells who listens which of the lists differ.
    /// Returns those. The log has names that look alike, once for as long as they do.
    pub fn publish(&self, plugins: Vec<Arc<Admitted>>) -> Vec<Change> {
        let next = Snapshot::new(plugins, &self.config);
        let before = self.current.load_full();
        let changes = [
            (!next.tools().is_listed_like(before.tools()), Change::ToolsListChanged),
            (!next.prompts().is_listed_like(before.prompts()), Change::PromptsListChanged),
            (!next.offers_resources_like(&before), Change::ResourcesListChanged),
        ];
        for imitation in next.imitations().iter().filter(|it| !before.imitations().contains(it)) {
            tracing::warn!("{imitation}");
        }
        self.current.store(Arc::new(next));
        let changes: Vec<_> = changes.into_iter().filter_map(|(differs, change)| differs.then_some(change)).collect();
        changes.iter().cloned().for_each(|change| self.notify(change));
        changes
    }

    /// Tells who listens, whether anything differs or not: a plugin has announced it.
    pub fn notify(&self, change: Change) {
        // Fails only if nobody listens.
        let _ = self.changes.send(change);
    }

    /// All changes from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The first look at the directory is done: what can be loaded is.
    pub fn set_ready(&self) {
        self.ready.send_replace(true);
    }

    /// Has the first look at the directory been done?
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }
}
