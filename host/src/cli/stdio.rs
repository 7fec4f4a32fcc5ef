//! `pegboard stdio`: the server of the client that starts it.

use pegboard::{App, Compiler, telemetry};

use super::memory;
use super::options::Common;
use super::serve::runtime;
use super::shutdown::Shutdown;

pub(crate) fn run(options: &Common) -> anyhow::Result<()> {
    let config = options.settings()?;
    telemetry::init(&config.log)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let shutdown = Shutdown::listen()?;
        let app = App::start(config, Compiler::this_program()).await?;
        let _memory = memory::give_back();
        app.stdio(shutdown.token()).await;
        Ok(())
    });
    // The thread that reads standard input may wait for ever; nobody waits for it.
    runtime.shutdown_background();
    done
}
