//! One row: a server of its own, quiet, then with the hostile guest, then quiet again.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::ensure;
use pegboard_suite::Server;
use pegboard_suite::ally::Ally;
use pegboard_suite::corpus::{Hostile, Surroundings};

use crate::probe::Probe;
use crate::storm::{Calls, hang_up};

/// Limits of a server by default, which attacks may aim at.
const MEMORY: u64 = 64 << 20;
const OUTPUT: u64 = 16 << 20;

/// For how long each part goes on.
pub struct Times {
    /// Before anything hostile happens.
    pub quiet: Duration,
    /// Hostile calls begin, and nothing is measured yet.
    pub settle: Duration,
    /// While they go on.
    pub during: Duration,
    /// The most that memory may take to come back.
    pub after: Duration,
    /// The most at the same time; none: as many as the row says.
    pub at_once: usize,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(1),
            settle: Duration::from_millis(300),
            during: Duration::from_secs(2),
            after: Duration::from_secs(10),
            at_once: usize::MAX,
        }
    }
}

impl Times {
    /// For a moment.
    pub fn smoke() -> Self {
        Self {
            quiet: Duration::from_millis(50),
            settle: Duration::from_millis(10),
            during: Duration::from_millis(100),
            after: Duration::ZERO,
            at_once: 3,
        }
    }
}

/// What came out.
pub struct Measured {
    pub name: &'static str,
    pub quiet: Duration,
    pub during: Duration,
    /// Echoes while the hostile guest ran.
    pub echoes: usize,
    /// Bytes of memory: before, at its highest, and in the end.
    pub memory: [u64; 3],
}

/// # Errors
/// An echo or the health check was not answered.
pub fn measure(row: &'static Hostile, times: &Times) -> anyhow::Result<Measured> {
    let nobody = TcpListener::bind("127.0.0.1:0")?;
    let decoy = nobody.local_addr()?.to_string();
    let ally = Ally::new(&decoy).address();
    let around = Surroundings { decoy, ally, memory_bytes: MEMORY, output_bytes: OUTPUT };
    // Each of its calls fails, and the next one must run all the same.
    let setup = Server::setup().settings("[limits]\nbreaker.failures = 0").guest("echo");
    let server = row.on(setup, &around).start();
    let component = row.component(&around);
    let host = server.address().to_string();
    let probe = Probe::start(host.clone());
    sleep(times.quiet);
    let mut quiet = probe.stop()?;
    let before = server.memory();
    let at_once = row.at_once.min(times.at_once);
    let stop = AtomicBool::new(false);
    let (mut during, most) = match row.tool {
        Some(tool) => {
            let calls = Calls::start(host.clone(), row, tool, &around, at_once);
            let watched = watch(&server, host, times);
            calls.stop();
            watched?
        }
        None => thread::scope(|scope| {
            let files = scope.spawn(|| hang_up(&server, &component, at_once, &stop));
            let watched = watch(&server, host, times);
            stop.store(true, Ordering::Relaxed);
            files.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            watched
        })?,
    };
    let after = settled(&server, before, times.after);
    let p99 = |samples: &mut pegboard_bench_load::samples::Samples| samples.percentile(99).unwrap_or_default();
    Ok(Measured {
        name: row.name,
        quiet: p99(&mut quiet),
        echoes: during.len(),
        during: p99(&mut during),
        memory: [before, most.max(after), after],
    })
}

/// Measures the echo while something goes on, asks for the server's health, and sees how much memory it takes.
fn watch(server: &Server, host: String, times: &Times) -> anyhow::Result<(pegboard_bench_load::samples::Samples, u64)> {
    sleep(times.settle);
    let probe = Probe::start(host);
    let end = Instant::now() + times.during;
    let mut most = 0;
    while Instant::now() < end {
        let health = server.get("/healthz").text();
        ensure!(health == "ok\n", "the health check answered {health:?}");
        most = most.max(server.memory());
        sleep(Duration::from_millis(100).min(times.during));
    }
    Ok((probe.stop()?, most))
}

/// The memory when it is back, or when the time for that is over.
fn settled(server: &Server, before: u64, patience: Duration) -> u64 {
    let end = Instant::now() + patience;
    loop {
        let now = server.memory();
        if now <= before + crate::table::SLACK || Instant::now() >= end {
            return now;
        }
        sleep(Duration::from_millis(100));
    }
}
