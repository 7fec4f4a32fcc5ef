//! `pegboard:plugin/config`: what the operator has set for the plugin.

use serde_json::Value;

use crate::plugin::Capability;
use crate::runtime::store::State;
use crate::runtime::wit::imports::config::Host;

impl Host for State {
    fn get(&mut self, key: String) -> Option<String> {
        let text = match self.terms.permissions.granted().config.get(&key)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.used(Capability::Config, &key);
        Some(text)
    }

    fn all(&mut self) -> String {
        let config = &self.terms.permissions.granted().config;
        for key in config.keys() {
            self.used(Capability::Config, key);
        }
        serde_json::to_string(config).unwrap_or_else(|_| "{}".to_owned())
    }
}
