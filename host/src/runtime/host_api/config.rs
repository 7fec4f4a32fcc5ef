//! `pegboard:plugin/config`: what the operator has set for the plugin. Nothing is set.

use crate::runtime::store::State;
use crate::runtime::wit::imports::config::Host;

impl Host for State {
    fn get(&mut self, _: String) -> Option<String> {
        None
    }

    fn all(&mut self) -> String {
        "{}".to_owned()
    }
}
