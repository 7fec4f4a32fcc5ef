//! What one call costs without HTTP and JSON-RPC: an instance is made, called and dropped.
//!
//! The plugin is the echo of `tests/guests`, or what `PEGBOARD_BENCH_PLUGIN` names; `tests/bench/run` builds it.

use std::path::PathBuf;
use std::sync::Arc;

use divan::Bencher;
use pegboard::Compiler;
use pegboard::kv::{self, MemoryKv};
use pegboard::loader::compile::{self, ComponentLoader};
use pegboard::plugin::{Call, Plugin, PluginId};
use pegboard::runtime::{self, Runtime};
use tokio::sync::mpsc;

fn main() {
    divan::main();
}

/// Through everything that a call of the server's goes through in the runtime: admission, limits, metering.
#[divan::bench(sample_count = 2_000)]
fn rust_echo(bencher: Bencher<'_, '_>) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a tokio runtime");
    let cache = tempfile::tempdir().expect("a folder for compiled code");
    let plugin = tokio.block_on(load(cache.path().to_owned()));
    let name: Arc<str> = "echo".into();
    bencher.bench_local(|| {
        let arguments = r#"{"text":"Hello, Pegboard!"}"#.to_owned();
        let output = tokio.block_on(plugin.clone().call_tool(name.clone(), arguments, Call::detached()));
        output.expect("an echo")
    });
}

async fn load(cache_dir: PathBuf) -> Arc<dyn Plugin> {
    let file = std::env::var_os("PEGBOARD_BENCH_PLUGIN").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/guests/wasm32-wasip2/release/echo.wasm"),
        PathBuf::from,
    );
    let bytes = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `tests/bench/run --only call` builds it", file.display()));
    // Nobody is told: the plugin announces nothing.
    let (announcements, _) = mpsc::channel(1);
    let runtime =
        Runtime::new(&runtime::Config::default(), Arc::new(MemoryKv::new(&kv::Config::default())), announcements)
            .expect("a runtime");
    let config = compile::Config { cache_dir: Some(cache_dir), ..compile::Config::default() };
    let loader = ComponentLoader::new(runtime, config, Compiler::InProcess).expect("a loader");
    let id = PluginId::parse("echo").expect("a good name");
    loader.load(&id, bytes.into(), Arc::default()).await.expect("a plugin").plugin
}
