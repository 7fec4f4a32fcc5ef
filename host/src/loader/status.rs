//! What the loader has made of the directory, for people.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::plugin::{Digest, PluginId};
use crate::policy::Permissions;

/// What the loader has made of the directory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// The directory.
    pub directory: PathBuf,
    /// The directory is not there at the moment; it is waited for.
    pub missing: bool,
    /// Why the directory cannot be looked at, at the moment; what was loaded stays.
    pub trouble: Option<String>,
    /// The files that were there at the start have been dealt with, or enough time has passed.
    pub ready: bool,
    /// The plugins that are served, by id.
    pub loaded: Vec<Loaded>,
    /// The files that are not served as they are, by name.
    pub refused: Vec<Refused>,
    /// The files that are being loaded, or may not be whole yet, by name.
    pub pending: Vec<String>,
}

/// A plugin that is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Who it is.
    pub id: PluginId,
    /// SHA-256 of its file.
    pub digest: Digest,
    /// Who signed it.
    pub signer: Option<Arc<str>>,
    /// What it may do.
    pub permissions: Arc<Permissions>,
    /// Its own names for its tools, in its order.
    pub tools: Vec<String>,
    /// It was found in the cache of compiled plugins.
    pub cached: bool,
    /// How long reading, building and listing took.
    pub elapsed: Duration,
}

/// A file that is not served as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name; what cannot be printed is escaped.
    pub file: String,
    /// One sentence.
    pub reason: String,
    /// An earlier version of it is still served.
    pub previous_served: bool,
}
