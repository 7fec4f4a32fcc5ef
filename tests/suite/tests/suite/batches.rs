//! Several messages as one array, which 2025-03-26 has and no other revision.

use std::collections::BTreeSet;

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};

fn call(id: u64, text: &str) -> Value {
    request(id, "tools/call", json!({"name": "echo", "arguments": {"text": text}}))
}

#[test]
fn each_message_of_a_batch_is_answered() {
    let server = Server::start(&["echo"]);
    let client = Legacy::on(&server, "2025-03-26");
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let batch = json!([call(1, "one"), notification, request(2, "ping", Value::Null), call(3, "three"), 7]);
    let answers = client.post(&batch).send(&server).events().rest();
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer["id"].to_string()).collect();
    assert_eq!(ids, ["1", "2", "3", "null"].map(str::to_owned).into());
    let text = |id: u64| {
        let answer = answers.iter().find(|answer| answer["id"] == id).expect("an answer");
        answer["result"]["content"][0]["text"].clone()
    };
    assert_eq!((text(1), text(3)), (json!("one"), json!("three")));
    let quiet = client.post(&json!([notification, notification])).send(&server);
    assert_eq!((quiet.status, quiet.text()), (202, String::new()));
}

#[test]
fn a_batch_that_is_too_large_or_comes_on_another_revision_is_refused_and_harms_nobody() {
    let server = Server::start(&["echo"]);
    let refused = |request: Request| {
        let answer = Answer::read(request.send(&server));
        assert_eq!((answer.status, answer.error().0), (400, -32600), "{}", answer.response);
    };
    let before = server.memory();
    let many: Vec<_> = (0..10_000).map(|id| call(id, "x")).collect();
    refused(Legacy::on(&server, "2025-03-26").post(&json!(many)));
    refused(Legacy::on(&server, "2025-03-26").post(&json!([])));
    for version in ["2025-06-18", "2025-11-25"] {
        refused(Legacy::on(&server, version).post(&json!([call(1, "x")])));
    }
    refused(Request::post(json!([call(1, "x")]).to_string()).header("MCP-Protocol-Version", "2026-07-28"));
    assert!(server.memory() < before + (32 << 20));
    assert_eq!(Modern::new(&server).call("echo", json!({"text": "still here"})).success(), "still here");
}
