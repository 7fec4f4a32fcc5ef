//! Guests for the tests, of a few lines of WebAssembly text each.

use std::sync::Arc;

use sha2::Digest as _;
use tokio::sync::mpsc;
use wasmtime::component::Component;

use super::{Config, Runtime, WasmPlugin};
use crate::kv::{self, MemoryKv};
use crate::plugin::{Announcement, Call, CallError, Content, Digest, Plugin, PluginId, ToolOutput, ToolSpec};

/// The bodies of a plugin's core functions.
///
/// Memory: the first 64 KiB are the guest's, arguments come after. A zeroed answer is "ok, nothing", so a body of
/// `(i32.const 1024)` lists no tools and answers with empty content. `$log` and `$progress` are the client's.
pub struct Guest {
    /// Runs at instantiation.
    pub start: &'static str,
    /// Gives the address of a `result<list<tool>, call-error>`.
    pub list: &'static str,
    /// Parameters 0 to 3: name and arguments, address and length each. Gives the address of a
    /// `result<tool-result, call-error>`.
    pub call: &'static str,
    /// The allocator's first instructions.
    pub realloc: &'static str,
    /// Further fields of the module.
    pub fields: &'static str,
}

impl Default for Guest {
    fn default() -> Self {
        Self { start: "", list: "(i32.const 1024)", call: ECHO, realloc: "", fields: "" }
    }
}

/// One content block: the arguments as text.
pub const ECHO: &str = "
    (i32.store (i32.const 1028) (i32.const 2048))
    (i32.store (i32.const 1032) (i32.const 1))
    (i32.store (i32.const 2056) (local.get 2))
    (i32.store (i32.const 2060) (local.get 3))
    (i32.const 1024)";

/// Never ends, never calls the host.
pub const SPIN: &str = "(loop $again (br $again)) (unreachable)";

impl Guest {
    /// Calls `call`, everything else is well.
    pub fn calling(call: &'static str) -> Self {
        Self { call, ..Self::default() }
    }

    /// The component.
    pub fn bytes(&self) -> Vec<u8> {
        wat::parse_str(self.text()).expect("valid text")
    }

    /// Its text.
    pub fn text(&self) -> String {
        let Self { start, list, call, realloc, fields } = self;
        let core = format!(
            r#"(func $start {start}) (start $start)
               (func (export "list-tools") (result i32) {list})
               (func (export "call-tool") (param i32 i32 i32 i32) (result i32) {call})
               (global $next (mut i32) (i32.const 65536))
               (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                 {realloc}
                 (global.get $next)
                 (global.set $next (i32.add (global.get $next) (local.get 3))))
               {fields}"#
        );
        include_str!("testing/plugin.wat").replace(";; CORE", &core)
    }
}

/// A runtime under `config`, and what its plugins announce.
pub fn runtime(config: &Config) -> (Runtime, mpsc::Receiver<Announcement>) {
    let (sender, receiver) = mpsc::channel(8);
    (Runtime::new(config, Arc::new(MemoryKv::new(&kv::Config::default())), sender).expect("a runtime"), receiver)
}

/// Compiles and loads `bytes` as plugin `x`.
pub fn load(runtime: &Runtime, bytes: &[u8]) -> Result<Arc<WasmPlugin>, super::LoadError> {
    let component = Component::new(runtime.engine(), bytes).expect("it compiles");
    let digest = Digest(sha2::Sha256::digest(bytes).into());
    runtime.load(PluginId::parse("x").expect("an id"), digest, component, Arc::default()).map(Arc::new)
}

/// `guest` as plugin `x` under `config`.
pub fn plugin(config: &Config, guest: &Guest) -> Arc<WasmPlugin> {
    load(&runtime(config).0, &guest.bytes()).expect("a plugin")
}

/// Calls its tool without a client.
pub async fn call(plugin: &Arc<WasmPlugin>, arguments: &str) -> Result<ToolOutput, CallError> {
    plugin.clone().call_tool("tool".into(), arguments.to_owned(), Call::detached()).await
}

/// Lists its tools.
pub async fn list(plugin: &Arc<WasmPlugin>) -> Result<Vec<ToolSpec>, CallError> {
    plugin.clone().list().await.map(|listing| listing.tools)
}

/// The text that a call answered with.
pub fn text(output: &ToolOutput) -> &str {
    match output.content.as_slice() {
        [Content::Text(text)] => &text.text,
        other => panic!("one text expected, not {other:?}"),
    }
}
