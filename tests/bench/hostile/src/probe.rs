//! The echo that is measured. It has a thread of its own, so that what reads the replies of others is not in its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::Context as _;
use pegboard_bench_load::client::{Call, Client};
use pegboard_bench_load::samples::Samples;
use serde_json::json;
use tokio::runtime;

/// Echoes until it is told to stop.
pub struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Samples>>,
}

impl Probe {
    /// Begins to ask the server at `host`.
    pub fn start(host: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(echo(&host, &told))
        });
        Self { stop, thread }
    }

    /// Ends, and gives how long each echo took.
    ///
    /// # Errors
    /// An echo was not answered as it should be.
    pub fn stop(self) -> anyhow::Result<Samples> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

async fn echo(host: &str, stop: &AtomicBool) -> anyhow::Result<Samples> {
    let arguments = json!({"text": "hello"});
    let call = Call { tool: "echo".into(), arguments, progress: false, capabilities: json!({}) };
    let mut client = Client::connect(host).await?;
    let mut samples = Samples::default();
    while !stop.load(Ordering::Relaxed) {
        let reply = client.call(&call).await.context("the echo that is measured")?;
        samples.add(reply.first_event);
    }
    Ok(samples)
}
