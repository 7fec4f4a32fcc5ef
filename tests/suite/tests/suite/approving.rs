//! The lock: what was approved is what is served, and nothing else under its name.

use std::fs;
use std::process::Output;

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::{Modern, Server, until};

/// `pegboard approve`, as the server is set up.
fn approve(server: &Server, arguments: &[&str]) -> Output {
    pegboard_suite::server::command()
        .arg("approve")
        .args(arguments)
        .args(["--config".into(), server.path("settings.toml")])
        .args(["--plugins".into(), server.plugins()])
        .args(["--grants".into(), server.path("grants")])
        .args(["--lock".into(), server.path("pegboard.lock")])
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn locked() -> Server {
    Server::setup().flag("--lock").flag("pegboard.lock").plugin("made", plugin(&[tool("add")], "first")).start()
}

fn calls(server: &Server) -> String {
    Modern::new(server).call("add", serde_json::json!({})).success()
}

fn lists_in_the_end(server: &Server, expected: &[&str]) {
    until(&format!("the tools {expected:?}"), || (Modern::new(server).tools() == expected).then_some(()));
}

#[test]
fn nothing_is_served_before_it_was_approved_and_a_changed_file_not_before_it_was_approved_again() {
    let server = locked();
    server.logged(&["plugin refused", "never approved; `pegboard approve made`"]);
    assert!(Modern::new(&server).tools().is_empty());

    let first = approve(&server, &["made", "--yes"]);
    assert!(first.status.success() && said(&first).contains("tool add: new: The tool add."), "{}", said(&first));
    lists_in_the_end(&server, &["add"]);

    server.drop_in("made", &plugin(&[tool("add"), tool("steal")], "second"));
    server.logged(&["plugin refused; its previous version stays", "it is not what was approved", "tool steal: new"]);
    assert_eq!((Modern::new(&server).tools(), calls(&server)), (vec!["add".to_owned()], "first".to_owned()));

    let second = approve(&server, &["made", "--yes"]);
    assert!(said(&second).contains("changed since it was approved"), "{}", said(&second));
    lists_in_the_end(&server, &["add", "steal"]);
    assert_eq!(calls(&server), "second");
    assert!(said(&approve(&server, &["--all"])).contains("made: as it was approved"));
}

#[test]
fn nobody_approves_by_accident() {
    let server = locked();
    let refused = approve(&server, &["made"]);
    assert!(
        !refused.status.success() && said(&refused).contains("`--yes` approves `made` without"),
        "{}",
        said(&refused)
    );
    assert!(!server.path("pegboard.lock").exists());
}

#[test]
fn wider_grants_are_not_served_before_they_were_approved_and_narrower_ones_are_at_once() {
    let setup = Server::setup().settings("[grants]\nunpinned = \"allow\"").flag("--lock").flag("pegboard.lock");
    let server = setup.plugin("made", plugin(&[tool("add")], "first")).start();
    assert!(approve(&server, &["made", "--yes"]).status.success());
    lists_in_the_end(&server, &["add"]);
    fs::write(server.grants_file("made"), "[network]\nallow = [\"https://example.com\"]\n").expect("grants");
    server.logged(&["its previous version stays", "grants: network"]);
    assert!(approve(&server, &["made", "--yes"]).status.success());
    server.logged(&["plugin replaced", "made"]);
    fs::remove_file(server.grants_file("made")).expect("they were there");
    until("the plugin without grants", || (server.lines_with(&["plugin replaced", "made"]).len() == 2).then_some(()));
}

#[test]
fn a_damaged_lock_file_lets_nothing_new_in_and_nothing_change() {
    let server = locked();
    assert!(approve(&server, &["made", "--yes"]).status.success());
    lists_in_the_end(&server, &["add"]);
    let lock = fs::read_to_string(server.path("pegboard.lock")).expect("a lock");
    fs::write(server.path("pegboard.lock"), lock.replace("The tool add.", "The tool odd.")).expect("a lock");
    server.logged(&["the lock file is damaged", "does not fit its digests"]);
    server.drop_in("other", &plugin(&[tool("other")], "other"));
    server.drop_in("made", &plugin(&[tool("add")], "second"));
    server.logged(&["plugin refused", "other.wasm", "damaged"]);
    server.logged(&["its previous version stays", "made.wasm", "damaged"]);
    assert_eq!((Modern::new(&server).tools(), calls(&server)), (vec!["add".to_owned()], "first".to_owned()));
    assert!(!approve(&server, &["made", "--yes"]).status.success());
}
