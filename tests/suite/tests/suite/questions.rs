//! Plugins that ask their clients: in sessions with requests on the call's stream, without them with results that ask.

use pegboard_suite::mcp::{Answer, Running, accepted, asking, next_round, request, who};
use pegboard_suite::{Legacy, Modern, Request, Server};
use serde_json::{Value, json};

const ALLOWED: &str = "[grants.defaults.client]\nask = [\"elicit\", \"url\", \"sample\", \"roots\"]";
/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;

fn all() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}})
}

fn server() -> Server {
    Server::setup().settings(ALLOWED).guest("puppet").start()
}

fn modern(server: &Server) -> Modern<'_> {
    Modern::new(server).with(all())
}

fn legacy(server: &Server) -> Legacy<'_> {
    Legacy::able(server, "2025-11-25", all())
}

/// The requests by which a script is played: as a tool, a prompt and a resource.
fn ways(script: &Value) -> [(&'static str, Value); 3] {
    let text = script.to_string();
    let encoded = text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"));
    [
        ("tools/call", json!({"name": "play", "arguments": script})),
        ("prompts/get", json!({"name": "scene", "arguments": {"script": text}})),
        ("resources/read", json!({"uri": format!("puppet://play/{encoded}")})),
    ]
}

/// The text of whatever came of it.
fn text(result: &Value) -> &str {
    let places =
        [&result["content"][0]["text"], &result["messages"][0]["content"]["text"], &result["contents"][0]["text"]];
    places.into_iter().find_map(Value::as_str).unwrap_or_else(|| panic!("no text: {result}"))
}

/// Calls the puppet, answers its only question, and gives what comes then.
fn with_answer(client: &Modern<'_>, question: &Value, answer: &Value) -> Answer {
    let key = question["key"].as_str().expect("a key").to_owned();
    let params = json!({"name": "play", "arguments": asking(json!([question]))});
    let asked = client.ask("tools/call", params.clone());
    assert!(asked.questions().get(&key).is_some(), "{}", asked.response);
    client.ask("tools/call", next_round(&params, json!({key: answer}), Some(&asked.state())))
}

/// Begins a call, in a session.
fn begin(server: &Server, client: &Legacy<'_>, method: &str, params: Value) -> Running {
    let id = client.next_id();
    let events = client.post(&request(id, method, params)).send(server).events();
    Running { events, id: id.into() }
}

#[test]
fn a_tool_a_prompt_and_a_resource_ask_and_go_on_with_the_answer() {
    let server = server();
    let client = modern(&server);
    for (method, params) in ways(&asking(json!([who()]))) {
        let asked = client.ask(method, params.clone());
        let question = &asked.questions()["who"];
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "[puppet] Who?", "who asks is told");
        assert_eq!(question["params"]["requestedSchema"]["required"], json!(["name"]));
        let params = next_round(&params, json!({"who": accepted("Ada")}), Some(&asked.state()));
        assert_eq!(text(client.ask(method, params).result()), r#"[{"accepted":{"name":"Ada"}}]"#, "{method}");
    }
}

#[test]
fn in_a_session_they_ask_on_the_stream_of_the_request() {
    let server = server();
    for version in ["2025-11-25", "2025-06-18"] {
        let client = Legacy::able(&server, version, all());
        for (method, params) in ways(&asking(json!([who()]))) {
            let mut running = begin(&server, &client, method, params);
            let question = running.events.request("elicitation/create");
            assert_eq!(question["params"]["message"], "[puppet] Who?");
            let taken = client.answer(&question["id"], accepted("Ada"));
            assert_eq!((taken.status, taken.text()), (202, String::new()));
            assert_eq!(text(&running.events.result()), r#"[{"accepted":{"name":"Ada"}}]"#, "{version} {method}");
            assert_eq!(running.events.frame(), None);
        }
    }
}

#[test]
fn a_page_to_visit_a_text_of_the_model_and_the_directories_can_be_asked_for() {
    let server = server();
    let session = legacy(&server);
    let sampled =
        json!({"role": "assistant", "content": {"type": "text", "text": "Hi"}, "model": "m", "stopReason": "endTurn"});
    let tools = json!([{"name": "look", "inputSchema": {"type": "object"}}]);
    let used = json!({"type": "tool_use", "id": "1", "name": "look", "input": {}});
    let with_tools = json!({"role": "assistant", "content": [used.clone()], "model": "m"});
    for (question, method, answer, seen) in [
        (
            json!({"key": "k", "visit": {"message": "Pay", "url": "https://example.com/pay"}}),
            "elicitation/create",
            json!({"action": "accept"}),
            json!([{"accepted": {}}]),
        ),
        (
            json!({"key": "k", "sample": {"text": "Hello"}}),
            "sampling/createMessage",
            sampled,
            json!([{"sampled": ["Hi"], "model": "m", "stopReason": "endTurn"}]),
        ),
        (
            json!({"key": "k", "sample": {"text": "Hello", "extra": {"tools": tools}}}),
            "sampling/createMessage",
            with_tools,
            json!([{"sampled": [used], "model": "m", "stopReason": null}]),
        ),
        (
            json!({"key": "k", "roots": {}}),
            "roots/list",
            json!({"roots": [{"uri": "file:///home", "name": "home"}, {"uri": "file:///tmp"}]}),
            json!([{"roots": [{"uri": "file:///home", "name": "home"}, {"uri": "file:///tmp", "name": null}]}]),
        ),
        (json!({"key": "k", "roots": {}}), "roots/list", json!({"roots": []}), json!([{"roots": []}])),
        (who(), "elicitation/create", json!({"action": "decline"}), json!(["declined"])),
        (who(), "elicitation/create", json!({"action": "cancel"}), json!(["cancelled"])),
    ] {
        let read = |result: &Value| serde_json::from_str::<Value>(text(result)).expect("JSON");
        let answered = with_answer(&modern(&server), &question, &answer);
        assert_eq!(read(answered.result()), seen);
        let mut running = session.start("play", asking(json!([question.clone()])));
        let asked = running.events.request(method);
        if let Some(visit) = question.get("visit") {
            assert_eq!((&asked["params"]["mode"], &asked["params"]["url"]), (&json!("url"), &visit["url"]));
            assert!(asked["params"]["elicitationId"].is_string(), "{asked}");
        }
        if let Some(extra) = question["sample"].get("extra") {
            assert_eq!(asked["params"]["tools"], extra["tools"]);
        }
        assert_eq!(session.answer(&asked["id"], answer).status, 202);
        assert_eq!(read(&running.events.result()), seen);
    }
}

#[test]
fn questions_of_one_run_are_put_together_and_those_of_the_next_after_them() {
    let server = server();
    let client = modern(&server);
    let second = json!({"key": "where", "roots": {}});
    let third = json!({"key": "again", "roots": {}});
    let ask = |questions: Value| json!({"ask": {"questions": questions}});
    let script = json!({"steps": [ask(json!([who(), second])), ask(json!([third]))], "result": {"answers": true}});
    let params = json!({"name": "play", "arguments": script});
    let first = client.ask("tools/call", params.clone());
    assert_eq!(first.questions().as_object().map(serde_json::Map::len), Some(2));
    // One of two is not enough, and it need not be given twice.
    let part = next_round(&params, json!({"who": accepted("Ada")}), Some(&first.state()));
    let part = client.ask("tools/call", part);
    assert_eq!(part.questions().as_object().map(serde_json::Map::len), Some(1), "{}", part.response);
    let whole = next_round(&params, json!({"where": {"roots": []}}), Some(&part.state()));
    let whole = client.ask("tools/call", whole);
    assert!(whole.questions().get("again").is_some());
    let last = next_round(&params, json!({"again": {"roots": []}}), Some(&whole.state()));
    let last = client.ask("tools/call", last);
    assert_eq!(last.success(), r#"[{"accepted":{"name":"Ada"}},{"roots":[]},{"roots":[]}]"#);
}

#[test]
fn an_answer_that_nobody_asked_for_is_ignored_and_one_that_does_not_fit_is_none() {
    let server = server();
    let client = modern(&server);
    let params = json!({"name": "play", "arguments": asking(json!([who()]))});
    let asked = client.ask("tools/call", params.clone());
    for wrong in [
        json!({"other": accepted("Ada")}),
        json!({"who": {"action": "accept", "content": {"name": 7}}}),
        json!({"who": {"action": "dance"}}),
        json!({"who": "Ada"}),
        json!({}),
    ] {
        let again = client.ask("tools/call", next_round(&params, wrong.clone(), Some(&asked.state())));
        assert!(again.questions().get("who").is_some(), "{wrong}: {}", again.response);
    }
    let both = json!({"other": accepted("Eve"), "who": accepted("Ada")});
    let answered = client.ask("tools/call", next_round(&params, both, Some(&asked.state())));
    assert_eq!(answered.success(), r#"[{"accepted":{"name":"Ada"}}]"#);
    for bad in [json!([]), json!("x")] {
        let refused = client.ask("tools/call", next_round(&params, bad, Some(&asked.state())));
        assert_eq!(refused.error().0, -32602);
    }
}

#[test]
fn answers_without_a_state_are_taken_where_the_plugin_asks_for_them() {
    let server = server();
    let params = json!({"name": "play", "arguments": asking(json!([who()]))});
    let params = next_round(&params, json!({"who": accepted("Ada")}), None);
    assert_eq!(modern(&server).ask("tools/call", params).success(), r#"[{"accepted":{"name":"Ada"}}]"#);
}

#[test]
fn a_client_that_did_not_declare_it_is_not_asked() {
    let server = server();
    let visit = json!({"key": "k", "visit": {"message": "Pay", "url": "https://example.com/pay"}});
    let tools = json!({"key": "k", "sample": {"text": "Hello", "extra": {"tools": []}}});
    for (question, capabilities, required) in [
        (who(), json!({}), json!({"elicitation": {}})),
        (who(), json!({"elicitation": {"url": {}}}), json!({"elicitation": {}})),
        (visit, json!({"elicitation": {}}), json!({"elicitation": {"url": {}}})),
        (tools, json!({"sampling": {}}), json!({"sampling": {"tools": {}}})),
        (json!({"key": "k", "roots": {}}), json!({"sampling": {}}), json!({"roots": {}})),
    ] {
        let arguments = asking(json!([question]));
        let modern = Modern::new(&server).with(capabilities.clone()).call("play", arguments.clone());
        let legacy = Legacy::able(&server, "2025-11-25", capabilities).call("play", arguments);
        assert_eq!(modern.status, 400);
        for refused in [modern, legacy] {
            assert_eq!(refused.error().0, -32021);
            assert_eq!(refused.response["error"]["data"]["requiredCapabilities"], required);
        }
    }
}

#[test]
fn a_plugin_that_was_not_allowed_to_ask_is_told_which_setting_would_allow_it() {
    let server = Server::setup().settings("[grants.defaults.client]\nask = [\"roots\"]").guest("puppet").start();
    let arguments = asking(json!([who()]));
    for failure in [
        modern(&server).call("play", arguments.clone()).failure(),
        legacy(&server).call("play", arguments.clone()).failure(),
    ] {
        assert!(failure.contains(r#"ask = ["elicit"] under [client]"#), "{failure}");
    }
}

#[test]
fn a_plugin_does_not_get_past_its_own_question() {
    let server = server();
    let swallowed = json!({"ask": {"questions": [who()], "swallow": true}});
    let arguments = json!({"steps": [swallowed], "result": {"text": ["never mind"]}});
    let asked = modern(&server).call("play", arguments.clone());
    assert!(asked.questions().get("who").is_some());
    let mut running = legacy(&server).start("play", arguments);
    running.events.request("elicitation/create");
}

#[test]
fn a_plugin_that_waits_without_having_asked_has_failed() {
    let server = server();
    let failure = modern(&server).call("play", json!({"result": {"error": "pending"}}));
    assert!(failure.response.to_string().contains("has asked nothing"), "{}", failure.response);
}

#[test]
fn a_question_that_no_client_understands_is_not_put() {
    let server = server();
    let nested = json!({"type": "object", "properties": {"a": {"type": "object"}}});
    for question in [
        json!({"key": "k", "form": {"message": "m", "schema": nested}}),
        json!({"key": "", "roots": {}}),
        json!({"key": "k".repeat(100), "roots": {}}),
        json!({"key": "k", "other": {"method": "tools/call", "params": {}}}),
    ] {
        let failure = modern(&server).call("play", asking(json!([question.clone()]))).failure();
        assert!(!failure.is_empty(), "{question}");
    }
    let many: Vec<_> = (0..100).map(|number| json!({"key": number.to_string(), "roots": {}})).collect();
    let failure = modern(&server).call("play", asking(json!(many))).failure();
    assert!(failure.contains("at most 16"), "{failure}");
}

#[test]
fn a_call_that_waits_for_an_answer_holds_no_place() {
    let settings = format!("{ALLOWED}\n[limits]\nconcurrent_calls_per_plugin = 1");
    let server = Server::setup().settings(&settings).guest("puppet").start();
    let client = legacy(&server);
    let mut waiting = client.start("play", asking(json!([who()])));
    let question = waiting.events.request("elicitation/create");
    assert_eq!(client.call("play", json!({"result": {"text": ["meanwhile"]}})).success(), "meanwhile");
    client.answer(&question["id"], accepted("Ada"));
    assert_eq!(text(&waiting.events.result()), r#"[{"accepted":{"name":"Ada"}}]"#);
}

#[test]
fn a_call_runs_again_from_its_start_with_the_answers() {
    let server = server();
    let ask = json!({"ask": {"questions": [who()]}});
    let script = json!({"steps": [{"print": "from the start\n"}, ask, {"print": "and on\n"}]});
    let client = legacy(&server);
    let mut running = client.start("play", script);
    let question = running.events.request("elicitation/create");
    client.answer(&question["id"], accepted("Ada"));
    running.events.result();
    server.logged(&["and on"]);
    assert_eq!(server.lines_with(&["from the start"]).len(), 2);
    assert_eq!(server.lines_with(&["and on"]).len(), 1);
}

#[test]
fn questions_come_to_an_end() {
    let server = Server::setup().settings("[questions]\nmax_rounds = 1").settings(ALLOWED).guest("puppet").start();
    let client = modern(&server);
    let ask = |key: &str| json!({"ask": {"questions": [{"key": key, "roots": {}}]}});
    let params = json!({"name": "play", "arguments": {"steps": [ask("a"), ask("b")]}});
    let first = client.ask("tools/call", params.clone());
    let second = next_round(&params, json!({"a": {"roots": []}}), Some(&first.state()));
    assert!(client.ask("tools/call", second).error().1.contains("asked more than 1 times"));
    let session = legacy(&server);
    let mut running = session.start("play", params["arguments"].clone());
    let question = running.events.request("roots/list");
    session.answer(&question["id"], json!({"roots": []}));
    let last = running.events.message().expect("a response");
    assert!(last["error"]["message"].as_str().is_some_and(|text| text.contains("asked more than 1 times")), "{last}");
}

#[test]
fn an_error_of_the_client_reaches_the_plugin() {
    let server = server();
    let client = legacy(&server);
    let mut running = client.start("play", asking(json!([who()])));
    let question = running.events.request("elicitation/create");
    let error = json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "not now"}});
    assert_eq!(client.post(&error).send(&server).status, 202);
    assert_eq!(text(&running.events.result()), r#"[{"refused":{"code":-1,"message":"not now"}}]"#);
}

#[test]
fn an_answer_that_no_request_waits_for_is_refused_and_changes_nothing() {
    let server = server();
    let (client, other) = (legacy(&server), legacy(&server));
    let mut running = client.start("play", asking(json!([who()])));
    let question = running.events.request("elicitation/create");
    let refused = |answer: pegboard_suite::Response| {
        let answer = Answer::read(answer);
        (answer.status, answer.error().0)
    };
    for id in [json!("made up"), json!(1), running.id.clone()] {
        assert_eq!(refused(client.answer(&id, accepted("Eve"))), (400, -32600), "{id}");
    }
    assert_eq!(refused(other.answer(&question["id"], accepted("Eve"))), (400, -32600), "another session's");
    let bare = json!({"jsonrpc": "2.0", "id": question["id"], "result": accepted("Eve")});
    assert_eq!(refused(Request::post(bare.to_string()).send(&server)), (400, -32600), "without a session");
    assert_eq!(client.answer(&question["id"], accepted("Ada")).status, 202);
    assert_eq!(text(&running.events.result()), r#"[{"accepted":{"name":"Ada"}}]"#);
    assert_eq!(refused(client.answer(&question["id"], accepted("Eve"))), (400, -32600), "too late");
}

#[test]
fn a_question_that_waits_too_long_is_taken_back() {
    let server = Server::setup().settings("[questions]\ntimeout_secs = 1").settings(ALLOWED).guest("puppet").start();
    let client = legacy(&server);
    let mut running = client.start("play", asking(json!([who()])));
    let question = running.events.request("elicitation/create");
    assert_eq!(running.events.notification("notifications/cancelled")["requestId"], question["id"]);
    let last = running.events.message().expect("a response");
    let told = last["error"]["message"].as_str().is_some_and(|text| text.contains("questions.timeout_secs"));
    assert!(told, "{last}");
    assert_eq!(client.answer(&question["id"], accepted("Ada")).status, 400);
}

#[test]
fn a_call_that_waits_for_an_answer_can_be_cancelled() {
    let server = server();
    let client = legacy(&server);
    let script = json!({"steps": [{"ask": {"questions": [who()]}}, {"sleep": AN_HOUR}]});
    let mut running = client.start("play", script);
    let question = running.events.request("elicitation/create");
    client.cancel(&running.id);
    assert_eq!(running.events.rest(), Vec::<Value>::new());
    assert_eq!(client.answer(&question["id"], accepted("Ada")).status, 400);
}

#[test]
fn a_client_without_a_session_is_not_asked() {
    let server = server();
    let call = request(1, "tools/call", json!({"name": "play", "arguments": asking(json!([who()]))}));
    let answer = Answer::read(Request::post(call.to_string()).send(&server));
    assert_eq!(answer.error().0, -32021);
}
