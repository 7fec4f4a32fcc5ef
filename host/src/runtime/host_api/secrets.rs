//! `pegboard:plugin/secrets`: those that a plugin must hold itself.

use crate::plugin::Capability;
use crate::policy::SecretName;
use crate::runtime::output::excerpt;
use crate::runtime::store::{Purpose, State};
use crate::runtime::wit::imports::secrets::Host;

impl Host for State {
    /// The interface has no place for a reason, so that the operator reads it in the log.
    fn get(&mut self, name: String) -> Option<String> {
        let shown = excerpt(&name, 64);
        let what = format!("read the secret `{shown}`");
        let permissions = &self.terms.permissions;
        let key = SecretName::try_from(name).ok();
        let granted = key.filter(|key| permissions.granted().secrets.read.contains(key));
        let Some(key) = granted else {
            let key = SecretName::try_from(shown.clone()).ok();
            let over = key.filter(|key| permissions.ceiling().secrets.as_ref().is_some_and(|most| !most.contains(key)));
            self.terms.denied(&match over {
                Some(key) => permissions.secret_over_ceiling(what, &key),
                None => permissions.denial(what, &format!("read = [\"{shown}\"]"), "secrets"),
            });
            return None;
        };
        // What it offers depends on nothing that is a secret.
        if self.purpose == Purpose::Listing {
            return None;
        }
        let secret = self.runtime.secrets.load().get(&key).cloned();
        match secret {
            Some(secret) => {
                self.used(Capability::Secrets, key.as_str());
                Some(secret.expose().to_owned())
            }
            None => {
                let remedy = format!("define it under [secrets.{shown}] in pegboard.toml");
                self.terms.denied(&crate::policy::Denial { what, remedy });
                None
            }
        }
    }
}
