//! Several of them at the same time, and those whose clients do not read.

use std::thread;

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::{Modern, until};
use serde_json::json;

use super::storm::{SLACK, memory_comes_back, others_are_served, setup};

/// Calls at the same time.
const CALLS: usize = 50;

#[test]
fn one_that_tells_progress_without_end_to_clients_that_do_not_read() {
    let server = setup().settings("wall_time_ms = 3000").guest("hostile").start();
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
fn all_kinds_at_once() {
    let mut server = setup().guest("hostile").start();
    let kinds =
        ["compute", "allocate", "print", "log", "progress", "recurse", "trap", "panic", "exit", "nap", "timers"];
    let before = server.memory();
    thread::scope(|scope| {
        let server = &server;
        for kind in kinds.iter().cycle().take(CALLS) {
            scope.spawn(move || Modern::new(server).call(kind, json!({})).failure());
        }
        for _ in 0..20 {
            others_are_served(server);
        }
    });
    assert!(server.lives());
    memory_comes_back(&server, before);
}

#[test]
fn one_that_is_deleted_and_replaced_in_the_middle_of_its_calls() {
    let mut server = setup().guest("puppet").start();
    let client = Modern::new(&server);
    let before = server.memory();
    // Nobody is waited for with this: it is long enough for the file to be replaced meanwhile, and that it was is seen.
    let script = json!({
        "steps": [{"progress": {"done": 1}}, {"sleep": 2_000}],
        "result": {"text": ["as it began"]},
    });
    let mut calls: Vec<_> = (0..CALLS).map(|_| client.start("play", script.clone())).collect();
    for call in &mut calls {
        call.events.notification("notifications/progress");
    }
    for turn in 0..5 {
        server.take_away("puppet");
        until("it to be gone", || (!client.tools().contains(&"play".to_owned())).then_some(()));
        server.drop_in("puppet", b"nothing good");
        let says = format!("another, {turn}");
        server.drop_in("puppet", &plugin(&[tool("play")], &says));
        until("another to be there", || client.tools().contains(&"play".to_owned()).then_some(()));
        assert_eq!(client.call("play", json!({})).success(), says);
    }
    others_are_served(&server);
    for mut call in calls {
        let last = call.events.rest().pop().expect("a response");
        assert_eq!(last["result"]["content"][0]["text"], "as it began", "{last}");
    }
    assert!(server.lives());
    memory_comes_back(&server, before);
}
