//! Files come, change and go while clients are connected.

use std::fs;
use std::time::SystemTime;

use pegboard_suite::component::{announcing, plugin, tool};
use pegboard_suite::sse::Events;
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::json;

const CHANGED: &str = "notifications/tools/list_changed";

fn one(says: &str) -> Vec<u8> {
    plugin(&[tool("one")], says)
}

fn two() -> Vec<u8> {
    plugin(&[tool("two")], "two")
}

/// A server that has `one.wasm`, and on which silence can be seen.
fn server() -> Server {
    Server::setup().settings("[transport]\nkeep_alive_ms = 20").plugin("one", one("v1")).start()
}

fn listen(server: &Server) -> Events {
    Modern::new(server).listen().0
}

/// Waits until the tool `one` says `text`.
fn until_it_says(server: &Server, text: &str) {
    let client = Modern::new(server);
    until(&format!("the tool to say {text}"), || (client.call("one", json!({})).success() == text).then_some(()));
}

#[test]
fn a_plugin_that_is_added_is_announced_and_listed() {
    let server = server();
    let (mut modern, mut legacy) = (listen(&server), Legacy::begin(&server).listen());
    server.drop_in("two", &two());
    modern.notification(CHANGED);
    legacy.notification(CHANGED);
    // Who was told finds it.
    assert_eq!(Modern::new(&server).tools(), ["one", "two"]);
    assert_eq!(Legacy::begin(&server).call("two", json!({})).success(), "two");
}

#[test]
fn a_plugin_that_is_copied_in_slowly_is_loaded_when_it_is_whole() {
    use std::io::Write as _;
    let server = server();
    let mut events = listen(&server);
    let bytes = two();
    let mut file = fs::File::create(server.file("two")).expect("a file");
    for piece in bytes.chunks(bytes.len().div_ceil(7)) {
        file.write_all(piece).expect("a piece");
    }
    drop(file);
    events.notification(CHANGED);
    assert_eq!(Modern::new(&server).tools(), ["one", "two"]);
    assert_eq!(server.lines_with(&["two.wasm", "refused"]), Vec::<String>::new());
}

#[test]
fn a_plugin_that_is_replaced_lists_its_new_tools() {
    let server = server();
    let mut events = listen(&server);
    server.drop_in("one", &two());
    events.notification(CHANGED);
    assert_eq!(Modern::new(&server).tools(), ["two"]);
}

#[test]
fn a_new_version_with_the_same_tools_serves_and_notifies_nobody() {
    let server = server();
    let (mut modern, mut legacy) = (listen(&server), Legacy::begin(&server).listen());
    server.drop_in("one", &one("v2"));
    until_it_says(&server, "v2");
    modern.stays_quiet();
    legacy.stays_quiet();
}

#[test]
fn a_plugin_that_is_overwritten_in_place_is_replaced() {
    let server = server();
    fs::write(server.file("one"), one("v2")).expect("written");
    until_it_says(&server, "v2");
}

#[test]
fn a_plugin_that_is_deleted_is_gone() {
    let server = server();
    let mut events = listen(&server);
    server.take_away("one");
    events.notification(CHANGED);
    let client = Modern::new(&server);
    assert_eq!(client.tools(), Vec::<String>::new());
    let answer = client.call("one", json!({}));
    assert!(answer.error().1.contains("one"), "{}", answer.response);
}

#[test]
fn a_rename_moves_the_tools_and_no_call_fails_meanwhile() {
    let server = server();
    let mut events = listen(&server);
    fs::rename(server.file("one"), server.file("other")).expect("renamed");
    let client = Modern::new(&server);
    until("the plugin to be gone under its old name", || {
        assert_eq!(client.call("one", json!({})).success(), "v1");
        server.lines_with(&["plugin removed", "one"]).into_iter().next()
    });
    server.logged(&["plugin loaded", "other"]);
    assert_eq!(client.tools(), ["one"]);
    // The same tools under the same names are listed, so there is nothing to tell.
    events.stays_quiet();
}

#[test]
fn a_touch_without_change_is_no_change() {
    let server = server();
    let mut events = listen(&server);
    let file = fs::File::options().append(true).open(server.file("one")).expect("it is there");
    file.set_modified(SystemTime::now()).expect("touched");
    drop(file);
    // What comes later is seen later, so the touch has been seen when this is listed.
    server.drop_in("two", &two());
    events.notification(CHANGED);
    events.stays_quiet();
    assert_eq!(server.lines_with(&["plugin replaced"]), Vec::<String>::new());
}

#[test]
fn the_directory_may_go_and_come_back() {
    let server = server();
    let mut events = listen(&server);
    fs::remove_dir_all(server.plugins()).expect("removed");
    events.notification(CHANGED);
    let client = Modern::new(&server);
    assert_eq!(client.tools(), Vec::<String>::new());
    fs::create_dir(server.plugins()).expect("made again");
    server.drop_in("two", &two());
    events.notification(CHANGED);
    assert_eq!(client.tools(), ["two"]);
    // And it is watched as before.
    server.drop_in("one", &one("v1"));
    events.notification(CHANGED);
    assert_eq!(client.tools(), ["one", "two"]);
}

#[test]
fn a_call_in_flight_finishes_on_the_version_that_it_began_with() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    // More than connections hold, so that the calls go on only while they are read.
    let steps = json!([{"flood": {"count": 400, "bytes": 100_000}}]);
    let arguments = json!({"steps": steps, "result": {"text": ["the old version"]}});
    let mut calls = [client.start("play", arguments.clone()), client.start("play", arguments)];
    for call in &mut calls {
        call.events.notification("notifications/progress");
    }
    server.drop_in("puppet", &plugin(&[tool("play")], "the new version"));
    let new = || client.call("play", json!({})).success();
    until("the new version to serve", || (new() == "the new version").then_some(()));
    server.take_away("puppet");
    until("the plugin to be gone", || client.tools().is_empty().then_some(()));
    for call in &mut calls {
        let messages = call.events.rest();
        let last = messages.last().expect("a response");
        assert_eq!((messages.len(), &last["result"]["content"][0]["text"]), (400, &json!("the old version")));
    }
}

#[test]
fn many_files_at_once_are_all_loaded() {
    let server = server();
    let mut expected = vec!["one".to_owned()];
    for number in 10..40 {
        let name = format!("p{number}");
        server.drop_in(&name, &plugin(&[tool(&name)], ""));
        expected.push(name);
    }
    let client = Modern::new(&server);
    until("all to be listed", || (client.tools() == expected).then_some(()));
}

#[test]
fn two_plugins_with_one_name_are_told_apart_until_one_goes() {
    let server = server();
    let client = Modern::new(&server);
    server.drop_in("other", &one("the other"));
    until("both to be listed", || (client.tools() == ["one_one", "other_one"]).then_some(()));
    let answer = client.call("one", json!({}));
    let (code, message) = answer.error();
    assert!(code == -32602 && message.contains("one_one") && message.contains("other_one"), "{message}");
    assert_eq!(client.call("other_one", json!({})).success(), "the other");
    server.take_away("one");
    until("the other to have the name", || (client.tools() == ["one"]).then_some(()));
    assert_eq!(client.call("one", json!({})).success(), "the other");
}

#[test]
fn a_plugin_that_announces_is_listed_anew() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let stamp = || {
        let list = client.ask("tools/list", json!({}));
        let tools = list.result()["tools"].as_array().expect("a list").clone();
        tools.into_iter().find(|tool| tool["name"] == "stamped").expect("it is listed")["description"].clone()
    };
    let (before, mut events) = (stamp(), listen(&server));
    client.call("play", json!({"steps": [{"announce": "tools"}]})).success();
    events.notification(CHANGED);
    assert_ne!(stamp(), before);
}

#[test]
fn an_announcement_without_a_difference_is_told_too_but_not_without_end() {
    // Longer than any test: what comes after the first announcement waits.
    let settings = "[loader]\nannounce_interval_ms = 3600000\n[transport]\nkeep_alive_ms = 20";
    let server = Server::setup().settings(settings).plugin("herald", announcing("announce")).start();
    let client = Modern::new(&server);
    let mut events = listen(&server);
    client.call("announce", json!({})).success();
    events.notification(CHANGED);
    for _ in 0..20 {
        client.call("announce", json!({})).success();
    }
    events.stays_quiet();
}
