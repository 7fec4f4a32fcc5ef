//! `[secrets]`: which secrets a plugin may use, and how. Here are names alone: the values are defined in
//! `pegboard.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Denial, HostPattern, Permissions, name};

/// Secrets, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// Those that it may read and hold itself.
    pub read: BTreeSet<SecretName>,
    /// Those that the host puts into requests on its behalf, without showing them, and the hosts that they may go to.
    pub send: BTreeMap<SecretName, Vec<HostPattern>>,
}

/// The name of a secret: 1 to 64 of a-z, A-Z, 0-9, `_`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

impl SecretName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Permissions {
    /// That the plugin may not do `what`, since the ceiling lacks the secret `name`.
    #[must_use]
    pub fn secret_over_ceiling(&self, what: String, name: &SecretName) -> Denial {
        let name = name.as_str();
        Denial {
            what,
            remedy: format!("secrets = [\"{name}\"] under [grants.ceiling] in pegboard.toml would allow it"),
        }
    }
}

impl TryFrom<String> for SecretName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name::sound(name, "secret").map(Self)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}
