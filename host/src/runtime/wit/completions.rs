//! Completions, and the named texts that they and prompts take.

use super::exports::completions as wit;
use super::{CallError, content, imports::types};
use crate::plugin::{Argument, Completion, CompletionTarget};

/// What `complete` gave.
pub fn completion(answer: Result<wit::Completion, types::CallError>) -> Result<Completion, CallError> {
    let wit::Completion { values, total, has_more } = answer.map_err(content::call_error)?;
    Ok(Completion { values, total, has_more })
}

pub fn target(target: CompletionTarget) -> wit::CompletionRef {
    match target {
        CompletionTarget::Prompt(name) => wit::CompletionRef::Prompt(name),
        CompletionTarget::ResourceTemplate(uri) => wit::CompletionRef::ResourceTemplate(uri),
    }
}

pub fn argument(argument: Argument) -> types::Argument {
    types::Argument { name: argument.name, value: argument.value }
}

pub fn arguments(arguments: Vec<Argument>) -> Vec<types::Argument> {
    arguments.into_iter().map(argument).collect()
}
