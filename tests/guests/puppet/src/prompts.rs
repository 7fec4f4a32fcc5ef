//! Prompts, and what can be suggested for their arguments and those of templates.

use crate::Puppet;
use crate::bindings::exports::pegboard::plugin::completions::{self, Completion, CompletionRef};
use crate::bindings::exports::pegboard::plugin::prompts::{Guest, Prompt, PromptArgument, PromptMessage, PromptResult};
use crate::bindings::pegboard::plugin::types::{Argument, CallError, Role};
use crate::content;
use crate::script::Script;

/// So many there are to suggest, and each begins with what was typed.
const SUGGESTIONS: u32 = 150;

impl Guest for Puppet {
    fn list_prompts() -> Result<Vec<Prompt>, CallError> {
        Ok(vec![
            prompt("scene", vec![argument("script", true), argument("mood", false)]),
            prompt("every-kind", vec![]),
            prompt("another", vec![]),
        ])
    }

    fn get_prompt(name: String, args: Vec<Argument>) -> Result<PromptResult, CallError> {
        let content = match name.as_str() {
            "scene" => {
                let script = args.iter().find(|argument| argument.name == "script");
                let script =
                    script.ok_or_else(|| CallError::Failed("the host let a call without `script` in".into()))?;
                Script::parse(&script.value)?.play()?.content
            }
            _ => content::every_kind(),
        };
        let message = |content| PromptMessage { role: Role::User, content };
        let messages = content.into_iter().map(message).collect();
        Ok(PromptResult { description: Some(format!("{name}, filled in")), messages, meta: None, extra: None })
    }
}

impl completions::Guest for Puppet {
    fn complete(target: CompletionRef, argument: Argument, resolved: Vec<Argument>) -> Result<Completion, CallError> {
        let CompletionRef::Prompt(_) = target else {
            return Ok(Completion { values: vec![], total: None, has_more: false });
        };
        let before: String = resolved.into_iter().map(|argument| argument.value).collect();
        let values = (0..SUGGESTIONS).map(|number| format!("{before}{}{number}", argument.value)).collect();
        Ok(Completion { values, total: Some(SUGGESTIONS), has_more: false })
    }
}

fn prompt(name: &str, arguments: Vec<PromptArgument>) -> Prompt {
    Prompt {
        name: name.into(),
        title: Some(format!("Prompt {name}")),
        description: Some(format!("The prompt {name}.")),
        arguments,
        icons: vec![content::icon()],
        meta: Some(content::meta()),
        extra: None,
    }
}

fn argument(name: &str, required: bool) -> PromptArgument {
    PromptArgument { name: name.into(), title: Some(format!("Argument {name}")), description: None, required }
}
