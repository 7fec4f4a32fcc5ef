//! `pegboard serve`: settings → telemetry → application → run → drain.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use pegboard::{App, Compiler, telemetry, transport};
use tokio::signal::unix::{SignalKind, signal};
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
        let app = Arc::new(App::start(config, Compiler::this_program()).await?);
        let _reloading = reload_on_hangup(&app)?;
        print(&format!("{url}\n"));
        let _memory = memory::give_back();
        app.serve(listener, shutdown.token()).await;
        Ok(())
    })
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
