//! Clients up to 2025-11-25: `initialize`, then a session.

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::mcp::{Answer, LEGACY, names, request};
use pegboard_suite::{Legacy, Request, Server};
use serde_json::{Value, json};

/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;

#[test]
fn initialize_agrees_on_each_revision_that_is_served() {
    let server = Server::start(&[]);
    for version in LEGACY {
        let client = Legacy::on(&server, version);
        assert_eq!(client.version, version);
        assert_eq!(client.initialized["serverInfo"]["name"], "pegboard");
        let capabilities = &client.initialized["capabilities"];
        assert_eq!(capabilities["tools"], json!({"listChanged": true}));
        assert_eq!(capabilities["logging"], json!({}));
    }
}

#[test]
fn initialize_answers_another_revision_with_the_newest_of_its_era() {
    let server = Server::start(&[]);
    for version in ["2026-07-28", "2024-11-05", "2099-01-01", ""] {
        assert_eq!(Legacy::on(&server, version).version, LEGACY[0], "asked for {version:?}");
    }
}

#[test]
fn initialize_without_a_version_is_refused() {
    let server = Server::start(&[]);
    for params in
        [json!({}), json!({"protocolVersion": 1}), json!({"protocolVersion": "2025-11-25", "capabilities": 1})]
    {
        let reply = Request::post(request(1, "initialize", params).to_string()).send(&server);
        assert_eq!(Answer::read(reply).error().0, -32602);
    }
}

#[test]
fn a_stale_session_does_not_keep_a_client_from_beginning_anew() {
    let server = Server::start(&[]);
    let reply = Legacy::initialize(LEGACY[0]).header("Mcp-Session-Id", "long-gone").send(&server);
    assert_eq!(reply.status, 200);
    assert_ne!(reply.header("mcp-session-id"), Some("long-gone"));
}

#[test]
fn ping_is_answered() {
    let server = Server::start(&[]);
    let answer = Legacy::begin(&server).ask("ping", Value::Null);
    assert_eq!((answer.status, answer.result()), (200, &json!({})));
}

#[test]
fn the_oldest_revision_sees_no_field_that_came_later() {
    let server = Server::start(&["puppet"]);
    for version in LEGACY {
        let client = Legacy::on(&server, version);
        let list = client.ask("tools/list", json!({}));
        let tools = list.result()["tools"].as_array().expect("a list");
        let promise = tools.iter().find(|tool| tool["name"] == "promise").expect("it is listed");
        let answer = client.call("promise", json!({"result": {"text": ["1"], "structured": "{\"n\":1}"}}));
        let has_structure = version != "2025-03-26";
        assert_eq!(promise.get("outputSchema").is_some(), has_structure, "{version}");
        assert_eq!(answer.result().get("structuredContent").is_some(), has_structure, "{version}");
        assert!(answer.result().get("resultType").is_none(), "{version}");
    }
}

#[test]
fn a_long_list_comes_in_pages() {
    let plugin = plugin(&["a", "b", "c", "d", "e"].map(tool), "");
    let server = Server::setup().settings("[server]\npage_size = 2").plugin("letters", plugin).start();
    let client = Legacy::begin(&server);
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let params = cursor.map_or(json!({}), |cursor: Value| json!({"cursor": cursor}));
        let page = client.ask("tools/list", params);
        seen.extend(names(page.result()));
        pages += 1;
        match page.result().get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => break,
        }
    }
    assert_eq!((seen, pages), (["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(), 3));
}

#[test]
fn a_cursor_that_was_made_up_is_refused() {
    let server = Server::start(&["echo"]);
    let client = Legacy::begin(&server);
    for cursor in [json!("made up"), json!(""), json!(1), json!("////")] {
        let answer = client.ask("tools/list", json!({"cursor": cursor}));
        let (code, message) = answer.error();
        assert!(code == -32602 && message.contains("cursor"), "{cursor}: {message}");
    }
}

#[test]
fn a_cancelled_call_ends_without_a_response() {
    let server = Server::setup().settings("[limits]\nconcurrent_calls_per_plugin = 1").guest("echo").start();
    let client = Legacy::begin(&server);
    let mut running = client.start("sleep", json!({"ms": AN_HOUR}));
    client.cancel(&running.id);
    assert_eq!(running.events.rest(), Vec::<Value>::new());
    // There is one place for calls of this plugin, so the cancelled one has given it back.
    assert_eq!(client.call("echo", json!({"text": "next"})).success(), "next");
}

#[test]
fn a_call_is_cancelled_by_its_own_session_alone_and_by_its_own_id_of_its_type() {
    let server = Server::setup().settings("[transport]\nkeep_alive_ms = 20").guest("puppet").start();
    let (client, other) = (Legacy::begin(&server), Legacy::begin(&server));
    let mut running = client.start("play", json!({"steps": [{"progress": {"done": 1}}, {"sleep": AN_HOUR}]}));
    running.events.notification("notifications/progress");
    other.cancel(&running.id);
    client.cancel(&json!(running.id.to_string()));
    client.cancel(&json!(4711));
    running.events.stays_quiet();
    client.cancel(&running.id);
    assert_eq!(running.events.rest(), Vec::<Value>::new());
}

#[test]
fn a_lost_connection_does_not_cancel_a_call() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let steps = json!([{"progress": {"done": 1}}, {"sleep": 100}, {"print": "it went on to its end\n"}]);
    let mut running = client.start("play", json!({"steps": steps}));
    running.events.notification("notifications/progress");
    drop(running);
    server.logged(&["client gone"]);
    server.logged(&["puppet", "it went on to its end"]);
}

#[test]
fn delete_ends_the_session_and_what_hangs_on_it() {
    let server = Server::start(&["echo"]);
    let client = Legacy::begin(&server);
    let mut stream = client.listen();
    let mut running = client.start("sleep", json!({"ms": AN_HOUR}));
    let ended = client.end();
    assert_eq!((ended.status, ended.text()), (204, String::new()));
    assert_eq!(stream.rest(), Vec::<Value>::new());
    assert_eq!(running.events.rest(), Vec::<Value>::new());
    let after = client.ask("ping", Value::Null);
    assert_eq!((after.status, after.error().0), (404, -32001));
    assert_eq!(client.end().status, 404);
}

#[test]
fn the_stream_of_a_session_tells_that_the_list_has_changed() {
    let server = Server::start(&["echo"]);
    let mut streams = [Legacy::begin(&server).listen(), Legacy::on(&server, "2025-03-26").listen()];
    server.drop_in("new", &plugin(&[tool("new")], ""));
    for stream in &mut streams {
        assert_eq!(stream.notification("notifications/tools/list_changed"), Value::Null);
    }
}

#[test]
fn a_second_stream_takes_the_place_of_the_first() {
    let server = Server::start(&["echo"]);
    let client = Legacy::begin(&server);
    let (mut first, mut second) = (client.listen(), client.listen());
    assert_eq!(first.rest(), Vec::<Value>::new());
    server.take_away("echo");
    second.notification("notifications/tools/list_changed");
}

#[test]
fn log_messages_are_sent_from_the_level_on_that_the_session_wants() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let log = |level: &str, data: &str| json!({"log": {"level": level, "logger": "part", "data": data}});
    let arguments = json!({"steps": [log("debug", "1"), log("info", "{\"a\":\n2}"), log("error", "no JSON")]});
    let told = |client: &Legacy<'_>| -> Vec<Value> {
        let notifications = client.call("play", arguments.clone()).notifications;
        notifications.into_iter().map(|message| message["params"].clone()).collect()
    };
    let info = json!({"level": "info", "logger": "part", "data": {"a": 2}});
    let error = json!({"level": "error", "logger": "part", "data": "no JSON"});
    assert_eq!(told(&client), [info, error.clone()]);
    assert_eq!(client.ask("logging/setLevel", json!({"level": "error"})).result(), &json!({}));
    assert_eq!(told(&client), [error]);
    assert_eq!(client.ask("logging/setLevel", json!({"level": "loud"})).error().0, -32602);
}

#[test]
fn a_method_that_there_is_not_is_named() {
    let server = Server::start(&[]);
    let client = Legacy::begin(&server);
    for method in ["tools/dance", "server/discover", "subscriptions/listen", ""] {
        let answer = client.ask(method, json!({}));
        let (code, message) = answer.error();
        assert!(answer.status == 200 && code == -32601 && message.contains(method), "{method}: {message}");
    }
}
