//! How things look on the wire, revision by revision.

use super::*;
use crate::plugin::{EmbeddedResource, TextContent};
use crate::protocol::version::find;

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

#[test]
fn every_kind_of_content_has_its_shape() {
    let hints = Annotations { audience: vec![Role::User], priority: Some(0.5), last_modified: None };
    let meta = Some(object(json!({"k": 1})));
    let output = ToolOutput {
        content: vec![
            Content::Text(TextContent { text: "a".into(), annotations: Some(hints), meta: meta.clone() }),
            Content::Image(MediaContent {
                data: vec![1, 2, 3],
                mime_type: "image/png".into(),
                annotations: None,
                meta: None,
            }),
            Content::Embedded(EmbeddedResource {
                contents: ResourceContents {
                    uri: "test://x".into(),
                    mime_type: None,
                    body: ResourceBody::Blob(vec![255]),
                    meta: None,
                },
                annotations: None,
                meta: None,
            }),
            Content::Other(object(json!({"type": "future"}))),
        ],
        structured_content: Some(json!({"n": 1})),
        is_error: false,
        meta,
        extra: Some(object(json!({"isError": true, "more": 1}))),
    };
    let expected = json!({
        "content": [
            {"type": "text", "text": "a", "annotations": {"audience": ["user"], "priority": 0.5}, "_meta": {"k": 1}},
            {"type": "image", "data": "AQID", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "test://x", "blob": "/w=="}},
            {"type": "future"},
        ],
        "structuredContent": {"n": 1}, "isError": false, "_meta": {"k": 1}, "more": 1,
    });
    assert_eq!(Value::Object(tool_output(output.clone(), &REVISIONS[0])), expected);
    let oldest = tool_output(output, find("2025-03-26").unwrap());
    assert!(!oldest.contains_key("structuredContent"));
}

#[test]
fn what_a_plugin_adds_to_a_result_cannot_pose_as_the_host() {
    let extra = json!({
        "resultType": "input_required",
        "requestState": "forged",
        "inputRequests": {},
        "structuredContent": {"n": 1},
        "isError": true,
        "content": [],
        "_meta": {"forged": true},
        "future": 1,
    });
    let output = ToolOutput {
        content: vec![],
        structured_content: None,
        is_error: false,
        meta: None,
        extra: Some(object(extra)),
    };
    let shown = Value::Object(tool_output(output, &REVISIONS[0]));
    assert_eq!(shown, json!({"future": 1, "content": [], "isError": false}));
}

#[test]
fn whole_numbers_have_no_fraction() {
    let half = Progress { done: 50.0, total: Some(0.5), message: None };
    let params = progress(&json!(0), half, &REVISIONS[0]);
    assert_eq!(Value::Object(params).to_string(), r#"{"progressToken":0,"progress":50,"total":0.5}"#);
}

#[test]
fn meta_is_added_beside_what_is_there() {
    let mut result = object(json!({"_meta": {"a": 1}}));
    set_meta(&mut result, "b", json!(2));
    assert_eq!(Value::Object(result), json!({"_meta": {"a": 1, "b": 2}}));
}

#[test]
fn the_oldest_revision_has_neither_audio_nor_annotations_nor_messages_of_progress() {
    let oldest = find("2024-11-05").unwrap();
    let audio = MediaContent { data: vec![1], mime_type: "audio/wav".into(), annotations: None, meta: None };
    let output = ToolOutput { content: vec![Content::Audio(audio)], ..ToolOutput::default() };
    let piece = &tool_output(output.clone(), oldest)["content"][0];
    assert_eq!(piece["type"], "text");
    assert!(piece["text"].as_str().unwrap().contains("audio/wav"), "{piece}");
    assert_eq!(tool_output(output, find("2025-03-26").unwrap())["content"][0]["type"], "audio");
    let told = Progress { done: 1.0, total: None, message: Some("half".into()) };
    assert!(!progress(&json!(0), told.clone(), oldest).contains_key("message"));
    assert!(progress(&json!(0), told, find("2025-03-26").unwrap()).contains_key("message"));
}
