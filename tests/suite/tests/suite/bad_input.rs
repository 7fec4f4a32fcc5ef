//! Arguments and results that do not fit their schemas: told so that a model can mend its call.

use pegboard_suite::{Legacy, Modern, Server};
use serde_json::{Value, json};

#[test]
fn arguments_that_break_the_schema_are_told_by_path_and_rule() {
    let server = Server::start(&["puppet"]);
    let (modern, legacy) = (Modern::new(&server), Legacy::begin(&server));
    for (arguments, told) in [
        (json!({}), ["(root)", "\"count\" is a required property"]),
        (json!({"count": 0}), ["/count", "/properties/count/minimum"]),
        (json!({"count": "1"}), ["/count", "/properties/count/type"]),
        (json!({"count": 1.5}), ["/count", "/properties/count/type"]),
        (json!({"count": 1, "names": ["a", "B"]}), ["/names/1", "pattern"]),
        (json!({"count": 1, "more": true}), ["'more'", "/additionalProperties"]),
    ] {
        for failure in
            [modern.call("picky", arguments.clone()).failure(), legacy.call("picky", arguments.clone()).failure()]
        {
            assert!(told.iter().all(|part| failure.contains(part)), "{arguments}: {failure}");
            assert!(failure.contains("picky"), "{failure}");
        }
    }
    assert_eq!(modern.call("picky", json!({"count": 9, "names": []})).success(), r#"{"count":9,"names":[]}"#);
}

#[test]
fn arguments_that_are_missing_are_an_empty_object() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    for params in [json!({"name": "mirrored"}), json!({"name": "mirrored", "arguments": null})] {
        assert_eq!(client.ask("tools/call", params).success(), "{}");
    }
}

#[test]
fn arguments_that_are_no_object_are_wrong_parameters() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    for arguments in [json!([]), json!("{}"), json!(1), json!(true)] {
        let answer = client.ask("tools/call", json!({"name": "picky", "arguments": arguments}));
        let (code, message) = answer.error();
        assert!(code == -32602 && message.contains("arguments"), "{message}");
    }
}

#[test]
fn a_result_that_breaks_its_schema_is_an_error_that_says_how() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let promise = |result: Value| client.call("promise", json!({"result": result}));
    for (structured, told) in [("{}", "\"n\" is a required property"), ("{\"n\":0}", "/n"), ("[1]", "(root)")] {
        let failure = promise(json!({"text": ["secret"], "structured": structured})).failure();
        assert!(failure.contains("output schema") && failure.contains(told), "{structured}: {failure}");
    }
    let failure = promise(json!({"text": ["no structure"]})).failure();
    assert!(failure.contains("no structured content"), "{failure}");
    let good = promise(json!({"structured": "{\"n\":1}"}));
    assert_eq!(good.result()["structuredContent"], json!({"n": 1}));
}

#[test]
fn a_result_that_says_it_is_an_error_needs_no_structure() {
    let server = Server::start(&["puppet"]);
    let result = json!({"text": ["it rains"], "is_error": true});
    assert_eq!(Modern::new(&server).call("promise", json!({"result": result})).failure(), "it rains");
}

#[test]
fn each_way_to_fail_reaches_the_client_in_its_own_way() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let fail = |error: Value| client.call("play", json!({"result": {"error": error}}));
    assert_eq!(fail(json!({"failed": "it rains"})).failure(), "it rains");
    let invalid = fail(json!({"invalid_arguments": "not on Sundays"})).failure();
    assert!(invalid.contains("not on Sundays") && invalid.contains("play"), "{invalid}");
    let missing = fail(json!({"not_found": "the umbrella"}));
    assert!(missing.error().0 == -32602 && missing.error().1.contains("the umbrella"));
    let protocol = fail(json!({"protocol": {"code": -32099, "message": "so it is", "data": "{\"a\": [1,\n2]}"}}));
    assert_eq!(protocol.error(), (-32099, "so it is"));
    assert_eq!(protocol.response["error"]["data"], json!({"a": [1, 2]}));
}
