//! Tools and their results.

use super::{json, list};
use crate::bindings::tools::exports::pegboard::plugin::tools;
use crate::result::ToolResult;
use crate::tool::{TaskSupport, Tool, ToolAnnotations};

impl From<TaskSupport> for tools::TaskSupport {
    fn from(from: TaskSupport) -> Self {
        match from {
            TaskSupport::Forbidden => Self::Forbidden,
            TaskSupport::Optional => Self::Optional,
            TaskSupport::Required => Self::Required,
        }
    }
}

impl From<ToolAnnotations> for tools::ToolAnnotations {
    fn from(from: ToolAnnotations) -> Self {
        Self {
            read_only: from.read_only,
            destructive: from.destructive,
            idempotent: from.idempotent,
            open_world: from.open_world,
        }
    }
}

impl From<Tool> for tools::Tool {
    fn from(from: Tool) -> Self {
        Self {
            name: from.name,
            title: from.title,
            description: from.description,
            input_schema: json(from.input_schema),
            output_schema: from.output_schema.map(json),
            annotations: (from.annotations != ToolAnnotations::default()).then(|| from.annotations.into()),
            icons: list(from.icons),
            task_support: from.task_support.map(Into::into),
            asks_first: from.asks_first,
            needs: from.needs.map(json),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<ToolResult> for tools::ToolResult {
    fn from(from: ToolResult) -> Self {
        Self {
            content: list(from.content),
            structured_content: from.structured_content,
            is_error: from.is_error,
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}
