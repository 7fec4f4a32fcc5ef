//! What a plugin may do beside computing: what it asks for ∩ what is granted ∩ the ceiling.
//!
//! A plugin asks by importing; what it does not import it cannot use. An operator grants in a file of the plugin's
//! own, `grants/<plugin-id>.toml`, outside of the drop directory, so that no dropped file grants itself anything. The
//! defaults in `pegboard.toml` are added for every plugin, and its ceiling bounds what any file can grant.
//!
//! | module | holds |
//! |---|---|
//! | `grants` | what one file grants, and its pin |
//! | `filesystem`, `network`, `env`, `kv`, `secrets`, `client`, `limits`, `tools` | its sections |
//! | `name` | which names there are |
//! | `config` | defaults, ceiling, and where the files are |
//! | `permissions` | what follows for one version of a plugin |
//! | `denial` | the sentence that says what would allow it |
//!
//! Nothing here opens a directory, resolves a name or knows a runtime: it rests on `std`, `serde`, TOML, and what
//! `url` and `ipnet` know of names and addresses.

mod client;
mod config;
mod denial;
mod env;
mod filesystem;
mod grants;
mod kv;
mod limits;
mod name;
mod network;
mod permissions;
mod secrets;
mod tools;

pub use client::Client;
pub use config::{Ceiling, Config, Unpinned};
pub use denial::Denial;
pub use env::{Env, VariableName};
pub use filesystem::{
    Filesystem, GuestPath, HostDirectory, MOST_FILES, Mount, MountAccess, stricter_where_they_overlap,
};
pub use grants::{Grants, Sha256Hex};
pub use kv::{Bucket, BucketAccess, BucketName, Kv};
pub use limits::{Limits, Reuse};
pub use network::{AddressRange, HostPattern, Network, Scheme, Target};
pub use permissions::{Permissions, Powers};
pub use secrets::{SecretName, Secrets};
pub use tools::{ToolOverride, ToolRules};
