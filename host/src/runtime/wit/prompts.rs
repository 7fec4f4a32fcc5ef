//! Prompts, listed and filled in.

use super::exports::prompts as wit;
use super::json::{self, Malformed};
use super::{CallError, content, imports::types};
use crate::plugin::{Message, PromptArgument, PromptOutput, PromptSpec};

/// What `list-prompts` gave.
pub fn specs(answer: Result<Vec<wit::Prompt>, types::CallError>) -> Result<Vec<PromptSpec>, CallError> {
    let prompts = answer.map_err(content::call_error)?;
    let convert = |prompt: wit::Prompt| {
        let name = prompt.name.clone();
        spec(prompt).map_err(|error| error.within(format_args!("prompt {name:?}")))
    };
    Ok(prompts.into_iter().map(convert).collect::<Result<_, _>>()?)
}

fn spec(prompt: wit::Prompt) -> Result<PromptSpec, Malformed> {
    let argument = |argument: wit::PromptArgument| PromptArgument {
        name: argument.name,
        title: argument.title,
        description: argument.description,
        required: argument.required,
    };
    Ok(PromptSpec {
        name: prompt.name,
        title: prompt.title,
        description: prompt.description,
        arguments: prompt.arguments.into_iter().map(argument).collect(),
        icons: content::icons(prompt.icons),
        meta: json::optional_object("meta", prompt.meta)?,
        extra: json::optional_object("extra", prompt.extra)?,
    })
}

/// What `get-prompt` gave.
pub fn output(answer: Result<wit::PromptResult, types::CallError>) -> Result<PromptOutput, CallError> {
    let result = answer.map_err(content::call_error)?;
    let messages = result.messages.into_iter().enumerate().map(|(index, message)| {
        let content = content::content(message.content);
        let content = content.map_err(|error| error.within(format_args!("messages[{index}]")))?;
        Ok(Message { role: content::role(message.role), content })
    });
    Ok(PromptOutput {
        description: result.description,
        messages: messages.collect::<Result<_, Malformed>>()?,
        meta: json::optional_object("meta", result.meta)?,
        extra: json::optional_object("extra", result.extra)?,
    })
}
