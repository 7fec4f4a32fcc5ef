//! How much of its permissions a call may use.

use serde::{Deserialize, Serialize};

/// What a call may do of what its plugin may: the sandbox holds a tool to its annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Access {
    /// It may not change anything: directories and buckets are read-only, and only GET and HEAD go out.
    pub read_only: bool,
    /// It may reach hosts.
    pub network: bool,
}

impl Default for Access {
    /// All that the plugin may.
    fn default() -> Self {
        Self { read_only: false, network: true }
    }
}
