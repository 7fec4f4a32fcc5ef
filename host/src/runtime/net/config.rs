//! What an operator decides for what goes out of all plugins. Which hosts those are, the grants say.

use std::path::PathBuf;

use serde::Deserialize;

/// How plugins reach hosts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Certificate authorities that are trusted beside Mozilla's, in a PEM file.
    pub ca_file: Option<PathBuf>,
}
