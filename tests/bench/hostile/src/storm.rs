//! Many of one hostile guest, again and again until it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pegboard_bench_load::client::{Call, Client};
use pegboard_suite::Server;
use pegboard_suite::corpus::{Hostile, PLUGIN, Surroundings};
use serde_json::Value;
use tokio::runtime;
use tokio::task::JoinSet;

/// Between two looks, and before a connection is made anew that was refused.
const PAUSE: Duration = Duration::from_millis(5);

/// Calls that go on in the background.
pub struct Calls {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Calls {
    /// Calls `tool` as its row says, on so many connections at once.
    pub fn start(host: String, row: &Hostile, tool: &str, around: &Surroundings, at_once: usize) -> Self {
        let call = Call {
            tool: tool.to_owned(),
            arguments: (row.arguments)(around),
            progress: row.progress,
            capabilities: serde_json::from_str(row.capabilities).unwrap_or(Value::Null),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut calls = JoinSet::new();
                for _ in 0..at_once {
                    calls.spawn(again_and_again(host.clone(), call.clone()));
                }
                while !told.load(Ordering::Relaxed) {
                    tokio::time::sleep(PAUSE).await;
                }
                // Their connections are closed, which cancels them.
                calls.shutdown().await;
            });
        });
        Self { stop, thread }
    }

    /// Ends them all.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

async fn again_and_again(host: String, call: Call) {
    loop {
        let Ok(mut client) = Client::connect(&host).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // How it ends is the suite's business. A failed one leaves its connection where it was.
        while client.call(&call).await.is_ok() {}
    }
}

/// Hangs up so many files at once, and as many again when all of them are refused, until it is told to stop.
pub fn hang_up(server: &Server, component: &[u8], at_once: usize, stop: &AtomicBool) {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        let names: Vec<_> = (0..at_once).map(|number| format!("{PLUGIN}-{round}-{number}")).collect();
        for name in &names {
            server.drop_in(name, component);
        }
        let waiting = |name: &String| server.lines_with(&["refused", &format!("{name}.wasm")]).is_empty();
        while names.iter().any(waiting) && !stop.load(Ordering::Relaxed) {
            thread::sleep(20 * PAUSE);
        }
        for name in &names {
            server.take_away(name);
        }
        round += 1;
    }
}
