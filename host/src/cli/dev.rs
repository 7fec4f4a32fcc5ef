//! `pegboard dev`: from a fresh checkout to a server with the bundled plugins.
//!
//! Each step says what it does on standard error, and is skipped fast where its result is there already.

mod checkout;
mod guests;
mod progress;
mod target;

use std::fmt::Write as _;
use std::sync::Arc;

use pegboard::loader::Status;
use pegboard::{App, Compiler, Config, loader, policy, telemetry, transport};

use super::memory;
use super::options::Options;
use super::serve::{administer, administration, print, runtime, url};
use super::shutdown::Shutdown;
use checkout::Checkout;
use progress::Step;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut config = options.settings()?;
    let checkout = Checkout::find()?;
    if config.loader.directory == loader::Config::default().directory {
        config.loader.directory = checkout.plugins();
    }
    if config.grants.directory == policy::Config::default().directory {
        config.grants.directory = checkout.grants();
    }
    // The newcomer is to see all of them, also where compiling takes its time.
    config.loader.ready_within_ms = config.loader.ready_within_ms.max(120_000);
    // Here a plugin is built anew again and again, by the one who grants.
    config.grants.unpinned = policy::Unpinned::Allow;
    let runtime = runtime()?;
    // What would only be said after minutes of building is said now.
    drop(runtime.block_on(transport::bind(&config.transport, &config.auth))?);
    let compiler = target::provide(&checkout)?;
    guests::build(&checkout, compiler.as_deref(), &config.loader.directory)?;
    telemetry::init(&config.log)?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let shutdown = Shutdown::listen()?;
    let listener = transport::bind(&config.transport, &config.auth).await?;
    let url = url(listener.local_addr()?);
    let step = Step::plain("Loading the plugins (compiled for this machine once, then kept)");
    let socket = administration(&config)?;
    let app = Arc::new(App::start(config, Compiler::this_program()).await?);
    app.ready().await;
    step.done();
    print(&banner(&url, &app.status().borrow()));
    let _memory = memory::give_back();
    let stop = shutdown.token();
    tokio::join!(app.serve(listener, stop.clone()), administer(&app, socket, stop));
    Ok(())
}

/// What the newcomer sees: the URL first, so that a script finds it as it does with `serve`.
fn banner(url: &str, status: &Status) -> String {
    let width = status.loaded.iter().map(|plugin| plugin.id.as_str().len()).max().unwrap_or_default();
    let mut text = format!("{url}\n\nPlugins and their tools:\n");
    for plugin in &status.loaded {
        let _ = writeln!(text, "  {:width$}  {}", plugin.id.as_str(), plugin.tools.join(", "));
    }
    for refused in &status.refused {
        let _ = writeln!(text, "  {} is not served: {}", refused.file, refused.reason);
    }
    let _ = write!(
        text,
        "\nConnect Claude Code:\n  claude mcp add --transport http pegboard {url}\n\n\
         Any other .wasm dropped into {} is served at once. Ctrl-C stops.\n",
        status.directory.display()
    );
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pegboard::loader::{Loaded, Refused};
    use pegboard::plugin::{Digest, PluginId};

    use super::*;

    #[test]
    fn the_banner_begins_with_the_url_and_names_plugins_tools_and_what_is_not_served() {
        let loaded = |id: &str, tools: &[&str]| Loaded {
            id: PluginId::parse(id).unwrap(),
            digest: Digest([0; 32]),
            signer: None,
            permissions: Arc::default(),
            tools: tools.iter().map(ToString::to_string).collect(),
            cached: false,
            elapsed: Duration::ZERO,
        };
        let status = Status {
            directory: "/here/plugins".into(),
            loaded: vec![loaded("calc", &["evaluate"]), loaded("time", &["now", "convert"])],
            refused: vec![Refused { file: "odd.wasm".into(), reason: "garbage".into(), previous_served: false }],
            ..Status::default()
        };
        let text = banner("http://127.0.0.1:1/mcp", &status);
        assert_eq!(text.lines().next(), Some("http://127.0.0.1:1/mcp"));
        for expected in [
            "  calc  evaluate\n",
            "  time  now, convert\n",
            "odd.wasm is not served: garbage\n",
            "claude mcp add --transport http pegboard http://127.0.0.1:1/mcp\n",
            "/here/plugins",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in {text}");
        }
    }
}
