//! Plugins that misbehave, twenty calls at a time: each ends with a clear error, the others do not notice, and what
//! they took comes back.

use std::thread;

use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};

/// Calls at the same time.
const CALLS: usize = 20;
const MEGABYTE: u64 = 1 << 20;
/// What a server may have kept after a storm: caches of the allocator, buffers of connections.
const SLACK: u64 = 24 * MEGABYTE;

/// The other plugin answers.
fn others_are_served(server: &Server) {
    let arguments = json!({"result": {"text": ["still here"]}});
    assert_eq!(Modern::new(server).call("play", arguments.clone()).success(), "still here");
    assert_eq!(Legacy::begin(server).call("play", arguments).success(), "still here");
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

fn memory_comes_back(server: &Server, before: u64) {
    let (now, most) = (server.memory() / MEGABYTE, (before + SLACK) / MEGABYTE);
    until(&format!("the memory to come back, from {now} MB to {most} MB"), || {
        (server.memory() <= before + SLACK).then_some(())
    });
}

/// Little of everything but time to wait: on a busy machine the CPU time is slow to come. Each call ends in its own way,
/// however many did before it.
const LIMITS: &str =
    "[limits]\nbreaker.failures = 0\ncpu_time_ms = 50\nmemory_bytes = 16777216\noutput_bytes = 8388608";

fn server() -> Server {
    Server::setup().settings(LIMITS).guest("puppet").guest("hostile").start()
}

/// One whose calls end soon although they wait for their clients.
fn impatient_server() -> Server {
    Server::setup().settings(LIMITS).settings("wall_time_ms = 3000").guest("puppet").guest("hostile").start()
}

/// Calls `tool` twenty times at once. While that goes on, the health check answers and another plugin's tool works, in
/// both eras; after it the memory comes back. Each call must end as `expected` says.
fn storm(tool: &str, arguments: &Value, expected: impl Fn(&str) -> bool + Sync) {
    let mut server = server();
    // Once alone, so that what is made once is made before the memory is looked at.
    let first = Modern::new(&server).call(tool, arguments.clone()).text();
    assert!(expected(&first), "{tool}: {first}");
    let before = server.memory();
    thread::scope(|scope| {
        let call = || {
            let text = Modern::new(&server).call(tool, arguments.clone()).text();
            assert!(expected(&text), "{tool}: {text:.500}");
        };
        let calls: Vec<_> = (0..CALLS).map(|_| scope.spawn(call)).collect();
        let mut rounds = 0;
        while rounds < 3 || calls.iter().any(|call| !call.is_finished()) {
            others_are_served(&server);
            rounds += 1;
        }
        for call in calls {
            call.join().expect("the call ended as it should");
        }
    });
    assert!(server.lives());
    memory_comes_back(&server, before);
}

#[test]
fn one_that_computes_without_end() {
    storm("spin", &json!({}), |text| text.contains("50 ms of CPU time"));
}

#[test]
fn one_that_allocates_without_end() {
    storm("allocate", &json!({}), |text| text.contains("16777216 bytes of memory"));
}

#[test]
fn one_that_prints_without_end() {
    storm("print", &json!({}), |text| text.contains("50 ms of CPU time"));
}

#[test]
fn one_that_logs_without_end() {
    storm("log", &json!({}), |text| text.contains("50 ms of CPU time"));
}

#[test]
fn one_that_returns_more_than_it_has_memory_for() {
    storm("giant", &json!({"bytes": 100 * MEGABYTE}), |text| text.contains("bytes of memory"));
}

#[test]
fn one_that_returns_more_than_it_may() {
    storm("giant", &json!({"bytes": 9 * MEGABYTE}), |text| text.contains("8388608 bytes"));
}

#[test]
fn one_that_returns_as_much_as_it_may() {
    storm("giant", &json!({"bytes": 7 * MEGABYTE}), |text| text.len() as u64 == 7 * MEGABYTE);
}

#[test]
fn one_that_calls_itself_without_end() {
    storm("recurse", &json!({}), |text| text.contains("call stack is exhausted"));
}

#[test]
fn one_that_aborts() {
    storm("trap", &json!({}), |text| text.contains("aborted"));
}

#[test]
fn one_that_panics_is_quoted() {
    storm("panic", &json!({}), |text| text.contains("the plugin panics, as it was told"));
}

#[test]
fn one_that_exits() {
    storm("exit", &json!({}), |text| text.contains("exit code"));
}

#[test]
fn one_that_tells_progress_without_end_to_clients_that_read() {
    let server = impatient_server();
    let client = Modern::new(&server);
    let mut calls: Vec<_> = (0..CALLS).map(|_| client.start("progress", json!({}))).collect();
    for call in &mut calls {
        call.events.notification("notifications/progress");
    }
    others_are_served(&server);
    thread::scope(|scope| {
        for mut call in calls {
            scope.spawn(move || {
                let last = call.events.rest().pop().expect("a response");
                assert_eq!(last["result"]["isError"], true, "{last}");
            });
        }
    });
}

#[test]
fn one_that_tells_progress_without_end_to_clients_that_do_not_read() {
    let server = impatient_server();
    let client = Modern::new(&server);
    let before = server.memory();
    let calls: Vec<_> = (0..CALLS).map(|_| client.start("progress", json!({}))).collect();
    // One alone fills what the connection holds, and then waits for its client; its time goes on.
    let failed = || server.lines_with(&["call failed", "progress"]).len();
    until("all of them to be ended", || {
        others_are_served(&server);
        assert!(server.memory() < before + 10 * SLACK, "what nobody reads is not kept");
        (failed() == CALLS).then_some(())
    });
    drop(calls);
    memory_comes_back(&server, before);
}

#[test]
fn all_of_them_at_once() {
    let mut server = server();
    let kinds = ["spin", "allocate", "print", "log", "progress", "recurse", "trap", "panic", "exit"];
    let before = server.memory();
    thread::scope(|scope| {
        let server = &server;
        for kind in kinds.iter().cycle().take(3 * kinds.len()) {
            scope.spawn(move || Modern::new(server).call(kind, json!({})).failure());
        }
        for _ in 0..20 {
            others_are_served(server);
        }
    });
    assert!(server.lives());
    memory_comes_back(&server, before);
}
