//! Asking a server that runs, over its administration's socket; and the commands that are one request.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use http::{Method, StatusCode};
use pegboard::app::report::{LoadedReport, StatusReport};
use pegboard::transport::admin;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::lines::Lines;
use super::options::{AdminSocket, ConfigFile};
use super::serve::print;

/// Which server.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[command(flatten)]
    socket: AdminSocket,
    #[command(flatten)]
    config: ConfigFile,
}

/// What the commands can be told that ask for everything.
#[derive(Debug, Args)]
pub(crate) struct All {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// What the commands can be told that are about a plugin.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The plugin.
    #[arg(value_name = "PLUGIN")]
    name: String,
    #[command(flatten)]
    target: Target,
}

impl Target {
    /// Asks; an answer of 404 is the error that it says.
    pub(crate) fn ask(&self, method: Method, path: &str) -> anyhow::Result<Value> {
        let (status, value) = self.try_ask(method, path)?;
        if !status.is_success() {
            bail!("{}", value["error"].as_str().unwrap_or("the server does not know this request"));
        }
        Ok(value)
    }

    /// Asks.
    pub(crate) fn try_ask(&self, method: Method, path: &str) -> anyhow::Result<(StatusCode, Value)> {
        let socket = self.socket()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start a thread that asks the server")?;
        let reply = runtime.block_on(admin::ask(&socket, method, path))?;
        let value = serde_json::from_slice(&reply.body);
        let value = value.with_context(|| format!("the server at {} answered with no JSON", socket.display()))?;
        Ok((reply.status, value))
    }

    fn socket(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = self.socket.given() {
            return Ok(path.to_owned());
        }
        let configured = self.config.read()?.admin.socket;
        configured.or_else(admin::default_socket).context(
            "no socket of a server is known: name it with `--admin-socket PATH`, as the server was started with",
        )
    }
}

/// A name as a part of a path.
pub(crate) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// `pegboard status`
pub(crate) fn status(options: &All) -> anyhow::Result<()> {
    let value = options.target.ask(Method::GET, "/status")?;
    if options.json {
        print(&format!("{value:#}\n"));
    } else {
        print(&status_text(&serde_json::from_value(value).context("the server is of another version")?));
    }
    Ok(())
}

/// `pegboard suspend`
pub(crate) fn suspend(options: &One) -> anyhow::Result<()> {
    options.target.ask(Method::POST, &format!("/plugins/{}/suspend", encoded(&options.name)))?;
    print(&format!("{0} is suspended until `pegboard resume {0}`, or the server ends\n", options.name));
    Ok(())
}

/// `pegboard resume`
pub(crate) fn resume(options: &One) -> anyhow::Result<()> {
    options.target.ask(Method::POST, &format!("/plugins/{}/resume", encoded(&options.name)))?;
    print(&format!("{} is called again\n", options.name));
    Ok(())
}

/// `pegboard reload`
pub(crate) fn reload(target: &Target) -> anyhow::Result<()> {
    target.ask(Method::POST, "/reload")?;
    print("the server looks at its files again\n");
    Ok(())
}

fn status_text(status: &StatusReport) -> String {
    let mut lines = Lines::new(9);
    lines.line("server", &format!("pegboard {}, {}", status.version, if status.ready { "ready" } else { "loading" }));
    let missing = if status.missing { " (not there at the moment)" } else { "" };
    lines.line("plugins", &format!("{}{missing}", status.directory.display()));
    if let Some(trouble) = &status.trouble {
        lines.line("trouble", trouble);
    }
    for plugin in &status.loaded {
        lines.line("served", &format!("{}: {}", plugin.id, state(plugin)));
        lines.line("", &format!("  tools: {}", plugin.tools.join(", ")));
    }
    for refused in &status.refused {
        let stays = if refused.previous_served { "; its previous version stays" } else { "" };
        lines.line("refused", &format!("{}: {}{stays}", refused.file, refused.reason));
    }
    for file in &status.pending {
        lines.line("loading", file);
    }
    for warning in &status.warnings {
        lines.line("warning", warning);
    }
    lines.into()
}

fn state(plugin: &LoadedReport) -> String {
    let mut state = format!("{} calls", plugin.calls);
    for (number, what) in [(plugin.failures, "failed"), (plugin.denials, "refusals of what it wanted")] {
        if number > 0 {
            let _ = write!(state, ", {number} {what}");
        }
    }
    if plugin.suspended {
        state += ", suspended";
    } else if plugin.put_aside {
        state += ", put aside";
    }
    state
}

#[cfg(test)]
mod tests {
    use pegboard::app::report::RefusedReport;

    use super::*;

    #[test]
    fn a_status_for_people_has_what_is_served_and_what_is_not() {
        let status = StatusReport {
            version: "1.2.3".into(),
            directory: "/srv/plugins".into(),
            missing: false,
            trouble: None,
            ready: true,
            loaded: vec![LoadedReport {
                id: "x".into(),
                digest: "00".into(),
                tools: vec!["a".into(), "b".into()],
                calls: 7,
                failures: 2,
                denials: 0,
                suspended: false,
                put_aside: true,
            }],
            refused: vec![RefusedReport { file: "y.wasm".into(), reason: "no\u{1b}[2J".into(), previous_served: true }],
            pending: vec!["z.wasm".into()],
            warnings: vec![],
        };
        let expected = "server    pegboard 1.2.3, ready\nplugins   /srv/plugins\nserved    x: 7 calls, 2 failed, put \
                        aside\n            tools: a, b\nrefused   y.wasm: no\u{fffd}[2J; its previous version stays\n\
                        loading   z.wasm\n";
        assert_eq!(status_text(&status), expected);
    }
}
