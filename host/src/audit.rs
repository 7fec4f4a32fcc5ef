//! The audit trail: one line a call, whoever made it and however it ended.
//!
//! A call is what a plugin is asked to do for a client: `tools/call`, `prompts/get`, `resources/read`,
//! `resources/list` and `completion/complete`, refused and cancelled ones as well. A line says who called what of which
//! version of which plugin, how that ended, which grants were used for it and what it cost. Of arguments it has a
//! SHA-256 alone, of results nothing; of a session what is of no use for getting into it.
//!
//! It is off unless an operator asks for it, since a line a call floods an ordinary log: as events of the log under the
//! target `pegboard::audit`, or as JSON lines in a file of its own, or both.
//!
//! | module | holds |
//! |---|---|
//! | `entry` | one call, entered when it is dropped |
//! | `file` | the file, and the thread that writes it |

mod entry;
mod file;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::plugin::{Principal, Usage};
pub use entry::Entry;
pub use file::FileError;

/// Where the audit trail goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Into the log, as events of the level `info` under the target `pegboard::audit`.
    pub log: bool,
    /// Into this file, as JSON lines. What is in it stays; on SIGHUP it is opened anew, so that it can be rotated.
    pub file: Option<PathBuf>,
}

/// The audit trail. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Audit(Option<Arc<Trail>>);

#[derive(Debug)]
struct Trail {
    log: bool,
    file: Option<file::File>,
}

impl Audit {
    /// Begins it, as far as `config` wants one.
    ///
    /// # Errors
    /// The file cannot be written, or others could.
    pub fn start(config: &Config) -> Result<Self, FileError> {
        let file = config.file.as_deref().map(file::File::open).transpose()?;
        let wanted = config.log || file.is_some();
        Ok(Self(wanted.then(|| Arc::new(Trail { log: config.log, file }))))
    }

    /// Opens the file anew, in case it was moved away. Where that fails, the one that is open stays, and the log says so.
    pub fn reopen(&self) {
        if let Some(file) = self.0.as_ref().and_then(|trail| trail.file.as_ref()) {
            file.reopen();
        }
    }

    /// Waits until all that was entered is in the file.
    pub fn flush(&self) {
        if let Some(file) = self.0.as_ref().and_then(|trail| trail.file.as_ref()) {
            file.flush();
        }
    }

    /// Begins the entry of a call; none where there is no trail. It is entered when it is dropped.
    #[must_use]
    pub fn entry(
        &self,
        method: &'static str,
        principal: Option<&Principal>,
        session: Option<String>,
        usage: &Arc<Usage>,
    ) -> Option<Entry> {
        let trail = self.0.clone()?;
        Some(Entry::new(trail, method, principal, session, usage.clone()))
    }
}
