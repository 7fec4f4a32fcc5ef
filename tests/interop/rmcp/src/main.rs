//! `rmcp`, the official Rust client: `pegboard-interop URL MODE SCENARIO`.
//!
//! One line of JSON on stdout for each step: `{"step", "ok", "detail"}`. `{"do": "drop"}` asks the driver to put
//! another plugin in place, `{"do": "remove"}` to take it away again. The driver also ends a client that says nothing
//! for too long.

mod scenario;
mod steps;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientLifecycleMode, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ClientServiceExt as _, RoleClient, ServiceExt as _};
use serde_json::json;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use scenario::Scenario;

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// What the server tells a client that has not asked.
enum Told {
    Progress(f64, Option<f64>),
    ToolsChanged,
}

/// Hands on what it is told.
struct Ear(UnboundedSender<Told>);

impl ClientHandler for Ear {
    async fn on_progress(
        &self,
        told: rmcp::model::ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        // Nobody listens any more once the steps are done.
        let _ = self.0.send(Told::Progress(told.progress, told.total));
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        let _ = self.0.send(Told::ToolsChanged);
    }
}

struct Session {
    client: RunningService<RoleClient, Ear>,
    told: UnboundedReceiver<Told>,
}

async fn connect(url: &str, mode: &str, scenario: &Scenario) -> anyhow::Result<(Session, String)> {
    let transport = StreamableHttpClientTransport::from_uri(url);
    let (tell, told) = mpsc::unbounded_channel();
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let (client, version) = match mode {
        "default" => (Ear(tell).serve(transport).await?, LEGACY),
        "auto" => {
            let auto = ClientLifecycleMode::Auto { preferred_versions, legacy_version: None };
            (Ear(tell).serve_with_lifecycle(transport, auto).await?, MODERN)
        }
        "discover" => {
            let discover = ClientLifecycleMode::Discover { preferred_versions };
            (Ear(tell).serve_with_lifecycle(transport, discover).await?, MODERN)
        }
        _ => bail!("there is no mode {mode}"),
    };
    let server = client.peer_info().context("the server says nothing about itself")?;
    let agreed = server.protocol_version.to_string();
    if agreed != version {
        bail!("{version} was expected to be agreed on, not {agreed}");
    }
    let name = server.server_info.as_ref().map(|info| info.name.clone());
    if name.as_deref() != Some(&*scenario.server) {
        bail!("the server calls itself {name:?}");
    }
    Ok((Session { client, told }, agreed))
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let [url, mode, file] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().ok().context("URL MODE SCENARIO")?;
    let scenario = Scenario::read(&file)?;
    let mut report = Report { ok: true };
    let session = report.step("connect", connect(&url, &mode, &scenario).await);
    if let Some(mut session) = session {
        steps::all(&mut session, &scenario, &mut report).await;
        let closed = session.client.cancel().await;
        report.step("close", closed.map(|_| ((), String::new())).map_err(Into::into));
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the driver reads.
struct Report {
    ok: bool,
}

impl Report {
    /// How a step went, and what came of it.
    fn step<T>(&mut self, step: &str, outcome: anyhow::Result<(T, String)>) -> Option<T> {
        let (value, detail) = match outcome {
            Ok((value, detail)) => (Some(value), detail),
            Err(error) => (None, format!("{error:#}")),
        };
        self.ok &= value.is_some();
        say(&json!({ "step": step, "ok": value.is_some(), "detail": detail }));
        value
    }
}

fn say(line: &serde_json::Value) {
    println!("{line}");
}
