//! Questions to the client, on both eras, through the same plugin.

use super::*;
use crate::plugin::{Answer, Query, Question};

const FORM: &str = r#"{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}"#;

fn question(key: &str) -> Question {
    let schema = serde_json::from_str(FORM).unwrap();
    Question { key: key.to_owned(), query: Query::Form { message: format!("{key}?"), schema } }
}

/// A plugin that asks for `first`, then for `second`, and says both.
fn asking_as(id: &str) -> Arc<dyn Plugin> {
    FakePlugin::with(id, Vec::new(), |_, _, call| {
        Box::pin(async move {
            let client = call.client.unwrap();
            let mut names = Vec::new();
            for key in ["first", "second"] {
                match client.ask(vec![question(key)])?.remove(0) {
                    Answer::Accepted(fields) => names.push(fields["name"].as_str().unwrap().to_owned()),
                    other => return Err(CallError::Failed(format!("{other:?}"))),
                }
            }
            Ok(ToolOutput { content: vec![Content::text(names.join(" and "))], ..ToolOutput::default() })
        })
    })
}

fn asking() -> Arc<dyn Plugin> {
    asking_as("asker")
}

fn asker(plugin: Arc<dyn Plugin>) -> Server {
    server_of(vec![(plugin, Listing { tools: vec![tool("t")], ..Listing::default() })], Questions::default())
}

fn accept(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

async fn call(server: &Server, extra: Value) -> (Value, Option<ErrorKind>) {
    let mut params = json!({"name": "t", "_meta": {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}});
    params.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    ask(server, modern("tools/call", params)).await
}

fn text(reply: &Value) -> &str {
    reply["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {reply}"))
}

#[tokio::test]
async fn a_modern_client_carries_the_answers_from_round_to_round() {
    let server = asker(asking());
    let (first, _) = call(&server, json!({})).await;
    assert_eq!(first["result"]["resultType"], "input_required");
    assert_eq!(first["result"]["inputRequests"]["first"]["method"], "elicitation/create");
    assert_eq!(first["result"]["inputRequests"]["first"]["params"]["message"], "[asker] first?");
    let state = &first["result"]["requestState"];

    let answers = json!({"first": accept("Ann"), "second": accept("not asked yet"), "nonsense": 7});
    let (second, _) = call(&server, json!({"requestState": state, "inputResponses": answers})).await;
    assert_eq!(second["result"]["resultType"], "input_required");
    assert_eq!(second["result"]["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["second"]);
    assert_ne!(&second["result"]["requestState"], state);

    let last = json!({"requestState": second["result"]["requestState"], "inputResponses": {"second": accept("Bob")}});
    let (third, _) = call(&server, last.clone()).await;
    assert_eq!((text(&third), &third["result"]["resultType"]), ("Ann and Bob", &json!("complete")));
    assert_eq!(text(&call(&server, last).await.0), "Ann and Bob", "a retry is lawful");
}

#[tokio::test]
async fn answers_without_a_state_are_taken_where_the_plugin_needs_none() {
    let both = json!({"inputResponses": {"first": accept("Ann"), "second": accept("Bob"), "other": 1}});
    assert_eq!(text(&call(&asker(asking()), both).await.0), "Ann and Bob");
    for useless in [json!({"wrong": accept("x")}), json!({"first": 12345}), json!(null)] {
        let (reply, _) = call(&asker(asking()), json!({"inputResponses": useless})).await;
        assert_eq!(reply["result"]["resultType"], "input_required", "{useless}");
    }
}

#[tokio::test]
async fn a_state_that_was_changed_or_is_foreign_is_refused() {
    let server = asker(asking());
    let state = call(&server, json!({})).await.0["result"]["requestState"].as_str().unwrap().to_owned();
    for (bad, arguments) in
        [(json!(format!("{state}-TAMPERED")), json!({})), (json!(7), json!({})), (json!(state), json!({"other": 1}))]
    {
        let (reply, error) = call(&server, json!({"requestState": bad, "arguments": arguments})).await;
        assert_eq!(error, Some(ErrorKind::InvalidParams), "{reply}");
        assert!(reply["error"]["message"].as_str().unwrap().contains("requestState"), "{reply}");
    }
}

#[tokio::test]
async fn a_question_that_may_not_be_put_is_a_tool_error_and_one_that_cannot_a_protocol_error() {
    let (reply, _) = call(&asker(asking_as(crate::testing::MUTE)), json!({})).await;
    assert_eq!(reply["result"]["isError"], true);
    assert!(text(&reply).contains("may not ask: elicit"), "{reply}");

    let (reply, error) = ask(&asker(asking()), modern("tools/call", json!({"name": "t"}))).await;
    assert_eq!((error, &reply["error"]["code"]), (Some(ErrorKind::Plugin(-32021)), &json!(-32021)));
    assert_eq!(reply["error"]["data"], json!({"requiredCapabilities": {"elicitation": {}}}));
}

#[tokio::test]
async fn a_guest_does_not_get_past_its_own_question() {
    let plugin = FakePlugin::with("asker", Vec::new(), |_, _, call| {
        Box::pin(async move {
            let _ = call.client.unwrap().ask(vec![question("first")]);
            Ok(ToolOutput { content: vec![Content::text("went on")], ..ToolOutput::default() })
        })
    });
    assert_eq!(call(&asker(plugin), json!({})).await.0["result"]["resultType"], "input_required");
}

#[tokio::test]
async fn asking_without_end_is_bounded() {
    let plugin = FakePlugin::with("asker", Vec::new(), |_, _, _| Box::pin(async { Err(CallError::Pending) }));
    let (reply, _) = call(&asker(plugin), json!({})).await;
    assert!(reply["error"]["message"].as_str().unwrap().contains("has asked nothing"), "{reply}");
    let server = asker(asking());
    let mut state = json!({});
    for _ in 0..=server.questions.max_rounds {
        let (reply, _) = call(&server, state).await;
        state = json!({"requestState": reply["result"]["requestState"]});
        if state["requestState"].is_null() {
            assert!(reply["error"]["message"].as_str().unwrap().contains("asked more than"), "{reply}");
            return;
        }
    }
    panic!("it asked without end");
}

#[tokio::test]
async fn a_legacy_client_is_asked_on_the_calls_own_stream() {
    let server = asker(asking());
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}});
    let session = server.handle(legacy("initialize", &params), from(&headers([]))).await.session.unwrap();
    let other = begin(&server).await.0;
    let (here, there) =
        (headers([("mcp-session-id", session.as_str())]), headers([("mcp-session-id", other.as_str())]));
    let reply = server.handle(legacy("tools/call", &json!({"name": "t"})), from(&here)).await;
    let ReplyKind::Call(mut call) = reply.kind else { panic!("a call") };
    for name in ["Ann", "Bob"] {
        let asked = tokio::select! {
            asked = call.outbound.recv() => asked.unwrap(),
            outcome = &mut call.outcome => panic!("it ended without asking: {outcome:?}"),
        };
        let Outbound::Message(asked) = asked else { panic!("a request") };
        let asked: Value = serde_json::from_str(&asked).unwrap();
        assert_eq!(asked["method"], "elicitation/create");
        let answer = || message(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": accept(name)}));
        for foreign in [&there, &headers([])] {
            let reply = server.handle(answer(), from(foreign)).await;
            assert_eq!(response(reply).await.1, Some(ErrorKind::InvalidRequest), "another may not answer");
        }
        assert!(matches!(server.handle(answer(), from(&here)).await.kind, ReplyKind::Accepted));
        let again = server.handle(answer(), from(&here)).await;
        assert_eq!(response(again).await.1, Some(ErrorKind::InvalidRequest), "nor twice");
    }
    let reply: Value = serde_json::from_str(&call.outcome.await.unwrap().json).unwrap();
    assert_eq!(text(&reply), "Ann and Bob");
}

#[tokio::test]
async fn a_legacy_clients_refusal_reaches_the_plugin() {
    let server = asker(asking());
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}});
    let session = server.handle(legacy("initialize", &params), from(&headers([]))).await.session.unwrap();
    let here = headers([("mcp-session-id", session.as_str())]);
    let reply = server.handle(legacy("tools/call", &json!({"name": "t"})), from(&here)).await;
    let ReplyKind::Call(mut call) = reply.kind else { panic!("a call") };
    let asked = tokio::select! {
        asked = call.outbound.recv() => asked.unwrap(),
        _ = &mut call.outcome => panic!("it ended without asking"),
    };
    let Outbound::Message(asked) = asked else { panic!("a request") };
    let asked: Value = serde_json::from_str(&asked).unwrap();
    let error = json!({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -1, "message": "no user here"}});
    server.handle(message(&error), from(&here)).await;
    let reply: Value = serde_json::from_str(&call.outcome.await.unwrap().json).unwrap();
    assert!(text(&reply).contains("no user here"), "{reply}");
}
