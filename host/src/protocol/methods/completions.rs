//! `completion/complete`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Server;
use super::super::error::RequestError;
use super::super::rounds::{Ended, Work};
use super::{found, texts};
use crate::plugin::{Argument, BoxFuture, Call, Completion, CompletionTarget, JsonObject, Plugin};

/// The most values that a reply has
/// ([specification](https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/completion)).
const MOST_VALUES: usize = 100;

/// `completion/complete`: what is to be done; none where the plugin suggests nothing.
///
/// # Errors
/// Wrong parameters, or a prompt or template that is unknown or has no such argument.
pub(in super::super) fn complete(server: &Server, params: &JsonObject) -> Result<Option<Complete>, RequestError> {
    let invalid = |message: String| RequestError::invalid_params(message);
    let (Some(Value::Object(reference)), Some(Value::Object(argument))) = (params.get("ref"), params.get("argument"))
    else {
        return Err(invalid("`ref` and `argument` must be objects".into()));
    };
    let text = |object: &JsonObject, key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let argument = text(argument, "name").zip(text(argument, "value"));
    let Some((name, value)) = argument else {
        return Err(invalid("`argument` must have the texts `name` and `value`".into()));
    };
    let argument = Argument { name, value };
    let resolved = texts("context.arguments", params.get("context").and_then(|context| context.get("arguments")))?;

    let snapshot = server.registry.snapshot();
    let unknown_argument = |of: &str| Err(invalid(format!("{of:.200} has no argument {:.100}", argument.name)));
    let (plugin, suggests, target) = match text(reference, "type").as_deref() {
        Some("ref/prompt") => {
            let name = text(reference, "name").ok_or_else(|| invalid("`ref.name` must be a text".into()))?;
            let prompt = found(&snapshot.prompts().lookup(&name), "prompt", &name)?;
            if prompt.entry.spec.arguments.iter().all(|declared| declared.name != argument.name) {
                return unknown_argument(&name);
            }
            let own_name = prompt.entry.own_name.to_string();
            (prompt.plugin().clone(), prompt.suggests(), CompletionTarget::Prompt(own_name))
        }
        Some("ref/resource") => {
            let uri = text(reference, "uri").ok_or_else(|| invalid("`ref.uri` must be a text".into()))?;
            let template = snapshot.resource_templates().find(|(_, entry)| entry.spec.uri_template == uri);
            let (admitted, entry) =
                template.ok_or_else(|| invalid(format!("Unknown resource template: {uri:.200}")))?;
            if !entry.template.has_variable(&argument.name) {
                return unknown_argument(&uri);
            }
            (admitted.plugin().clone(), admitted.has_completions(), CompletionTarget::ResourceTemplate(uri))
        }
        _ => return Err(invalid("`ref.type` must be ref/prompt or ref/resource".into())),
    };
    Ok(suggests.then_some(Complete { plugin, target, argument, resolved }))
}

/// The reply of a plugin that suggests nothing.
pub(in super::super) fn nothing() -> JsonObject {
    shown(Completion::default())
}

/// An argument, to be completed.
pub(in super::super) struct Complete {
    plugin: Arc<dyn Plugin>,
    target: CompletionTarget,
    argument: Argument,
    resolved: Vec<Argument>,
}

impl Work for Complete {
    fn plugin(&self) -> &Arc<dyn Plugin> {
        &self.plugin
    }

    fn what(&self) -> (&'static str, &str, &Value) {
        ("completion/complete", &self.argument.name, &Value::Null)
    }

    fn may_ask(&self) -> bool {
        false
    }

    fn run(&self, call: Call) -> BoxFuture<'_, Ended> {
        Box::pin(async move {
            let (target, argument, resolved) = (self.target.clone(), self.argument.clone(), self.resolved.clone());
            match self.plugin.clone().complete(target, argument, resolved, call).await {
                Ok(completion) => Ended::Done(Ok(shown(completion))),
                Err(error) => Ended::error(error, &*self.plugin),
            }
        })
    }
}

fn shown(mut completion: Completion) -> JsonObject {
    let has_more = completion.has_more || completion.values.len() > MOST_VALUES;
    completion.values.truncate(MOST_VALUES);
    let mut shown = json!({"values": completion.values, "hasMore": has_more});
    if let Some(total) = completion.total {
        shown["total"] = total.into();
    }
    JsonObject::from_iter([("completion".to_owned(), shown)])
}
