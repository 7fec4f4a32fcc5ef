//! Doubles for unit tests: a plugin without WebAssembly, and a log that can be read.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Once};

use serde_json::json;

use crate::plugin::{
    Argument, BoxFuture, Call, CallError, Completion, CompletionTarget, Content, Digest, Listing, Message, Plugin,
    PluginId, PromptOutput, QuestionKind, ReadOutput, Resource, ResourceBody, ResourceContents, Role, ToolOutput,
    ToolSpec,
};

type Handler = dyn Fn(&str, &str, Call) -> BoxFuture<'static, Result<ToolOutput, CallError>> + Send + Sync;

/// A plugin that does what a closure says; by default it echoes its arguments.
pub(crate) struct FakePlugin {
    id: PluginId,
    tools: Vec<ToolSpec>,
    /// By URI, what is in them.
    resources: Vec<(String, String)>,
    handler: Box<Handler>,
}

impl FakePlugin {
    #[allow(clippy::new_ret_no_self, reason = "everybody wants it as a plugin")]
    pub(crate) fn new(id: &str) -> Arc<dyn Plugin> {
        Self::with(id, Vec::new(), |_, arguments, _| {
            let content = vec![Content::text(arguments)];
            Box::pin(async { Ok(ToolOutput { content, ..ToolOutput::default() }) })
        })
    }

    pub(crate) fn with(
        id: &str,
        tools: Vec<ToolSpec>,
        handler: impl Fn(&str, &str, Call) -> BoxFuture<'static, Result<ToolOutput, CallError>> + Send + Sync + 'static,
    ) -> Arc<dyn Plugin> {
        let id = PluginId::parse(id).unwrap();
        Arc::new(Self { id, tools, resources: Vec::new(), handler: Box::new(handler) })
    }

    /// A plugin that has these resources, each with the text that is in it, and whatever its templates say.
    pub(crate) fn with_resources(id: &str, resources: &[(&str, &str)]) -> Arc<dyn Plugin> {
        let resources = resources.iter().map(|(uri, text)| ((*uri).to_owned(), (*text).to_owned())).collect();
        let handler: Box<Handler> = Box::new(|name, _, _| {
            let error = CallError::NotFound(name.to_owned());
            Box::pin(async { Err(error) })
        });
        Arc::new(Self { id: PluginId::parse(id).unwrap(), tools: Vec::new(), resources, handler })
    }
}

/// The one double that may not ask its client anything.
pub(crate) const MUTE: &str = "mute";

impl Plugin for FakePlugin {
    fn may_ask(&self, kind: QuestionKind) -> Result<(), String> {
        if self.id.as_str() == MUTE { Err(format!("plugin `{MUTE}` may not ask: {}", kind.name())) } else { Ok(()) }
    }

    fn id(&self) -> &PluginId {
        &self.id
    }

    fn digest(&self) -> &Digest {
        &Digest([0; 32])
    }

    fn list(self: Arc<Self>) -> BoxFuture<'static, Result<Listing, CallError>> {
        Box::pin(async move { Ok(Listing { tools: self.tools.clone(), ..Listing::default() }) })
    }

    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: String,
        call: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>> {
        (self.handler)(&name, &arguments, call)
    }

    fn get_prompt(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: Vec<Argument>,
        _: Call,
    ) -> BoxFuture<'static, Result<PromptOutput, CallError>> {
        let text = arguments.iter().fold(name.to_string(), |text, argument| format!("{text} {}", argument.value));
        let messages = vec![Message { role: Role::User, content: Content::text(text) }];
        Box::pin(async { Ok(PromptOutput { messages, ..PromptOutput::default() }) })
    }

    fn list_resources(self: Arc<Self>, _: Call) -> BoxFuture<'static, Result<Vec<Resource>, CallError>> {
        let resource =
            |(uri, _): &(String, String)| Resource { uri: uri.clone(), name: uri.clone(), ..Resource::default() };
        Box::pin(async move { Ok(self.resources.iter().map(resource).collect()) })
    }

    fn read_resource(self: Arc<Self>, uri: String, _: Call) -> BoxFuture<'static, Result<ReadOutput, CallError>> {
        let known = self.resources.iter().find(|(known, _)| *known == uri).map(|(_, text)| text.clone());
        // What no resource of its own is, one of its templates stands for.
        let text = known.unwrap_or_else(|| format!("{} made {uri}", self.id));
        let contents = vec![ResourceContents { uri, mime_type: None, body: ResourceBody::Text(text), meta: None }];
        Box::pin(async { Ok(ReadOutput { contents, ..ReadOutput::default() }) })
    }

    fn complete(
        self: Arc<Self>,
        _: CompletionTarget,
        argument: Argument,
        _: Vec<Argument>,
        _: Call,
    ) -> BoxFuture<'static, Result<Completion, CallError>> {
        let values = (0..150).map(|n| format!("{}{n}", argument.value)).collect();
        Box::pin(async { Ok(Completion { values, total: Some(150), has_more: false }) })
    }
}

/// A tool that takes any object.
pub(crate) fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        title: None,
        description: format!("The tool {name}."),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        annotations: None,
        icons: Vec::new(),
        task_support: None,
        asks_first: false,
        needs: None,
        meta: None,
        extra: None,
    }
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From the first call on, what this thread logs can be read by the next. The subscriber is that of the whole
/// process: one for a single thread misses what other threads have logged before it.
pub(crate) fn log_of_this_thread() -> String {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| ThreadLog).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}
