//! What a plugin offers, as text: for whoever must know whether it is still the same.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Admitted;
use crate::plugin::canonical_json;

impl Admitted {
    /// The definition of each tool, prompt and resource template, as JSON, under what it is: `tool now`. The same
    /// definitions give the same texts.
    #[must_use]
    pub fn definitions(&self) -> BTreeMap<String, String> {
        // Plain data always has a JSON text.
        fn text(spec: &impl Serialize) -> String {
            canonical_json(&serde_json::to_value(spec).unwrap_or_default())
        }
        let tools = self.tools().iter().map(|entry| (format!("tool {}", entry.spec.name), text(&entry.spec)));
        let prompts = self.prompts().iter().map(|entry| (format!("prompt {}", entry.spec.name), text(&entry.spec)));
        let templates = self.resource_templates().iter();
        let templates =
            templates.map(|entry| (format!("resource template {}", entry.spec.uri_template), text(&entry.spec)));
        tools.chain(prompts).chain(templates).collect()
    }
}
