//! `pegboard:plugin/secrets`. No plugin has any.

use crate::runtime::output::excerpt;
use crate::runtime::store::State;
use crate::runtime::wit::imports::secrets::Host;

impl Host for State {
    fn get(&mut self, name: String) -> Option<String> {
        // The interface has no place for a reason, so that the operator reads it in the log.
        let what = format!("for the secret `{}`", excerpt(&name, 64));
        tracing::warn!(target: "pegboard::plugin", plugin = %self.plugin, "{}", self.no_grant(&what));
        None
    }
}
