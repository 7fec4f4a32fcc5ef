//! Doubles for unit tests: a plugin without WebAssembly, and a log that can be read.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Once};

use serde_json::json;

use crate::plugin::{BoxFuture, Call, CallError, Content, Digest, Plugin, PluginId, ToolOutput, ToolSpec};

type Handler = dyn Fn(&str, &str, Call) -> BoxFuture<'static, Result<ToolOutput, CallError>> + Send + Sync;

/// A plugin that does what a closure says; by default it echoes its arguments.
pub(crate) struct FakePlugin {
    id: PluginId,
    tools: Vec<ToolSpec>,
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
        Arc::new(Self { id: PluginId::parse(id).unwrap(), tools, handler: Box::new(handler) })
    }
}

impl Plugin for FakePlugin {
    fn id(&self) -> &PluginId {
        &self.id
    }

    fn digest(&self) -> &Digest {
        &Digest([0; 32])
    }

    fn list_tools(self: Arc<Self>) -> BoxFuture<'static, Result<Vec<ToolSpec>, CallError>> {
        Box::pin(async move { Ok(self.tools.clone()) })
    }

    fn call_tool(
        self: Arc<Self>,
        name: Arc<str>,
        arguments: String,
        call: Call,
    ) -> BoxFuture<'static, Result<ToolOutput, CallError>> {
        (self.handler)(&name, &arguments, call)
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
