//! The leaf vocabulary: what a plugin is, what it lists, and what a call takes and gives.
//!
//! Nothing here knows WebAssembly, HTTP or JSON-RPC; it rests on `std` and `serde` alone, so that the
//! protocol can be tested with a fake [`Plugin`] and the runtime without a protocol. The types stand for
//! those of the Model Context Protocol, field by field, as the interface `pegboard:plugin` does.

mod call;
mod content;
mod id;
mod tool;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use call::{
    Announcement, Call, CallContext, CallError, Change, Client, Limit, LogLevel, LogMessage, Peer, Progress, RpcError,
    Trace,
};
pub use content::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    TextContent,
};
pub use id::{Digest, InvalidPluginId, PluginId};
pub use tool::{TaskSupport, ToolAnnotations, ToolOutput, ToolSpec};

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

    /// Asks the plugin for its tools, without grants and under tight limits.
    ///
    /// # Errors
    /// What the plugin failed with, or the limit it ran into.
    fn list_tools(self: Arc<Self>) -> BoxFuture<'static, Result<Vec<ToolSpec>, CallError>>;

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
}
