//! `[tools]`: what clients see of a plugin's tools.
//!
//! ```toml
//! [tools]
//! allow = ["read_*", "search"]
//! deny = ["read_secrets"]
//! prefix = "docs_"
//! rename = { search = "find_in_docs" }
//!
//! [tools.override.read_file]
//! description = "Reads a file of the handbook."
//! read_only = true
//! ```
//!
//! Everything goes by the plugin's own names. A prefix is put before the names that `rename` does not give. Prompts and
//! resources are not shaped: a person picks them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The most characters of a name that clients see.
const NAME_LEN: usize = 64;
/// The most characters of a prefix, so that half of the name is left.
const PREFIX_LEN: usize = 32;
/// The most bytes of a title.
const TITLE_BYTES: usize = 256;
/// The most bytes of a description.
const DESCRIPTION_BYTES: usize = 16 << 10;

/// How an operator shapes what clients see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolRules {
    /// The tools that are listed, by the plugin's own names, with `*` for anything; absent: all; empty: none.
    pub allow: Option<Vec<String>>,
    /// The tools that are not, whatever `allow` says.
    pub deny: Vec<String>,
    /// What stands before the plugin's own names.
    pub prefix: Option<String>,
    /// Whole names in the place of the plugin's own.
    pub rename: BTreeMap<String, String>,
    /// What is said of a tool in the place of what the plugin says.
    #[serde(rename = "override")]
    pub overrides: BTreeMap<String, ToolOverride>,
}

/// What an operator says of a tool; absent: what the plugin says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolOverride {
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: Option<String>,
    /// It changes nothing; the sandbox sees to it.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Calling it again with the same arguments changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches hosts; if not, the sandbox sees to it.
    pub open_world: Option<bool>,
}

impl ToolRules {
    /// Those of the rules that only take away.
    #[must_use]
    pub fn restrictions(&self) -> Self {
        Self { allow: self.allow.clone(), deny: self.deny.clone(), ..Self::default() }
    }

    /// Is the tool that the plugin calls `own_name` listed?
    #[must_use]
    pub fn lists(&self, own_name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, own_name));
        !any(&self.deny) && self.allow.as_deref().is_none_or(any)
    }

    /// What clients are to call the tool that the plugin calls `own_name`, however long it is.
    #[must_use]
    pub fn name(&self, own_name: &str) -> String {
        match (self.rename.get(own_name), &self.prefix) {
            (Some(name), _) => name.clone(),
            (None, Some(prefix)) => format!("{prefix}{own_name}"),
            (None, None) => own_name.to_owned(),
        }
    }

    /// What cannot be together: the keys that lead there, and why.
    pub(super) fn mistake(&self) -> Option<(Vec<String>, String)> {
        self.bad_pattern().or_else(|| self.bad_prefix()).or_else(|| self.bad_rename()).or_else(|| self.bad_override())
    }

    fn bad_pattern(&self) -> Option<(Vec<String>, String)> {
        let sound = |pattern: &&String| !pattern.is_empty() && pattern.bytes().all(|b| is_of_name(b) || b == b'*');
        let keys = [("allow", self.allow.as_deref().unwrap_or_default()), ("deny", &self.deny[..])];
        keys.into_iter().find_map(|(key, patterns)| {
            let bad = patterns.iter().find(|pattern| !sound(pattern))?;
            Some((vec![key.to_owned()], format!("{bad:?} is no name of a tool, and no pattern such as read_*")))
        })
    }

    fn bad_prefix(&self) -> Option<(Vec<String>, String)> {
        let prefix = self.prefix.as_ref()?;
        let sound = (1..=PREFIX_LEN).contains(&prefix.len()) && prefix.bytes().all(is_of_name);
        let message = || format!("{prefix:?}: a prefix has 1 to {PREFIX_LEN} of a-z, A-Z, 0-9, _ and -");
        (!sound).then(|| (vec!["prefix".to_owned()], message()))
    }

    fn bad_rename(&self) -> Option<(Vec<String>, String)> {
        let mut taken = BTreeSet::new();
        self.rename.iter().find_map(|(own_name, name)| {
            let message = if !is_name(name) {
                format!("{name:?}: a name has 1 to {NAME_LEN} of a-z, A-Z, 0-9, _ and -")
            } else if !taken.insert(name) {
                format!("{name:?} is another tool's new name already")
            } else {
                return None;
            };
            Some((vec!["rename".to_owned(), own_name.clone()], message))
        })
    }

    fn bad_override(&self) -> Option<(Vec<String>, String)> {
        self.overrides.iter().find_map(|(own_name, said)| {
            let texts = [("title", &said.title, TITLE_BYTES), ("description", &said.description, DESCRIPTION_BYTES)];
            texts.into_iter().find_map(|(key, text, most)| {
                let text = text.as_ref()?;
                let message = if text.trim().is_empty() {
                    format!("a {key} is not empty; leave it out to keep the plugin's own")
                } else if text.len() > most {
                    format!("it has {} bytes; at most {most} are taken", text.len())
                } else {
                    return None;
                };
                Some((vec!["override".to_owned(), own_name.clone(), key.to_owned()], message))
            })
        })
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_name(name: &str) -> bool {
    (1..=NAME_LEN).contains(&name.len()) && name.bytes().all(is_of_name)
}

/// Does `name` fit `pattern`, in which `*` stands for anything? Each piece is looked for once, from left to right.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, pieces)) = pattern.split_once('*') else { return pattern == name };
    let (pieces, tail) = pieces.rsplit_once('*').unwrap_or(("", pieces));
    let Some(mut rest) = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    pieces.split('*').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Grants;
    use super::*;

    fn rules(toml: &str) -> Result<ToolRules, String> {
        let grants = Grants::parse(&format!("[tools]\n{toml}"), Path::new("grants/x.toml"));
        grants.map(|grants| grants.tools).map_err(|error| error.to_string())
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name) in [
            ("read", "read"),
            ("*", ""),
            ("read_*", "read_file"),
            ("read*", "read"),
            ("*_file", "read_file"),
            ("r*_*e", "read_file"),
            ("*a*i*", "read_file"),
            ("a**b", "ab"),
            ("*ab", "abab"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("read", "read_file"), ("read_*", "read"), ("*_file", "file"), ("ab*ba", "aba"), ("*i*a*", "read_file")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_denied_is_not_allowed_and_an_empty_list_allows_nothing() {
        assert!(rules("").unwrap().lists("a"));
        assert!(!rules("allow = []").unwrap().lists("a"));
        let both = rules("allow = [\"read_*\"]\ndeny = [\"*_secret\"]").unwrap();
        assert!(both.lists("read_file") && !both.lists("read_secret") && !both.lists("write"));
    }

    #[test]
    fn a_name_is_prefixed_unless_it_is_given_whole() {
        let rules = rules("prefix = \"docs_\"\nrename = { search = \"find\" }").unwrap();
        assert_eq!((rules.name("read"), rules.name("search")), ("docs_read".to_owned(), "find".to_owned()));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (toml, parts) in [
            ("allow = [\"a b\"]", ["line 2: tools.allow", "a b"]),
            ("deny = [\"\"]", ["line 2: tools.deny", "pattern"]),
            ("prefix = \"docs.\"", ["line 2: tools.prefix", "docs."]),
            ("prefix = \"\"", ["line 2: tools.prefix", "1 to 32"]),
            ("[tools.rename]\na = \"x y\"", ["line 3: tools.rename.a", "x y"]),
            ("[tools.rename]\na = \"x\"\nb = \"x\"", ["line 4: tools.rename.b", "already"]),
            ("[tools.override.a]\ndescription = \" \"", ["line 3: tools.override.a.description", "not empty"]),
            ("[tools.override.a]\nreadonly = true", ["tools.override.a.readonly (line 3)", "no setting"]),
        ] {
            let error = rules(toml).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{toml}: {error}");
        }
    }

    #[test]
    fn all_that_can_be_overridden_is_read() {
        let rules = rules(
            "[tools.override.a]\ntitle = \"A\"\ndescription = \"B\"\nread_only = true\ndestructive = false\n\
             idempotent = true\nopen_world = false",
        );
        let expected = ToolOverride {
            title: Some("A".into()),
            description: Some("B".into()),
            read_only: Some(true),
            destructive: Some(false),
            idempotent: Some(true),
            open_world: Some(false),
        };
        assert_eq!(rules.unwrap().overrides["a"], expected);
    }
}
