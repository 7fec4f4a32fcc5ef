//! Runs plugins: WebAssembly components in wasmtime, each call in a fresh instance of its own.
//!
//! | module | holds |
//! |---|---|
//! | [`limits`] | every limit and its default |
//! | `engine` | the settings of wasmtime, and the pool of instances |
//! | `component` | what a component imports and exports, and whether that makes a plugin |
//! | `wasm_plugin` | the plugin |
//! | `jobs` | the exported functions, each a thing to run |
//! | `sandbox` | one run: a place, an instance, the limits, the end |
//! | `kept` | instances that serve further calls |
//! | `rate` | how many calls a minute |
//! | `admission` | how many run at the same time |
//! | `account` | what each version of a plugin did |
//! | [`breaker`] | who is kept from calling a plugin that fails |
//! | `cpu`, `ticker` | CPU time: measured, bounded, shared out |
//! | `terms` | what holds for one version of a plugin: its permissions, its limits |
//! | `denials` | what plugins were refused |
//! | `store` | the host's side of an instance; memory and tables |
//! | `host_api` | what a guest may import, one capability a file |
//! | `net` | what leaves the sandbox over the network |
//! | [`secrets`] | where secrets come from, and keeping them out of sight |
//! | `filesystem` | the directories that guests may see, and how much they may put there |
//! | `clocks` | clocks that are coarse on request |
//! | `output` | what a guest prints |
//! | `failure` | why a guest ended |
//! | `wit` | the interface's types and the vocabulary's, converted |
//!
//! No state outlives a call but in what was granted. A plugin without grants gets time, memory, clocks and randomness.

pub mod breaker;
pub mod limits;
pub mod secrets;

mod account;
mod admission;
mod clocks;
mod component;
mod cpu;
mod denials;
mod engine;
mod failure;
mod filesystem;
mod host_api;
mod jobs;
mod kept;
mod net;
mod output;
mod rate;
mod sandbox;
mod store;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod ticker;
mod wasm_plugin;
mod wit;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, mpsc};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::kv::KvStore;
use crate::plugin::{Announcement, Counters, Digest, PluginId};
use crate::policy::Permissions;
use account::Accounts;
use admission::Admission;
use cpu::Lanes;
use engine::Instances;
use filesystem::Directories;
use net::Net;
use secrets::Secrets;
use ticker::Ticker;

pub use component::{Names, names};
pub use denials::Denials;
pub use limits::Config;
pub use net::Config as NetworkConfig;
pub(crate) use output::excerpt;
pub use wasm_plugin::WasmPlugin;

/// Runs plugins. A clone is the same runtime.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

/// What all plugins share.
struct Inner {
    engine: Engine,
    linker: Linker<store::State>,
    limits: Config,
    admission: Admission,
    accounts: Accounts,
    lanes: Lanes,
    /// Instances that may be kept for further calls.
    kept: Arc<Semaphore>,
    ticker: Ticker,
    directories: Directories,
    kv: Arc<dyn KvStore>,
    announcements: mpsc::Sender<Announcement>,
    net: Arc<Net>,
    secrets: Arc<ArcSwap<Secrets>>,
}

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// A limit cannot work.
    #[error("limits.{key} is {value}: it must be from {least} to {most}")]
    Limit {
        /// Its key.
        key: &'static str,
        /// Its value.
        value: u64,
        /// The least that works.
        least: u64,
        /// The most that works.
        most: u64,
    },
    /// The engine did not start.
    #[error(
        "the WebAssembly engine does not start: {0}; it reserves (does not use) address space for each of \
         limits.concurrent_calls, so where that is bounded (ulimit -v), lower it"
    )]
    Engine(String),
    /// There are no certificate authorities where some should be.
    #[error("no certificates in {}: {why}; network.ca_file names a PEM file", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The thread that interrupts guests did not start.
    #[error("no thread for interrupting guests: {0}")]
    Ticker(std::io::Error),
}

/// Why a component is not a plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It exports nothing of ours.
    #[error("it exports none of pegboard:plugin/tools, prompts, resources and completions (0.1.0), {}", exporting(.exports))]
    NoExports {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It wants what nobody gives.
    #[error("it imports what this host does not have: {}", few(.imports))]
    MissingImports {
        /// All of it.
        imports: Vec<String>,
    },
    /// An interface of ours, but with other types.
    #[error("its export {name} is not the one of this host: {reason}")]
    Export {
        /// Which.
        name: &'static str,
        /// What is different.
        reason: String,
    },
    /// A directory that was granted to it cannot be opened.
    #[error(
        "{}, which {} grants to it, cannot be opened: {reason}; make that directory, or take it out of [filesystem]",
        .directory.display(), .file.display()
    )]
    Directory {
        /// Which.
        directory: PathBuf,
        /// The grants file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A variable that was granted to it has a value that is no text.
    #[error(
        "the environment variable {name}, which {} grants to it, is not UTF-8; set it to text, or take it out of [env]",
        .file.display()
    )]
    Variable {
        /// Which.
        name: String,
        /// The grants file.
        file: PathBuf,
    },
    /// It imports something that the host has, but with other types.
    #[error("it does not fit this host: {reason}")]
    Link {
        /// What is different.
        reason: String,
    },
}

fn exporting(exports: &[String]) -> String {
    if exports.is_empty() { "and nothing else either".to_owned() } else { format!("it exports {}", few(exports)) }
}

/// The first of `names`, and how many there are beside them.
fn few(names: &[String]) -> String {
    /// More than this nobody reads.
    const SHOWN: usize = 8;
    /// Bytes; a name can have thousands.
    const NAME_BYTES: usize = 96;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| excerpt(name, NAME_BYTES)).collect();
    let mut text = shown.join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}

impl Runtime {
    /// Sets up the engine. What plugins store in buckets is in `kv`. What they announce goes into `announcements`; while
    /// it is full, they wait.
    ///
    /// # Errors
    /// [`RuntimeError`] if a limit makes no sense or the system does not give what the engine needs.
    pub fn new(
        config: &Config,
        kv: Arc<dyn KvStore>,
        announcements: mpsc::Sender<Announcement>,
    ) -> Result<Self, RuntimeError> {
        config.check()?;
        let failed = |error: wasmtime::Error| RuntimeError::Engine(format!("{error:#}"));
        let engine = engine::engine(Instances::Pooled(config)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        host_api::link(&mut linker).map_err(failed)?;
        let ticker = Ticker::start(&engine).map_err(RuntimeError::Ticker)?;
        Ok(Self(Arc::new(Inner {
            engine,
            linker,
            limits: config.clone(),
            admission: Admission::new(config),
            accounts: Accounts::new(&config.breaker),
            lanes: Lanes::new(),
            kept: Arc::new(Semaphore::new(config.kept_instances as usize)),
            ticker,
            kv,
            directories: Directories::new(filesystem::open_files()),
            announcements,
            net: Arc::new(Net::new()),
            secrets: Arc::default(),
        })))
    }

    /// Makes a plugin of a compiled component, which may do what `permissions` say.
    ///
    /// # Errors
    /// [`LoadError`] if it exports nothing of ours or imports what there is not, or if a grant cannot be met.
    #[allow(clippy::needless_pass_by_value, reason = "what it was made of is the plugin's from now on")]
    pub fn load(
        &self,
        id: PluginId,
        digest: Digest,
        component: Component,
        permissions: Arc<Permissions>,
    ) -> Result<WasmPlugin, LoadError> {
        WasmPlugin::new(self.0.clone(), id, digest, &component, permissions)
    }

    /// Would [`Self::load`] take it?
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(&self, component: &Component) -> Result<(), LoadError> {
        component::Exports::find(&component::link(&self.0.linker, component)?).map(drop)
    }

    /// What each plugin did since the start, all its versions together, those that are gone as well.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<PluginId, Counters> {
        self.0.accounts.totals()
    }

    /// Suspends a plugin, whatever its version: each call is answered with that at once. False if none of that name
    /// was ever loaded.
    #[must_use]
    pub fn suspend(&self, id: &PluginId) -> bool {
        self.0.accounts.suspend(id)
    }

    /// Lets a plugin be called again that was suspended, or put aside since its calls failed. False if none of that
    /// name was ever loaded.
    #[must_use]
    pub fn resume(&self, id: &PluginId) -> bool {
        self.0.accounts.resume(id)
    }

    /// Replaces the secrets that plugins may be granted, for the calls to come.
    pub fn set_secrets(&self, secrets: Secrets) {
        self.0.secrets.store(Arc::new(secrets));
    }

    /// Trusts the certificate authorities in the PEM file `path` as well, where plugins speak TLS.
    ///
    /// # Errors
    /// [`RuntimeError::Authorities`] if it holds none.
    pub fn trust(&self, path: &Path) -> Result<(), RuntimeError> {
        self.0.net.trust(path).map_err(|why| RuntimeError::Authorities { path: path.to_owned(), why })
    }

    /// The engine that components must be compiled for.
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

/// An engine that only compiles, for the process that does nothing else.
pub(crate) fn compiling_engine() -> wasmtime::Result<Engine> {
    engine::engine(Instances::None)
}
