//! `tools/list` and `tools/call`.

use std::sync::Arc;

use serde_json::{Value, json};
use tracing::{debug, warn};

use super::super::caller::Caller;
use super::super::error::{ErrorKind, RequestError};
use super::super::headers::{RequestHeaders, check_param};
use super::super::page::page;
use super::super::rounds::{Ended, Work};
use super::super::version::{Era, Revision};
use super::super::{Server, convert};
use super::found;
use crate::plugin::{
    Access, BoxFuture, Call, CallError, Content, JsonObject, Outcome, Plugin, ResourceBody, TaskSupport, ToolOutput,
    Usage,
};
use crate::registry::Tool;

/// `tools/list`, one page of it.
///
/// # Errors
/// A cursor that is not ours.
pub(in super::super) fn list(
    server: &Server,
    caller: &Caller,
    params: &JsonObject,
) -> Result<JsonObject, RequestError> {
    let snapshot = server.registry.snapshot();
    page("tools", snapshot.tools().items(), server.config.page_size, params, |tool| {
        convert::tool(tool, caller.revision)
    })
}

/// `tools/call`: checks everything that can be checked before the guest runs, then gives what is to be done.
///
/// # Errors
/// Wrong parameters, an unknown tool, mirrored headers that do not match, or a capability that the client
/// lacks.
pub(in super::super) fn call(
    server: &Server,
    caller: &Caller,
    params: &mut JsonObject,
    headers: Option<&dyn RequestHeaders>,
) -> Result<ToolCall, RequestError> {
    let Some(Value::String(name)) = params.get("name") else {
        return Err(RequestError::invalid_params("`name` must be a text: the name of a tool"));
    };
    let snapshot = server.registry.snapshot();
    let tool = found(&snapshot.tools().lookup(name), "tool", name)?;
    let arguments = match params.remove("arguments") {
        None | Some(Value::Null) => JsonObject::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err(RequestError::invalid_params("`arguments` must be an object")),
    };
    if let (Era::Modern, Some(headers)) = (caller.revision.era, headers) {
        tool.entry.header_params.iter().try_for_each(|param| check_param(headers, param, &arguments))?;
    }
    if let Some(needs) = &tool.entry.spec.needs {
        let lacking = caller.lacks(needs);
        if !lacking.is_empty() {
            let names = lacking.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(RequestError {
                kind: ErrorKind::MissingClientCapability,
                message: format!("The tool {} needs a client that can do: {names}", tool.name),
                data: Some(json!({"requiredCapabilities": lacking})),
            });
        }
    }
    Ok(ToolCall { tool: tool.clone(), arguments: Value::Object(arguments), revision: caller.revision })
}

/// What Claude's connectors take of a result.
const MANY_CHARACTERS: usize = 150_000;

/// About how many characters a piece has on the wire.
fn size(content: &Content) -> usize {
    match content {
        Content::Text(text) => text.text.len(),
        Content::Image(media) | Content::Audio(media) => media.data.len() / 3 * 4,
        Content::Embedded(embedded) => match &embedded.contents.body {
            ResourceBody::Text(text) => text.len(),
            ResourceBody::Blob(bytes) => bytes.len() / 3 * 4,
        },
        Content::ResourceLink(_) | Content::Other(_) => 0,
    }
}

/// A tool, to be run with arguments.
pub(in super::super) struct ToolCall {
    tool: Tool,
    arguments: Value,
    revision: &'static Revision,
}

impl Work for ToolCall {
    fn plugin(&self) -> &Arc<dyn Plugin> {
        self.tool.plugin()
    }

    fn what(&self) -> (&'static str, &str, &Value) {
        ("tools/call", &self.tool.name, &self.arguments)
    }

    fn task_support(&self) -> TaskSupport {
        self.tool.entry.spec.task_support.unwrap_or(TaskSupport::Forbidden)
    }

    fn asks_first(&self) -> bool {
        self.tool.entry.spec.asks_first
    }

    fn access(&self) -> Access {
        self.tool.entry.access
    }

    fn run(&self, call: Call) -> BoxFuture<'_, Ended> {
        Box::pin(self.outcome(call))
    }
}

impl ToolCall {
    /// Runs the guest between the two checks.
    async fn outcome(&self, call: Call) -> Ended {
        let (tool, plugin, usage) = (&self.tool, self.tool.plugin(), call.usage.clone());
        if let Err(violation) = tool.entry.input.check(&self.arguments) {
            usage.ended(Outcome::InvalidArguments);
            debug!(tool = %tool.name, plugin = %plugin.id(), %violation, "arguments refused");
            return self.failed(&format!("Invalid arguments for {}: {violation}", tool.name));
        }
        let started = std::time::Instant::now();
        let result = plugin.clone().call_tool(tool.entry.own_name.clone(), self.arguments.to_string(), call).await;
        let elapsed_ms = started.elapsed().as_millis();
        debug!(tool = %tool.name, plugin = %plugin.id(), elapsed_ms, ok = result.is_ok(), "tool called");
        match result {
            Ok(output) => self.checked(output, &usage),
            Err(CallError::Pending) => Ended::Pending,
            Err(CallError::Protocol(error)) => Ended::Done(Err(error.into())),
            Err(CallError::NotFound(what)) => {
                Ended::Done(Err(RequestError::invalid_params(format!("Unknown tool: {what:.200}"))))
            }
            Err(CallError::Failed(message)) => self.failed(&message),
            Err(CallError::InvalidArguments(message)) => {
                self.failed(&format!("Invalid arguments for {}: {message}", tool.name))
            }
            Err(
                error @ (CallError::Trap(_) | CallError::Invalid(_) | CallError::Limit(_) | CallError::Unavailable(_)),
            ) => {
                warn!(tool = %tool.name, plugin = %plugin.id(), elapsed_ms, %error, "call failed");
                self.failed(&format!("The tool {} of the plugin {} failed: {error}", tool.name, plugin.id()))
            }
        }
    }

    /// A result whose structured content fits the tool's output schema, or one that says how it does not.
    fn checked(&self, output: ToolOutput, usage: &Usage) -> Ended {
        let tool = &self.tool;
        let violation = match tool.entry.output.as_ref().filter(|_| !output.is_error) {
            None => None,
            Some(schema) => match &output.structured_content {
                Some(structured) => schema.check(structured).err().map(|violation| violation.to_string()),
                None => Some("it has an output schema, but gave no structured content".to_owned()),
            },
        };
        match violation {
            None => self.done(output),
            Some(violation) => {
                usage.ended(Outcome::Invalid);
                warn!(tool = %tool.name, plugin = %tool.plugin().id(), violation, "result refused");
                self.failed(&format!("The tool {} gave a result that breaks its output schema: {violation}", tool.name))
            }
        }
    }

    fn failed(&self, message: &str) -> Ended {
        self.done(ToolOutput { content: vec![Content::text(message)], is_error: true, ..ToolOutput::default() })
    }

    fn done(&self, output: ToolOutput) -> Ended {
        let size = output.content.iter().map(size).sum::<usize>();
        if size > MANY_CHARACTERS {
            warn!(
                tool = %self.tool.name, plugin = %self.tool.plugin().id(), size,
                "a result of more than {MANY_CHARACTERS} characters; Claude cuts it off"
            );
        }
        Ended::Done(Ok(convert::tool_output(output, self.revision)))
    }
}
