//! A plugin whose calls fail in a row is put aside: for whom they failed, for a while, until it is well again.

use std::fs;

use pegboard_suite::{Modern, Server, until};
use serde_json::json;
use tempfile::TempDir;

const ALICE: &str = "alice-0123456789abcdef";
const MALLORY: &str = "mallory-0123456789abcdef";

/// Longer than any test.
const LONG: &str = "[limits.breaker]\nfailures = 3\nfirst_ms = 3600000\nlongest_ms = 3600000";
/// Over before anybody looks.
const SHORT: &str = "[limits.breaker]\nfailures = 3\nfirst_ms = 1\nlongest_ms = 1";

fn trap(client: &Modern<'_>, times: usize) {
    for _ in 0..times {
        let text = client.call("trap", json!({})).failure();
        assert!(text.contains("aborted"), "{text}");
    }
}

#[test]
fn a_plugin_that_always_fails_is_answered_for_at_once() {
    let server = Server::setup().settings(LONG).guest("hostile").guest("puppet").start();
    let client = Modern::new(&server);
    trap(&client, 3);
    let text = client.call("giant", json!({"bytes": 1})).failure();
    for part in ["put aside for 3600 s more", "3 calls in a row failed", "aborted", "pegboard resume hostile"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(client.call("play", json!({"result": {"text": ["on"]}})).success(), "on", "the others go on");
    assert!(client.tools().contains(&"trap".to_owned()), "it is still listed");
}

#[test]
fn one_caller_cannot_close_it_for_another() {
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    let mut setup = Server::setup().settings(LONG).guest("hostile");
    for (name, token) in [("alice", ALICE), ("mallory", MALLORY)] {
        let file = folder.path().join(name);
        fs::write(&file, token).expect("a token");
        setup = setup.settings(&format!("[[auth.tokens]]\nname = \"{name}\"\nfile = \"{}\"", file.display()));
    }
    let server = setup.start();
    let (alice, mallory) = (Modern::new(&server).bearing(ALICE), Modern::new(&server).bearing(MALLORY));
    trap(&mallory, 3);
    assert!(mallory.call("giant", json!({"bytes": 1})).failure().contains("put aside"));
    assert_eq!(alice.call("giant", json!({"bytes": 1})).success(), "x");
    assert!(mallory.call("giant", json!({"bytes": 1})).failure().contains("put aside"));
}

#[test]
fn after_a_while_it_is_tried_again_and_an_answer_brings_it_back() {
    let server = Server::setup().settings(SHORT).guest("hostile").start();
    let client = Modern::new(&server);
    trap(&client, 3);
    until("the while to be over", || (client.call("giant", json!({"bytes": 1})).text() == "x").then_some(()));
    trap(&client, 2);
    assert_eq!(client.call("giant", json!({"bytes": 1})).success(), "x", "the count began anew");
}

#[test]
fn what_a_tool_itself_calls_an_error_puts_nothing_aside() {
    let server = Server::setup().settings(LONG).guest("puppet").start();
    let client = Modern::new(&server);
    for _ in 0..10 {
        client.call("picky", json!({"count": "none"})).failure();
        client.call("play", json!({"result": {"error": {"failed": "no"}}}));
    }
    client.call("play", json!({})).success();
}

#[test]
fn a_new_version_begins_anew() {
    let server = Server::setup().settings(LONG).guest("hostile").start();
    let client = Modern::new(&server);
    trap(&client, 3);
    client.call("giant", json!({"bytes": 1})).failure();
    let mut other = fs::read(server.file("hostile")).expect("the plugin");
    // A custom section without a name: another file, the same plugin.
    other.extend([0, 1, 0]);
    server.drop_in("hostile", &other);
    server.logged(&["plugin replaced"]);
    until("the new version", || (client.call("giant", json!({"bytes": 1})).text() == "x").then_some(()));
}
