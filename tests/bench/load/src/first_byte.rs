//! How soon a stream begins while other calls sleep and spin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use pegboard_bench_load::client::{Call, Client};
use pegboard_bench_load::samples::Samples;

use crate::until_told;

/// Names of tools.
pub struct Tools<'a> {
    /// Takes steps, each with progress.
    pub stream: &'a str,
    pub echo: &'a str,
    pub sleep: &'a str,
    pub spin: &'a str,
}

/// What is measured: of a stream, and of an echo.
#[derive(Default)]
struct Probed {
    first_byte: Samples,
    first_event: Samples,
    echo: Samples,
}

/// Connections that measure: one alone makes few samples.
const PROBES: usize = 4;
/// The calls in the background are sent, and have a moment to begin.
const SETTLE: Duration = Duration::from_millis(300);
/// A call in the background that failed sooner than this did not run.
const EARLY: Duration = Duration::from_millis(100);
/// Sleeping calls end after this long and are made anew; spinning ones are ended by the server.
const SLEEP_MS: u64 = 1_000;

pub async fn run(host: &str, tools: &Tools<'_>, each: usize) -> anyhow::Result<Value> {
    let mut background = JoinSet::new();
    let refused = Arc::new(AtomicUsize::new(0));
    let sleep = Call {
        tool: tools.sleep.to_owned(),
        arguments: json!({"ms": SLEEP_MS}),
        progress: false,
        capabilities: json!({}),
    };
    let spin = Call { tool: tools.spin.to_owned(), arguments: json!({}), progress: false, capabilities: json!({}) };
    for call in std::iter::repeat_n(sleep, each).chain(std::iter::repeat_n(spin, each)) {
        let client = Client::connect(host).await?;
        background.spawn(keep_running(client, host.to_owned(), call, refused.clone()));
    }
    tokio::time::sleep(SETTLE).await;

    let stop = Arc::new(AtomicBool::new(false));
    let arguments = json!({"steps": 2, "delay_ms": 10});
    let stream = Call { tool: tools.stream.to_owned(), arguments, progress: true, capabilities: json!({}) };
    let echo = Call {
        tool: tools.echo.to_owned(),
        arguments: json!({"text": "hello"}),
        progress: false,
        capabilities: json!({}),
    };
    let mut probes = JoinSet::new();
    for _ in 0..PROBES {
        probes.spawn(probe(Client::connect(host).await?, stream.clone(), echo.clone(), stop.clone()));
    }
    until_told().await?;
    stop.store(true, Ordering::Relaxed);
    let mut all = Probed::default();
    while let Some(probed) = probes.join_next().await {
        let mut one = probed??;
        all.first_byte.append(&mut one.first_byte);
        all.first_event.append(&mut one.first_event);
        all.echo.append(&mut one.echo);
    }
    background.shutdown().await;
    Ok(json!({
        "first_byte": all.first_byte.report(),
        "first_event": all.first_event.report(),
        "echo": all.echo.report(),
        "refused": refused.load(Ordering::Relaxed),
    }))
}

/// One call after the other; how they end is no matter, since a spinning one ends by a limit, but that they begin is.
async fn keep_running(mut client: Client, host: String, call: Call, refused: Arc<AtomicUsize>) {
    loop {
        let sent = Instant::now();
        if client.call(&call).await.is_ok() {
            continue;
        }
        if sent.elapsed() < EARLY {
            refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(EARLY).await;
        }
        match Client::connect(&host).await {
            Ok(connected) => client = connected,
            Err(_) => return,
        }
    }
}

/// The two in turn.
async fn probe(mut client: Client, stream: Call, echo: Call, stop: Arc<AtomicBool>) -> anyhow::Result<Probed> {
    let mut probed = Probed::default();
    while !stop.load(Ordering::Relaxed) {
        let reply = client.call(&stream).await.context("the call whose stream is measured")?;
        probed.first_byte.add(reply.first_byte);
        probed.first_event.add(reply.first_event);
        let reply = client.call(&echo).await.context("the echo that is measured")?;
        probed.echo.add(reply.first_byte);
    }
    Ok(probed)
}
