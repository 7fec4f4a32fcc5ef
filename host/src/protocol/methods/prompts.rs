//! `prompts/list` and `prompts/get`.

use std::sync::Arc;

use serde_json::Value;
use tracing::warn;

use super::super::caller::Caller;
use super::super::error::RequestError;
use super::super::page::page;
use super::super::rounds::{Ended, Work};
use super::super::version::Revision;
use super::super::{Server, convert};
use super::{found, texts};
use crate::plugin::{Argument, BoxFuture, Call, JsonObject, Plugin};
use crate::registry::{Prompt, clean};

/// `prompts/list`, one page of it.
///
/// # Errors
/// A cursor that is not ours.
pub(in super::super) fn list(
    server: &Server,
    caller: &Caller,
    params: &JsonObject,
) -> Result<JsonObject, RequestError> {
    let snapshot = server.registry.snapshot();
    page("prompts", snapshot.prompts().items(), server.config.page_size, params, |prompt| {
        convert::prompt(prompt, caller.revision)
    })
}

/// `prompts/get`: what is to be done.
///
/// # Errors
/// Wrong parameters, an unknown prompt, or an argument that is missing or unknown.
pub(in super::super) fn get(
    server: &Server,
    caller: &Caller,
    params: &mut JsonObject,
) -> Result<PromptGet, RequestError> {
    let Some(Value::String(name)) = params.get("name") else {
        return Err(RequestError::invalid_params("`name` must be a text: the name of a prompt"));
    };
    let snapshot = server.registry.snapshot();
    let prompt = found(&snapshot.prompts().lookup(name), "prompt", name)?;
    let given = texts("arguments", params.get("arguments"))?;
    let declared = &prompt.entry.spec.arguments;
    if let Some(missing) = declared.iter().find(|it| it.required && given.iter().all(|given| given.name != it.name)) {
        let message = format!("The prompt {} needs the argument {}", prompt.name, missing.name);
        return Err(RequestError::invalid_params(message));
    }
    if let Some(unknown) = given.iter().find(|given| declared.iter().all(|it| it.name != given.name)) {
        let message = format!("The prompt {} has no argument {:.100}", prompt.name, unknown.name);
        return Err(RequestError::invalid_params(message));
    }
    let arguments = params.remove("arguments").unwrap_or_default();
    Ok(PromptGet { prompt: prompt.clone(), given, arguments, revision: caller.revision })
}

/// A prompt, to be filled in.
pub(in super::super) struct PromptGet {
    prompt: Prompt,
    given: Vec<Argument>,
    arguments: Value,
    revision: &'static Revision,
}

impl Work for PromptGet {
    fn plugin(&self) -> &Arc<dyn Plugin> {
        self.prompt.plugin()
    }

    fn what(&self) -> (&'static str, &str, &Value) {
        ("prompts/get", &self.prompt.name, &self.arguments)
    }

    fn run(&self, call: Call) -> BoxFuture<'_, Ended> {
        Box::pin(async move {
            let plugin = self.prompt.plugin();
            let filled = plugin.clone().get_prompt(self.prompt.entry.own_name.clone(), self.given.clone(), call);
            match filled.await {
                Ok(mut output) => {
                    let done = clean::prompt_output(&mut output);
                    if let Some(done) = done.first().filter(|_| self.prompt.admitted().is_first_trouble()) {
                        let (plugin, prompt) = (plugin.id(), &*self.prompt.name);
                        warn!(%plugin, prompt, "{done}; further ones are cleaned without a word");
                    }
                    Ended::Done(Ok(convert::prompt_output(output, self.revision)))
                }
                Err(error) => Ended::error(error, &**plugin),
            }
        })
    }
}
