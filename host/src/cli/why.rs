//! `pegboard why`: everything about a tool, or a plugin, on one screen.

mod text;

use anyhow::{Context as _, bail};
use clap::Args;
use http::Method;
use serde_json::Value;

use super::ask::{Target, encoded};
use super::serve::print;

/// What `why` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The tool, as clients see it, or the plugin.
    #[arg(value_name = "TOOL")]
    name: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let name = encoded(&options.name);
    let (status, tool) = options.target.try_ask(Method::GET, &format!("/tools/{name}"))?;
    if status.is_success() {
        return show(options, tool, |report| Ok(text::tool(&serde_json::from_value(report)?)));
    }
    let (status, plugin) = options.target.try_ask(Method::GET, &format!("/plugins/{name}"))?;
    if status.is_success() {
        return show(options, plugin, |report| Ok(text::plugin(&serde_json::from_value(report)?)));
    }
    bail!("{}", tool["error"].as_str().unwrap_or("the server knows no such tool"));
}

fn show(options: &Options, report: Value, text: impl FnOnce(Value) -> anyhow::Result<String>) -> anyhow::Result<()> {
    if options.json {
        print(&format!("{report:#}\n"));
    } else {
        print(&text(report).context("the server is of another version; `--json` shows what it says")?);
    }
    Ok(())
}
