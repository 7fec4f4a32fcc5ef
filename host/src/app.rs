//! The composition root: the only file that names every concrete type.

mod administration;
mod metrics;
pub mod report;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::audit::{self, Audit};
use crate::config::Config;
use crate::kv::MemoryKv;
use crate::loader::compile::{CacheError, Compiler, ComponentLoader};
use crate::loader::{self, LoaderHandle, Status};
use crate::protocol::{KeyError, Server, Stores};
use crate::registry::Registry;
use crate::runtime::secrets::{self, SecretError, Secrets};
use crate::runtime::{Runtime, RuntimeError};
use crate::session::MemoryStore;
use crate::session::events::MemoryEvents;
use crate::task::MemoryTasks;
use crate::transport::admin::Socket;
use crate::transport::auth::{AuthError, Tokens};
use crate::transport::{self, Endpoint};
use crate::trust::{self, Keeper};

/// How many announcements of plugins wait for the loader; what comes beyond that is dropped, since one of many
/// says as much as all.
const ANNOUNCEMENTS: usize = 64;

/// How long a client over standard input waits for plugins that are being compiled; those that take longer are told of
/// as they come.
const LOADING: Duration = Duration::from_secs(20);

/// A whole server: plugins are loaded as long as it lives.
pub struct App {
    registry: Arc<Registry>,
    endpoint: Endpoint,
    loader: LoaderHandle,
    keeper: Keeper,
    runtime: Runtime,
    secrets: secrets::Config,
    audit: Audit,
    transport: transport::Config,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The plugins directory or the loader's settings.
    #[error(transparent)]
    Loader(#[from] loader::StartError),
    /// The cache of compiled code.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Grants, or keys.
    #[error(transparent)]
    Trust(#[from] trust::StartError),
    /// The engine, or its limits.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The tokens that let callers in.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file of the audit trail.
    #[error(transparent)]
    Audit(#[from] audit::FileError),
    /// The keys that seal what clients carry.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl App {
    /// Begins to load plugins. `compiler` says who compiles them.
    ///
    /// # Errors
    /// [`StartError`], each in one line that says what to do.
    pub async fn start(config: Config, compiler: Compiler) -> Result<Self, StartError> {
        let tokens = Tokens::load(&config.auth)?;
        let audit = Audit::start(&config.audit)?;
        let (announce, announcements) = mpsc::channel(ANNOUNCEMENTS);
        let kv = Arc::new(MemoryKv::new(&config.kv));
        let runtime = Runtime::new(&config.limits, kv, announce)?;
        if let Some(file) = &config.network.ca_file {
            runtime.trust(file)?;
        }
        runtime.set_secrets(Secrets::load(&config.secrets).await?);
        let components = ComponentLoader::new(runtime.clone(), config.compile, compiler)?;
        let registry = Arc::new(Registry::new(config.registry));
        let keeper = Keeper::start(config.grants, &config.signatures, config.lock, &config.loader.directory).await?;
        let wiring = loader::Wiring {
            registry: registry.clone(),
            build: Arc::new(components),
            announcements,
            trust: keeper.trust(),
        };
        let loader = loader::start(config.loader, wiring).await?;
        let stores = Stores {
            sessions: Arc::new(MemoryStore::new(&config.sessions)),
            sessions_required: config.sessions.required,
            events: Arc::new(MemoryEvents::new(config.events.clone())),
            event_config: config.events,
            tasks: Arc::new(MemoryTasks::new(&config.tasks)),
            task_config: config.tasks,
            audit: audit.clone(),
        };
        let server = Server::new(registry.clone(), stores, config.server, config.compat, config.questions)?;
        let endpoint = Endpoint::new(server, config.transport.clone(), tokens);
        let (secrets, transport) = (config.secrets, config.transport);
        Ok(Self { registry, endpoint, loader, keeper, runtime, secrets, audit, transport })
    }

    /// The plugins.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What came of the files in the plugins directory, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.loader.status()
    }

    /// Ready when the files that were there at the start are loaded or refused.
    pub async fn ready(&self) {
        // Fails only if the registry is gone, and it is ours.
        let _ = self.registry.ready().wait_for(|ready| *ready).await;
    }

    /// The routes, to be mounted in another axum program.
    pub fn router(&self) -> Router {
        transport::router(self.endpoint.clone())
    }

    /// Looks at plugins, grants and tokens again, as an operator may ask; those that have changed count in any case. The
    /// file of the audit trail is opened anew.
    pub fn reload(&self) {
        self.loader.look();
        self.keeper.look();
        self.endpoint.reload_tokens();
        self.audit.reopen();
    }

    /// Reads all secrets again, as an operator may ask. If one has no value, all stay as they were.
    ///
    /// # Errors
    /// [`SecretError`] says which one has none.
    pub async fn reload_secrets(&self) -> Result<(), SecretError> {
        self.runtime.set_secrets(Secrets::load(&self.secrets).await?);
        Ok(())
    }

    /// Serves on `listener` until `stop`, then lets what is under way come to its end, for as long as
    /// [`transport::Config::drain_ms`] allows.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        transport::serve(listener, self.endpoint.clone(), &self.transport, stop).await;
        self.audit.flush();
    }

    /// Lets the operator administer it over `socket` until `stop`.
    pub async fn administer(self: &Arc<Self>, socket: Socket, stop: CancellationToken) {
        transport::admin::serve(socket, self.clone(), stop).await;
    }

    /// Serves the client that started this process, over standard input and output, until it closes them or `stop`.
    /// Logs must go elsewhere.
    ///
    /// Plugins get a moment to load before the first message is read: a client asks for the tools at once.
    pub async fn stdio(&self, stop: CancellationToken) {
        tokio::select! {
            () = self.ready() => {}
            () = tokio::time::sleep(LOADING) => {}
            () = stop.cancelled() => {}
        }
        transport::stdio(&self.endpoint, tokio::io::stdin(), tokio::io::stdout(), stop).await;
        self.audit.flush();
    }
}
