//! Who calls, where tokens are set: what is kept for one is not there for another.

use std::fs;

use pegboard_suite::mcp::{Answer, accepted, asking, next_round, request, who};
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALICE: &str = "alice-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";
/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;

/// A server that lets two in, and the folder that their tokens are in.
fn server() -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut setup = Server::setup().settings("[grants.defaults.client]\nask = [\"elicit\"]").guest("puppet");
    for (name, token) in [("alice", ALICE), ("bob", BOB)] {
        let file = folder.path().join(name);
        fs::write(&file, token).expect("a token");
        setup = setup.settings(&format!("[[auth.tokens]]\nname = \"{name}\"\nfile = \"{}\"", file.display()));
    }
    (setup.start(), folder)
}

fn client<'a>(server: &'a Server, token: &str) -> Modern<'a> {
    let can = json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    Modern::new(server).with(can).bearing(token)
}

#[test]
fn nobody_gets_in_without_a_token() {
    let (server, _folder) = server();
    let list = Modern::new(&server).post(&request(1, "tools/list", json!({})));
    let requests = [
        list.clone(),
        list.clone().header("Authorization", "Bearer made-up"),
        list.clone().header("Authorization", &format!("Basic {ALICE}")),
        list.header("Authorization", &format!("Bearer {ALICE}")).and("Authorization", &format!("Bearer {ALICE}")),
        Legacy::initialize("2025-11-25"),
        Request::listen(),
        Request::new("DELETE", "/mcp"),
    ];
    for request in requests {
        let reply = request.send(&server);
        assert_eq!(reply.status, 401, "{request:?}");
        assert!(reply.header("www-authenticate").is_some_and(|how| how.starts_with("Bearer")), "{request:?}");
    }
    client(&server, ALICE).call("play", json!({})).success();
    Legacy::bearing(&server, BOB).call("play", json!({})).success();
}

#[test]
fn a_session_and_its_streams_are_not_there_for_another() {
    let (server, _folder) = server();
    let alice = Legacy::bearing(&server, ALICE);
    let mut running = alice.start("play", json!({"steps": [{"progress": {"done": 1}}, {"sleep": AN_HOUR}]}));
    running.events.notification("notifications/progress");
    let last = running.events.last_id.clone().expect("events have ids");
    let stolen = |request: Request| request.header("Authorization", &format!("Bearer {BOB}"));
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": running.id}});
    for request in [
        alice.post(&request(1, "ping", Value::Null)),
        alice.post(&cancel),
        alice.within(Request::listen()),
        alice.within(Request::listen()).header("Last-Event-ID", &last),
        alice.within(Request::new("DELETE", "/mcp")),
    ] {
        let answer = Answer::read(stolen(request).send(&server));
        assert_eq!((answer.status, answer.error().0), (404, -32001));
    }
    alice.cancel(&running.id);
    assert_eq!(running.events.rest(), Vec::<Value>::new());
}

#[test]
fn a_task_is_not_there_for_another() {
    let (server, _folder) = server();
    let (alice, bob) = (client(&server, ALICE), client(&server, BOB));
    let created = alice.call("work", asking(json!([who()])));
    let task = &created.result()["taskId"];
    for (method, params) in [
        ("tasks/get", json!({"taskId": task})),
        ("tasks/update", json!({"taskId": task, "inputResponses": {"who": accepted("Eve")}})),
        ("tasks/cancel", json!({"taskId": task})),
    ] {
        let refused = bob.ask(method, params);
        let (code, message) = refused.error();
        assert!(code == -32602 && message.contains("not found"), "{method}: {message}");
    }
    let listen = request(1, "subscriptions/listen", json!({"notifications": {"taskIds": [task]}}));
    let mut events = bob.post(&listen).send(&server).events();
    let agreed = events.notification("notifications/subscriptions/acknowledged");
    assert_eq!(agreed["notifications"], json!({}));
    let status = alice.ask("tasks/get", json!({"taskId": task})).result()["status"].clone();
    assert!(status == "working" || status == "input_required", "{status}");
}

#[test]
fn a_sealed_state_of_another_is_refused() {
    let (server, _folder) = server();
    let (alice, bob) = (client(&server, ALICE), client(&server, BOB));
    let params = json!({"name": "play", "arguments": asking(json!([who()]))});
    let state = alice.ask("tools/call", params.clone()).state();
    let answers = next_round(&params, json!({"who": accepted("Ada")}), Some(&state));
    let refused = bob.ask("tools/call", answers.clone());
    assert!(refused.error().0 == -32602 && refused.error().1.contains("requestState"), "{}", refused.response);
    alice.ask("tools/call", answers).success();
}

#[test]
fn a_token_that_was_replaced_lets_nobody_in_any_more() {
    let (server, folder) = server();
    let session = Legacy::bearing(&server, ALICE);
    fs::write(folder.path().join("new"), "alice-fedcba9876543210").expect("a token");
    fs::rename(folder.path().join("new"), folder.path().join("alice")).expect("in its place");
    assert_eq!(session.post(&request(1, "ping", Value::Null)).send(&server).status, 401);
    let renewed = session.post(&request(2, "ping", Value::Null));
    let renewed = renewed.header("Authorization", "Bearer alice-fedcba9876543210").send(&server);
    assert_eq!(renewed.status, 200, "the session is whose the token is");
}
