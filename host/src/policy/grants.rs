//! What one grants file says.

use std::fmt;
use std::path::Path;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Client, Env, Filesystem, Kv, Limits, Network, Secrets, ToolRules};
use crate::plugin::Digest;
use crate::toml_file::{self, FileError};

/// What an operator grants to one plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grants {
    /// The versions of the plugin that it is for, by the SHA-256 of their files: one, or a list of them.
    #[serde(deserialize_with = "one_or_more")]
    pub sha256: Vec<Sha256Hex>,
    /// Whoever signed the plugin's file, by a name of `[[signatures.keys]]`.
    pub signer: Option<String>,
    /// Directories.
    pub filesystem: Filesystem,
    /// Hosts.
    pub network: Network,
    /// Environment variables.
    pub env: Env,
    /// What `pegboard:plugin/config` gives.
    pub config: Map<String, Value>,
    /// Key-value buckets.
    pub kv: Kv,
    /// Secrets.
    pub secrets: Secrets,
    /// Questions to users.
    pub client: Client,
    /// Bounds, over those of `[limits]` in `pegboard.toml`.
    pub limits: Limits,
    /// What clients see of its tools.
    pub tools: ToolRules,
}

impl Grants {
    /// Reads a grants file. `path` is what errors call it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let grants: Self = toml_file::parse(text, path)?;
        match grants.mistake() {
            Some((steps, message)) => Err(toml_file::mistake(text, path, &steps, &message)),
            None => Ok(grants),
        }
    }

    /// Is it for particular versions of the plugin, rather than for any?
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        !self.sha256.is_empty() || self.signer.is_some()
    }

    /// Does it give anything that a plugin has not without it?
    #[must_use]
    pub fn gives_rights(&self) -> bool {
        let only_takes = Self {
            sha256: self.sha256.clone(),
            signer: self.signer.clone(),
            limits: self.limits.clone(),
            tools: self.tools.clone(),
            network: Network { allow: Vec::new(), ..self.network.clone() },
            ..Self::default()
        };
        *self != only_takes
    }

    /// These, as defaults, with `own` beside them: where both speak of the same thing, its own file is the nearer.
    #[must_use]
    pub fn with(&self, own: &Self) -> Self {
        let mut all = self.clone();
        all.sha256.clone_from(&own.sha256);
        all.signer.clone_from(&own.signer);
        all.filesystem.0.retain(|_, mount| own.filesystem.0.values().all(|its| its.path != mount.path));
        all.filesystem.0.extend(own.filesystem.0.clone());
        let Network { allow, addresses, .. } = std::mem::replace(&mut all.network, own.network.clone());
        all.network.allow.extend(allow);
        all.network.addresses.extend(addresses);
        all.env.names.extend(own.env.names.iter().cloned());
        all.config.extend(own.config.clone());
        all.kv.0.extend(own.kv.0.clone());
        all.secrets.read.extend(own.secrets.read.iter().cloned());
        all.secrets.send.extend(own.secrets.send.clone());
        all.client.ask.extend(own.client.ask.iter().copied());
        all.limits = own.limits.over(&all.limits);
        all.tools = own.tools.clone();
        all
    }

    /// Of the values that are sound each, those that are not together: the keys that lead there, and why.
    fn mistake(&self) -> Option<(Vec<String>, String)> {
        let filesystem = self.filesystem.mistake().map(|(key, message)| ("filesystem", vec![key], message));
        let found = filesystem.or_else(|| self.tools.mistake().map(|(keys, message)| ("tools", keys, message)));
        found.map(|(section, keys, message)| ([vec![section.to_owned()], keys].concat(), message))
    }
}

/// A SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(pub Digest);

impl TryFrom<String> for Sha256Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or(&text);
        let mut bytes = [0; 32];
        let sound = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !sound {
            return Err(format!("{text:?} is no SHA-256: write its 64 hexadecimal digits, as `pegboard inspect` does"));
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|error| error.to_string())?;
        }
        Ok(Self(Digest(bytes)))
    }
}

impl From<Sha256Hex> for String {
    fn from(digest: Sha256Hex) -> Self {
        digest.0.to_string()
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sha256Hex>, D::Error> {
    struct OneOrMore;
    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<Sha256Hex>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a SHA-256, or a list of them")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![Sha256Hex::try_from(text.to_owned()).map_err(E::custom)?])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut digests = Vec::new();
            while let Some(digest) = items.next_element()? {
                digests.push(digest);
            }
            Ok(digests)
        }
    }
    deserializer.deserialize_any(OneOrMore)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Grants, String> {
        Grants::parse(text, Path::new("grants/x.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_grants_nothing() {
        assert_eq!(parse("").unwrap(), Grants::default());
    }

    #[test]
    fn every_section_is_read() {
        let grants = parse(
            r#"
            sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
            [filesystem]
            "/srv/docs" = { path = "/docs" }
            "/srv/out" = { path = "/out", access = "read-write", quota_bytes = 1000 }
            [network]
            allow = ["https://api.example.com", "https://*.example.org:8443", "tcp://db.example.com:5432"]
            [env]
            names = ["TZ"]
            [config]
            language = "de"
            [kv]
            notes = { access = "read-write", quota_bytes = 4096 }
            [secrets]
            read = ["signing-key"]
            [secrets.send]
            github-token = ["https://api.github.com"]
            [client]
            ask = ["elicit", "roots"]
            [limits]
            cpu_time_ms = 100
            reuse = "principal"
            [tools]
            deny = ["delete_*"]
            "#,
        )
        .unwrap();
        assert!(grants.is_pinned());
        assert_eq!(grants.filesystem.0.len(), 2);
        assert_eq!(grants.network.allow.len(), 3);
        assert_eq!(grants.config["language"], "de");
        assert_eq!(grants.limits.cpu_time_ms, Some(100));
    }

    #[test]
    fn a_typo_is_named_with_its_line() {
        let error = parse("[network]\nalow = [\"https://example.com\"]\n").unwrap_err();
        assert_eq!(error, "grants/x.toml: there is no setting network.alow (line 2); correct or remove it");
        let error = parse("\nsha256 = \"12\"\n").unwrap_err();
        assert!(error.starts_with("grants/x.toml, line 2: sha256 cannot be this: \"12\" is no SHA-256"), "{error}");
        let error = parse("[filesystem]\n\"srv\" = { path = \"/docs\" }\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("absolute"), "{error}");
    }

    #[test]
    fn a_key_that_would_break_the_line_is_escaped() {
        let error = parse("[tools.\"a\\nb\\u001b[2J\"]\n").unwrap_err();
        assert_eq!(error, r"grants/x.toml: there is no setting tools.a\nb\u{1b}[2J (line 1); correct or remove it");
    }

    #[test]
    fn two_directories_cannot_be_at_one_path() {
        let error = parse("[filesystem]\n\"/a\" = { path = \"/x\" }\n\"/b\" = { path = \"/x\" }\n").unwrap_err();
        assert!(error.contains("line 3") && error.contains("`/a`"), "{error}");
    }
}
