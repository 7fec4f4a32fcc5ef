//! Streams of calls that a legacy client can take up again after it has lost them.

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::sse::{Events, Frame};
use pegboard_suite::{Legacy, Request, Response, Server, until};
use serde_json::{Value, json};

/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;

/// Tells progress so often, and then ends with a text. The pauses make it a stream, which a quick call is not.
fn counting(to: u32, text: &str) -> Value {
    let steps = (1..=to).flat_map(|done| [json!({"progress": {"done": done}}), json!({"sleep": 10})]);
    json!({"steps": steps.collect::<Vec<_>>(), "result": {"text": [text]}})
}

/// All that is left on a stream: the numbers of its progress, and the text of its result.
fn rest(mut events: Events) -> (Vec<u64>, Option<String>) {
    let (mut numbers, mut text) = (Vec::new(), None);
    while let Some(message) = events.message() {
        assert_eq!(text, None, "nothing comes after the response");
        match message["params"]["progress"].as_u64() {
            Some(number) => numbers.push(number),
            None => text = message["result"]["content"][0]["text"].as_str().map(str::to_owned),
        }
    }
    (numbers, text)
}

fn is_refused(reply: Response) -> bool {
    let answer = Answer::read(reply);
    (answer.status, answer.error().0) == (400, -32600)
}

#[test]
fn a_stream_begins_with_an_id_to_come_back_with_where_the_revision_has_that() {
    let server = Server::setup().settings("[events]\nretry_ms = 77").guest("puppet").start();
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let client = Legacy::on(&server, version);
        let mut running = client.start("play", counting(1, "done"));
        let first = running.events.frame();
        if version == "2025-11-25" {
            assert!(matches!(first, Some(Frame::Primer { retry: Some(77), .. })), "{first:?}");
        } else {
            assert!(matches!(&first, Some(Frame::Event { id: Some(_), .. })), "{version}: {first:?}");
        }
    }
}

#[test]
fn what_was_not_seen_is_sent_again_and_nothing_else() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let mut running = client.start("play", counting(5, "done"));
    running.events.notification("notifications/progress");
    running.events.notification("notifications/progress");
    let last = running.events.last_id.clone().expect("events have ids");
    drop(running);
    assert_eq!(rest(client.resume(&last).events()), (vec![3, 4, 5], Some("done".into())));
    // As often as it takes, also when the call is over.
    assert_eq!(rest(client.resume(&last).events()), (vec![3, 4, 5], Some("done".into())));
}

#[test]
fn a_stream_of_which_nothing_was_seen_but_its_first_id_is_sent_whole() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let mut running = client.start("play", counting(3, "done"));
    let Some(Frame::Primer { id, .. }) = running.events.frame() else { panic!("it begins with an id") };
    drop(running);
    assert_eq!(rest(client.resume(&id).events()), (vec![1, 2, 3], Some("done".into())));
}

#[test]
fn a_stream_that_was_seen_to_its_end_has_nothing_more() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let mut running = client.start("play", counting(1, "done"));
    running.events.rest();
    let last = running.events.last_id.expect("events have ids");
    assert_eq!(rest(client.resume(&last).events()), (vec![], None));
}

#[test]
fn each_stream_gives_its_own_and_no_other() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let lost = ["one", "other"].map(|text| {
        let mut running = client.start("play", counting(3, text));
        let Some(Frame::Primer { id, .. }) = running.events.frame() else { panic!("it begins with an id") };
        (text, id)
    });
    for (text, id) in lost.iter().rev() {
        assert_eq!(rest(client.resume(id).events()), (vec![1, 2, 3], Some((*text).to_owned())));
    }
}

#[test]
fn a_stream_of_another_session_is_not_there() {
    let server = Server::start(&["puppet"]);
    let (client, other) = (Legacy::begin(&server), Legacy::begin(&server));
    let mut running = client.start("play", counting(2, "a secret"));
    running.events.notification("notifications/progress");
    let last = running.events.last_id.clone().expect("events have ids");
    assert!(is_refused(other.resume(&last)), "another session");
    assert!(is_refused(Request::listen().header("Last-Event-ID", &last).send(&server)), "no session");
    assert_eq!(rest(running.events), (vec![2], Some("a secret".into())), "its own client loses nothing");
    client.end();
    assert_eq!(client.resume(&last).status, 404, "a session that is over");
}

#[test]
fn an_event_that_was_made_up_is_refused() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let mut running = client.start("play", counting(1, "done"));
    running.events.rest();
    let id = running.events.last_id.expect("events have ids");
    let (stream, _) = id.split_once('.').expect("a stream and a number");
    let huge = format!("{stream}.{}", u64::MAX);
    for made_up in
        ["", "7", "made up", &huge, &format!("{stream}.99"), &format!("{stream}.-1"), &format!("{}.1", "A".repeat(22))]
    {
        assert!(is_refused(client.resume(made_up)), "{made_up}");
    }
    let twice = client.within(Request::listen()).and("Last-Event-ID", &id).and("Last-Event-ID", &id);
    assert!(is_refused(twice.send(&server)), "two of them");
}

#[test]
fn a_plugin_may_close_its_stream_and_have_the_rest_fetched() {
    let server = Server::setup().settings("[grants.defaults.client]\nask = [\"roots\"]").guest("puppet").start();
    let client = Legacy::able(&server, "2025-11-25", json!({"roots": {}}));
    // The question holds the response back until the stream is known to be closed.
    let ask = json!({"ask": {"questions": [{"key": "k", "roots": {}}]}});
    let steps = json!([{"progress": {"done": 1}}, {"sleep": 20}, {"close_stream": {"retry_ms": 30}}, ask]);
    let mut events = client.start("play", json!({"steps": steps, "result": {"text": ["done"]}})).events;
    let (mut retries, mut messages) = (Vec::new(), Vec::new());
    let mut last = String::new();
    let text = loop {
        let Some(frame) = events.frame() else {
            events = client.resume(&last).events();
            continue;
        };
        last = events.last_id.clone().unwrap_or(last);
        match frame {
            Frame::Primer { retry, .. } => retries.push(retry),
            Frame::Comment(_) => {}
            Frame::Event { data, .. } => {
                let message: Value = serde_json::from_str(&data).expect("JSON");
                messages.push(message["method"].as_str().map(str::to_owned));
                if message["method"] == "roots/list" {
                    assert_eq!(client.answer(&message["id"], json!({"roots": []})).status, 202);
                } else if message.get("result").is_some() {
                    break message["result"]["content"][0]["text"].clone();
                }
            }
        }
    };
    assert_eq!((retries[0], retries[1]), (Some(1000), Some(30)), "when to come back is what the plugin said");
    let expected = [Some("notifications/progress"), Some("roots/list"), None].map(|method| method.map(str::to_owned));
    assert_eq!(messages, expected, "each came once");
    assert_eq!(text, "done");
}

#[test]
fn a_stream_that_became_too_long_is_not_taken_up_in_the_middle() {
    let server = Server::setup().settings("[events]\nstream_bytes = 10000").guest("puppet").start();
    let client = Legacy::begin(&server);
    let flood = json!({"flood": {"count": 50, "bytes": 1000}});
    let mut running = client.start("play", json!({"steps": [{"sleep": 20}, flood], "result": {"text": ["done"]}}));
    let Some(Frame::Primer { id, .. }) = running.events.frame() else { panic!("it begins with an id") };
    running.events.notification("notifications/progress");
    drop(running);
    until("the beginning to be gone", || is_gone(client.resume(&id)).then_some(()));
}

/// Is it too late for it? Otherwise what comes is let go.
fn is_gone(reply: Response) -> bool {
    reply.status == 400 && is_refused(reply)
}

#[test]
fn a_stream_that_ended_long_ago_is_gone() {
    let server = Server::setup().settings("[events]\nretention_secs = 1").guest("puppet").start();
    let client = Legacy::begin(&server);
    let mut running = client.start("play", counting(1, "done"));
    running.events.rest();
    let id = running.events.last_id.expect("events have ids");
    until("the stream to be gone", || {
        // Old ones go when there is a new one.
        client.start("play", counting(1, "another")).events.rest();
        is_gone(client.resume(&id)).then_some(())
    });
}

#[test]
fn a_call_for_whose_stream_there_is_no_room_is_served_all_the_same() {
    let server = Server::setup().settings("[events]\ntotal_bytes = 0").guest("puppet").start();
    let client = Legacy::begin(&server);
    assert_eq!(rest(client.start("play", counting(3, "done")).events), (vec![1, 2, 3], Some("done".into())));
    server.logged(&["events.total_bytes"]);
}

#[test]
fn a_reader_that_comes_back_to_a_running_call_gets_it_as_it_goes_on() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    let steps = json!([{"progress": {"done": 1}}, {"sleep": AN_HOUR}]);
    let mut running = client.start("play", json!({"steps": steps}));
    running.events.notification("notifications/progress");
    let (id, last) = (running.id.clone(), running.events.last_id.clone().expect("events have ids"));
    drop(running);
    let resumed = client.resume(&last).events();
    client.cancel(&id);
    assert_eq!(rest(resumed), (vec![], None), "it ends with the call");
}

#[test]
fn two_clients_on_one_session_get_each_their_own() {
    let server = Server::start(&["puppet"]);
    let client = Legacy::begin(&server);
    // The same id at the same time, as two processes that share a session would have it.
    let call = |text: &str| {
        let params = json!({"name": "play", "arguments": counting(3, text), "_meta": {"progressToken": text}});
        client.post(&request(7, "tools/call", params)).send(&server).events()
    };
    let (mut one, mut other) = (call("one"), call("other"));
    for (events, text) in [(&mut one, "one"), (&mut other, "other")] {
        for _ in 0..3 {
            assert_eq!(events.notification("notifications/progress")["progressToken"], text);
        }
        assert_eq!(events.result()["content"][0]["text"], text);
    }
}
