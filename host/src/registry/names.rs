//! Under which names clients see what plugins offer.
//!
//! The outcome depends on nothing but the plugins and the configuration, so every node with the same files lists
//! the same names.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::plugin::{Digest, PluginId};

/// The most characters of a tool's or a prompt's name.
pub(super) const MAX_NAME_LEN: usize = 64;

/// `^[a-zA-Z0-9_-]{1,64}$`.
pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Something that one plugin offers under a name that others may offer too.
pub(super) struct Claim<'a> {
    pub(super) plugin: &'a PluginId,
    pub(super) bare_name: &'a Arc<str>,
}

/// The names in the order of the claims, and of each bare name that is nobody's what stands in its place.
pub(super) struct Names {
    pub(super) names: Vec<Arc<str>>,
    pub(super) ambiguous: HashMap<Arc<str>, Vec<Arc<str>>>,
}

/// Gives each claim its name: its own if nobody else has it or the operator says so in `owners`, otherwise with
/// its plugin's id before it.
pub(super) fn assign(claims: &[Claim<'_>], owners: &BTreeMap<String, String>) -> Names {
    let prefixed = prefixed(claims, owners);
    let mut ambiguous: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
    let names = claims.iter().enumerate().map(|(index, claim)| {
        let name = claim.name(prefixed.contains(&index));
        if prefixed.contains(&index) {
            ambiguous.entry(claim.bare_name.clone()).or_default().push(name.clone());
        }
        name
    });
    Names { names: names.collect(), ambiguous }
}

impl Claim<'_> {
    fn name(&self, prefixed: bool) -> Arc<str> {
        if prefixed { prefixed_name(self.plugin, self.bare_name) } else { self.bare_name.clone() }
    }
}

/// The claims whose name is not theirs alone. A prefixed name may in turn meet another plugin's bare name; then
/// that one is prefixed too. Prefixed names meet no others, since an id has no `_`.
fn prefixed(claims: &[Claim<'_>], owners: &BTreeMap<String, String>) -> HashSet<usize> {
    let mut prefixed = HashSet::new();
    loop {
        let mut by_name: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
        for (index, claim) in claims.iter().enumerate() {
            by_name.entry(claim.name(prefixed.contains(&index))).or_default().push(index);
        }
        let before = prefixed.len();
        for (name, claimants) in by_name.iter().filter(|(_, claimants)| claimants.len() > 1) {
            let owner = owners.get(&**name);
            let is_owner = |index: usize| owner.is_some_and(|id| claims[index].plugin.as_str() == id);
            prefixed.extend(claimants.iter().copied().filter(|&index| !is_owner(index)));
        }
        if prefixed.len() == before {
            return prefixed;
        }
    }
}

/// `<id>_<name>`.
fn prefixed_name(id: &PluginId, name: &str) -> Arc<str> {
    shortened(format!("{id}_{name}")).into()
}

/// The name as it is; where it is too long, its head and eight digits of its SHA-256.
pub(super) fn shortened(mut name: String) -> String {
    if name.len() > MAX_NAME_LEN {
        let digest = Digest(Sha256::digest(&name).into()).to_string();
        name.truncate(MAX_NAME_LEN - 9);
        name = format!("{name}_{}", &digest[..8]);
    }
    name
}
