//! Many clients of both eras at once, while plugins come, go and change: no error that a client did not cause.
//!
//! `PEGBOARD_LOAD_SECONDS` says for how long; 5 where it is not set.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::mcp::LEGACY;
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};

/// Clients at the same time.
const CLIENTS: usize = 100;

/// A plugin whose versions replace each other.
fn changing(version: u64) -> Vec<u8> {
    plugin(&[tool("version")], if version.is_multiple_of(2) { "even" } else { "odd" })
}

/// What each client does, again and again. The lists and the answers must be right at any moment.
fn turn(ask: &dyn Fn(&str, Value) -> pegboard_suite::mcp::Answer, text: &str) {
    let tools = pegboard_suite::mcp::names(ask("tools/list", json!({})).result());
    assert!(tools.contains(&"echo".to_owned()) && tools.contains(&"version".to_owned()), "{tools:?}");
    let echoed = ask("tools/call", json!({"name": "echo", "arguments": {"text": text}}));
    assert_eq!(echoed.success(), text);
    let version = ask("tools/call", json!({"name": "version"})).success();
    assert!(version == "even" || version == "odd", "{version}");
    let slow = json!({"name": "slow", "arguments": {"steps": 2, "delay_ms": 5}, "_meta": {"progressToken": text}});
    let slow = ask("tools/call", slow);
    assert_eq!((slow.success(), slow.notifications.len()), ("2 steps".to_owned(), 2));
}

#[test]
fn a_hundred_clients_of_both_eras_see_no_error_while_plugins_change() {
    let seconds = std::env::var("PEGBOARD_LOAD_SECONDS").ok();
    let seconds = seconds.map_or(5, |seconds| seconds.parse().expect("a number of seconds"));
    // Each client has one call at a time, and they are let in together.
    let limits = format!("[limits]\nconcurrent_calls_per_plugin = {CLIENTS}");
    let mut server = Server::setup().settings(&limits).guest("echo").plugin("changing", changing(0)).start();
    let (stop, turns, heard) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let end = Instant::now() + Duration::from_secs(seconds);
    thread::scope(|scope| {
        let (server, stop, turns, heard) = (&server, &stop, &turns, &heard);
        // Whoever fails must not leave the others running.
        let on_failure = move |work: &dyn Fn()| {
            struct Stop<'a>(&'a AtomicBool);
            impl Drop for Stop<'_> {
                fn drop(&mut self) {
                    if thread::panicking() {
                        self.0.store(true, Ordering::Relaxed);
                    }
                }
            }
            let _stop = Stop(stop);
            work();
        };
        for number in 0..CLIENTS {
            scope.spawn(move || {
                on_failure(&|| {
                    let text = format!("client {number}");
                    let again = |ask: &dyn Fn(&str, Value) -> pegboard_suite::mcp::Answer| {
                        while !stop.load(Ordering::Relaxed) {
                            turn(ask, &text);
                            turns.fetch_add(1, Ordering::Relaxed);
                        }
                    };
                    if number % 2 == 0 {
                        let client = Modern::new(server);
                        again(&|method, params| client.ask(method, params));
                    } else {
                        let client = Legacy::on(server, LEGACY[number / 2 % LEGACY.len()]);
                        again(&|method, params| client.ask(method, params));
                        assert_eq!(client.end().status, 204);
                    }
                });
            });
        }
        let listeners: Vec<_> = (0..10)
            .map(|number| {
                scope.spawn(move || {
                    let client = Modern::new(server);
                    let session = Legacy::begin(server);
                    let mut events = if number % 2 == 0 { client.listen().0 } else { session.listen() };
                    while !stop.load(Ordering::Relaxed) {
                        events.notification("notifications/tools/list_changed");
                        heard.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let mut version = 0;
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            version += 1;
            server.drop_in("changing", &changing(version));
            server.drop_in("passing", &plugin(&[tool(&format!("passing-{version}"))], ""));
            let listed = format!("passing-{version}");
            until("the new one to be listed", || Modern::new(server).tools().contains(&listed).then_some(()));
        }
        stop.store(true, Ordering::Relaxed);
        // Listeners wait for a change before they look whether it is over.
        until("all listeners to have heard of a last change", || {
            version += 1;
            server.drop_in("passing", &plugin(&[tool(&format!("passing-{version}"))], ""));
            listeners.iter().all(thread::ScopedJoinHandle::is_finished).then_some(())
        });
    });
    let (turns, heard) = (turns.into_inner(), heard.into_inner());
    assert!(turns >= CLIENTS && heard > 0, "{turns} turns, {heard} changes heard");
    assert_eq!(server.lines_with(&["ERROR"]), Vec::<String>::new());
    assert!(server.lives());
    println!("{turns} turns of {CLIENTS} clients, {heard} changes heard");
}
