//! Sessions of legacy clients: begun, used, lost and ended.

use std::collections::HashSet;
use std::thread;

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::{Legacy, Request, Server, until};
use serde_json::{Value, json};

fn without_session(method: &str, params: Value) -> Request {
    Request::post(request(1, method, params).to_string())
}

#[test]
fn each_session_has_an_id_of_its_own_that_cannot_be_guessed() {
    let server = Server::start(&[]);
    let ids: HashSet<String> = (0..20).map(|_| Legacy::begin(&server).session).collect();
    assert_eq!(ids.len(), 20);
    for id in ids {
        assert!(id.len() >= 43 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
    }
}

#[test]
fn an_unknown_session_is_404() {
    let server = Server::start(&["echo"]);
    let client = Legacy::begin(&server);
    let unknown = "A".repeat(43);
    for id in [unknown.as_str(), "short", "with space", "../../etc", &"x".repeat(5000)] {
        let requests = [
            client.post(&request(1, "tools/list", json!({}))),
            client.post(&request(1, "ping", Value::Null)),
            client.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})),
            client.within(Request::listen()),
            client.within(Request::new("DELETE", "/mcp")),
        ];
        for request in requests {
            let answer = Answer::read(request.header("Mcp-Session-Id", id).send(&server));
            assert_eq!((answer.status, answer.error().0), (404, -32001));
        }
    }
    assert!(client.tools().contains(&"echo".to_owned()), "the session that is there is untouched");
}

#[test]
fn two_session_ids_are_none() {
    let server = Server::start(&[]);
    let client = Legacy::begin(&server);
    let request = client.post(&request(1, "ping", Value::Null)).and("Mcp-Session-Id", &client.session);
    assert_eq!(request.send(&server).status, 404);
}

#[test]
fn what_needs_no_session_is_served_without_one() {
    let server = Server::start(&["echo"]);
    assert_eq!(without_session("ping", Value::Null).send(&server).json()["result"], json!({}));
    let list = Answer::read(without_session("tools/list", json!({})).send(&server));
    assert!(pegboard_suite::mcp::names(list.result()).contains(&"echo".to_owned()));
    let call = without_session("tools/call", json!({"name": "echo", "arguments": {"text": "hi"}}));
    assert_eq!(Answer::read(call.send(&server)).success(), "hi");
}

#[test]
fn what_belongs_to_a_session_says_that_one_is_missing() {
    let server = Server::start(&[]);
    let level = without_session("logging/setLevel", json!({"level": "info"}));
    for request in [level, Request::new("DELETE", "/mcp")] {
        let answer = Answer::read(request.send(&server));
        let (code, message) = answer.error();
        assert!(answer.status == 400 && code == -32600 && message.contains("Mcp-Session-Id"), "{message}");
    }
}

#[test]
fn sessions_can_be_required() {
    let server = Server::setup().settings("[sessions]\nrequired = true").guest("echo").start();
    for request in [without_session("tools/list", json!({})), Request::listen()] {
        let answer = Answer::read(request.send(&server));
        assert_eq!((answer.status, answer.error().0), (400, -32600));
    }
    assert_eq!(without_session("ping", Value::Null).send(&server).status, 200);
    assert_eq!(Legacy::begin(&server).call("echo", json!({"text": "hi"})).success(), "hi");
}

#[test]
fn the_end_of_one_session_leaves_the_others() {
    let server = Server::start(&["echo"]);
    let (one, other) = (Legacy::begin(&server), Legacy::begin(&server));
    assert_eq!(one.end().status, 204);
    assert_eq!(other.call("echo", json!({"text": "here"})).success(), "here");
}

#[test]
fn a_session_that_nobody_uses_is_over_with_all_that_hangs_on_it() {
    let server = Server::setup().settings("[sessions]\nidle_timeout_secs = 3").guest("echo").start();
    let (idle, used) = (Legacy::begin(&server), Legacy::begin(&server));
    let (mut stream, mut call) = (idle.listen(), idle.start("sleep", json!({"ms": 3_600_000})));
    thread::scope(|scope| {
        // Both end with the session, and not before.
        let ended = scope.spawn(move || (stream.rest(), call.events.rest()));
        until("the idle session to be over", || {
            assert_eq!(used.ask("ping", Value::Null).status, 200, "a session that is used stays");
            ended.is_finished().then_some(())
        });
        assert_eq!(ended.join().expect("no panic"), (vec![], vec![]));
    });
    assert_eq!(idle.ask("ping", Value::Null).status, 404);
}

#[test]
fn there_are_no_more_sessions_than_are_allowed() {
    let server = Server::setup().settings("[sessions]\nmax_sessions = 3").start();
    let clients: Vec<_> = (0..8).map(|_| Legacy::begin(&server)).collect();
    until("all but three to be pushed out", || {
        let alive = clients.iter().filter(|client| client.ask("ping", Value::Null).status == 200).count();
        (alive <= 3).then_some(())
    });
    assert_eq!(Legacy::begin(&server).ask("ping", Value::Null).status, 200, "a newcomer is let in");
}

#[test]
fn a_session_works_under_the_header_of_another_known_revision_and_of_none() {
    let server = Server::start(&[]);
    let client = Legacy::begin(&server);
    let ping = client.post(&request(1, "ping", Value::Null));
    assert_eq!(ping.clone().header("MCP-Protocol-Version", "2025-06-18").send(&server).status, 200);
    assert_eq!(ping.clone().without("MCP-Protocol-Version").send(&server).status, 200);
    let answer = Answer::read(ping.header("MCP-Protocol-Version", "2099-01-01").send(&server));
    assert_eq!((answer.status, answer.error().0), (400, -32022));
}

#[test]
fn a_plugin_is_told_of_a_session_but_not_its_id() {
    let server = Server::start(&["puppet"]);
    let (one, other) = (Legacy::begin(&server), Legacy::begin(&server));
    let told = |client: &Legacy<'_>| {
        let answer = client.call("context", json!({}));
        answer.result()["structuredContent"]["session"].as_str().expect("a text").to_owned()
    };
    let name = told(&one);
    assert_eq!(told(&one), name, "it stays the same");
    assert_ne!(told(&other), name);
    assert!(!one.session.contains(&name) && !name.contains(&one.session), "{name}");
    let stolen = one.post(&request(1, "ping", Value::Null)).header("Mcp-Session-Id", &name);
    assert_eq!(stolen.send(&server).status, 404, "with what a plugin knows nobody gets into the session");
}
