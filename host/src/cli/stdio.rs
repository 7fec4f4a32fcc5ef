//! `pegboard stdio`: the server of the client that starts it.

use std::sync::Arc;

use pegboard::transport::admin::Socket;
use pegboard::{App, Compiler, telemetry};
use tokio_util::sync::CancellationToken;

use super::memory;
use super::options::Common;
use super::serve::{administer, runtime};
use super::shutdown::Shutdown;

pub(crate) fn run(options: &Common) -> anyhow::Result<()> {
    let config = options.settings()?;
    telemetry::init(&config.log)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let shutdown = Shutdown::listen()?;
        // Each client starts a server of its own, so there is no socket unless one is named.
        let socket = config.admin.socket.as_deref().map(Socket::bind).transpose()?;
        let app = Arc::new(App::start(config, Compiler::this_program()).await?);
        let _memory = memory::give_back();
        let (stop, closed) = (shutdown.token(), CancellationToken::new());
        let serving = async {
            app.stdio(stop).await;
            closed.cancel();
        };
        tokio::join!(serving, administer(&app, socket, closed.clone()));
        Ok(())
    });
    // The thread that reads standard input may wait for ever; nobody waits for it.
    runtime.shutdown_background();
    done
}
