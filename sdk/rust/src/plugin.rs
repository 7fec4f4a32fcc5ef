//! A plugin: what its file offers.

#[doc(hidden)]
pub mod exports;

use std::collections::HashSet;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::completion::{Completing, Completion, CompletionItem, Target};
use crate::content::Resource;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::prompt::{Prompt, PromptItem, PromptResult};
use crate::resource::{Describe, ReadResult, ResourceItem, ResourceTemplate, literal_length, matches};
use crate::result::ToolResult;
use crate::tool::{Tool, ToolItem};

/// What [`plugin!`](crate::plugin!) makes, as `PLUGIN`: all that a plugin offers. In tests it is called as a
/// client would call it, by name and with JSON:
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: u32, b: u32) -> u32 {
///     a + b
/// }
///
/// pegboard_sdk::plugin!(add);
///
/// # fn main() {
/// let result = PLUGIN.call_tool(&Context::test(), "add", &json!({ "a": 1, "b": 2 })).unwrap();
/// assert_eq!(result.to_value(), Some(json!({ "result": 3 })));
/// # }
/// ```
#[derive(Debug)]
pub struct Plugin {
    #[doc(hidden)]
    pub tools: &'static [&'static [ToolItem]],
    #[doc(hidden)]
    pub prompts: &'static [PromptItem],
    #[doc(hidden)]
    pub resources: &'static [ResourceItem],
    #[doc(hidden)]
    pub completions: &'static [CompletionItem],
}

impl Plugin {
    /// The tools, in order.
    ///
    /// # Errors
    /// [`Error::Failed`] if a schema cannot be used; says of which tool and why.
    pub fn list_tools(&self) -> Result<Vec<Tool>> {
        self.tool_items().map(|item| (item.describe)()).collect::<Result<_, _>>().map_err(Error::Failed)
    }

    /// Runs a tool.
    ///
    /// # Errors
    /// What the tool fails with; [`Error::NotFound`] if there is no such tool, [`Error::InvalidArguments`]
    /// if it cannot read its arguments.
    pub fn call_tool(&self, context: &Context, name: &str, args: &Value) -> Result<ToolResult> {
        self.call_tool_text(context, name, &args.to_string())
    }

    pub(crate) fn call_tool_text(&self, context: &Context, name: &str, args: &str) -> Result<ToolResult> {
        let tool = self.tool_items().find(|item| item.name == name).ok_or_else(|| Error::not_found(name))?;
        (tool.run)(context, args)
    }

    /// The prompts, in order.
    ///
    /// # Errors
    /// [`Error::Failed`] if what an attribute says cannot be used.
    pub fn list_prompts(&self) -> Result<Vec<Prompt>> {
        self.prompts.iter().map(|item| (item.describe)()).collect::<Result<_, _>>().map_err(Error::Failed)
    }

    /// Fills in a prompt.
    ///
    /// # Errors
    /// What the prompt fails with; [`Error::NotFound`] if there is no such prompt, [`Error::InvalidArguments`]
    /// if it cannot read its arguments.
    pub fn get_prompt<N, T>(
        &self,
        context: &Context,
        name: &str,
        args: impl IntoIterator<Item = (N, T)>,
    ) -> Result<PromptResult>
    where
        N: Into<String>,
        T: Into<String>,
    {
        self.get_prompt_with(context, name, &args.into_iter().collect())
    }

    fn get_prompt_with(&self, context: &Context, name: &str, args: &Arguments) -> Result<PromptResult> {
        let prompt = self.prompts.iter().find(|item| item.name == name).ok_or_else(|| Error::not_found(name))?;
        (prompt.get)(context, args)
    }

    /// The resources, in order, with what templates list.
    ///
    /// # Errors
    /// What a `list` function fails with; [`Error::Failed`] if what an attribute says cannot be used.
    pub fn list_resources(&self, context: &Context) -> Result<Vec<Resource>> {
        let mut listed = Vec::new();
        for item in self.resources {
            if let Describe::Resource(describe) = item.describe {
                listed.push(describe().map_err(Error::Failed)?);
            }
            if let Some(list) = item.list {
                listed.extend(list(context)?);
            }
        }
        Ok(listed)
    }

    /// The resource templates, in order.
    ///
    /// # Errors
    /// [`Error::Failed`] if what an attribute says cannot be used.
    pub fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>> {
        let describe = |item: &ResourceItem| match item.describe {
            Describe::Template(describe) => Some(describe()),
            Describe::Resource(_) => None,
        };
        self.resources.iter().filter_map(describe).collect::<Result<_, _>>().map_err(Error::Failed)
    }

    /// Reads a resource, or one of a template: of several that the URI belongs to, the one with more fixed text.
    ///
    /// # Errors
    /// What the function fails with; [`Error::NotFound`] if the URI belongs to none.
    pub fn read_resource(&self, context: &Context, uri: &str) -> Result<ReadResult> {
        let fitting = self.resources.iter().filter_map(|item| Some((item, matches(item.pieces, uri)?)));
        // The first of those that are alike; `max_by_key` would take the last.
        let (item, args) =
            fitting.rev().max_by_key(|(item, _)| literal_length(item.pieces)).ok_or_else(|| Error::not_found(uri))?;
        (item.read)(context, uri, &args)
    }

    /// Suggests values for an argument, of which `typed` is there already; `resolved` are those filled in before.
    ///
    /// # Errors
    /// What the function that suggests them fails with.
    pub fn complete<N, T>(
        &self,
        context: &Context,
        target: Target<'_>,
        argument: &str,
        typed: &str,
        resolved: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Completion>
    where
        N: Into<String>,
        T: Into<String>,
    {
        self.complete_with(context, target, argument, typed, &resolved.into_iter().collect())
    }

    fn complete_with(
        &self,
        ctx: &Context,
        target: Target<'_>,
        argument: &str,
        typed: &str,
        resolved: &Arguments,
    ) -> Result<Completion> {
        // What nobody completes has no suggestions, which is no error.
        let Some(item) = self.completions.iter().find(|item| item.target == target) else {
            return Ok(Completion::default());
        };
        (item.complete)(&Completing { ctx, argument, typed, resolved })
    }

    /// Looks for what a host would refuse: names and URIs that are wrong or used twice, and schemas that cannot be
    /// used. `plugin!` adds a test that calls this.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let say = |error: Error| error.to_string();
        let tools = self.list_tools().map_err(say)?;
        check_names("tool", tools.iter().map(|tool| &tool.name))?;
        for tool in &tools {
            if tool.annotations.read_only == Some(true) && tool.annotations.destructive == Some(true) {
                return Err(format!("tool `{}`: what only reads destroys nothing", tool.name));
            }
        }
        let prompts = self.list_prompts().map_err(say)?;
        check_names("prompt", prompts.iter().map(|prompt| &prompt.name))?;
        for prompt in &prompts {
            let names = prompt.arguments.iter().map(|argument| argument.name.as_str());
            no_duplicates(&format!("prompt `{}`: the argument", prompt.name), names)?;
        }
        // Resources that only a call can list are not listed here.
        for item in self.resources {
            match item.describe {
                Describe::Resource(describe) => drop(describe()?),
                Describe::Template(describe) => drop(describe()?),
            }
        }
        no_duplicates("the resource", self.resources.iter().map(|item| item.uri))
    }

    fn tool_items(&self) -> impl Iterator<Item = &'static ToolItem> {
        self.tools.iter().copied().flatten()
    }
}

fn check_names<'a>(what: &str, names: impl Iterator<Item = &'a String> + Clone) -> Result<(), String> {
    for name in names.clone() {
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if !fits {
            return Err(format!("{what} `{name}`: a name has 1 to 64 of a-z, A-Z, 0-9, _ and -"));
        }
    }
    no_duplicates(what, names.map(String::as_str))
}

fn no_duplicates<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = HashSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(format!("{what} `{twice}` is there twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
