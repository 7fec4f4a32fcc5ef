//! Frames: when they come, in which order, and under which headers.

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::sse::Frame;
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};

/// Longer than any test: what comes before the end of such a call came while it ran.
const AN_HOUR: u64 = 3_600_000;

fn progress_then_an_hour() -> Value {
    json!({"steps": [{"progress": {"done": 1, "total": 2, "message": "half"}}, {"sleep": AN_HOUR}]})
}

#[test]
fn progress_arrives_while_the_tool_still_runs() {
    let server = Server::start(&["puppet"]);
    let (modern, legacy) = (Modern::new(&server), Legacy::begin(&server));
    for mut running in [modern.start("play", progress_then_an_hour()), legacy.start("play", progress_then_an_hour())] {
        let progress = running.events.notification("notifications/progress");
        assert_eq!(progress, json!({"progressToken": running.id, "progress": 1, "total": 2, "message": "half"}));
    }
}

#[test]
fn notifications_come_in_their_order_and_the_response_last() {
    let server = Server::start(&["echo"]);
    let mut running = Modern::new(&server).start("slow", json!({"steps": 5, "delay_ms": 1}));
    for done in 1..=5 {
        let progress = running.events.notification("notifications/progress");
        assert_eq!((&progress["progress"], &progress["total"]), (&json!(done), &json!(5)));
    }
    let last = running.events.message().expect("a response");
    assert_eq!((&last["id"], &last["result"]["content"][0]["text"]), (&running.id, &json!("5 steps")));
    assert_eq!(running.events.frame(), None);
}

#[test]
fn a_progress_token_comes_back_with_its_type() {
    let server = Server::start(&["echo"]);
    let client = Modern::new(&server);
    for token in [json!(0), json!("0"), json!(u64::MAX), json!("ß")] {
        let params =
            json!({"name": "slow", "arguments": {"steps": 1, "delay_ms": 0}, "_meta": {"progressToken": token}});
        let answer = client.ask("tools/call", params);
        assert_eq!(answer.notifications[0]["params"]["progressToken"], token);
    }
}

#[test]
fn no_progress_is_sent_to_a_client_that_did_not_ask_for_it() {
    let server = Server::start(&["echo"]);
    let arguments = json!({"steps": 3, "delay_ms": 0});
    assert_eq!(Modern::new(&server).call("slow", arguments.clone()).notifications, Vec::<Value>::new());
    assert_eq!(Legacy::begin(&server).call("slow", arguments).notifications, Vec::<Value>::new());
}

#[test]
fn a_stream_has_the_headers_that_keep_it_unbuffered() {
    let server = Server::start(&["echo"]);
    let (modern, legacy) = (Modern::new(&server), Legacy::begin(&server));
    let quick = request(1, "tools/call", json!({"name": "echo", "arguments": {"text": "x"}}));
    let slow = request(2, "tools/call", json!({"name": "sleep", "arguments": {"ms": 100}}));
    let requests = [
        (modern.post(&quick), false),
        (modern.post(&slow), false),
        (legacy.post(&quick), true),
        (legacy.post(&slow), true),
        (legacy.within(Request::listen()), true),
        (Request::listen(), false),
    ];
    for (request, in_session) in requests {
        let reply = request.header("Accept-Encoding", "gzip, br, zstd, deflate").send(&server);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("no-cache, no-store, must-revalidate, private"));
        assert_eq!(reply.header("x-accel-buffering"), Some("no"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("content-encoding"), None);
        assert_eq!(reply.header("mcp-session-id"), in_session.then_some(legacy.session.as_str()));
    }
}

#[test]
fn a_stream_on_which_nothing_happens_is_kept_alive_by_comments() {
    let server = Server::setup().settings("[transport]\nkeep_alive_ms = 20").guest("echo").start();
    let client = Legacy::begin(&server);
    let mut call = client.start("sleep", json!({"ms": AN_HOUR})).events;
    assert!(matches!(call.frame(), Some(Frame::Primer { .. })));
    let mut streams = [client.listen(), call];
    for stream in &mut streams {
        for _ in 0..3 {
            assert!(matches!(stream.frame(), Some(Frame::Comment(_))));
        }
    }
}

#[test]
fn a_call_that_takes_its_time_opens_its_stream_with_a_comment() {
    let server = Server::start(&["echo"]);
    let mut running = Modern::new(&server).start("sleep", json!({"ms": AN_HOUR}));
    assert!(matches!(running.events.frame(), Some(Frame::Comment(_))));
}

#[test]
fn a_message_stays_on_one_line_whatever_is_in_it() {
    let server = Server::start(&["echo", "puppet"]);
    let client = Modern::new(&server);
    let text = "one\ntwo\r\nthree\rfour\u{2028}five\u{85}six\0\n\n\ndata: {}\n\nevent: message";
    // The reader of frames refuses a second line of data, and a field that there is not.
    assert_eq!(client.call("echo", json!({"text": text})).success(), text);
    let progress = json!({"steps": [{"progress": {"done": 1, "message": text}}]});
    let mut running = client.start("play", progress);
    assert_eq!(running.events.notification("notifications/progress")["message"], text);
}

#[test]
fn the_frame_complete_is_sent_where_it_is_wanted_and_nowhere_else() {
    let last = |server: &Server, arguments: Value| {
        let mut events = Modern::new(server).start("slow", arguments).events;
        std::iter::from_fn(|| events.frame()).last().expect("a frame")
    };
    let wanted = Server::setup().settings("[transport]\ncomplete_event = true").guest("echo").start();
    let not = Server::start(&["echo"]);
    for arguments in [json!({"steps": 0, "delay_ms": 0}), json!({"steps": 2, "delay_ms": 20})] {
        let complete = Frame::Event { name: "complete".into(), data: "{}".into(), id: None, retry: None };
        assert_eq!(last(&wanted, arguments.clone()), complete);
        assert!(matches!(last(&not, arguments), Frame::Event { name, .. } if name == "message"));
    }
}

#[test]
fn an_error_before_the_first_byte_is_json_with_its_status() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let protocol = |code: i32| json!({"result": {"error": {"protocol": {"code": code, "message": "so it is"}}}});
    let is_json = |tool: &str, arguments: Value| {
        let message = request(1, "tools/call", json!({"name": tool, "arguments": arguments}));
        let reply = client.post(&message).send(&server);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let answer = Answer::read(reply);
        (answer.status, answer.error().0)
    };
    assert_eq!(is_json("needy", json!({})), (400, -32021));
    assert_eq!(is_json("nobody", json!({})), (200, -32602));
    assert_eq!(is_json("play", protocol(-32042)), (200, -32042));
}

#[test]
fn an_error_after_the_first_byte_rides_in_the_stream() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let arguments = json!({
        "steps": [{"progress": {"done": 1}}],
        "result": {"error": {"protocol": {"code": -32042, "message": "so it is", "data": "[1]"}}},
    });
    let mut running = client.start("play", arguments);
    running.events.notification("notifications/progress");
    let last = running.events.message().expect("a response");
    assert_eq!(last["error"], json!({"code": -32042, "message": "so it is", "data": [1]}));
}

#[test]
fn a_client_that_takes_json_alone_gets_the_response_without_the_notifications() {
    let server = Server::start(&["echo"]);
    let client = Modern::new(&server);
    let params = json!({"name": "slow", "arguments": {"steps": 50, "delay_ms": 1}, "_meta": {"progressToken": 1}});
    let request = client.post(&request(1, "tools/call", params)).header("Accept", "application/json");
    let reply = request.send(&server).json();
    assert_eq!(reply["result"]["content"][0]["text"], "50 steps");
}

#[test]
fn a_list_is_json_and_a_stream_of_one_event_for_a_client_that_takes_no_json() {
    let server = Server::start(&["echo"]);
    let post = Modern::new(&server).post(&request(1, "tools/list", json!({})));
    let as_json = post.send(&server).json();
    let mut events = post.header("Accept", "text/event-stream").send(&server).events();
    assert_eq!(events.message(), Some(as_json));
    assert_eq!(events.frame(), None);
}
