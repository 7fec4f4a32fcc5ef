//! What one version of a plugin may do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{BucketAccess, Ceiling, Denial, Grants, MountAccess, Reuse};

/// What one version of a plugin may do: its grants, and the ceiling over them. Never changes once made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Permissions {
    granted: Grants,
    ceiling: Ceiling,
    /// The file that holds the plugin's grants, or would.
    file: PathBuf,
    /// Why the file's rights do not hold for this version.
    withheld: Option<String>,
}

/// What the permissions let a plugin do at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Powers {
    /// It may reach some host.
    pub network: bool,
    /// It may write to a directory or a bucket.
    pub storage: bool,
    /// It may change something otherwise: by what it asks of a person or a model, or since its instances are kept, and
    /// remember one call in the next.
    pub otherwise: bool,
}

impl Permissions {
    /// What follows of `granted` (the plugin's own file, with the defaults) under `ceiling`.
    #[must_use]
    pub fn new(granted: Grants, ceiling: Ceiling, file: PathBuf) -> Self {
        let mut granted = granted;
        granted.limits = granted.limits.stricter(&ceiling.limits);
        retain(&mut granted.env.names, ceiling.env.as_ref());
        retain(&mut granted.secrets.read, ceiling.secrets.as_ref());
        retain(&mut granted.client.ask, ceiling.client.as_ref());
        if let Some(secrets) = &ceiling.secrets {
            granted.secrets.send.retain(|name, _| secrets.contains(name));
        }
        if let Some(buckets) = &ceiling.kv {
            granted.kv.0.retain(|name, _| buckets.contains(name));
        }
        if let Some(most) = &ceiling.filesystem {
            granted.filesystem.0.retain(|directory, mount| {
                let covering = most.0.iter().filter(|(over, _)| directory.path().starts_with(over.path()));
                // Of two that cover it the stricter holds.
                let access = covering.map(|(_, mount)| mount.access).min();
                mount.access = mount.access.min(access.unwrap_or_default());
                access.is_some()
            });
        }
        Self { granted, ceiling, file, withheld: None }
    }

    /// What is left of `granted` for a version of the plugin that it is not for: what only takes away.
    #[must_use]
    pub fn withheld(granted: &Grants, ceiling: Ceiling, file: PathBuf, why: String) -> Self {
        let kept = Grants { tools: granted.tools.restrictions(), ..Grants::default() };
        Self { withheld: Some(why), ..Self::new(kept, ceiling, file) }
    }

    /// What is granted, less what the ceiling takes away. Hosts are the exception: a request must fit both
    /// [`Grants::network`] and [`Self::ceiling`].
    #[must_use]
    pub fn granted(&self) -> &Grants {
        &self.granted
    }

    /// What bounds the grants.
    #[must_use]
    pub fn ceiling(&self) -> &Ceiling {
        &self.ceiling
    }

    /// The file that holds the grants, or would.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Why the file's rights do not hold for this version of the plugin.
    #[must_use]
    pub fn why_withheld(&self) -> Option<&str> {
        self.withheld.as_deref()
    }

    /// What it may do at all.
    #[must_use]
    pub fn powers(&self) -> Powers {
        let mut mounts = self.granted.filesystem.0.values();
        let mut buckets = self.granted.kv.0.values();
        let no_host = self.granted.network.allow.is_empty() || self.ceiling.network.as_ref().is_some_and(Vec::is_empty);
        Powers {
            network: !no_host,
            storage: mounts.any(|mount| mount.access == MountAccess::ReadWrite)
                || buckets.any(|bucket| bucket.access == BucketAccess::ReadWrite),
            otherwise: !self.granted.client.ask.is_empty()
                || self.granted.limits.reuse.is_some_and(|reuse| reuse != Reuse::Never),
        }
    }

    /// That the plugin may not do `what`, since its file lacks `line` under `[section]`.
    #[must_use]
    pub fn denial(&self, what: impl Into<String>, line: &str, section: &str) -> Denial {
        let file = self.file.display();
        let remedy = match &self.withheld {
            Some(why) => format!("its grants do not hold: {why}"),
            None => format!("{line} under [{section}] in {file} would allow it"),
        };
        Denial { what: what.into(), remedy }
    }

    /// That the plugin may not do `what`, since the ceiling lacks `line` under `[grants.ceiling.<section>]`, or
    /// `[grants.ceiling]` if there is none.
    #[must_use]
    pub fn denial_by_ceiling(&self, what: impl Into<String>, line: &str, section: &str) -> Denial {
        let table = if section.is_empty() { "grants.ceiling".to_owned() } else { format!("grants.ceiling.{section}") };
        let remedy = format!("the ceiling forbids it; {line} under [{table}] in pegboard.toml would allow it");
        Denial { what: what.into(), remedy }
    }
}

fn retain<T: Ord>(names: &mut BTreeSet<T>, most: Option<&BTreeSet<T>>) {
    if let Some(most) = most {
        names.retain(|name| most.contains(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn powers(grants: &str, ceiling: &str) -> Powers {
        let grants = Grants::parse(grants, Path::new("grants/x.toml")).unwrap();
        Permissions::new(grants, toml::from_str::<Ceiling>(ceiling).unwrap(), "grants/x.toml".into()).powers()
    }

    #[test]
    fn powers_are_what_is_left_under_the_ceiling() {
        let network = "[network]\nallow = [\"https://example.com\"]";
        assert!(powers(network, "").network && !powers(network, "network = []").network);
        let reading = "[filesystem]\n\"/srv\" = { path = \"/srv\" }\n[kv]\nnotes = { access = \"read\" }";
        assert_eq!(powers(reading, ""), Powers::default());
        let writing = "[filesystem]\n\"/srv\" = { path = \"/srv\", access = \"read-write\" }";
        assert!(powers(writing, "").storage);
        assert!(!powers(writing, "[filesystem]\n\"/srv\" = { path = \"/srv\" }").storage);
        assert!(powers("[kv]\nnotes = { access = \"read-write\" }", "").storage);
        assert!(powers("[client]\nask = [\"elicit\"]", "").otherwise);
        assert!(
            powers("[limits]\nreuse = \"shared\"", "").otherwise
                && !powers("[limits]\nreuse = \"never\"", "").otherwise
        );
    }
}
