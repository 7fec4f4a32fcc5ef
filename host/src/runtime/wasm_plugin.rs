//! A plugin that is a component.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, InstancePre};

use super::account::What;
use super::admission::Places;
use super::component::{self, Exports};
use super::jobs;
use super::kept::Kept;
use super::sandbox::Sandbox;
use super::store::State;
use super::terms::Terms;
use super::{Inner, LoadError};
use crate::plugin::{
    Argument, BoxFuture, Call, CallError, Completion, CompletionTarget, Denied, Digest, Listing, Plugin, PluginId,
    PromptOutput, QuestionKind, ReadOutput, Resource, Standing, ToolOutput, object,
};
use crate::policy::Permissions;

/// A component, linked and ready: each call gets an instance of its own.
pub struct WasmPlugin {
    id: PluginId,
    digest: Digest,
    runtime: Arc<Inner>,
    terms: Arc<Terms>,
    component: InstancePre<State>,
    imports: Vec<String>,
    exports: Exports,
    places: Places,
    kept: Arc<Kept>,
}

impl WasmPlugin {
    pub(super) fn new(
        runtime: Arc<Inner>,
        id: PluginId,
        digest: Digest,
        component: &Component,
        permissions: Arc<Permissions>,
    ) -> Result<Self, LoadError> {
        let imports = component::names(component).imports;
        let component = component::link(&runtime.linker, component)?;
        let exports = Exports::find(&component)?;
        for name in runtime.secrets.load().missing(&permissions.granted().secrets) {
            let (name, file) = (name.as_str(), permissions.file().display());
            tracing::warn!(
                target: "pegboard::plugin", plugin = %id,
                "{file} grants the secret `{name}`, which has no value: define [secrets.{name}] in pegboard.toml"
            );
        }
        let account = runtime.accounts.open(&id, &digest);
        let terms = Arc::new(Terms::new(id.clone(), permissions, &runtime.limits, &runtime.directories, account)?);
        let places = Places::new(terms.limits.concurrent_calls_per_plugin, terms.limits.queued_calls_per_plugin);
        let reuse = terms.permissions.granted().limits.reuse.unwrap_or_default();
        let idle = Duration::from_millis(terms.limits.kept_idle_ms);
        let kept = Arc::new(Kept::new(reuse, idle, runtime.kept.clone()));
        Ok(Self { id, digest, runtime, terms, component, imports, exports, places, kept })
    }

    /// Who may run now.
    #[cfg(test)]
    pub(super) fn admission(&self) -> &super::admission::Admission {
        &self.runtime.admission
    }

    fn sandbox(&self) -> Sandbox<'_> {
        Sandbox {
            runtime: &self.runtime,
            terms: &self.terms,
            component: &self.component,
            places: &self.places,
            kept: &self.kept,
        }
    }
}

impl Plugin for WasmPlugin {
    fn id(&self) -> &PluginId {
        &self.id
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn standing(&self) -> Option<Standing> {
        let Terms { permissions, limits, denials, account, .. } = &*self.terms;
        let denied = |(what, times)| Denied { what, times };
        Some(Standing {
            imports: self.imports.clone(),
            grants: object(permissions.granted()),
            grants_file: permissions.file().to_owned(),
            grants_withheld: permissions.why_withheld().map(str::to_owned),
            ceiling: object(permissions.ceiling()),
            limits: object(limits),
            running: self.places.taken(),
            counters: account.counters(),
            failures: account.failures(),
            denials: denials.sentences().into_iter().map(denied).collect(),
            breaker: account.breaker.standing(),
        })
    }

    fn may_ask(&self, kind: QuestionKind) -> Result<(), String> {
        let permissions = &self.terms.permissions;
        if permissions.granted().client.ask.contains(&kind) {
            return Ok(());
        }
        let (what, kind) = (format!("put such a question ({}) to its client", kind.name()), kind.name());
        let denial = match &permissions.ceiling().client {
            Some(most) if !most.iter().any(|may| may.name() == kind) => {
                permissions.denial_by_ceiling(what, &format!("client = [\"{kind}\"]"), "")
            }
            _ => permissions.denial(what, &format!("ask = [\"{kind}\"]"), "client"),
        };
        Err(self.terms.denied(&denial))
    }

    fn list(self: Arc<Self>) -> BoxFuture<'static, Result<Listing, CallError>> {
        Box::pin(async move { self.sandbox().list(jobs::List { exports: &self.exports }).await })
    }

    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: String,
        call: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>> {
        Box::pin(async move {
            let tools = self.exports.tools.as_ref().ok_or_else(|| CallError::NotFound(name.to_string()))?;
            let what = What { method: "tools/call", name: &name, bytes: arguments.len() };
            self.sandbox().run(what, jobs::CallTool { tools, name: &name, arguments }, call).await
        })
    }

    fn get_prompt(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: Vec<Argument>,
        call: Call,
    ) -> BoxFuture<'static, Result<PromptOutput, CallError>> {
        Box::pin(async move {
            let prompts = self.exports.prompts.as_ref().ok_or_else(|| CallError::NotFound(name.to_string()))?;
            let what = What::new("prompts/get", &name);
            self.sandbox().run(what, jobs::GetPrompt { prompts, name: &name, arguments }, call).await
        })
    }

    fn list_resources(self: Arc<Self>, call: Call) -> BoxFuture<'static, Result<Vec<Resource>, CallError>> {
        Box::pin(async move {
            let Some(resources) = &self.exports.resources else { return Ok(Vec::new()) };
            self.sandbox().run(What::new("resources/list", ""), jobs::ListResources { resources }, call).await
        })
    }

    fn read_resource(self: Arc<Self>, uri: String, call: Call) -> BoxFuture<'static, Result<ReadOutput, CallError>> {
        Box::pin(async move {
            let resources = self.exports.resources.as_ref().ok_or_else(|| CallError::NotFound(uri.clone()))?;
            self.sandbox()
                .run(What::new("resources/read", &uri), jobs::ReadResource { resources, uri: &uri }, call)
                .await
        })
    }

    fn complete(
        self: Arc<Self>,
        target: CompletionTarget,
        argument: Argument,
        resolved: Vec<Argument>,
        call: Call,
    ) -> BoxFuture<'static, Result<Completion, CallError>> {
        Box::pin(async move {
            let Some(completions) = &self.exports.completions else { return Ok(Completion::default()) };
            let name = argument.name.clone();
            let job = jobs::Complete { completions, target, argument, resolved };
            self.sandbox().run(What::new("completion/complete", &name), job, call).await
        })
    }
}
