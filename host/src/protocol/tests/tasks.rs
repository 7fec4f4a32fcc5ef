//! Calls that are answered with a task.

use super::*;
use crate::plugin::{Answer, Principal, Query, Question, TaskSupport};

const TASKS: &str = "io.modelcontextprotocol/tasks";

/// A plugin that asks for two names at once and says them.
fn asking() -> Arc<dyn Plugin> {
    FakePlugin::with("asker", Vec::new(), |_, _, call| {
        Box::pin(async move {
            let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
            let question = |key: &str| {
                let schema = schema.as_object().unwrap().clone();
                Question { key: key.to_owned(), query: Query::Form { message: "Who?".to_owned(), schema } }
            };
            let answers = call.client.unwrap().ask(vec![question("a"), question("b")])?;
            let name = |answer: &Answer| match answer {
                Answer::Accepted(fields) => fields["name"].as_str().unwrap().to_owned(),
                other => format!("{other:?}"),
            };
            let text = answers.iter().map(name).collect::<Vec<_>>().join(" and ");
            Ok(ToolOutput { content: vec![Content::text(text)], ..ToolOutput::default() })
        })
    })
}

fn offering(plugin: Arc<dyn Plugin>, spec: ToolSpec) -> Server {
    server_of(vec![(plugin, Listing { tools: vec![spec], ..Listing::default() })], Questions::default())
}

fn supporting(support: TaskSupport) -> ToolSpec {
    ToolSpec { task_support: Some(support), ..tool("t") }
}

/// A request of a client that declares tasks and forms.
async fn send(server: &Server, method: &str, mut params: Value) -> (Value, Option<ErrorKind>) {
    params["_meta"] = json!({"io.modelcontextprotocol/clientCapabilities": {
        "elicitation": {}, "extensions": {TASKS: {}}
    }});
    ask(server, modern(method, params)).await
}

/// The task as soon as it is no longer `working`.
async fn settled(server: &Server, id: &Value) -> Value {
    let mut changes = server.tasks.store.changes();
    loop {
        let task = send(server, "tasks/get", json!({"taskId": id})).await.0["result"].clone();
        assert_eq!(task["resultType"], "complete");
        if task["status"] != "working" {
            return task;
        }
        changes.recv().await.unwrap();
    }
}

#[tokio::test]
async fn a_call_becomes_a_task_where_tool_and_client_agree() {
    let server = offering(FakePlugin::new("fake"), supporting(TaskSupport::Optional));
    let (created, _) = send(&server, "tools/call", json!({"name": "t", "arguments": {"a": 1}})).await;
    let created = &created["result"];
    assert_eq!((&created["resultType"], &created["status"]), (&json!("task"), &json!("working")));
    assert!(created["createdAt"].as_str().unwrap().ends_with('Z'), "{created}");
    let task = settled(&server, &created["taskId"]).await;
    assert_eq!((&task["status"], &task["result"]["content"][0]["text"]), (&json!("completed"), &json!(r#"{"a":1}"#)));

    let (plain, _) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
    assert_eq!(plain["result"]["resultType"], "complete", "who knows no tasks gets none");
}

#[tokio::test]
async fn a_tool_for_tasks_alone_is_refused_to_those_who_know_none_on_the_modern_revision() {
    let server = offering(FakePlugin::new("fake"), supporting(TaskSupport::Required));
    let (reply, error) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
    assert_eq!(error, Some(ErrorKind::MissingClientCapability));
    assert_eq!(reply["error"]["data"], json!({"requiredCapabilities": {"extensions": {TASKS: {}}}}));
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let (_, error) = ask(&server, modern(method, json!({"taskId": "x"}))).await;
        assert_eq!(error, Some(ErrorKind::MissingClientCapability), "{method}");
        assert_eq!(send(&server, method, json!({"taskId": "x"})).await.1, Some(ErrorKind::InvalidParams), "{method}");
    }
}

#[tokio::test]
async fn a_task_parks_until_all_its_questions_are_answered() {
    let server = offering(asking(), supporting(TaskSupport::Optional));
    let id = send(&server, "tools/call", json!({"name": "t"})).await.0["result"]["taskId"].clone();
    let parked = settled(&server, &id).await;
    assert_eq!(parked["status"], "input_required");
    assert_eq!(parked["inputRequests"].as_object().unwrap().len(), 2);

    let accept = |name: &str| json!({"action": "accept", "content": {"name": name}});
    let update = |responses: Value| json!({"taskId": id, "inputResponses": responses});
    let (acknowledged, _) = send(&server, "tasks/update", update(json!({"a": accept("Ann"), "x": accept("?")}))).await;
    assert_eq!(acknowledged["result"].as_object().unwrap().keys().collect::<Vec<_>>(), ["resultType", "_meta"]);
    let parked = settled(&server, &id).await;
    assert_eq!(parked["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    send(&server, "tasks/update", update(json!({"a": accept("again"), "b": accept("Bob")}))).await;
    assert_eq!(settled(&server, &id).await["result"]["content"][0]["text"], "Ann and Bob");
}

#[tokio::test]
async fn a_tool_may_ask_first_and_become_a_task_then() {
    let server = offering(asking(), ToolSpec { asks_first: true, ..supporting(TaskSupport::Optional) });
    let (first, _) = send(&server, "tools/call", json!({"name": "t"})).await;
    assert_eq!(first["result"]["resultType"], "input_required");
    assert!(first["result"].get("taskId").is_none());
    let accept = json!({"action": "accept", "content": {"name": "Ann"}});
    let params = json!({"name": "t", "requestState": first["result"]["requestState"],
        "inputResponses": {"a": accept, "b": accept}});
    let (second, _) = send(&server, "tools/call", params).await;
    assert_eq!(second["result"]["resultType"], "task");
    let task = settled(&server, &second["result"]["taskId"]).await;
    assert_eq!(task["result"]["content"][0]["text"], "Ann and Ann");
}

#[tokio::test]
async fn a_cancelled_task_is_dropped_and_cancelling_again_changes_nothing() {
    let (plugin, _) = endless();
    let server = offering(plugin, supporting(TaskSupport::Required));
    let id = send(&server, "tools/call", json!({"name": "t"})).await.0["result"]["taskId"].clone();
    for _ in 0..2 {
        let (acknowledged, error) = send(&server, "tasks/cancel", json!({"taskId": id})).await;
        assert_eq!((error, &acknowledged["result"]["resultType"]), (None, &json!("complete")));
    }
    assert_eq!(settled(&server, &id).await["status"], "cancelled");
    // Nothing of the endless call is left.
    server.drained().await;
}

#[tokio::test]
async fn a_json_rpc_error_makes_a_failed_task_and_a_failed_tool_a_completed_one() {
    let rpc = crate::plugin::RpcError { code: -32603, message: "limit".into(), data: None };
    for (error, status) in [(CallError::Protocol(rpc), "failed"), (CallError::Failed("no".into()), "completed")] {
        let plugin = FakePlugin::with("fake", Vec::new(), move |_, _, _| {
            let error = error.clone();
            Box::pin(async { Err(error) })
        });
        let server = offering(plugin, supporting(TaskSupport::Required));
        let id = send(&server, "tools/call", json!({"name": "t"})).await.0["result"]["taskId"].clone();
        let task = settled(&server, &id).await;
        assert_eq!(task["status"], status);
        assert_eq!(task.get("result").is_some(), status == "completed");
        assert_eq!(task.get("error").is_some(), status == "failed");
    }
}

#[tokio::test]
async fn a_listener_is_told_of_its_own_tasks_whole() {
    use futures_util::StreamExt as _;
    let server = offering(asking(), supporting(TaskSupport::Optional));
    let id = send(&server, "tools/call", json!({"name": "t"})).await.0["result"]["taskId"].clone();
    settled(&server, &id).await;
    let filter = json!({"notifications": {"taskIds": [id, "unknown"]}});
    let (undeclared, sent) = modern("subscriptions/listen", filter.clone());
    let refused = response(server.handle(undeclared, from(&sent)).await).await;
    assert_eq!(refused.1, Some(ErrorKind::MissingClientCapability));

    let meta = json!({"io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}}});
    let (request, sent) =
        modern("subscriptions/listen", json!({"notifications": filter["notifications"], "_meta": meta}));
    let ReplyKind::Listen(mut listen) = server.handle(request, from(&sent)).await.kind else { panic!("a stream") };
    let acknowledged: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!(acknowledged["params"]["notifications"], json!({"taskIds": [id]}));
    send(&server, "tasks/cancel", json!({"taskId": id})).await;
    let told: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!((&told["method"], &told["params"]["status"]), (&json!("notifications/tasks"), &json!("cancelled")));
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
}

#[tokio::test]
async fn a_task_is_there_for_its_own_principal_alone() {
    let server = offering(FakePlugin::new("fake"), supporting(TaskSupport::Optional));
    let id = send(&server, "tools/call", json!({"name": "t"})).await.0["result"]["taskId"].clone();
    let other = Principal { subject: "other".into(), issuer: None, scopes: vec![], claims: JsonObject::new() };
    let meta = json!({"io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}}});
    let (request, sent) = modern("tasks/get", json!({"taskId": id, "_meta": meta}));
    let origin = Origin { principal: Some(&other), ..from(&sent) };
    let (_, error) = response(server.handle(request, origin).await).await;
    assert_eq!(error, Some(ErrorKind::InvalidParams));
}
