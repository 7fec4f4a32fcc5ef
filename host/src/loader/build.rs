//! The seam to what makes a plugin of a file's bytes.

use std::sync::Arc;

use bytes::Bytes;

use crate::plugin::{BoxFuture, Digest, Plugin, PluginId};
use crate::policy::Permissions;

/// A file, read once.
#[derive(Debug, Clone)]
pub struct Source {
    /// The plugin that it shall be.
    pub id: PluginId,
    /// All of the file.
    pub bytes: Bytes,
    /// SHA-256 of `bytes`.
    pub digest: Digest,
    /// What the plugin may do.
    pub permissions: Arc<Permissions>,
}

/// A plugin that can be called.
pub struct Built {
    /// The plugin, of [`Source::id`] and [`Source::digest`].
    pub plugin: Arc<dyn Plugin>,
    /// Nothing had to be compiled.
    pub cached: bool,
}

/// Why a file did not become a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// These bytes will never be a plugin: garbage, a core module, none of our exports.
    #[error("{0}")]
    Rejected(String),
    /// The host could not do it now: no memory, no disk. Trying again may help.
    #[error("{0}")]
    Unavailable(String),
}

/// Makes plugins of files. Dropping the future that [`Self::build`] gave ends the work.
pub trait Build: Send + Sync + 'static {
    /// Makes a plugin of `source`.
    fn build(&self, source: Source) -> BoxFuture<'static, Result<Built, BuildError>>;
}
