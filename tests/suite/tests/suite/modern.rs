//! Clients of 2026-07-28: each request says who asks, and headers repeat it.

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::mcp::{Answer, MODERN, request};
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};

/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;

fn refused(server: &Server, request: &Request) -> (u16, i64) {
    let answer = Answer::read(request.send(server));
    (answer.status, answer.error().0)
}

#[test]
fn discover_tells_versions_and_capabilities() {
    let server = Server::start(&[]);
    let answer = Modern::new(&server).ask("server/discover", Value::Null);
    let result = answer.result();
    assert_eq!(result["supportedVersions"], json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]));
    assert_eq!(result["capabilities"]["tools"], json!({"listChanged": true}));
    assert_eq!(result["capabilities"].get("logging"), None, "a session's level of old, which there is not any more");
}

#[test]
fn every_result_has_its_type_and_who_gave_it_and_a_list_how_long_it_may_be_kept() {
    let server = Server::start(&["echo"]);
    let client = Modern::new(&server);
    let discovered = client.ask("server/discover", Value::Null);
    let listed = client.ask("tools/list", json!({}));
    let called = client.call("echo", json!({"text": "x"}));
    let failed = client.call("echo", json!({}));
    for answer in [&discovered, &listed, &called, &failed] {
        let result = answer.result();
        assert_eq!(result["resultType"], "complete");
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "pegboard");
    }
    for answer in [&discovered, &listed] {
        assert_eq!((&answer.result()["ttlMs"], &answer.result()["cacheScope"]), (&json!(0), &json!("public")));
    }
    assert_eq!(failed.result()["isError"], true);
}

#[test]
fn a_request_must_say_in_meta_who_asks() {
    let server = Server::start(&[]);
    let client = Modern::new(&server);
    let post = client.post(&request(1, "tools/list", json!({})));
    for missing in ["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"] {
        let mut meta = client.meta();
        meta.as_object_mut().expect("an object").remove(missing);
        let message = request(1, "tools/list", json!({"_meta": meta}));
        let answer = Answer::read(post.clone().with_body(message.to_string()).send(&server));
        let (code, text) = answer.error();
        assert!((answer.status, code) == (400, -32602) && text.contains(missing), "{text}");
    }
    for params in [json!({}), json!({"_meta": {}}), json!({"_meta": 1})] {
        let message = request(1, "tools/list", params);
        assert_eq!(refused(&server, &post.clone().with_body(message.to_string())), (400, -32602));
    }
}

#[test]
fn headers_must_be_there_and_say_what_the_body_says() {
    let server = Server::start(&["echo", "puppet"]);
    let client = Modern::new(&server);
    let call = client.post(&request(1, "tools/call", json!({"name": "echo", "arguments": {"text": "x"}})));
    for name in ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"] {
        assert_eq!(refused(&server, &call.clone().without(name)), (400, -32020), "without {name}");
    }
    for (name, value) in [
        ("MCP-Protocol-Version", "2025-11-25"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", "TOOLS/CALL"),
        ("Mcp-Name", "slow"),
        ("Mcp-Name", "=?base64?c2xvdw==?="),
        ("Mcp-Name", "=?base64?!?="),
    ] {
        assert_eq!(refused(&server, &call.clone().header(name, value)), (400, -32020), "{name}: {value}");
    }
    assert_eq!(refused(&server, &call.clone().and("Mcp-Method", "tools/call")), (400, -32020), "twice");
    let encoded = call.header("Mcp-Name", "=?base64?ZWNobw==?=");
    assert_eq!(Answer::read(encoded.send(&server)).success(), "x");
}

#[test]
fn an_argument_that_is_mirrored_into_a_header_must_be_the_same_in_both() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let message = |arguments: Value| request(1, "tools/call", json!({"name": "mirrored", "arguments": arguments}));
    let call = client.post(&message(json!({"region": "north"})));
    assert_eq!(refused(&server, &call), (400, -32020), "the header is missing");
    assert_eq!(refused(&server, &call.clone().header("Mcp-Param-Region", "south")), (400, -32020));
    assert_eq!(Answer::read(call.header("Mcp-Param-Region", "north").send(&server)).status, 200);
    let without = client.post(&message(json!({})));
    assert_eq!(refused(&server, &without.clone().header("Mcp-Param-Region", "north")), (400, -32020));
    assert_eq!(Answer::read(without.send(&server)).status, 200);
}

#[test]
fn an_unknown_version_is_refused_with_those_that_are_known() {
    let server = Server::start(&[]);
    let client = Modern::new(&server);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2099-01-01"});
    let post = client.post(&request(1, "server/discover", json!({"_meta": meta})));
    let answer = Answer::read(post.header("MCP-Protocol-Version", "2099-01-01").send(&server));
    assert_eq!((answer.status, answer.error().0), (400, -32022));
    let data = &answer.response["error"]["data"];
    assert_eq!(data["requested"], "2099-01-01");
    assert_eq!(data["supported"], json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]));
}

#[test]
fn a_method_that_is_unknown_or_was_removed_is_404() {
    let server = Server::start(&[]);
    let client = Modern::new(&server);
    for method in ["tools/dance", "ping", "initialize", "logging/setLevel", "resources/subscribe"] {
        let answer = client.ask(method, Value::Null);
        let (code, message) = answer.error();
        assert!((answer.status, code) == (404, -32601) && message.contains(method), "{method}: {message}");
    }
}

#[test]
fn the_era_follows_the_claim_in_the_body_and_the_header() {
    let server = Server::start(&["echo"]);
    let client = Modern::new(&server);
    let info = json!({"name": "suite", "version": "1"});
    let params = json!({"protocolVersion": MODERN, "capabilities": {}, "clientInfo": info});
    let initialize = Request::post(request(1, "initialize", params).to_string());
    for request in [initialize.clone(), initialize.header("MCP-Protocol-Version", MODERN)] {
        let reply = request.send(&server);
        assert!(reply.header("mcp-session-id").is_some(), "a plain `initialize` is legacy under any header");
        assert_eq!(Answer::read(reply).result()["protocolVersion"], "2025-11-25");
    }
    // A modern body under a legacy header is modern, so the error is.
    let list = client.post(&request(1, "tools/list", json!({})));
    assert_eq!(refused(&server, &list.header("MCP-Protocol-Version", "2025-11-25")), (400, -32020));
    // A modern header over a body without a claim is modern too.
    let bare = Request::post(request(1, "tools/list", json!({})).to_string());
    assert_eq!(refused(&server, &bare.clone().header("MCP-Protocol-Version", MODERN)), (400, -32602));
    // Neither: legacy, where a list needs nothing.
    let listed = Answer::read(bare.send(&server));
    assert_eq!((listed.status, listed.result().get("resultType")), (200, None));
}

#[test]
fn session_ids_and_event_ids_mean_nothing_to_a_modern_request() {
    let server = Server::start(&["echo"]);
    let post = Modern::new(&server).post(&request(1, "tools/list", json!({})));
    let reply = post.header("Mcp-Session-Id", "long-gone").header("Last-Event-ID", "7").send(&server);
    assert_eq!((reply.status, reply.header("mcp-session-id")), (200, None));
}

#[test]
fn a_notification_is_taken_and_a_response_that_nobody_waits_for_is_refused() {
    let server = Server::start(&[]);
    let client = Modern::new(&server);
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let reply = client.post(&notification).send(&server);
    assert_eq!((reply.status, reply.text()), (202, String::new()));
    let response = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
    let post = Request::post(response.to_string()).header("MCP-Protocol-Version", MODERN);
    assert_eq!(refused(&server, &post), (400, -32600));
}

#[test]
fn closing_the_stream_cancels_the_call() {
    let server = Server::setup().settings("[limits]\nconcurrent_calls_per_plugin = 1").guest("puppet").start();
    let client = Modern::new(&server);
    let mut running = client.start("play", json!({"steps": [{"progress": {"done": 1}}, {"sleep": AN_HOUR}]}));
    running.events.notification("notifications/progress");
    drop(running);
    server.logged(&["client gone"]);
    // There is one place for calls of this plugin, so the cancelled one has given it back.
    assert_eq!(client.call("play", json!({"result": {"text": ["next"]}})).success(), "next");
}

#[test]
fn a_listener_is_told_under_its_own_id_that_the_list_has_changed() {
    let server = Server::start(&["echo"]);
    let client = Modern::new(&server);
    let (mut events, id) = client.listen();
    server.drop_in("new", &plugin(&[tool("new")], ""));
    let changed = events.notification("notifications/tools/list_changed");
    assert_eq!(changed["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
}

#[test]
fn a_listener_gets_what_it_asked_for_and_nothing_else() {
    let server = Server::setup().settings("[transport]\nkeep_alive_ms = 20").guest("echo").start();
    let client = Modern::new(&server);
    let listen = |filter: Value| {
        let params = json!({"notifications": filter});
        client.post(&request("a", "subscriptions/listen", params)).send(&server)
    };
    for filter in [json!({}), json!({"toolsListChanged": false}), json!({"dancesListChanged": true})] {
        let mut events = listen(filter).events();
        let acknowledged = events.notification("notifications/subscriptions/acknowledged");
        assert_eq!(acknowledged["notifications"], json!({}));
        assert_eq!(acknowledged["_meta"]["io.modelcontextprotocol/subscriptionId"], "a");
        let (mut all, _) = client.listen();
        let name = format!("new-{}", client.next_id());
        server.drop_in(&name, &plugin(&[tool(&name)], ""));
        all.notification("notifications/tools/list_changed");
        events.stays_quiet();
    }
    for filter in [json!([]), Value::Null, json!({"toolsListChanged": "yes"})] {
        let answer = Answer::read(listen(filter));
        assert_eq!(answer.error().0, -32602);
    }
}

#[test]
fn a_server_that_stops_ends_listening_with_a_result() {
    let server = Server::start(&["echo"]);
    let (mut events, id) = Modern::new(&server).listen();
    let mut legacy = Legacy::begin(&server).listen();
    server.terminate();
    let rest = events.rest();
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!((&rest[0]["id"], &rest[0]["result"]["resultType"]), (&id, &json!("complete")));
    assert_eq!(rest[0]["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    assert_eq!(legacy.rest(), Vec::<Value>::new());
}

#[test]
fn a_tool_that_the_client_cannot_serve_is_refused_before_it_runs() {
    let server = Server::start(&["puppet"]);
    let answer = Modern::new(&server).call("needy", json!({}));
    assert_eq!((answer.status, answer.error().0), (400, -32021));
    assert_eq!(answer.response["error"]["data"], json!({"requiredCapabilities": {"elicitation": {}}}));
    let able = Modern::new(&server).with(json!({"elicitation": {"form": {}}}));
    able.call("needy", json!({})).success();
}

#[test]
fn log_messages_are_sent_from_the_level_on_that_the_request_wants() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let log = |level: &str| json!({"log": {"level": level, "data": "1"}});
    let arguments = json!({"steps": [log("info"), log("warning"), log("error")]});
    let told = |meta: Value| {
        let params = json!({"name": "play", "arguments": arguments, "_meta": meta});
        client.ask("tools/call", params).notifications.len()
    };
    assert_eq!(told(json!({})), 0);
    assert_eq!(told(json!({"io.modelcontextprotocol/logLevel": "warning"})), 2);
    assert_eq!(told(json!({"io.modelcontextprotocol/logLevel": "debug"})), 3);
}

#[test]
fn a_plugin_knows_who_calls_and_with_what() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server).with(json!({"roots": {}}));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let meta = json!({"progressToken": 0, "traceparent": trace, "example.com/k": [1]});
    let answer = client.ask("tools/call", json!({"name": "context", "_meta": meta}));
    let context = &answer.result()["structuredContent"];
    assert_eq!(context["protocolVersion"], MODERN);
    assert_eq!(context["client"], json!({"name": "suite", "version": "1"}));
    assert_eq!(context["capabilities"], json!({"roots": {}}));
    assert_eq!((&context["session"], &context["requestId"]), (&Value::Null, &answer.response["id"]));
    assert_eq!((&context["wantsProgress"], &context["traceparent"]), (&json!(true), &json!(trace)));
    assert_eq!(context["meta"]["example.com/k"], json!([1]));
}
