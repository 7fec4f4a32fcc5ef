//! Buckets that a plugin was granted.

use std::thread;

use pegboard_suite::granted::{run, run_tool};
use pegboard_suite::{Server, until};
use serde_json::{Value, json};

fn serve(grants: &str) -> Server {
    Server::setup().guest("granted").grants("granted", grants).start()
}

fn step(act: &str, key: &str, text: &str) -> Value {
    json!({"act": act, "name": "notes", "to": key, "text": text})
}

#[test]
fn what_a_call_stores_the_next_one_finds() {
    let server = serve("[kv]\nnotes = {}\n");
    assert_eq!(run(&server, &[step("set", "k", "a value")]), ["ok: "]);
    assert_eq!(run(&server, &[step("get", "k", ""), step("keys", "", "")]), ["ok: a value", "ok: k"]);
    assert_eq!(run_tool(&server, "steps_read_only", &[step("get", "k", "")]), ["ok: a value"]);
    assert_eq!(run(&server, &[step("delete", "k", ""), step("get", "k", "")]), ["ok: ", "failed: nothing there"]);
}

#[test]
fn a_bucket_that_was_not_granted_is_denied_with_the_line_that_would_grant_it() {
    let server = Server::start(&["granted"]);
    for act in ["get", "set", "delete", "keys", "swap-old"] {
        let result = run(&server, &[step(act, "k", "x")]).remove(0);
        assert!(result.contains("notes = {} under [kv]") && result.contains("granted.toml"), "{act}: {result}");
    }
}

#[test]
fn what_is_for_reading_is_not_written_to() {
    let server = serve("[kv]\nnotes = { access = \"read\" }\n");
    let changes = [step("set", "k", "x"), step("delete", "k", ""), step("swap-old", "k", "x")];
    for result in run(&server, &changes) {
        assert!(result.contains("may not write to") && result.contains("access = \"read-write\""), "{result}");
    }
    assert_eq!(run(&server, &[step("get", "k", "")]), ["failed: nothing there"]);
    let server = serve("[kv]\nnotes = {}\n");
    for result in run_tool(&server, "steps_read_only", &changes) {
        assert!(result.contains("may not write to") && result.contains("readOnlyHint"), "{result}");
    }
}

#[test]
fn quotas_hold_and_say_what_is_full() {
    let server = serve("[kv]\nnotes = { quota_bytes = 1000, quota_keys = 2 }\n");
    let sized = |key: &str, count: u64| json!({"act": "set", "name": "notes", "to": key, "count": count});
    let results = run(&server, &[sized("a", 1_000), sized("a", 999), step("set", "b", ""), step("set", "a", "x")]);
    assert!(results[0].contains("quota_bytes"), "{results:?}");
    assert!(results[1] == "ok: " && results[2].contains("quota_bytes") && results[3] == "ok: ", "{results:?}");
    let results = run(&server, &[step("set", "b", "x"), step("set", "c", "x")]);
    assert!(results[0] == "ok: " && results[1].contains("quota_keys"), "{results:?}");
    let results = run(&server, &[step("set", &"k".repeat(257), "x"), sized("a", 65_537)]);
    assert!(results[0].contains("256 bytes") && results[1].contains("65536 bytes"), "{results:?}");
}

#[test]
fn what_is_stored_for_a_time_is_gone_after_it() {
    let server = serve("[kv]\nnotes = {}\n");
    let short = json!({"act": "set-for", "name": "notes", "to": "k", "text": "x", "count": 1});
    assert_eq!(run(&server, &[short]), ["ok: "]);
    until("the value to end", || (run(&server, &[step("get", "k", "")]) == ["failed: nothing there"]).then_some(()));
}

#[test]
fn of_changes_at_the_same_time_none_is_lost() {
    let server = serve("[kv]\nnotes = {}\n");
    assert_eq!(run(&server, &[step("set", "k", "1"), step("swap-old", "k", "2")]), ["ok: ", "ok: false"]);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| run(&server, &vec![step("count", "n", ""); 20]))).collect();
        let counted = calls.into_iter().flat_map(|call| call.join().expect("it ends"));
        // An update that met too many others says so, and has changed nothing.
        let counted = counted.filter(|result| result.starts_with("ok: ")).count();
        assert_eq!(run(&server, &[step("get", "n", "")]), [format!("ok: {counted}")]);
    });
}
