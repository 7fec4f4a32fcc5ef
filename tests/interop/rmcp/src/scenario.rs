//! What all clients go through, as its file says.

use anyhow::Context as _;
use rmcp::model::{CallToolRequestParams, JsonObject};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scenario {
    pub server: String,
    pub listed: Vec<String>,
    pub call: Call,
    pub structured: Call,
    pub progress: Call,
    pub bad_arguments: Call,
    pub failing_tool: Call,
    pub unknown_tool: Call,
    pub dropped: Call,
}

/// A call, and what is to come of it.
#[derive(Deserialize)]
pub struct Call {
    pub name: String,
    arguments: JsonObject,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub content: Value,
    #[serde(default)]
    pub seen: String,
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub code: i32,
}

impl Scenario {
    pub fn read(file: &str) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        serde_json::from_str(&text).with_context(|| format!("cannot make sense of {file}"))
    }
}

impl Call {
    pub fn params(&self) -> CallToolRequestParams {
        CallToolRequestParams::new(self.name.clone()).with_arguments(self.arguments.clone())
    }
}
