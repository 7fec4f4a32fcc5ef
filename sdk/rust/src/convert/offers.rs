//! Prompts, resources and completions.

use super::{json, list};
use crate::bindings::completions::exports::pegboard::plugin::completions;
use crate::bindings::prompts::exports::pegboard::plugin::prompts;
use crate::bindings::resources::exports::pegboard::plugin::resources;
use crate::completion::Completion;
use crate::prompt::{Prompt, PromptArgument, PromptMessage, PromptResult};
use crate::resource::{ReadResult, ResourceTemplate};

impl From<PromptArgument> for prompts::PromptArgument {
    fn from(from: PromptArgument) -> Self {
        Self { name: from.name, title: from.title, description: from.description, required: from.required }
    }
}

impl From<Prompt> for prompts::Prompt {
    fn from(from: Prompt) -> Self {
        Self {
            name: from.name,
            title: from.title,
            description: from.description,
            arguments: list(from.arguments),
            icons: list(from.icons),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<PromptMessage> for prompts::PromptMessage {
    fn from(from: PromptMessage) -> Self {
        Self { role: from.role.into(), content: from.content.into() }
    }
}

impl From<PromptResult> for prompts::PromptResult {
    fn from(from: PromptResult) -> Self {
        Self {
            description: from.description,
            messages: list(from.messages),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<ResourceTemplate> for resources::ResourceTemplate {
    fn from(from: ResourceTemplate) -> Self {
        Self {
            uri_template: from.uri_template,
            name: from.name,
            title: from.title,
            description: from.description,
            mime_type: from.mime_type,
            annotations: from.annotations.map(Into::into),
            icons: list(from.icons),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<ReadResult> for resources::ReadResult {
    fn from(from: ReadResult) -> Self {
        Self { contents: list(from.contents), meta: from.meta.map(json), extra: from.extra.map(json) }
    }
}

impl From<Completion> for completions::Completion {
    fn from(from: Completion) -> Self {
        Self { values: from.values, total: from.total, has_more: from.has_more }
    }
}
