//! What an instance is made for: each exported function as a [`Job`].

use wasmtime::Store;
use wasmtime::component::Instance;

use super::component::Exports;
use super::sandbox::Job;
use super::store::State;
use super::wit::{exports, from_guest, to_guest, weight};
use crate::plugin::{
    Argument, CallError, Completion, CompletionTarget, Listing, Outcome, PromptOutput, ReadOutput, Resource, ToolOutput,
};

/// What the engine says, around what the guest says.
type Ran<T> = wasmtime::Result<Result<T, CallError>>;

/// An interface of ours that the plugin exports with other types: it was built for another version of this one, which
/// may happen until that is frozen. The engine compares types only once there is an instance.
#[derive(Debug, thiserror::Error)]
#[error("its export pegboard:plugin/{interface} is not the one of this host ({reason}); build it anew")]
pub(super) struct OtherInterface {
    interface: &'static str,
    reason: String,
}

fn found<T>(interface: &'static str, loaded: wasmtime::Result<T>) -> wasmtime::Result<T> {
    loaded.map_err(|error| OtherInterface { interface, reason: error.root_cause().to_string() }.into())
}

/// All the lists, by one instance.
pub(super) struct List<'a> {
    pub(super) exports: &'a Exports,
}

impl Job for List<'_> {
    type Output = Listing;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<Listing> {
        let Exports { tools, prompts, resources, completions } = self.exports;
        let mut listing =
            Listing { resources: resources.is_some(), completions: completions.is_some(), ..Listing::default() };
        if let Some(tools) = tools {
            let tools = found("tools", tools.load(&mut *store, instance))?;
            match from_guest::tools(tools.call_list_tools(&mut *store).await?) {
                Ok(tools) => listing.tools = tools,
                Err(error) => return Ok(Err(error)),
            }
        }
        if let Some(prompts) = prompts {
            let prompts = found("prompts", prompts.load(&mut *store, instance))?;
            match from_guest::prompts(prompts.call_list_prompts(&mut *store).await?) {
                Ok(prompts) => listing.prompts = prompts,
                Err(error) => return Ok(Err(error)),
            }
        }
        if let Some(resources) = resources {
            let resources = found("resources", resources.load(&mut *store, instance))?;
            match from_guest::templates(resources.call_list_resource_templates(&mut *store).await?) {
                Ok(templates) => listing.resource_templates = templates,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(listing))
    }
}

pub(super) struct CallTool<'a> {
    pub(super) tools: &'a exports::tools::GuestIndices,
    pub(super) name: &'a str,
    pub(super) arguments: String,
}

impl Job for CallTool<'_> {
    type Output = ToolOutput;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<ToolOutput> {
        let tools = found("tools", self.tools.load(&mut *store, instance))?;
        let gave = tools.call_call_tool(&mut *store, self.name, &self.arguments).await?;
        store.data().terms.account.gave(gave.as_ref().map_or(0, weight::tool_result));
        Ok(from_guest::tool_output(gave))
    }

    fn outcome(output: &ToolOutput) -> Outcome {
        if output.is_error { Outcome::Error } else { Outcome::Ok }
    }
}

pub(super) struct GetPrompt<'a> {
    pub(super) prompts: &'a exports::prompts::GuestIndices,
    pub(super) name: &'a str,
    pub(super) arguments: Vec<Argument>,
}

impl Job for GetPrompt<'_> {
    type Output = PromptOutput;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<PromptOutput> {
        let prompts = found("prompts", self.prompts.load(&mut *store, instance))?;
        let arguments = to_guest::arguments(self.arguments);
        Ok(from_guest::prompt_output(prompts.call_get_prompt(store, self.name, &arguments).await?))
    }
}

pub(super) struct ListResources<'a> {
    pub(super) resources: &'a exports::resources::GuestIndices,
}

impl Job for ListResources<'_> {
    type Output = Vec<Resource>;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<Vec<Resource>> {
        let resources = found("resources", self.resources.load(&mut *store, instance))?;
        Ok(from_guest::resources(resources.call_list_resources(store).await?))
    }
}

pub(super) struct ReadResource<'a> {
    pub(super) resources: &'a exports::resources::GuestIndices,
    pub(super) uri: &'a str,
}

impl Job for ReadResource<'_> {
    type Output = ReadOutput;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<ReadOutput> {
        let resources = found("resources", self.resources.load(&mut *store, instance))?;
        let gave = resources.call_read_resource(&mut *store, self.uri).await?;
        store.data().terms.account.gave(gave.as_ref().map_or(0, weight::read_result));
        Ok(from_guest::read_output(gave))
    }
}

pub(super) struct Complete<'a> {
    pub(super) completions: &'a exports::completions::GuestIndices,
    pub(super) target: CompletionTarget,
    pub(super) argument: Argument,
    pub(super) resolved: Vec<Argument>,
}

impl Job for Complete<'_> {
    type Output = Completion;

    async fn run(self, store: &mut Store<State>, instance: &Instance) -> Ran<Completion> {
        let completions = found("completions", self.completions.load(&mut *store, instance))?;
        let target = to_guest::target(self.target);
        let argument = to_guest::argument(self.argument);
        let resolved = to_guest::arguments(self.resolved);
        Ok(from_guest::completion(completions.call_complete(store, &target, &argument, &resolved).await?))
    }
}
