//! What an operator decides for all plugins.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{BucketName, Filesystem, Grants, HostPattern, Limits, SecretName, VariableName};
use crate::plugin::QuestionKind;

/// Where grants are, and what holds for every plugin.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The directory of the grants files; never the drop directory.
    pub directory: PathBuf,
    /// What becomes of a grants file that is not for particular versions of its plugin.
    pub unpinned: Unpinned,
    /// What every plugin is granted beside its own file.
    pub defaults: Grants,
    /// What no file can grant more than.
    pub ceiling: Ceiling,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            directory: "grants".into(),
            unpinned: Unpinned::default(),
            defaults: Grants::default(),
            ceiling: Ceiling::default(),
        }
    }
}

/// What becomes of a grants file without `sha256` and `signer`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unpinned {
    /// It is an error: whatever file takes the plugin's name would have its grants.
    #[default]
    Refuse,
    /// It holds for any file of the plugin's name.
    Allow,
}

/// What no file can grant more than. What is absent is not bounded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ceiling {
    /// Directories with all that is in them, and the most that may be granted there; `path` is of no interest.
    pub filesystem: Option<Filesystem>,
    /// Hosts.
    pub network: Option<Vec<HostPattern>>,
    /// Environment variables.
    pub env: Option<BTreeSet<VariableName>>,
    /// Buckets.
    pub kv: Option<BTreeSet<BucketName>>,
    /// Secrets.
    pub secrets: Option<BTreeSet<SecretName>>,
    /// Questions.
    pub client: Option<BTreeSet<QuestionKind>>,
    /// Bounds.
    pub limits: Limits,
}
