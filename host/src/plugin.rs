//! The leaf vocabulary: what a plugin is, what it lists, and what a call takes and gives.
//!
//! Nothing here knows WebAssembly, HTTP or JSON-RPC; it rests on `std` and `serde` alone, so that the
//! protocol can be tested with a fake [`Plugin`] and the runtime without a protocol. The types stand for
//! those of the Model Context Protocol, field by field, as the interface `pegboard:plugin` does.

mod access;
mod call;
mod completion;
mod content;
mod id;
mod json;
mod outcome;
mod principal;
mod prompt;
mod question;
mod resource;
mod standing;
mod tool;
mod usage;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use access::Access;
pub use call::{
    Announcement, Call, CallContext, CallError, Change, Client, Limit, LogLevel, LogMessage, Peer, Progress, RpcError,
    Trace,
};
pub use completion::{Argument, Completion, CompletionTarget};
pub use content::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    TextContent,
};
pub use id::{Digest, InvalidPluginId, PluginId};
pub use json::canonical_json;
pub use outcome::Outcome;
pub use principal::Principal;
pub use prompt::{Message, PromptArgument, PromptOutput, PromptSpec};
pub use question::{Answer, Query, Question, QuestionKind, Root, Sample, SampleMessage, SampleRequest};
pub use resource::{ReadOutput, ResourceTemplate};
pub(crate) use standing::object;
pub use standing::{Breaker, Counters, Denied, Failure, PutAside, Standing};
pub use tool::{TaskSupport, ToolAnnotations, ToolOutput, ToolSpec};
pub use usage::{Capability, Usage};

/// A JSON object.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// A future that owns what it needs, so that it can outlive the request that began it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One loaded plugin: a version of one file, never changed once made.
///
/// Dropping a future that one of its methods gave cancels the call: the guest is unwound at once.
pub trait Plugin: Send + Sync + 'static {
    /// Who it is: the stem of its file's name.
    fn id(&self) -> &PluginId;

    /// SHA-256 of the file it was loaded from.
    fn digest(&self) -> &Digest;

    /// What the host knows of it beside what it offers; nothing, where it does not keep account.
    fn standing(&self) -> Option<Standing> {
        None
    }

    /// May it put such a question to its client?
    ///
    /// # Errors
    /// Why not, and what would allow it.
    fn may_ask(&self, kind: QuestionKind) -> Result<(), String>;

    /// Asks the plugin what it offers, without grants and under tight limits.
    ///
    /// # Errors
    /// What the plugin failed with, or the limit it ran into.
    fn list(self: Arc<Self>) -> BoxFuture<'static, Result<Listing, CallError>>;

    /// Runs the tool `name`, the plugin's own name for it. `arguments` is a JSON object as text.
    ///
    /// # Errors
    /// What the plugin failed with, or the limit it ran into.
    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: String,
        call: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>>;

    /// Fills in the prompt `name`, the plugin's own name for it.
    ///
    /// # Errors
    /// As [`Plugin::call_tool`].
    fn get_prompt(
        self: Arc<Self>,
        name: Arc<str>,
        _arguments: Vec<Argument>,
        _call: Call,
    ) -> BoxFuture<'static, Result<PromptOutput, CallError>> {
        Box::pin(async move { Err(CallError::NotFound(name.to_string())) })
    }

    /// The resources worth listing now, for whoever makes this call.
    ///
    /// # Errors
    /// As [`Plugin::call_tool`].
    fn list_resources(self: Arc<Self>, _call: Call) -> BoxFuture<'static, Result<Vec<Resource>, CallError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// As [`Plugin::call_tool`]; [`CallError::NotFound`] if it is none of the plugin's.
    fn read_resource(self: Arc<Self>, uri: String, _call: Call) -> BoxFuture<'static, Result<ReadOutput, CallError>> {
        Box::pin(async { Err(CallError::NotFound(uri)) })
    }

    /// Suggests values for `argument`; `resolved` are those filled in before it.
    ///
    /// # Errors
    /// As [`Plugin::call_tool`].
    fn complete(
        self: Arc<Self>,
        _target: CompletionTarget,
        _argument: Argument,
        _resolved: Vec<Argument>,
        _call: Call,
    ) -> BoxFuture<'static, Result<Completion, CallError>> {
        Box::pin(async { Ok(Completion::default()) })
    }
}

/// All that a plugin says of itself when it is loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// Its tools, in its order.
    pub tools: Vec<ToolSpec>,
    /// Its prompts, in its order.
    pub prompts: Vec<PromptSpec>,
    /// Its resource templates, in its order.
    pub resource_templates: Vec<ResourceTemplate>,
    /// It can be asked for resources.
    pub resources: bool,
    /// It suggests values for arguments.
    pub completions: bool,
}
