//! `pegboard serve`: settings → telemetry → application → run → drain.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use pegboard::transport::admin::{self, Socket};
use pegboard::{App, Compiler, Config, telemetry, transport};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::memory;
use super::options::Options;
use super::shutdown::Shutdown;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let config = options.settings()?;
    telemetry::init(&config.log)?;
    runtime()?.block_on(async {
        let shutdown = Shutdown::listen()?;
        let listener = transport::bind(&config.transport, &config.auth).await?;
        let url = url(listener.local_addr()?);
        let administration = administration(&config)?;
        let app = Arc::new(App::start(config, Compiler::this_program()).await?);
        let _reloading = reload_on_hangup(&app)?;
        print(&format!("{url}\n"));
        let _memory = memory::give_back();
        let stop = shutdown.token();
        tokio::join!(app.serve(listener, stop.clone()), administer(&app, administration, stop));
        Ok(())
    })
}

/// The socket for administration: the one that is set, or the user's own, if that is free.
///
/// # Errors
/// The one that is set cannot be had.
pub(crate) fn administration(config: &Config) -> anyhow::Result<Option<Socket>> {
    if let Some(path) = &config.admin.socket {
        return Ok(Some(Socket::bind(path)?));
    }
    let Some(path) = admin::default_socket() else { return Ok(None) };
    // Nobody asked for it, so it is no reason not to serve.
    Ok(Socket::bind(&path).inspect_err(|error| warn!("this server cannot be administered: {error}")).ok())
}

/// Lets the operator in until `stop`, if there is a socket.
pub(crate) async fn administer(app: &Arc<App>, socket: Option<Socket>, stop: CancellationToken) {
    if let Some(socket) = socket {
        info!(socket = %socket.path().display(), "administration");
        app.administer(socket, stop).await;
    }
}

/// SIGHUP has tokens, grants and secrets read again, and the audit trail opened anew.
fn reload_on_hangup(app: &Arc<App>) -> anyhow::Result<AbortOnDropHandle<()>> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
    let app = app.clone();
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            info!("reading tokens, grants and secrets again, and opening the audit trail anew");
            app.reload();
            if let Err(error) = app.reload_secrets().await {
                warn!("{error}; all secrets stay as they were");
            }
        }
    })))
}

pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the threads of the server")
}

/// Where clients find it.
pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{address}/mcp")
}

/// A result, at once. A reader that has gone is no reason to stop serving.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
