//! `tools/list` and `tools/call`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tracing::{debug, error, warn};

use super::super::caller::{self, Caller};
use super::super::error::{ErrorKind, RequestError};
use super::super::headers::{RequestHeaders, check_param};
use super::super::jsonrpc::{RequestId, Response};
use super::super::outbound::CallClient;
use super::super::reply::{Outcome, RunningCall};
use super::super::version::{Era, Revision};
use super::super::{Server, convert};
use crate::plugin::{Call, CallContext, CallError, Content, JsonObject, ToolOutput};
use crate::registry::{Lookup, Snapshot, Tool};

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
    let tools = snapshot.tools();
    let begin = match params.get("cursor") {
        None | Some(Value::Null) => 0,
        Some(cursor) => cursor.as_str().and_then(|text| position(text, &snapshot)).ok_or_else(|| {
            RequestError::invalid_params("Invalid cursor: give back the `nextCursor` of the page before, unchanged")
        })?,
    };
    let end = tools.len().min(begin + server.config.page_size.max(1));
    let page: Vec<_> = tools[begin..end].iter().map(|tool| convert::tool(tool, caller.revision)).collect();
    debug!(count = page.len(), "tools listed");
    let mut result = JsonObject::new();
    result.insert("tools".to_owned(), page.into());
    if let Some(next) = tools.get(end) {
        result.insert("nextCursor".to_owned(), cursor(next).into());
    }
    Ok(result)
}

/// A cursor names the first tool of the next page, by plugin and own name: it holds across a reload and on
/// every node.
fn cursor(next: &Tool) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", next.plugin().id(), next.entry.own_name))
}

/// Where that tool is now, or, if it is gone, the first one after its plugin.
fn position(cursor: &str, snapshot: &Snapshot) -> Option<usize> {
    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (plugin, own_name) = place.split_once('/')?;
    let plugin = crate::plugin::PluginId::parse(plugin).ok()?;
    let tools = snapshot.tools();
    let exact = tools.iter().position(|tool| *tool.plugin().id() == plugin && &*tool.entry.own_name == own_name);
    Some(exact.unwrap_or_else(|| tools.partition_point(|tool| *tool.plugin().id() <= plugin)))
}

/// `tools/call`: checks everything that can be checked before the guest runs, then gives the running call.
///
/// # Errors
/// Wrong parameters, an unknown tool, mirrored headers that do not match, or a capability that the client
/// lacks.
pub(in super::super) fn call(
    server: &Server,
    caller: Caller,
    id: RequestId,
    mut params: JsonObject,
    headers: Option<&dyn RequestHeaders>,
) -> Result<RunningCall, RequestError> {
    let Some(Value::String(name)) = params.get("name") else {
        return Err(RequestError::invalid_params("`name` must be a text: the name of a tool"));
    };
    let snapshot = server.registry.snapshot();
    let tool = find(&snapshot, name)?;
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
    let meta = match params.remove("_meta") {
        Some(Value::Object(meta)) => meta,
        _ => JsonObject::new(),
    };
    Ok(run(server, caller, id, tool.clone(), Value::Object(arguments), meta))
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Tool, RequestError> {
    match snapshot.lookup(name) {
        Lookup::Tool(tool) => Ok(tool),
        Lookup::Ambiguous(names) => Err(RequestError::invalid_params(format!(
            "Ambiguous tool: several plugins offer {name}; call one of {}",
            names.join(", ")
        ))),
        Lookup::Unknown => Err(RequestError::invalid_params(format!("Unknown tool: {name:.200}"))),
    }
}

fn run(server: &Server, caller: Caller, id: RequestId, tool: Tool, arguments: Value, meta: JsonObject) -> RunningCall {
    let revision = caller.revision;
    let progress_token = caller::progress_token(&meta);
    let wants_progress = progress_token.is_some();
    let (client, notifications) = CallClient::new(progress_token, caller.log_level);
    let context = CallContext {
        protocol_version: revision.name.to_owned(),
        client: caller.client,
        capabilities: caller.capabilities,
        session: caller.session.as_ref().map(|session| session.as_str().to_owned()),
        request_id: id.to_json(),
        trace: caller::trace(&meta),
        wants_progress,
        log_level: caller.log_level,
        meta,
    };
    let call = Call { context: Arc::new(context), client: Some(Arc::new(client)) };
    let finish = server.finisher(revision);
    let work = {
        let id = id.clone();
        async move {
            let outcome = AssertUnwindSafe(outcome(&tool, arguments, call, revision)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|_| {
                error!(tool = %tool.name, plugin = %tool.plugin().id(), "a call panicked in the host; this is a bug");
                Err(RequestError::new(ErrorKind::Internal, "Internal error: see the server's log"))
            });
            Response::new(&id, outcome.map(finish))
        }
    };
    let outcome = match (revision.era, caller.session) {
        (Era::Modern, _) => Outcome::attached(Box::pin(async { Some(work.await) })),
        (Era::Legacy, None) => Outcome::detachable(Box::pin(async { Some(work.await) }), server.tracker.clone()),
        (Era::Legacy, Some(session)) => {
            let guard = server.in_flight.call(session, id);
            let call = async move {
                tokio::select! {
                    biased;
                    () = guard.cancelled() => None,
                    response = work => Some(response),
                }
            };
            Outcome::detachable(Box::pin(call), server.tracker.clone())
        }
    };
    RunningCall { notifications, outcome }
}

/// Runs the guest between the two checks.
async fn outcome(
    tool: &Tool,
    arguments: Value,
    call: Call,
    revision: &'static Revision,
) -> Result<JsonObject, RequestError> {
    let plugin = tool.plugin();
    if let Err(violation) = tool.entry.input.check(&arguments) {
        debug!(tool = %tool.name, plugin = %plugin.id(), %violation, "arguments refused");
        return Ok(failed(&format!("Invalid arguments for {}: {violation}", tool.name), revision));
    }
    let started = std::time::Instant::now();
    let result = plugin.clone().call_tool(tool.entry.own_name.clone(), arguments.to_string(), call).await;
    let elapsed_ms = started.elapsed().as_millis();
    debug!(tool = %tool.name, plugin = %plugin.id(), elapsed_ms, ok = result.is_ok(), "tool called");
    match result {
        Ok(output) => Ok(checked(tool, output, revision)),
        Err(CallError::Protocol(error)) => Err(error.into()),
        Err(CallError::NotFound(what)) => Err(RequestError::invalid_params(format!("Unknown tool: {what:.200}"))),
        Err(CallError::Failed(message)) => Ok(failed(&message, revision)),
        Err(CallError::InvalidArguments(message)) => {
            Ok(failed(&format!("Invalid arguments for {}: {message}", tool.name), revision))
        }
        Err(error @ (CallError::Trap(_) | CallError::Invalid(_) | CallError::Limit(_) | CallError::Unavailable(_))) => {
            warn!(tool = %tool.name, plugin = %plugin.id(), elapsed_ms, %error, "call failed");
            Ok(failed(&format!("The tool {} of the plugin {} failed: {error}", tool.name, plugin.id()), revision))
        }
    }
}

/// A result whose structured content fits the tool's output schema, or one that says how it does not.
fn checked(tool: &Tool, output: ToolOutput, revision: &Revision) -> JsonObject {
    let Some(schema) = tool.entry.output.as_ref().filter(|_| !output.is_error) else {
        return convert::tool_output(output, revision);
    };
    let violation = match &output.structured_content {
        Some(structured) => schema.check(structured).err().map(|violation| violation.to_string()),
        None => Some("it has an output schema, but gave no structured content".to_owned()),
    };
    match violation {
        None => convert::tool_output(output, revision),
        Some(violation) => {
            warn!(tool = %tool.name, plugin = %tool.plugin().id(), violation, "result refused");
            failed(
                &format!("The tool {} gave a result that breaks its output schema: {violation}", tool.name),
                revision,
            )
        }
    }
}

fn failed(message: &str, revision: &Revision) -> JsonObject {
    let output = ToolOutput { content: vec![Content::text(message)], is_error: true, ..ToolOutput::default() };
    convert::tool_output(output, revision)
}
