//! From a file's bytes to a plugin: looked up in the cache, else compiled apart, then mapped and linked.
//!
//! Compiling takes seconds and hundreds of megabytes for a large component, and it is the part that an odd file could
//! upset. So it happens in a process of its own, which has no environment, no descriptors but its three pipes, and
//! bounds on memory and time. Digest, cache key and compiled code all come from the same bytes in memory.

mod child;
mod process;
mod recognise;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use pegboard_native::MapError;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::component::Component;

use super::build::{Build, BuildError, Built, Source};
use super::cache::{Bounds, Cache, Key};
use crate::plugin::{BoxFuture, Digest, Plugin, PluginId};
use crate::policy::Permissions;
use crate::runtime::{self, Runtime};

pub use super::cache::CacheError;
pub use child::{COMPILE_ARGUMENT, compile_child_main};
pub use process::Bounds as ChildBounds;

/// Where compiled components are kept, and what compiling may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The directory of the cache. Absent: `pegboard` in `$XDG_CACHE_HOME` or in `~/.cache`.
    pub cache_dir: Option<PathBuf>,
    /// Bytes that the cache may hold.
    pub cache_bytes: u64,
    /// Compiled components that the cache may hold.
    pub cache_entries: usize,
    /// Bytes of the largest component that is accepted.
    pub component_bytes: usize,
    /// Bytes of memory for compiling one component.
    pub memory_bytes: u64,
    /// Seconds of CPU time, on all cores together, for compiling one component.
    pub cpu_time_s: u64,
    /// Seconds from beginning to end for compiling one component.
    pub wall_time_s: u64,
    /// Components compiled at the same time. Absent: as many as there are cores.
    pub parallel: Option<NonZeroUsize>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache_dir: None,
            cache_bytes: 2 << 30,
            cache_entries: 1_000,
            component_bytes: 64 << 20,
            memory_bytes: 2 << 30,
            cpu_time_s: 120,
            wall_time_s: 100,
            parallel: None,
        }
    }
}

/// Who compiles.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// This program, run with [`COMPILE_ARGUMENT`]; it must call [`compile_child_main`] then.
    Child {
        /// The program.
        exe: PathBuf,
    },
    /// This process itself, without bounds on memory and time. For programs that embed the library and ship
    /// no `pegboard`.
    InProcess,
}

impl Compiler {
    /// The program that is running now, even if its file is replaced meanwhile.
    #[must_use]
    pub fn this_program() -> Self {
        let exe = PathBuf::from("/proc/self/exe");
        let exe = if exe.exists() { exe } else { std::env::current_exe().unwrap_or(exe) };
        Self::Child { exe }
    }
}

/// Why bytes did not become a plugin. Each is one line.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing there.
    #[error("the file is empty")]
    Empty,
    /// Too much there.
    #[error("the file has {size} bytes, more than compile.component_bytes = {most}")]
    TooLarge {
        /// Its size.
        size: usize,
        /// What is accepted.
        most: usize,
    },
    /// WebAssembly of the older kind.
    #[error(
        "this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or make a component of it with \
         `wasm-tools component new`"
    )]
    CoreModule,
    /// Something else.
    #[error("this is not a WebAssembly component but {0}")]
    NotWebAssembly(&'static str),
    /// The compiler refuses it.
    #[error("this is not a valid component: {0}")]
    Invalid(String),
    /// It is valid, but wants more than an instance may have.
    #[error("it does not fit the limits of this host: {0}")]
    TooDemanding(String),
    /// It is a component, but no plugin.
    #[error(transparent)]
    NotAPlugin(#[from] runtime::LoadError),
    /// The compiler ran into one of its bounds.
    #[error("compiling it takes {0}")]
    TooCostly(String),
    /// The compiler did not start, or died.
    #[error("it could not be compiled: {0}")]
    Compiler(String),
    /// The result could not be kept.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl LoadError {
    /// May the same bytes succeed another time?
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Compiler(_) | Self::Cache(_))
    }
}

/// A plugin that was made of bytes.
pub struct LoadedComponent {
    /// The plugin.
    pub plugin: Arc<dyn Plugin>,
    /// Nothing had to be compiled.
    pub cached: bool,
}

/// What is known of a file without running it.
#[derive(Debug)]
pub struct Inspection {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Bytes of the file.
    pub size: usize,
    /// What it imports and exports, if it is a component.
    pub names: runtime::Names,
    /// Why it would not be loaded.
    pub refusal: Option<LoadError>,
}

/// Makes plugins of bytes. A clone is the same loader.
#[derive(Clone)]
pub struct ComponentLoader(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    cache: Cache,
    compiler: Compiler,
    config: Config,
    compiling: Semaphore,
}

impl ComponentLoader {
    /// Opens the cache.
    ///
    /// # Errors
    /// [`CacheError`] if its directory is not this user's alone, or there is no place for one.
    pub fn new(runtime: Runtime, config: Config, compiler: Compiler) -> Result<Self, CacheError> {
        let bounds = Bounds { bytes: config.cache_bytes, entries: config.cache_entries };
        let cache = Cache::open(config.cache_dir.as_deref(), bounds)?;
        let parallel = config.parallel.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        Ok(Self(Arc::new(Inner { runtime, cache, compiler, config, compiling: Semaphore::new(parallel) })))
    }

    /// Makes plugin `id` of `bytes`, which may do what `permissions` say. Dropping the future ends the compiler.
    ///
    /// # Errors
    /// [`LoadError`]
    pub async fn load(
        &self,
        id: &PluginId,
        bytes: Bytes,
        permissions: Arc<Permissions>,
    ) -> Result<LoadedComponent, LoadError> {
        let (digest, component) = self.component(bytes).await;
        let (component, cached) = component?;
        let (inner, id) = (self.0.clone(), id.clone());
        let plugin = blocking(move || inner.runtime.load(id, digest, component, permissions)).await?;
        Ok(LoadedComponent { plugin: Arc::new(plugin), cached })
    }

    /// Says what `bytes` are, and whether [`Self::load`] would take them.
    pub async fn inspect(&self, bytes: Bytes) -> Inspection {
        let size = bytes.len();
        let (digest, component) = self.component(bytes).await;
        let (names, refusal) = match component {
            Ok((component, _)) => {
                let names = runtime::names(&component);
                (names, self.0.runtime.check(&component).err().map(LoadError::NotAPlugin))
            }
            Err(error) => (runtime::Names::default(), Some(error)),
        };
        Inspection { digest, size, names, refusal }
    }

    /// The digest of `bytes`, their compiled form, and whether that was there already.
    async fn component(&self, bytes: Bytes) -> (Digest, Result<(Component, bool), LoadError>) {
        let (inner, read) = (self.0.clone(), bytes.clone());
        let (digest, found) = blocking(move || {
            let digest = Digest(Sha256::digest(&read).into());
            (digest, recognise::component(&read, inner.config.component_bytes).map(|()| inner.look_up(&digest)))
        })
        .await;
        let component = match found {
            Ok((_, Some(component))) => Ok((component, true)),
            Ok((key, None)) => self.compile(key, bytes).await.map(|component| (component, false)),
            Err(error) => Err(error),
        };
        (digest, component)
    }

    async fn compile(&self, key: Key, bytes: Bytes) -> Result<Component, LoadError> {
        // Nothing closes the semaphore.
        let _turn = self.0.compiling.acquire().await;
        let inner = self.0.clone();
        match &self.0.compiler {
            Compiler::InProcess => blocking(move || inner.keep(&key, &inner.compile_here(&bytes)?)).await,
            Compiler::Child { exe } => {
                let compiled = process::compile(exe, &self.0.config.child_bounds(), &bytes).await?;
                blocking(move || inner.keep(&key, &compiled)).await
            }
        }
    }
}

/// Compiles `bytes` in this process, keeps nothing, and says whether `runtime` would take what came of them.
///
/// # Errors
/// [`LoadError`]
#[doc(hidden)]
pub fn check_here(runtime: &Runtime, bytes: &[u8]) -> Result<runtime::Names, LoadError> {
    recognise::component(bytes, Config::default().component_bytes)?;
    let component = Component::new(runtime.engine(), bytes);
    let component = component.map_err(|error| LoadError::Invalid(child::one_line(&error)))?;
    runtime.check(&component)?;
    Ok(runtime::names(&component))
}

impl Build for ComponentLoader {
    fn build(&self, source: Source) -> BoxFuture<'static, Result<Built, BuildError>> {
        let components = self.clone();
        Box::pin(async move {
            match components.load(&source.id, source.bytes, source.permissions).await {
                Ok(LoadedComponent { plugin, cached }) => Ok(Built { plugin, cached }),
                Err(error) if error.may_pass() => Err(BuildError::Unavailable(error.to_string())),
                Err(error) => Err(BuildError::Rejected(error.to_string())),
            }
        })
    }
}

impl Inner {
    fn look_up(&self, digest: &Digest) -> (Key, Option<Component>) {
        let key = Key::new(self.runtime.engine(), digest);
        let found = self.cache.get(self.runtime.engine(), &key);
        (key, found)
    }

    fn compile_here(&self, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let compiled = self.runtime.engine().precompile_component(bytes);
        compiled.map_err(|error| LoadError::Invalid(child::one_line(&error)))
    }

    fn keep(&self, key: &Key, compiled: &[u8]) -> Result<Component, LoadError> {
        self.cache.put(self.runtime.engine(), key, compiled)?.map_err(|error| match error {
            MapError::Refused(reason) => LoadError::TooDemanding(reason),
            other => LoadError::Compiler(other.to_string()),
        })
    }
}

impl Config {
    fn child_bounds(&self) -> process::Bounds {
        process::Bounds {
            memory_bytes: self.memory_bytes,
            cpu_time_s: self.cpu_time_s,
            wall_time: Duration::from_secs(self.wall_time_s),
        }
    }
}

/// Runs `work` where it may block. A panic in it goes on here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down: this task is about to be dropped too.
            Err(_) => std::future::pending().await,
        },
    }
}
