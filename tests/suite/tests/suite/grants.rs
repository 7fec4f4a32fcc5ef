//! Grants: what a plugin may do beside computing is what the files in their directory say, now.

use std::fs;

use minisign::KeyPair;
use pegboard_suite::component::counting;
use pegboard_suite::guests::guest;
use pegboard_suite::mcp::{asking, who};
use pegboard_suite::wait::until;
use pegboard_suite::{Modern, Server};
use serde_json::{Value, json};

/// What came of a puppet's question: `asked`, or why it may not.
fn asks(server: &Server) -> String {
    let client = Modern::new(server).with(json!({"elicitation": {}}));
    let answer = client.call("play", asking(json!([who()])));
    let result = answer.result();
    if result["resultType"] == "input_required" { "asked".to_owned() } else { answer.failure() }
}

fn asks_in_the_end(server: &Server, expected: &str) {
    until(&format!("the answer {expected:?}"), || (asks(server).contains(expected)).then_some(()));
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, bytes).expect("bytes");
    let output = std::process::Command::new("sha256sum").arg(file.path()).output().expect("sha256sum");
    String::from_utf8_lossy(&output.stdout).split(' ').next().expect("a digest").to_owned()
}

const MAY_ASK: &str = "[client]\nask = [\"elicit\"]\n";

#[test]
fn a_grant_that_is_written_changed_or_taken_away_counts_without_a_restart() {
    let server = Server::setup().settings("[grants]\nunpinned = \"allow\"").guest("puppet").start();
    let refused = asks(&server);
    assert!(refused.contains(r#"ask = ["elicit"] under [client] in "#), "{refused}");
    assert!(refused.contains("grants/puppet.toml"), "{refused}");
    fs::write(server.grants_file("puppet"), MAY_ASK).expect("grants");
    asks_in_the_end(&server, "asked");
    fs::write(server.grants_file("puppet"), "[client]\nask = [\"roots\"]\n").expect("grants");
    asks_in_the_end(&server, "may not");
    fs::write(server.grants_file("puppet"), MAY_ASK).expect("grants");
    asks_in_the_end(&server, "asked");
    fs::remove_file(server.grants_file("puppet")).expect("they were there");
    asks_in_the_end(&server, "may not");
}

#[test]
fn a_grants_file_with_a_typo_keeps_the_last_good_one_and_says_the_line() {
    let server = Server::setup().grants("puppet", MAY_ASK).guest("puppet").start();
    assert_eq!(asks(&server), "asked");
    fs::write(server.grants_file("puppet"), "[client]\nasks = [\"elicit\"]\n").expect("grants");
    server.logged(&["plugin refused; its previous version stays", "client.asks (line 2)", "puppet.toml"]);
    assert_eq!(asks(&server), "asked");
}

#[test]
fn a_plugin_whose_grants_cannot_be_read_at_the_start_is_not_served() {
    let server = Server::setup().grants("puppet", "[clients]\n").guest("puppet").start();
    server.logged(&["plugin refused", "clients (line 1)"]);
    assert!(Modern::new(&server).tools().is_empty());
}

#[test]
fn grants_for_any_file_of_a_name_are_refused_with_the_line_that_pins_them() {
    let setup = Server::setup().settings("[grants]\nunpinned = \"refuse\"").grants("puppet", MAY_ASK);
    let server = setup.guest("puppet").start();
    let digest = sha256(&guest("puppet"));
    server.logged(&["plugin refused", &format!("write sha256 = \\\"{digest}\\\" at the top of")]);
    fs::write(server.grants_file("puppet"), format!("sha256 = \"{digest}\"\n{MAY_ASK}")).expect("grants");
    until("the plugin to be served", || (!Modern::new(&server).tools().is_empty()).then_some(()));
    assert_eq!(asks(&server), "asked");
}

#[test]
fn a_file_that_takes_the_place_of_a_pinned_one_inherits_nothing() {
    let puppet = guest("puppet");
    let grants = format!("sha256 = \"{}\"\n{MAY_ASK}", sha256(&puppet));
    let setup = Server::setup().settings("[grants]\nunpinned = \"refuse\"").grants("puppet", &grants);
    let server = setup.guest("puppet").start();
    assert_eq!(asks(&server), "asked");
    // A custom section changes nothing but the digest.
    let mut other = puppet;
    other.extend_from_slice(b"\x00\x06\x05other");
    server.drop_in("puppet", &other);
    asks_in_the_end(&server, "its grants do not hold: they are for another version of it");
    server.logged(&["gets none of its grants"]);
}

#[test]
fn grants_are_never_read_from_the_drop_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).expect("a folder");
    let output = pegboard_suite::server::command()
        .args(["serve", "--listen", "127.0.0.1:0", "--plugins"])
        .arg(&plugins)
        .arg("--grants")
        .arg(plugins.join("grants"))
        .output()
        .expect("it runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a dropped file could grant itself anything; name another one with --grants"), "{said}");
}

#[test]
fn no_grant_goes_beyond_the_ceiling() {
    let settings = "[grants]\nunpinned = \"allow\"\n[grants.ceiling]\nclient = [\"roots\"]";
    let server = Server::setup().settings(settings).grants("puppet", MAY_ASK).guest("puppet").start();
    let refused = asks(&server);
    assert!(refused.contains("the ceiling forbids it"), "{refused}");
    assert!(refused.contains(r#"client = ["elicit"] under [grants.ceiling] in pegboard.toml"#), "{refused}");
}

/// Signs as minisign does.
fn signature(pair: &KeyPair, bytes: &[u8]) -> String {
    minisign::sign(None, &pair.sk, bytes, Some("a plugin"), Some("for a test")).expect("a signature").into_string()
}

#[test]
fn a_plugin_without_a_good_signature_is_refused_where_one_is_required() {
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let public = pair.pk.to_base64();
    let settings = format!(
        "[grants]\nunpinned = \"refuse\"\n[signatures]\nrequired = true\n\
         [[signatures.keys]]\nname = \"alice\"\npublic_key = \"{public}\"\n"
    );
    let grants = format!("signer = \"alice\"\n{MAY_ASK}");
    let server = Server::setup().settings(&settings).grants("puppet", &grants).guest("puppet").start();
    server.logged(&["plugin refused", "it is not signed"]);
    assert!(Modern::new(&server).tools().is_empty());

    let beside = server.plugins().join("puppet.wasm.minisig");
    fs::write(&beside, signature(&pair, b"something else")).expect("a signature");
    server.logged(&["plugin refused", "its signature is not by any of signatures.keys"]);

    fs::write(&beside, signature(&pair, &guest("puppet"))).expect("a signature");
    until("the plugin to be served", || (!Modern::new(&server).tools().is_empty()).then_some(()));
    // What was granted to the signer holds for all that she signed.
    assert_eq!(asks(&server), "asked");
}

#[test]
fn limits_of_a_plugin_are_its_own() {
    let settings = "[limits]\ncpu_time_ms = 60000";
    let grants = "[limits]\ncpu_time_ms = 20\n";
    let server = Server::setup().settings(settings).grants("hostile", grants).guest("hostile").guest("puppet").start();
    let spun = Modern::new(&server).call("compute", Value::Null);
    assert!(spun.failure().contains("20 ms of CPU time"), "{}", spun.failure());
}

/// What three calls of an instance's counter give, by the first of two callers, then by the other, then by nobody.
fn counted(reuse: &str) -> [String; 3] {
    let tokens = "[[auth.tokens]]\nname = \"alice\"\nenv = \"A\"\n[[auth.tokens]]\nname = \"bob\"\nenv = \"B\"\n";
    let grants = format!("[limits]\nreuse = \"{reuse}\"\n");
    let setup = Server::setup().settings(tokens).variable("A", "token-of-alice").variable("B", "token-of-bob");
    let server = setup.grants("counter", &grants).plugin("counter", counting("count")).start();
    ["token-of-alice", "token-of-bob", "token-of-alice"].map(|token| {
        let client = Modern::new(&server).bearing(token);
        (0..2).map(|_| client.call("count", json!({})).success()).collect::<String>()
    })
}

#[test]
fn an_instance_serves_one_call_or_those_of_one_caller_or_those_of_all_as_the_grant_says() {
    assert_eq!(counted("never"), ["00", "00", "00"]);
    assert_eq!(counted("principal"), ["01", "01", "23"]);
    assert_eq!(counted("shared"), ["01", "23", "45"]);
}

#[test]
fn instances_of_callers_without_a_name_are_not_kept_for_anybody_unless_they_are_shared() {
    for (reuse, expected) in [("principal", "000"), ("shared", "012")] {
        let grants = format!("[limits]\nreuse = \"{reuse}\"\n");
        let server = Server::setup().grants("counter", &grants).plugin("counter", counting("count")).start();
        let counts = (0..3).map(|_| Modern::new(&server).call("count", json!({})).success());
        assert_eq!(counts.collect::<String>(), expected);
    }
}

#[test]
fn a_caller_who_calls_too_often_is_told_so_and_others_are_not_kept_from_calling() {
    let grants = "[limits]\ncalls_per_minute = 3\n";
    let server = Server::setup().grants("counter", grants).plugin("counter", counting("count")).guest("puppet").start();
    let client = Modern::new(&server);
    let answers: Vec<_> = (0..5).map(|_| client.call("count", json!({})).text()).collect();
    assert!(answers.iter().any(|answer| answer.contains("more than 3 times a minute")), "{answers:?}");
    client.call("play", json!({"result": {"text": ["hello"]}})).success();
}

#[test]
fn an_instance_that_may_hold_a_secret_is_not_kept_once_secrets_were_read_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    fs::write(&file, "the first value").expect("a secret");
    let settings = format!("[secrets.key]\nfile = \"{}\"\n", file.display());
    let grants = "[limits]\nreuse = \"shared\"\n[secrets]\nread = [\"key\"]\n";
    let setup = Server::setup().settings(&settings).grants("counter", grants);
    let server = setup.plugin("counter", counting("count")).start();
    let count = || Modern::new(&server).call("count", json!({})).success();
    assert_eq!([count(), count()], ["0", "1"]);
    fs::write(&file, "the second value").expect("a secret");
    server.hang_up();
    until("a fresh instance", || (count() == "0").then_some(()));
}
