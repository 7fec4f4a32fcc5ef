//! The rules that all replies are checked against find what breaks them.

use pegboard_suite::rules::{Revision, Rules, broken};
use serde_json::{Value, json};

fn on(version: &str, method: &str, message: &Value) -> Option<String> {
    broken(&Rules { revision: Revision::named(version), method: Some(method.to_owned()) }, message)
}

fn result(result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "result": result})
}

/// As every result of 2026-07-28 has it.
fn modern(mut of: Value) -> Value {
    of["resultType"] = "complete".into();
    of["_meta"] = json!({"io.modelcontextprotocol/serverInfo": {"name": "x", "version": "1"}});
    result(&of)
}

#[test]
fn a_member_that_came_later_is_found() {
    let tool = |member: &str, value: Value| {
        result(&json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}, member: value}]}))
    };
    for (member, value, first) in [
        ("title", json!("T"), "2025-06-18"),
        ("outputSchema", json!({}), "2025-06-18"),
        ("icons", json!([{"src": "data:,"}]), "2025-11-25"),
    ] {
        for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
            let told = on(version, "tools/list", &tool(member, value.clone()));
            assert_eq!(told.is_some(), version < first, "{version} {member}: {told:?}");
            assert!(told.is_none_or(|told| told.contains(member)));
        }
    }
    assert!(on("2025-11-25", "tools/list", &tool("dance", json!(1))).is_some(), "one that no revision has");
}

#[test]
fn a_member_that_is_missing_or_of_another_type_is_found() {
    let list = json!({"tools": [], "ttlMs": 0, "cacheScope": "public"});
    assert_eq!(on("2026-07-28", "tools/list", &modern(list.clone())), None);
    for member in ["tools", "ttlMs", "cacheScope"] {
        let mut part = list.clone();
        part.as_object_mut().expect("an object").remove(member);
        assert!(on("2026-07-28", "tools/list", &modern(part)).is_some_and(|told| told.contains(member)));
        let mut other = list.clone();
        other[member] = json!({"a": 1});
        assert!(on("2026-07-28", "tools/list", &modern(other)).is_some_and(|told| told.contains(member)));
    }
    for member in ["resultType", "_meta"] {
        let mut whole = modern(list.clone());
        whole["result"].as_object_mut().expect("an object").remove(member);
        assert!(on("2026-07-28", "tools/list", &whole).is_some_and(|told| told.contains(member)));
    }
    assert!(on("2025-11-25", "tools/list", &result(&list)).is_some(), "what only the newest has");
}

#[test]
fn content_that_the_revision_does_not_have_is_found() {
    let link = json!({"type": "resource_link", "uri": "a:b", "name": "b"});
    let result = result(&json!({"content": [link], "isError": false}));
    assert!(on("2025-03-26", "tools/call", &result).is_some());
    assert_eq!(on("2025-06-18", "tools/call", &result), None);
}

#[test]
fn a_request_or_a_notification_where_there_is_none_is_found() {
    let request = json!({"jsonrpc": "2.0", "id": "a", "method": "roots/list"});
    assert_eq!(on("2025-11-25", "tools/call", &request), None);
    assert!(on("2026-07-28", "tools/call", &request).is_some());
    let changed = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    assert_eq!(on("2025-11-25", "", &changed), None);
    assert!(on("2026-07-28", "subscriptions/listen", &changed).is_some(), "whose subscription?");
    let unknown = json!({"jsonrpc": "2.0", "method": "notifications/dance"});
    assert!(on("2025-11-25", "", &unknown).is_some());
}

#[test]
fn what_is_no_message_is_found() {
    for message in [
        json!(1),
        json!({}),
        json!({"jsonrpc": "2.0", "id": 1}),
        json!({"jsonrpc": "1.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": null, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}, "error": {"code": 1, "message": ""}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": "1", "message": ""}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}),
    ] {
        assert!(on("2025-11-25", "ping", &message).is_some(), "{message}");
    }
}
