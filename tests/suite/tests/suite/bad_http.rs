//! Requests that are not as they should be: each gets its own clear answer.

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};

fn refused(server: &Server, request: &Request) -> (u16, i64, String) {
    let answer = Answer::read(request.send(server));
    let (code, message) = answer.error();
    (answer.status, code, message.to_owned())
}

fn ping() -> Request {
    Request::post(request(1, "ping", Value::Null).to_string())
}

#[test]
fn what_is_no_json_is_a_parse_error() {
    let server = Server::start(&[]);
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let deep_member = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{deep}}}}}"#);
    for body in ["", "{", "nonsense", "{\"jsonrpc\": \"2.0\",}", "\0", "\u{feff}{}", &deep_member] {
        let (status, code, message) = refused(&server, &Request::post(body));
        assert_eq!((status, code), (400, -32700), "{body:.40}: {message}");
    }
    // A batch with one message, which is none.
    let reply = Request::post(deep).send(&server).json();
    assert_eq!(reply[0]["error"]["code"], -32700, "{reply}");
    let (status, code, _) = refused(&server, &Request::post(*b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\"}"));
    assert_eq!((status, code), (400, -32700));
}

#[test]
fn what_is_no_message_is_an_invalid_request_and_keeps_its_id() {
    let server = Server::start(&[]);
    for body in [
        json!(1),
        json!("ping"),
        json!([]),
        json!({}),
        json!({"id": 1, "method": "ping"}),
        json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}),
        json!({"jsonrpc": "2.0", "id": null, "method": "ping"}),
        json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}),
        json!({"jsonrpc": "2.0", "id": [1], "method": "ping"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": 1}),
        json!({"jsonrpc": "2.0", "id": 1}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}),
    ] {
        let (status, code, message) = refused(&server, &Request::post(body.to_string()));
        assert_eq!((status, code), (400, -32600), "{body}: {message}");
    }
    let bad = json!({"jsonrpc": "2.0", "id": "mine", "method": "ping", "params": 1});
    let answer = Request::post(bad.to_string()).send(&server).json();
    assert_eq!(answer["id"], "mine");
}

#[test]
fn a_batch_on_a_revision_that_has_none_is_an_invalid_request() {
    let server = Server::start(&[]);
    let batch = Request::post(json!([request(1, "ping", Value::Null)]).to_string());
    for version in ["2026-07-28", "2025-11-25", "2025-06-18"] {
        let (status, code, message) = refused(&server, &batch.clone().header("MCP-Protocol-Version", version));
        assert!((status, code) == (400, -32600) && message.contains("batch"), "{version}: {message}");
    }
}

#[test]
fn an_unknown_method_and_an_unknown_tool_are_named() {
    let server = Server::start(&[]);
    let (status, code, message) = refused(&server, &Request::post(request(1, "tools/dance", json!({})).to_string()));
    assert!((status, code) == (200, -32601) && message.contains("tools/dance"), "{message}");
    let call = request(1, "tools/call", json!({"name": "dance"}));
    let (status, code, message) = refused(&server, &Request::post(call.to_string()));
    assert!((status, code) == (200, -32602) && message.contains("dance"), "{message}");
    for params in [json!({}), json!({"name": 1}), json!({"name": "x".repeat(1_000_000)})] {
        let call = request(1, "tools/call", params);
        let (_, code, message) = refused(&server, &Request::post(call.to_string()));
        assert!(code == -32602 && message.len() < 1_000, "{message:.1000}");
    }
}

#[test]
fn a_body_over_the_limit_is_413() {
    let server = Server::setup().settings("[transport]\nmax_body_bytes = 1000").start();
    let body = |bytes: usize| request(1, "ping", json!({"x": "x".repeat(bytes)})).to_string();
    assert_eq!(Request::post(body(500)).send(&server).status, 200);
    let (status, _, message) = refused(&server, &Request::post(body(1_000)));
    assert!(status == 413 && message.contains("max_body_bytes"), "{message}");
    let (status, ..) = refused(&server, &Request::post(body(2_000)).chunked());
    assert_eq!(status, 413, "also where the size was not announced");
}

#[test]
fn a_body_of_100_megabytes_is_not_taken_in() {
    let server = Server::start(&[]);
    let before = server.memory();
    let huge = Request::post(vec![b' '; 100 << 20]);
    assert_eq!(huge.send(&server).status, 413);
    assert_eq!(huge.chunked().send(&server).status, 413);
    assert!(server.memory() < before + (30 << 20));
}

#[test]
fn another_content_type_is_415() {
    let server = Server::start(&[]);
    for content_type in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
        let (status, ..) = refused(&server, &ping().header("Content-Type", content_type));
        assert_eq!(status, 415, "{content_type:?}");
    }
    assert_eq!(refused(&server, &ping().without("Content-Type")).0, 415);
    assert_eq!(refused(&server, &ping().header("Content-Encoding", "gzip")).0, 415);
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(ping().header("Content-Type", content_type).send(&server).status, 200, "{content_type:?}");
    }
}

#[test]
fn an_accept_that_cannot_be_met_is_406_and_a_generous_one_is_fine() {
    let server = Server::start(&[]);
    for accept in ["text/html", "image/*", "application/json;q=0", ""] {
        let (status, _, message) = refused(&server, &ping().header("Accept", accept));
        assert!(status == 406 && message.contains("Accept"), "{accept:?}: {message}");
    }
    for accept in
        ["*/*", "application/json", "text/event-stream", "application/*", "text/event-stream, application/json"]
    {
        assert_eq!(ping().header("Accept", accept).send(&server).status, 200, "{accept:?}");
    }
    assert_eq!(ping().without("Accept").send(&server).status, 200);
    for accept in ["application/json", "text/html,*/*"] {
        assert_eq!(refused(&server, &Request::listen().header("Accept", accept)).0, 406, "{accept:?}");
    }
}

#[test]
fn a_foreign_origin_is_403_and_one_that_is_allowed_is_told_so() {
    let server = Server::setup().flag("--allowed-origin").flag("https://app.example.com").start();
    for origin in
        ["https://evil.example.com", "null", "", "http://app.example.com", "http://localhost.evil.com", "file://"]
    {
        let reply = ping().header("Origin", origin).send(&server);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None), "{origin:?}");
    }
    for origin in ["https://app.example.com", "http://localhost:5173", "http://127.0.0.1"] {
        let reply = ping().header("Origin", origin).send(&server);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, Some(origin)), "{origin:?}");
        assert!(reply.header("access-control-expose-headers").is_some_and(|names| names.contains("Mcp-Session-Id")));
        assert!(reply.all("vary").contains("Origin"));
    }
}

#[test]
fn a_foreign_host_is_403_and_forwarded_headers_do_not_help() {
    let server = Server::setup().flag("--allowed-host").flag("mcp.example.com").start();
    for host in ["evil.example.com", "localhost.evil.com", "127.0.0.1.evil.com", ""] {
        let request = ping()
            .header("Host", host)
            .header("X-Forwarded-Host", "localhost")
            .header("Forwarded", "host=localhost")
            .header("X-Real-IP", "127.0.0.1");
        assert_eq!(request.send(&server).status, 403, "{host:?}");
    }
    assert_eq!(ping().and("Host", "localhost").send(&server).status, 403, "two are none");
    assert!([400, 403].contains(&ping().without("Host").send(&server).status));
    for host in ["localhost", "127.0.0.1:8080", "[::1]:80", "mcp.example.com", "MCP.example.com:443"] {
        assert_eq!(ping().header("Host", host).send(&server).status, 200, "{host:?}");
    }
}

#[test]
fn a_preflight_allows_what_a_page_needs() {
    let server = Server::start(&[]);
    let preflight = Request::new("OPTIONS", "/mcp")
        .header("Origin", "http://localhost:5173")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "content-type,mcp-session-id,mcp-param-region,authorization,x-evil");
    let reply = preflight.clone().send(&server);
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:5173"));
    let methods = reply.header("access-control-allow-methods").expect("methods");
    assert!(["GET", "POST", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
    let names = reply.header("access-control-allow-headers").expect("names").to_ascii_lowercase();
    for name in ["content-type", "mcp-session-id", "mcp-param-region", "authorization"] {
        assert!(names.contains(name), "{name}: {names}");
    }
    assert!(!names.contains("x-evil"), "{names}");
    assert_eq!(preflight.header("Origin", "https://evil.example.com").send(&server).status, 403);
}

#[test]
fn who_looks_whether_something_is_there_sees_it() {
    let server = Server::start(&[]);
    let head = Request::new("HEAD", "/mcp").send(&server);
    assert_eq!((head.status, head.header("mcp-protocol-version")), (200, Some("2026-07-28")));
    assert_eq!(Request::new("OPTIONS", "/mcp").send(&server).status, 204);
    for method in ["PUT", "PATCH", "TRACE", "BREW"] {
        let reply = Request::new(method, "/mcp").send(&server);
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.header("allow").is_some_and(|methods| methods.contains("POST")));
    }
}

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    let server = Server::start(&["echo"]);
    assert_eq!(ping().to("/mcp/").send(&server).status, 200);
    let modern = Modern::new(&server).post(&request(1, "tools/list", json!({}))).to("/mcp/");
    assert_eq!(modern.send(&server).status, 200);
    let client = Legacy::begin(&server);
    assert_eq!(client.within(Request::new("DELETE", "/mcp/")).send(&server).status, 204);
}

#[test]
fn there_is_nothing_under_other_paths() {
    let server = Server::start(&[]);
    for path in [
        "/",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/register",
        "/mcp/x",
        "/mcp/../healthz",
        "//mcp",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert_eq!(server.get("/healthz").text(), "ok\n");
    assert_eq!(server.get("/readyz").text(), "ready\n");
}
