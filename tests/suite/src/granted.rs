//! The guest `granted`, which uses what it was granted step by step.

use serde_json::{Value, json};

use crate::{Modern, Server};

/// What came of each of `steps`, as its tool `tool` tells: "ok: …", or "failed: …".
pub fn run_tool(server: &Server, tool: &str, steps: &[Value]) -> Vec<String> {
    let answer = Modern::new(server).call(tool, json!({"steps": steps}));
    let results = &answer.result()["structuredContent"]["results"];
    serde_json::from_value(results.clone()).unwrap_or_else(|_| panic!("results expected: {}", answer.text()))
}

/// The same, by the tool that promises nothing.
pub fn run(server: &Server, steps: &[Value]) -> Vec<String> {
    run_tool(server, "steps", steps)
}
