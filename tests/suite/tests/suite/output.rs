//! What plugins say beside their results: into the log, bounded, and as JSON of ours.

use pegboard_suite::{Modern, Server};
use serde_json::{Value, json};

fn play(server: &Server, steps: &Value) {
    Modern::new(server).call("play", json!({"steps": steps})).success();
}

#[test]
fn what_a_plugin_prints_is_in_the_log_under_its_name() {
    let server = Server::start(&["puppet"]);
    play(&server, &json!([{"print": "one\ntwo, "}, {"eprint": "a complaint\n"}, {"print": "and its end"}]));
    server.logged(&["plugin=puppet", "stdout", "one"]);
    server.logged(&["plugin=puppet", "stdout", "two, and its end"]);
    server.logged(&["plugin=puppet", "stderr", "a complaint"]);
}

#[test]
fn what_a_plugin_logs_is_in_the_log_under_its_name() {
    let server = Server::start(&["puppet"]);
    play(&server, &json!([{"log": {"level": "warning", "logger": "the part", "data": "{\"a\":1}"}}]));
    let line = server.logged(&["plugin=puppet", "WARN", "the part"]);
    assert!(line.contains(r#"{"a":1}"#), "{line}");
}

#[test]
fn a_plugin_cannot_forge_a_line_of_log() {
    let server = Server::start(&["puppet"]);
    let forged = "\r\n2026-11-24T00:00:00Z ERROR forged\x1b[2J\u{202e}\x07";
    let data = json!(forged).to_string();
    play(
        &server,
        &json!([
            {"print": format!("{forged}\n")},
            {"eprint": format!("{forged}\n")},
            {"log": {"level": "error", "logger": forged, "data": data}},
            {"log": {"level": "error", "data": forged}},
            {"print": "that was all\n"},
        ]),
    );
    server.logged(&["that was all"]);
    let log = server.log();
    assert!(log.contains("forged"), "it is told");
    for line in log.lines().filter(|line| line.contains("forged")) {
        assert!(line.contains("puppet"), "a line of its own: {line:?}");
    }
    assert!(!log.contains(['\x1b', '\x07', '\u{202e}']), "what moves a cursor or turns the direction is escaped");
}

#[test]
fn a_plugin_cannot_fill_the_log() {
    let settings = "[limits]\nstdio_bytes = 1000\nlog_messages = 3";
    let server = Server::setup().settings(settings).guest("echo").guest("puppet").start();
    play(&server, &json!([{"print": "x".repeat(500_000)}, {"eprint": "y".repeat(500_000)}]));
    server.logged(&["puppet", "999000 more bytes", "limits.stdio_bytes"]);
    let told: usize = server.lines_with(&["stdout"]).iter().map(|line| line.matches('x').count()).sum();
    assert!((990..=1_010).contains(&told), "{told}");
    assert_eq!(server.lines_with(&["yyy"]), Vec::<String>::new());
    Modern::new(&server).call("log_lines", json!({"n": 100})).success();
    server.logged(&["echo", "limits.log_messages"]);
    assert_eq!(server.lines_with(&["plugin=echo", "line "]).len(), 3);
}

#[test]
fn a_log_for_programs_is_json_whatever_plugins_print() {
    let server = Server::setup().flag("--log-format=json").guest("puppet").start();
    play(&server, &json!([{"print": "a \"quote\"\u{0} and\ttab\n"}, {"eprint": "{\"level\":\"ERROR\"}\n"}]));
    server.logged(&["quote"]);
    server.logged(&["stderr"]);
    for line in server.log().lines() {
        let parsed = serde_json::from_str::<Value>(line);
        assert!(parsed.is_ok_and(|line| line.is_object()), "{line}");
    }
}

#[test]
fn json_of_a_plugin_is_written_anew_on_one_line() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    // The reader of frames refuses a second line of data.
    let result = json!({
        "text": ["x"],
        "structured": "{\n  \"z\" : 1,\r\n\t\"a\" : [ 1,\n2 ]\n}",
        "meta": "{\n\"example.com/k\":\n{}}",
        "extra": "{\n\"more\":\ntrue, \"isError\": true, \"content\": []}",
        "other": "{\n\"type\": \"other\"\n}",
    });
    let answer = client.call("play", json!({"result": result}));
    let result = answer.result();
    assert_eq!(result["structuredContent"].to_string(), r#"{"z":1,"a":[1,2]}"#);
    assert_eq!(result["_meta"]["example.com/k"], json!({}));
    assert_eq!(result["content"], json!([{"type": "text", "text": "x"}, {"type": "other"}]));
    assert_eq!((&result["more"], &result["isError"]), (&json!(true), &json!(false)), "a field wins over `extra`");
}

#[test]
fn what_is_no_json_does_not_reach_a_client() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for (field, raw) in [
        ("structured", "{"),
        ("structured", "{}\n\nevent: message\ndata: {}"),
        ("structured", deep.as_str()),
        ("meta", "[1]"),
        ("extra", "null"),
        ("other", "{\"a\":NaN}"),
        ("other", "7"),
    ] {
        let failure = client.call("play", json!({"result": {"text": ["x"], field: raw}})).failure();
        let names = ["structured-content", "meta", "extra", "content", "other"];
        assert!(names.iter().any(|name| failure.contains(name)) && failure.len() < 1_000, "{field}: {failure:.1000}");
    }
}

#[test]
fn bytes_come_as_base64() {
    let server = Server::start(&["puppet"]);
    let answer = Modern::new(&server).call("play", json!({"result": {"image": [0, 255, 16]}}));
    assert_eq!(answer.result()["content"], json!([{"type": "image", "data": "AP8Q", "mimeType": "image/png"}]));
}
