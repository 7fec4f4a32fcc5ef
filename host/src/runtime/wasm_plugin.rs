//! A plugin that is a component.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

use super::admission::Places;
use super::component::{self, Exports};
use super::sandbox::{Job, Sandbox};
use super::store::{Purpose, State};
use super::wit::{self, exports};
use super::{Inner, LoadError};
use crate::plugin::{BoxFuture, Call, CallError, Digest, Plugin, PluginId, ToolOutput, ToolSpec};

/// A component, linked and ready: each call gets an instance of its own.
pub struct WasmPlugin {
    id: PluginId,
    digest: Digest,
    runtime: Arc<Inner>,
    component: InstancePre<State>,
    exports: Exports,
    places: Places,
}

/// Which kinds of things a plugin may offer. If it then lists none, it offers none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // they are independent of each other
pub struct Families {
    /// It exports `tools`.
    pub tools: bool,
    /// It exports `prompts`.
    pub prompts: bool,
    /// It exports `resources`.
    pub resources: bool,
    /// It exports `completions`.
    pub completions: bool,
}

impl WasmPlugin {
    pub(super) fn new(
        runtime: Arc<Inner>,
        id: PluginId,
        digest: Digest,
        component: &Component,
    ) -> Result<Self, LoadError> {
        let component = component::link(&runtime.linker, component)?;
        let exports = Exports::find(&component)?;
        let places = Places::new(runtime.limits.concurrent_calls_per_plugin);
        Ok(Self { id, digest, runtime, component, exports, places })
    }

    /// What it exports of ours.
    #[must_use]
    pub fn families(&self) -> Families {
        Families {
            tools: self.exports.tools.is_some(),
            prompts: self.exports.prompts.is_some(),
            resources: self.exports.resources.is_some(),
            completions: self.exports.completions.is_some(),
        }
    }

    fn sandbox(&self) -> Sandbox<'_> {
        Sandbox { runtime: &self.runtime, plugin: &self.id, component: &self.component, places: &self.places }
    }
}

impl Plugin for WasmPlugin {
    fn id(&self) -> &PluginId {
        &self.id
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn list_tools(self: Arc<Self>) -> BoxFuture<'static, Result<Vec<ToolSpec>, CallError>> {
        Box::pin(async move {
            let Some(tools) = &self.exports.tools else { return Ok(Vec::new()) };
            self.sandbox().run(ListTools { tools }, Call::detached(), Purpose::Listing).await
        })
    }

    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: String,
        call: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>> {
        Box::pin(async move {
            let Some(tools) = &self.exports.tools else {
                return Err(CallError::NotFound(format!("tool {name:?}")));
            };
            self.sandbox().run(CallTool { tools, name: &name, arguments }, call, Purpose::Call).await
        })
    }
}

struct ListTools<'a> {
    tools: &'a exports::tools::GuestIndices,
}

impl Job for ListTools<'_> {
    type Output = Vec<ToolSpec>;

    async fn run(
        self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Result<Self::Output, CallError>> {
        let tools = self.tools.load(&mut *store, instance)?;
        Ok(wit::listing(tools.call_list_tools(store).await?))
    }
}

struct CallTool<'a> {
    tools: &'a exports::tools::GuestIndices,
    name: &'a str,
    arguments: String,
}

impl Job for CallTool<'_> {
    type Output = ToolOutput;

    async fn run(
        self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Result<Self::Output, CallError>> {
        let tools = self.tools.load(&mut *store, instance)?;
        Ok(wit::output(tools.call_call_tool(store, self.name, &self.arguments).await?))
    }
}
