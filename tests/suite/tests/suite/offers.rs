//! Prompts, resources and completions of plugins, and what each revision has of them and of tools.

use pegboard_suite::mcp::{Answer, LEGACY, MODERN};
use pegboard_suite::{Legacy, Modern, Server};
use serde_json::{Value, json};

/// How a client of some revision asks.
type Ask<'a> = Box<dyn Fn(&str, Value) -> Answer + 'a>;

fn ask_on<'a>(server: &'a Server, version: &str) -> Ask<'a> {
    if version == MODERN {
        let client = Modern::new(server);
        Box::new(move |method, params| client.ask(method, params))
    } else {
        let client = Legacy::on(server, version);
        Box::new(move |method, params| client.ask(method, params))
    }
}

fn versions() -> impl Iterator<Item = &'static str> {
    [MODERN].into_iter().chain(LEGACY)
}

#[test]
fn what_is_unknown_is_refused_as_its_revision_has_it() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        for (method, kind) in [("tools/call", "tool"), ("prompts/get", "prompt")] {
            let answer = ask(method, json!({"name": "nobody"}));
            let (code, message) = answer.error();
            assert_eq!((code, message), (-32602, format!("Unknown {kind}: nobody").as_str()), "{version}");
        }
        // The second matches a template, so it is the plugin that does not know it.
        for uri in ["nowhere://at/all", "puppet://note/9"] {
            let answer = ask("resources/read", json!({"uri": uri}));
            let (code, message) = answer.error();
            assert_eq!(code, if version == MODERN { -32602 } else { -32002 }, "{version}");
            assert!(message.contains(uri), "{message}");
            assert_eq!(answer.response["error"]["data"], json!({"uri": uri}));
        }
    }
}

#[test]
fn parameters_of_the_wrong_type_are_refused() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        for (method, params) in [
            ("prompts/get", json!({})),
            ("prompts/get", json!({"name": "scene", "arguments": []})),
            ("prompts/get", json!({"name": "scene", "arguments": {"script": 1}})),
            ("prompts/get", json!({"name": "scene", "arguments": {"mood": "sad"}})),
            ("prompts/get", json!({"name": "scene", "arguments": {"script": "{}", "weather": "wet"}})),
            ("resources/read", json!({})),
            ("resources/read", json!({"uri": 1})),
            ("resources/read", json!({"uri": "x".repeat(10_000)})),
            ("completion/complete", json!({})),
            ("completion/complete", json!({"ref": {"type": "ref/dance"}, "argument": {"name": "a", "value": ""}})),
        ] {
            let answer = ask(method, params.clone());
            assert_eq!(answer.error().0, -32602, "{version} {method} {params:.100}");
        }
    }
}

#[test]
fn titles_and_icons_are_there_on_the_revisions_that_have_them() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        for (method, member, name) in [
            ("tools/list", "tools", "decorated"),
            ("prompts/list", "prompts", "scene"),
            ("resources/list", "resources", "bytes"),
            ("resources/templates/list", "resourceTemplates", "play"),
        ] {
            let list = ask(method, json!({}));
            let entries = list.result()[member].as_array().expect("a list");
            let entry = entries.iter().find(|entry| entry["name"] == name).expect("it is listed");
            assert_eq!(entry.get("title").is_some(), version != "2025-03-26", "{version} {method}: {entry}");
            assert_eq!(entry.get("icons").is_some(), version >= "2025-11-25", "{version} {method}: {entry}");
            assert_eq!(entry["_meta"]["example.com/k"], 1);
            // Of what is fixed when the plugin is loaded.
            let says_whose = entry["_meta"].get("pegboard/plugin").is_some();
            assert_eq!(says_whose, member != "resources", "{version} {method}: {entry}");
            if member == "tools" {
                // Where a tool's title was before tools had one.
                assert_eq!(entry["annotations"]["title"], "Decorated");
                assert_eq!(entry["annotations"]["readOnlyHint"], true);
            }
        }
    }
}

#[test]
fn content_of_every_kind_is_in_results_and_prompts_as_the_revision_has_it() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        let called = ask("tools/call", json!({"name": "decorated"}));
        let filled = ask("prompts/get", json!({"name": "every-kind"}));
        let messages = filled.result()["messages"].as_array().expect("messages").clone();
        let in_prompt: Vec<_> = messages.into_iter().map(|message| message["content"].clone()).collect();
        assert_eq!(called.result()["content"], json!(in_prompt), "{version}");
        let types: Vec<_> = in_prompt.iter().map(|block| block["type"].as_str().expect("a type")).collect();
        if version == "2025-03-26" {
            // There are no links yet; a model gets one to read.
            assert_eq!(types, ["text", "image", "audio", "text", "resource"]);
            assert_eq!(in_prompt[3]["text"], "one: puppet://note/1");
        } else {
            assert_eq!(types, ["text", "image", "audio", "resource_link", "resource"]);
            let (uri, title) = (&in_prompt[3]["uri"], &in_prompt[3]["title"]);
            assert_eq!((uri, title), (&json!("puppet://note/1"), &json!("Resource one")));
        }
        assert_eq!(in_prompt[0]["annotations"]["priority"], 0.5);
        assert_eq!(in_prompt[4]["resource"]["text"], "embedded");
    }
}

#[test]
fn resources_are_read_as_text_and_as_bytes_and_by_a_template() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        let read = |uri: &str| ask("resources/read", json!({"uri": uri})).result()["contents"][0].clone();
        assert_eq!(read("puppet://note/2")["text"], "note 2", "{version}");
        assert_eq!(read("puppet://bytes")["blob"], "AP8Q");
        let uri = "puppet://play/%7B%22result%22%3A%7B%22text%22%3A%5B%22played%22%5D%7D%7D";
        assert_eq!((read(uri)["uri"].as_str(), read(uri)["text"].as_str()), (Some(uri), Some("played")));
    }
}

#[test]
fn a_plugin_that_fails_at_a_prompt_or_a_resource_says_why() {
    let server = Server::start(&["puppet"]);
    let failing = json!({"result": {"error": {"failed": "it rains"}}}).to_string();
    let own = json!({"result": {"error": {"protocol": {"code": -32042, "message": "so it is"}}}}).to_string();
    for version in versions() {
        let ask = ask_on(&server, version);
        let get = |script: &str| ask("prompts/get", json!({"name": "scene", "arguments": {"script": script}}));
        assert_eq!(get(&failing).error(), (-32603, "it rains"), "{version}");
        assert_eq!(get(&own).error(), (-32042, "so it is"), "{version}");
        assert_eq!(get("no script").error().0, -32602, "{version}");
    }
}

#[test]
fn suggestions_are_a_hundred_at_most_and_say_that_there_are_more() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        let params = json!({
            "ref": {"type": "ref/prompt", "name": "scene"},
            "argument": {"name": "mood", "value": "s"},
            "context": {"arguments": {"script": "x-"}},
        });
        let answer = ask("completion/complete", params);
        let completion = &answer.result()["completion"];
        assert_eq!(completion["values"].as_array().map(Vec::len), Some(100), "{version}");
        assert_eq!(completion["values"][99], "x-s99", "what was filled in before is known");
        assert_eq!((&completion["hasMore"], &completion["total"]), (&json!(true), &json!(150)));
    }
}

#[test]
fn what_cannot_be_completed_is_refused_and_what_has_no_suggestions_is_empty() {
    let server = Server::start(&["puppet"]);
    for version in versions() {
        let ask = ask_on(&server, version);
        let complete = |of: Value, argument: &str| {
            ask("completion/complete", json!({"ref": of, "argument": {"name": argument, "value": ""}}))
        };
        let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
        let template = |uri: &str| json!({"type": "ref/resource", "uri": uri});
        let shelf = "puppet://shelf/{board}/{place}";
        let empty = complete(template(shelf), "place");
        assert_eq!(empty.result()["completion"], json!({"values": [], "hasMore": false}), "{version}");
        for (of, argument, named) in [
            (prompt("nobody"), "mood", "nobody"),
            (prompt("scene"), "weather", "weather"),
            (template("nowhere://{at}"), "at", "nowhere://{at}"),
            (template(shelf), "colour", "colour"),
        ] {
            let answer = complete(of, argument);
            let (code, message) = answer.error();
            assert!(code == -32602 && message.contains(named), "{version}: {message}");
        }
    }
}

#[test]
fn two_plugins_that_offer_the_same_are_told_apart_or_neither_is_served() {
    let puppet = pegboard_suite::guests::guest("puppet");
    let server = Server::setup().plugin("one", puppet.clone()).plugin("other", puppet).start();
    let client = Modern::new(&server);
    let list = |method: &str, member: &str| client.ask(method, json!({})).result()[member].clone();
    assert_eq!(list("prompts/list", "prompts")[0]["name"], "one_scene");
    let get = |name: &str| client.ask("prompts/get", json!({"name": name, "arguments": {"script": "{}"}}));
    assert_eq!(get("other_scene").result()["description"], "scene, filled in");
    let ambiguous = get("scene");
    let (code, message) = ambiguous.error();
    assert!(code == -32602 && message.contains("one_scene") && message.contains("other_scene"), "{message}");
    assert_eq!(list("resources/list", "resources"), json!([]));
    server.logged(&["puppet://bytes", "none is served"]);
}
