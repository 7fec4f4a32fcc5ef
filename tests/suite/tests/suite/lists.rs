//! Lists of every kind: their pages, their cursors, and their order.

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::mcp::{Answer, LEGACY, names};
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};

/// Method, member of its result, and what an entry is known by.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "name"),
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
];

/// How a client of some revision asks.
type Ask<'a> = Box<dyn Fn(&str, Value) -> Answer + 'a>;

/// A client of each revision.
fn clients(server: &Server) -> Vec<(&'static str, Ask<'_>)> {
    let modern = Modern::new(server);
    let modern: Ask<'_> = Box::new(move |method, params| modern.ask(method, params));
    let legacy = LEGACY.map(|version| {
        let client = Legacy::on(server, version);
        let ask: Ask<'_> = Box::new(move |method, params| client.ask(method, params));
        (version, ask)
    });
    [("2026-07-28", modern)].into_iter().chain(legacy).collect()
}

fn keys(result: &Value, member: &str, key: &str) -> Vec<String> {
    let entries = result[member].as_array().unwrap_or_else(|| panic!("no list: {result}"));
    entries.iter().map(|entry| entry[key].as_str().expect("an entry has its key").to_owned()).collect()
}

#[test]
fn the_pages_of_every_list_are_together_the_whole_of_it() {
    let whole = Server::start(&["puppet"]);
    let paged = Server::setup().settings("[server]\npage_size = 2").guest("puppet").start();
    for ((version, ask), (_, ask_whole)) in clients(&paged).iter().zip(clients(&whole)) {
        for (method, member, key) in LISTS {
            let all = keys(ask_whole(method, json!({})).result(), member, key);
            assert!(all.len() > 2, "{method}: {all:?}");
            let (mut seen, mut params) = (Vec::new(), json!({}));
            loop {
                let page = ask(method, params);
                let entries = keys(page.result(), member, key);
                assert!((1..=2).contains(&entries.len()), "{version} {method}: {entries:?}");
                seen.extend(entries);
                match page.result().get("nextCursor") {
                    Some(next) => params = json!({"cursor": next}),
                    None => break,
                }
            }
            assert_eq!(seen, all, "{version} {method}");
        }
    }
}

#[test]
fn a_cursor_that_was_made_up_is_refused_by_every_list_on_every_revision() {
    let server = Server::start(&["puppet"]);
    for (version, ask) in clients(&server) {
        for (method, ..) in LISTS {
            for cursor in [json!("made up"), json!(""), json!(1), json!("////"), json!({}), json!("cHVwcGV0")] {
                let answer = ask(method, json!({"cursor": cursor}));
                let (code, message) = answer.error();
                assert!(code == -32602 && message.contains("cursor"), "{version} {method} {cursor}: {message}");
            }
        }
    }
}

#[test]
fn a_cursor_holds_while_plugins_come_and_go() {
    let letters = |letter: &str| plugin(&[1, 2].map(|number| tool(&format!("{letter}{number}"))), "");
    let setup = Server::setup().settings("[server]\npage_size = 2");
    let server = ["a", "c", "d"].iter().fold(setup, |setup, name| setup.plugin(name, letters(name))).start();
    let client = Modern::new(&server);
    let first = client.ask("tools/list", json!({}));
    assert_eq!(names(first.result()), ["a1", "a2"]);
    let cursor = first.result()["nextCursor"].clone();
    let next = || names(client.ask("tools/list", json!({"cursor": cursor})).result());
    assert_eq!(next(), ["c1", "c2"]);
    // What comes before it does not move it.
    server.drop_in("b", &letters("b"));
    server.logged(&["plugin loaded", "id=b "]);
    assert_eq!(next(), ["c1", "c2"]);
    // And where its place is gone, it goes on after it.
    server.take_away("c");
    until("the plugin to be gone", || (next() == ["d1", "d2"]).then_some(()));
}

#[test]
fn lists_are_ordered_by_plugin_and_then_as_the_plugin_has_them() {
    let server = Server::start(&[]);
    let client = Modern::new(&server);
    for name in ["m", "z", "a"] {
        server.drop_in(name, &plugin(&[tool(&format!("{name}-2")), tool(&format!("{name}-1"))], ""));
        let last = format!("{name}-1");
        until("it to be listed", || client.tools().contains(&last).then_some(()));
    }
    assert_eq!(client.tools(), ["a-2", "a-1", "m-2", "m-1", "z-2", "z-1"]);
}
