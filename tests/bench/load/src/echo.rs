//! Echoes without pause, each compared with what was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use pegboard_bench_load::client::{Call, Client};
use pegboard_bench_load::samples::Samples;

use crate::until_told;

/// Before a connection is made anew after a failure, so that a dead server is not hammered.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Default)]
struct Done {
    samples: Samples,
    failed: u64,
    /// The first failure's words.
    failure: Option<String>,
}

pub async fn run(host: &str, tool: &str, connections: usize) -> anyhow::Result<Value> {
    // A server that is not there is no measurement.
    Client::connect(host).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        tasks.spawn(echo_until(stop.clone(), host.to_owned(), tool.to_owned(), connection));
    }
    until_told().await?;
    stop.store(true, Ordering::Relaxed);
    let mut all = Done::default();
    while let Some(done) = tasks.join_next().await {
        let mut done = done?;
        all.samples.append(&mut done.samples);
        all.failed += done.failed;
        all.failure = all.failure.or(done.failure);
    }
    Ok(json!({"ok": all.samples.report(), "failed": all.failed, "failure": all.failure}))
}

async fn echo_until(stop: Arc<AtomicBool>, host: String, tool: String, connection: usize) -> Done {
    let mut done = Done::default();
    let mut client = None;
    let mut number = 0u64;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        match echo(&mut client, &host, &tool, format!("{connection}/{number}")).await {
            Ok(elapsed) => done.samples.add(elapsed),
            Err(error) => {
                done.failed += 1;
                done.failure.get_or_insert_with(|| format!("{error:#}"));
                client = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    done
}

async fn echo(client: &mut Option<Client>, host: &str, tool: &str, text: String) -> anyhow::Result<Duration> {
    let connected = match client {
        Some(connected) => connected,
        None => client.insert(Client::connect(host).await?),
    };
    let call =
        Call { tool: tool.to_owned(), arguments: json!({"text": text}), progress: false, capabilities: json!({}) };
    let sent = Instant::now();
    let reply = connected.call(&call).await?;
    let echoed = &reply.result["content"][0]["text"];
    ensure!(*echoed == text, "sent {text:?}, got {echoed}");
    Ok(sent.elapsed())
}
