//! `pegboard:plugin/secrets`. No plugin has any.

use crate::runtime::output::excerpt;
use crate::runtime::store::State;
use crate::runtime::wit::imports::secrets::Host;

impl Host for State {
    fn get(&mut self, name: String) -> Option<String> {
        // The interface has no place for a reason, so that the operator reads it in the log.
        let name = excerpt(&name, 64);
        let what = format!("read the secret `{name}`");
        self.terms.denied(&self.terms.permissions.denial(what, &format!("read = [\"{name}\"]"), "secrets"));
        None
    }
}
