//! Does what its arguments say, in their order. Written against the interface itself, so that it can also give what a
//! kit for plugins would not let it: JSON that is none, results that break their schema.

mod bindings;
mod content;
mod prompts;
mod questions;
mod resources;
mod script;

use bindings::exports::pegboard::plugin::tools::{Guest, TaskSupport, Tool, ToolAnnotations, ToolResult};
use bindings::pegboard::plugin::client;
use bindings::pegboard::plugin::types::CallError;
use script::Script;

/// The plugin.
pub struct Puppet;

// The names of what it exports are for no other linker.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod export {
    use super::{Puppet, bindings};
    bindings::export!(Puppet with_types_in bindings);
}

/// What every tool that runs a script takes.
const SCRIPT: &str = r#"{"type":"object","properties":{"steps":{"type":"array"},"result":{"type":"object"}}}"#;

impl Guest for Puppet {
    fn list_tools() -> Result<Vec<Tool>, CallError> {
        Ok(vec![
            tool("play", "Runs a script.", SCRIPT),
            Tool {
                output_schema: Some(
                    r#"{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"required":["n"]}"#.into(),
                ),
                ..tool("promise", "Runs a script whose result has a number.", SCRIPT)
            },
            tool(
                "picky",
                "Takes what fits.",
                r#"{"type":"object",
                    "properties":{
                      "count":{"type":"integer","minimum":1,"maximum":9},
                      "names":{"type":"array","items":{"type":"string","pattern":"^[a-z]+$"}}},
                    "required":["count"],"additionalProperties":false}"#,
            ),
            tool(
                "mirrored",
                "Has arguments that clients put into headers too.",
                r#"{"type":"object","properties":{
                      "region":{"type":"string","x-mcp-header":"Region"},
                      "count":{"type":"integer","x-mcp-header":"Count"},
                      "loud":{"type":"boolean","x-mcp-header":"Loud"}}}"#,
            ),
            Tool {
                needs: Some(r#"{"elicitation":{}}"#.into()),
                ..tool("needy", "Needs a client that can ask.", "{\"type\":\"object\"}")
            },
            Tool {
                title: Some("Decorated".into()),
                annotations: Some(ToolAnnotations {
                    read_only: Some(true),
                    destructive: Some(false),
                    idempotent: None,
                    open_world: None,
                }),
                icons: vec![content::icon()],
                meta: Some(content::meta()),
                ..tool("decorated", "Gives content of every kind.", r#"{"type":"object"}"#)
            },
            Tool { task_support: Some(TaskSupport::Optional), ..tool("work", "Plays, as a task if may be.", SCRIPT) },
            Tool { task_support: Some(TaskSupport::Required), ..tool("toil", "Plays, as a task alone.", SCRIPT) },
            Tool {
                task_support: Some(TaskSupport::Optional),
                asks_first: true,
                ..tool("consult", "Plays; asks, and then becomes a task.", SCRIPT)
            },
            tool("context", "Gives the context of its call.", r#"{"type":"object"}"#),
            tool("stamped", &format!("Was listed at {}.", now()), r#"{"type":"object"}"#),
        ])
    }

    fn call_tool(name: String, args: String) -> Result<ToolResult, CallError> {
        match name.as_str() {
            "play" | "promise" | "work" | "toil" | "consult" => Script::parse(&args)?.play(),
            "decorated" => Ok(ToolResult { content: content::every_kind(), ..script::text("") }),
            "context" => Ok(script::structured(&script::context(&client::context()))),
            _ => Ok(script::text(&args)),
        }
    }
}

fn tool(name: &str, description: &str, input_schema: &str) -> Tool {
    Tool {
        name: name.into(),
        title: None,
        description: description.into(),
        input_schema: input_schema.into(),
        output_schema: None,
        annotations: None,
        icons: vec![],
        task_support: None,
        asks_first: false,
        needs: None,
        meta: None,
        extra: None,
    }
}

/// Different each time, so that a list asked for again is another one.
fn now() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| elapsed.as_nanos())
}
