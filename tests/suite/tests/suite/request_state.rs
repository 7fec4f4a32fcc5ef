//! The sealed state that a modern client carries from one round of a call to the next.

use pegboard_suite::guests::guest;
use pegboard_suite::mcp::{Answer, accepted, asking, next_round, who};
use pegboard_suite::{Modern, Server, until};
use serde_json::{Value, json};

const ALLOWED: &str = "[grants.defaults.client]\nask = [\"elicit\"]";

fn server_with(settings: &str) -> Server {
    Server::setup().settings(settings).settings(ALLOWED).guest("puppet").start()
}

fn client(server: &Server) -> Modern<'_> {
    Modern::new(server).with(json!({"elicitation": {}}))
}

fn params() -> Value {
    json!({"name": "play", "arguments": asking(json!([who()]))})
}

/// A first round, and what answers it.
fn asked(client: &Modern<'_>) -> (String, Value) {
    let state = client.ask("tools/call", params()).state();
    let answers = next_round(&params(), json!({"who": accepted("Ada")}), Some(&state));
    (state, answers)
}

fn is_refused(answer: &Answer) -> bool {
    let (code, message) = answer.error();
    code == -32602 && message.contains("requestState")
}

#[test]
fn a_state_that_was_changed_is_refused() {
    let server = server_with("");
    let client = client(&server);
    let (state, answers) = asked(&client);
    let flipped = |at: usize| {
        let mut bytes = state.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("text")
    };
    let (first, middle, longer) = (flipped(0), flipped(state.len() / 2), format!("{state}AAAA"));
    for changed in [first.as_str(), &middle, &longer, &state[..state.len() - 4], "", "no state at all", "====", "ß"] {
        let mut answers = answers.clone();
        answers["requestState"] = changed.into();
        assert!(is_refused(&client.ask("tools/call", answers)), "{changed}");
    }
    for other in [json!(1), json!({}), json!([state]), Value::Null] {
        let mut answers = answers.clone();
        answers["requestState"] = other.clone();
        assert!(is_refused(&client.ask("tools/call", answers)), "{other}");
    }
    client.ask("tools/call", answers).success();
}

#[test]
fn a_state_of_another_call_is_refused() {
    let server = server_with("");
    let client = client(&server);
    let (state, answers) = asked(&client);
    let responses = json!({"who": accepted("Ada")});
    let mut arguments = params();
    arguments["arguments"]["result"]["text"] = json!(["more"]);
    let mut tool = params();
    tool["name"] = "promise".into();
    let script = asking(json!([who()])).to_string();
    let prompt = json!({"name": "scene", "arguments": {"script": script}});
    for (method, params) in [("tools/call", arguments), ("tools/call", tool), ("prompts/get", prompt)] {
        let answer = client.ask(method, next_round(&params, responses.clone(), Some(&state)));
        assert!(is_refused(&answer), "{method}: {}", answer.response);
    }
    client.ask("tools/call", answers).success();
}

#[test]
fn a_state_of_another_server_is_refused_unless_both_have_the_key() {
    let (one, other) = (server_with(""), server_with(""));
    let (_, answers) = asked(&client(&one));
    assert!(is_refused(&client(&other).ask("tools/call", answers)));

    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
    let settings = format!("[questions]\nstate_keys = [{{ file = \"{}\" }}]", key.display());
    let (one, other) = (server_with(&settings), server_with(&settings));
    let (_, answers) = asked(&client(&one));
    assert_eq!(client(&other).ask("tools/call", answers).success(), r#"[{"accepted":{"name":"Ada"}}]"#);
}

#[test]
fn the_same_arguments_in_another_order_are_the_same_call() {
    let server = server_with("");
    let client = client(&server);
    let (_, answers) = asked(&client);
    let mut turned = answers.clone();
    let arguments = turned["arguments"].as_object_mut().expect("an object");
    let members: Vec<_> = std::mem::take(arguments).into_iter().rev().collect();
    arguments.extend(members);
    client.ask("tools/call", turned).success();
}

#[test]
fn a_state_that_is_too_old_is_refused() {
    let server = server_with("[questions]\ntimeout_secs = 1");
    let client = client(&server);
    let (_, answers) = asked(&client);
    until("the state to expire", || {
        let answer = client.ask("tools/call", answers.clone());
        let error = answer.response.get("error")?;
        assert!(is_refused(&answer) && answer.error().1.contains("expired"), "{error}");
        Some(())
    });
}

#[test]
fn a_state_may_come_again_in_its_time() {
    let server = server_with("");
    let client = client(&server);
    let (_, answers) = asked(&client);
    for _ in 0..3 {
        assert_eq!(client.ask("tools/call", answers.clone()).success(), r#"[{"accepted":{"name":"Ada"}}]"#);
    }
}

#[test]
fn a_state_may_come_once_where_it_is_set_so() {
    let server = server_with("[questions]\nsingle_use_state = true");
    let client = client(&server);
    let (_, answers) = asked(&client);
    client.ask("tools/call", answers.clone()).success();
    let again = client.ask("tools/call", answers);
    assert!(is_refused(&again) && again.error().1.contains("used before"), "{}", again.response);
    let (_, answers) = asked(&client);
    client.ask("tools/call", answers).success();
}

#[test]
fn a_plugin_that_was_replaced_asks_again() {
    let server = server_with("");
    let client = client(&server);
    let (_, answers) = asked(&client);
    // The same with a section that says nothing: another version.
    let mut other = guest("puppet");
    other.extend(b"\x00\x05\x04more");
    server.drop_in("puppet", &other);
    server.logged(&["plugin replaced", "puppet"]);
    let again = client.ask("tools/call", answers);
    assert!(again.questions().get("who").is_some(), "{}", again.response);
    let answers = next_round(&params(), json!({"who": accepted("Ada")}), Some(&again.state()));
    client.ask("tools/call", answers).success();
}

#[test]
fn a_state_does_not_show_what_is_in_it() {
    let server = server_with("");
    let client = client(&server);
    let both = json!([who(), {"key": "and", "form": who()["form"]}]);
    let params = json!({"name": "play", "arguments": asking(both)});
    let first = client.ask("tools/call", params.clone());
    let answers = next_round(&params, json!({"who": accepted("Ada Lovelace")}), Some(&first.state()));
    let (second, third) = (client.ask("tools/call", answers.clone()), client.ask("tools/call", answers));
    assert_ne!(second.state(), third.state(), "each is sealed anew");
    assert!(!second.state().contains("Ada"), "{}", second.state());
}
