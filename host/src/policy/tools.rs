//! `[tools]`: what clients see of a plugin's tools.

use serde::{Deserialize, Serialize};

/// How an operator shapes what clients see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolRules {
    /// The tools that are listed, by the plugin's own names, with `*` for anything; absent: all.
    pub allow: Option<Vec<String>>,
    /// The tools that are not, whatever `allow` says.
    pub deny: Vec<String>,
}

impl ToolRules {
    /// Those of the rules that only take away.
    #[must_use]
    pub fn restrictions(&self) -> Self {
        Self { allow: self.allow.clone(), deny: self.deny.clone() }
    }

    /// What cannot be together: the key, and why.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let sound = |pattern: &&String| {
            !pattern.is_empty() && pattern.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*".contains(&b))
        };
        let keys = [("allow", self.allow.as_deref().unwrap_or_default()), ("deny", &self.deny[..])];
        keys.into_iter().find_map(|(key, patterns)| {
            let bad = patterns.iter().find(|pattern| !sound(pattern))?;
            Some((key.to_owned(), format!("{bad:?} is no name of a tool, and no pattern such as read_*")))
        })
    }
}
