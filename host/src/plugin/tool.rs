//! What a plugin says of its tools, and what a tool gives back.

use serde::Serialize;
use serde_json::Value;

use super::{Content, Icon, JsonObject};

/// May a call be run as a task?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TaskSupport {
    /// Never.
    Forbidden,
    /// If the client wants.
    Optional,
    /// Only so.
    Required,
}

/// What a tool promises about itself; absent: not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ToolAnnotations {
    /// Changes nothing.
    pub read_only: Option<bool>,
    /// May destroy something.
    pub destructive: Option<bool>,
    /// Calling again with the same arguments changes nothing more.
    pub idempotent: Option<bool>,
    /// Reaches beyond the plugin.
    pub open_world: Option<bool>,
}

/// A tool as its plugin describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpec {
    /// The plugin's own name for it.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: String,
    /// JSON Schema of the arguments, passed through unchanged.
    pub input_schema: Value,
    /// JSON Schema of the structured content, passed through unchanged.
    pub output_schema: Option<Value>,
    /// Promises.
    pub annotations: Option<ToolAnnotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// Tasks.
    pub task_support: Option<TaskSupport>,
    /// Where a call becomes a task: its first questions are put before it does.
    pub asks_first: bool,
    /// Client capabilities that it cannot do without.
    pub needs: Option<JsonObject>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}

/// What a tool gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolOutput {
    /// For the model and the person.
    pub content: Vec<Content>,
    /// For programs; fits the output schema where there is one.
    pub structured_content: Option<Value>,
    /// The tool failed, and the content says why.
    pub is_error: bool,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}
