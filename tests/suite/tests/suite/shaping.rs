//! An operator shapes what clients see of a plugin's tools, with a grant's `[tools]`.

use std::fs;

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::{Modern, Server, until};
use serde_json::{Value, json};

fn tools(server: &Server) -> Vec<Value> {
    let answer = Modern::new(server).ask("tools/list", json!({}));
    answer.result()["tools"].as_array().expect("a list").clone()
}

fn annotations(server: &Server, name: &str) -> Value {
    tools(server).into_iter().find(|tool| tool["name"] == name).expect("it is listed")["annotations"].clone()
}

#[test]
fn rules_take_hold_without_a_restart_and_clients_are_told() {
    let files = plugin(&["read", "write", "delete"].map(tool), "done");
    let server = Server::setup().settings("[grants]\nunpinned = \"allow\"").plugin("files", files).start();
    let client = Modern::new(&server);
    let (mut events, _) = client.listen();
    assert_eq!(client.tools(), ["read", "write", "delete"]);
    let rules = "[tools]\ndeny = [\"del*\"]\nprefix = \"docs_\"\nrename = { write = \"put\" }\n\
                 [tools.override.read]\ntitle = \"Read\"\ndescription = \"Reads the handbook.\"\nread_only = true\n";
    fs::write(server.grants_file("files"), rules).expect("grants");
    events.notification("notifications/tools/list_changed");
    let shaped = tools(&server);
    let names: Vec<_> = shaped.iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["docs_read", "put"]);
    assert_eq!((&shaped[0]["title"], &shaped[0]["description"]), (&json!("Read"), &json!("Reads the handbook.")));
    assert_eq!(shaped[0]["annotations"]["readOnlyHint"], true);
    assert_eq!(client.call("docs_read", json!({})).success(), "done");
    for gone in ["read", "delete", "docs_delete", "write"] {
        assert_eq!(client.ask("tools/call", json!({"name": gone})).error().0, -32602, "{gone}");
    }
    fs::remove_file(server.grants_file("files")).expect("they were there");
    until("the plugin's own names", || (client.tools() == ["read", "write", "delete"]).then_some(()));
}

#[test]
fn a_prefix_ends_a_quarrel_about_a_name() {
    let setup = Server::setup().grants("b", "[tools]\nprefix = \"better_\"\n");
    let server = setup.plugin("a", plugin(&[tool("t")], "a")).plugin("b", plugin(&[tool("t")], "b")).start();
    let client = Modern::new(&server);
    assert_eq!(client.tools(), ["t", "better_t"]);
    assert_eq!(client.call("t", json!({})).success(), "a");
    assert_eq!(client.call("better_t", json!({})).success(), "b");
}

#[test]
fn a_rule_for_a_tool_that_there_is_not_is_told_and_a_bad_one_keeps_the_plugin_away() {
    let setup = Server::setup()
        .grants("a", "[tools.override.gone]\nread_only = true\n")
        .grants("b", "[tools]\nprefix = \"x y\"\n");
    let server = setup.plugin("a", plugin(&[tool("t")], "")).plugin("b", plugin(&[tool("u")], "")).start();
    server.logged(&["WARN", "[tools.override] has `gone`"]);
    server.logged(&["plugin refused", "line 2: tools.prefix", "x y"]);
    assert_eq!(Modern::new(&server).tools(), ["t"]);
}

#[test]
fn a_hint_that_the_grants_make_impossible_is_corrected_and_told() {
    let hints = "[tools.override.t]\nopen_world = true\nread_only = false\ndestructive = true\nidempotent = false\n";
    let server = Server::setup().grants("a", hints).plugin("a", plugin(&[tool("t")], "")).start();
    let expected =
        json!({"openWorldHint": false, "readOnlyHint": true, "destructiveHint": false, "idempotentHint": false});
    assert_eq!(annotations(&server, "t"), expected);
    for hint in ["openWorldHint: true", "readOnlyHint: false", "destructiveHint: true"] {
        server.logged(&["WARN", "tool `t`", hint, "is listed as"]);
    }
    fs::write(server.grants_file("a"), format!("{hints}[network]\nallow = [\"https://example.com\"]\n"))
        .expect("grants");
    let granted =
        json!({"openWorldHint": true, "readOnlyHint": false, "destructiveHint": true, "idempotentHint": false});
    until("the hints as they are", || (annotations(&server, "t") == granted).then_some(()));
}
