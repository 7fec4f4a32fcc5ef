//! What administration tells, as data: written by the server, read by the command line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plugin::{Access, Standing};

/// What is served, and what is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// Of the server.
    pub version: String,
    /// The drop directory.
    pub directory: PathBuf,
    /// The directory is not there at the moment.
    pub missing: bool,
    /// Why it cannot be looked at, at the moment.
    pub trouble: Option<String>,
    /// The files that were there at the start have been dealt with.
    pub ready: bool,
    /// The plugins that are served, by id.
    pub loaded: Vec<LoadedReport>,
    /// The files that are not served as they are.
    pub refused: Vec<RefusedReport>,
    /// The files that are being loaded.
    pub pending: Vec<String>,
    /// What an operator should know of names that look alike.
    pub warnings: Vec<String>,
}

/// A plugin that is served, on one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadedReport {
    /// Who it is.
    pub id: String,
    /// SHA-256 of its file.
    pub digest: String,
    /// The names under which clients see its tools.
    pub tools: Vec<String>,
    /// Calls, since the server started.
    pub calls: u64,
    /// Those of them that crashed or ran into a limit.
    pub failures: u64,
    /// What it was refused.
    pub denials: u64,
    /// An operator has suspended it.
    pub suspended: bool,
    /// It is put aside for somebody, since calls failed in a row.
    pub put_aside: bool,
}

/// A file that is not served as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusedReport {
    /// Its name.
    pub file: String,
    /// One sentence.
    pub reason: String,
    /// An earlier version of it is still served.
    pub previous_served: bool,
}

/// All that is known of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginReport {
    /// Who it is.
    pub id: String,
    /// Its file.
    pub file: PathBuf,
    /// Why the file, as it is now, is not served.
    pub refused: Option<String>,
    /// The file is being loaded.
    pub pending: bool,
    /// What is served; absent: nothing is.
    pub served: Option<Served>,
}

/// The version of a plugin that is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// SHA-256 of the file that it was loaded from.
    pub digest: String,
    /// Who signed that.
    pub signer: Option<String>,
    /// Only what was approved is served, so this was. Then what has changed since says [`PluginReport::refused`].
    pub approved: bool,
    /// Its tools: the names under which clients see them, and its own.
    pub tools: Vec<Names>,
    /// The same for its prompts.
    pub prompts: Vec<Names>,
    /// Its resource templates.
    pub resource_templates: Vec<String>,
    /// What an operator should know of it.
    pub warnings: Vec<String>,
    /// What it may do, what it has used, how it has behaved.
    pub standing: Standing,
}

/// The names of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// As clients see it.
    pub listed: String,
    /// As the plugin calls it.
    pub own: String,
}

/// All that is known of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolReport {
    /// Its names.
    pub names: Names,
    /// As the newest revision of MCP lists it: what holds, whatever the plugin says.
    pub tool: Value,
    /// What is enforced of that, whoever said it.
    pub access: Access,
    /// Whose it is.
    pub plugin: PluginReport,
}
