//! Tools and their results.

use super::super::output::excerpt;
use super::exports::tools as wit;
use super::json::{self, Malformed};
use super::{CallError, content, imports::types};
use crate::plugin::{TaskSupport, ToolAnnotations, ToolOutput, ToolSpec};

/// What `list-tools` gave.
pub fn specs(answer: Result<Vec<wit::Tool>, types::CallError>) -> Result<Vec<ToolSpec>, CallError> {
    let tools = answer.map_err(content::call_error)?;
    let convert = |tool: wit::Tool| {
        let name = excerpt(&tool.name, 64);
        spec(tool).map_err(|error| error.within(format_args!("tool {name:?}")))
    };
    Ok(tools.into_iter().map(convert).collect::<Result<_, _>>()?)
}

/// What `call-tool` gave.
pub fn output(answer: Result<wit::ToolResult, types::CallError>) -> Result<ToolOutput, CallError> {
    let result = answer.map_err(content::call_error)?;
    Ok(result_of(result)?)
}

fn result_of(result: wit::ToolResult) -> Result<ToolOutput, Malformed> {
    let structured = result.structured_content;
    Ok(ToolOutput {
        content: content::contents(result.content)?,
        structured_content: structured.map(|text| json::value("structured-content", &text)).transpose()?,
        is_error: result.is_error,
        meta: json::optional_object("meta", result.meta)?,
        extra: json::optional_object("extra", result.extra)?,
    })
}

fn spec(tool: wit::Tool) -> Result<ToolSpec, Malformed> {
    Ok(ToolSpec {
        name: tool.name,
        title: tool.title,
        description: tool.description,
        input_schema: json::value("input-schema", &tool.input_schema)?,
        output_schema: tool.output_schema.map(|text| json::value("output-schema", &text)).transpose()?,
        annotations: tool.annotations.map(|given| ToolAnnotations {
            read_only: given.read_only,
            destructive: given.destructive,
            idempotent: given.idempotent,
            open_world: given.open_world,
        }),
        icons: content::icons(tool.icons),
        task_support: tool.task_support.map(|support| match support {
            wit::TaskSupport::Forbidden => TaskSupport::Forbidden,
            wit::TaskSupport::Optional => TaskSupport::Optional,
            wit::TaskSupport::Required => TaskSupport::Required,
        }),
        asks_first: tool.asks_first,
        needs: json::optional_object("needs", tool.needs)?,
        meta: json::optional_object("meta", tool.meta)?,
        extra: json::optional_object("extra", tool.extra)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool() -> wit::Tool {
        wit::Tool {
            name: "echo".into(),
            title: None,
            description: String::new(),
            input_schema: "{}".into(),
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

    #[test]
    fn a_schema_keeps_the_order_of_its_members() {
        let listed = specs(Ok(vec![wit::Tool { input_schema: r#"{"z":1,"a":2}"#.into(), ..tool() }])).unwrap();
        assert_eq!(listed[0].input_schema.to_string(), r#"{"z":1,"a":2}"#);
    }

    #[test]
    fn bad_json_is_told_with_tool_and_field() {
        let error = specs(Ok(vec![wit::Tool { needs: Some("[]".into()), ..tool() }])).unwrap_err();
        let expected = r#"tool "echo": needs must be a JSON object, not an array"#;
        assert_eq!(error, CallError::Invalid(expected.into()));
    }

    #[test]
    fn structured_content_may_be_any_json_but_must_be_json() {
        let result = |text: &str| {
            output(Ok(wit::ToolResult {
                content: vec![],
                structured_content: Some(text.into()),
                is_error: false,
                meta: None,
                extra: None,
            }))
        };
        assert_eq!(result("[1]").unwrap().structured_content, Some(serde_json::json!([1])));
        assert!(matches!(result("nope"), Err(CallError::Invalid(_))));
    }
}
