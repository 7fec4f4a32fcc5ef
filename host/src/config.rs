//! All settings in one place: each module defines its own, and this nests them under the module's name.
//!
//! The library reads them from TOML; flags and environment variables are laid over them by the command line.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::toml_file::{self, FileError};
use crate::{audit, kv, loader, policy, protocol, registry, runtime, session, task, telemetry, transport, trust};

/// The settings of a whole server. `Config::default()` serves `./plugins` on loopback.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// How the server logs.
    pub log: telemetry::Config,
    /// The plugins directory, and how it is watched.
    pub loader: loader::Config,
    /// How plugins are compiled, and where the result is kept.
    pub compile: loader::compile::Config,
    /// What plugins may use up.
    pub limits: runtime::Config,
    /// How plugins reach hosts.
    pub network: runtime::NetworkConfig,
    /// Where secrets come from; grants name them.
    pub secrets: runtime::secrets::Config,
    /// Where and how to serve.
    pub transport: transport::Config,
    /// Who may call.
    pub auth: transport::auth::Config,
    /// What the server says of itself.
    pub server: protocol::Config,
    /// How far clients that break the protocol are met.
    pub compat: protocol::Compat,
    /// Which plugins may put questions to clients.
    pub questions: protocol::Questions,
    /// Bounds of legacy clients' sessions.
    pub sessions: session::Config,
    /// What is kept of their streams, so that they can be resumed.
    pub events: session::events::Config,
    /// Bounds of tasks.
    pub tasks: task::Config,
    /// Bounds of what plugins store in buckets.
    pub kv: kv::Config,
    /// Who gets which name.
    pub registry: registry::Config,
    /// Where the server is administered.
    pub admin: transport::admin::Config,
    /// Where the trail of all calls goes.
    pub audit: audit::Config,
    /// What plugins may do beside computing.
    pub grants: policy::Config,
    /// Who may sign plugins.
    pub signatures: trust::signature::Config,
    /// Whether what is served must be approved.
    pub lock: trust::lock::Config,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong and where; unknown keys are reported all at once.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::from_toml(&text, path)
    }

    /// Reads `text`. `path` is what errors call it.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Ok(toml_file::parse(text, path)?)
    }
}

/// Why a configuration file cannot be used. Each message is one line.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It cannot be read at all.
    #[error("cannot read the configuration file {}: {source}; name an existing file with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What it says cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::from_toml(text, Path::new("pegboard.toml"))
    }

    fn error(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(format!("{:?}", read("").unwrap()), format!("{:?}", Config::default()));
    }

    #[test]
    fn what_the_file_says_is_taken() {
        let config = read("[log]\nformat = \"json\"\n[registry.tool_owners]\nnow = \"time\"\n").unwrap();
        assert_eq!(config.log.format, telemetry::Format::Json);
        assert_eq!(config.registry.tool_owners["now"], "time");
    }

    #[test]
    fn all_unknown_keys_are_reported_at_once_with_line_and_path() {
        let text = "colour = 1\n\n[log]\nformat = \"text\"\nlevle = \"debug\"\n\n[registrar]\nx = { y = 2 }\n";
        assert_eq!(
            error(text),
            "pegboard.toml: there is no setting colour (line 1), log.levle (line 5), registrar (line 7); \
             correct or remove them"
        );
    }

    #[test]
    fn a_wrong_type_names_line_and_path() {
        let message = error("[log]\nlevel = 3\n");
        assert!(
            message.starts_with("pegboard.toml, line 2: log.level cannot be this: invalid type: integer"),
            "{message}"
        );
    }

    #[test]
    fn a_syntax_error_names_its_line_and_fits_on_one() {
        let message = error("[log]\n\nlevel = = 3\n");
        assert!(message.starts_with("pegboard.toml, line 3: this is not TOML: "), "{message}");
        assert_eq!(message.lines().count(), 1);
    }

    #[test]
    fn a_missing_file_says_which_flag_names_it() {
        let missing = tempfile::tempdir().unwrap().path().join("none.toml");
        let message = Config::load(&missing).unwrap_err().to_string();
        assert!(message.contains(missing.to_str().unwrap()) && message.contains("--config"), "{message}");
    }
}
