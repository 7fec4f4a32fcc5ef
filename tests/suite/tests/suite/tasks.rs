//! The extension `io.modelcontextprotocol/tasks`: calls that go on after they were answered.

use pegboard_suite::mcp::{Answer, accepted, asking, next_round, request, who};
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};

/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;
const ALLOWED: &str = "[grants.defaults.client]\nask = [\"elicit\"]";

fn server_with(settings: &str) -> Server {
    Server::setup().settings(settings).settings(ALLOWED).guest("puppet").start()
}

fn client(server: &Server) -> Modern<'_> {
    Modern::new(server).with(json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}))
}

/// The id of a task that a call became.
fn id(created: &Answer) -> Value {
    assert_eq!(created.result()["resultType"], "task", "{}", created.response);
    created.result()["taskId"].clone()
}

fn get(client: &Modern<'_>, id: &Value) -> Answer {
    client.ask("tasks/get", json!({"taskId": id}))
}

/// The task, once it has that status.
fn once(client: &Modern<'_>, id: &Value, status: &str) -> Value {
    until(&format!("the task to be {status}"), || {
        let task = get(client, id).result().clone();
        (task["status"] == status).then_some(task)
    })
}

fn text(text: &str) -> Value {
    json!({"result": {"text": [text]}})
}

#[test]
fn a_call_becomes_a_task_whose_result_is_fetched() {
    let server = server_with("");
    let client = client(&server);
    for tool in ["work", "toil"] {
        let created = client.call(tool, text("done"));
        assert!(created.result()["pollIntervalMs"].as_u64().is_some_and(|ms| ms > 0));
        let task = once(&client, &id(&created), "completed");
        assert_eq!(task["result"]["content"], json!([{"type": "text", "text": "done"}]));
        assert_eq!(task["createdAt"], created.result()["createdAt"]);
    }
}

#[test]
fn a_client_that_does_not_know_tasks_waits_for_the_result_or_is_refused() {
    let server = server_with("");
    let plain = Modern::new(&server);
    assert_eq!(plain.call("work", text("done")).success(), "done");
    let refused = plain.call("toil", text("done"));
    assert_eq!((refused.status, refused.error().0), (400, -32021));
    let required = json!({"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}});
    assert_eq!(refused.response["error"]["data"], required);
    let task = id(&client(&server).call("work", json!({"steps": [{"sleep": AN_HOUR}]})));
    for method in ["tasks/get", "tasks/cancel"] {
        assert_eq!(plain.ask(method, json!({"taskId": task})).error().0, -32021, "{method}");
    }
    assert_eq!(get(&client(&server), &task).result()["status"], "working");
    assert_eq!(client(&server).call("play", text("never a task")).success(), "never a task");
}

#[test]
fn a_task_asks_and_goes_on_with_the_answer() {
    let server = server_with("");
    let client = client(&server);
    let task = id(&client.call("work", asking(json!([who()]))));
    let waiting = once(&client, &task, "input_required");
    assert_eq!(waiting["inputRequests"]["who"]["params"]["message"], "[puppet] Who?");
    let update = |responses: Value| client.ask("tasks/update", json!({"taskId": task, "inputResponses": responses}));
    for ignored in [json!({}), json!({"other": accepted("Eve")}), json!({"who": "no answer"})] {
        update(ignored).result();
        assert_eq!(get(&client, &task).result()["status"], "input_required");
    }
    assert_eq!(update(json!([])).error().0, -32602);
    update(json!({"who": accepted("Ada")})).result();
    let task = once(&client, &task, "completed");
    assert_eq!(task["result"]["content"][0]["text"], r#"[{"accepted":{"name":"Ada"}}]"#);
}

#[test]
fn a_tool_may_ask_before_there_is_a_task() {
    let server = server_with("");
    let client = client(&server);
    let params = json!({"name": "consult", "arguments": asking(json!([who()]))});
    let asked = client.ask("tools/call", params.clone());
    assert!(asked.questions().get("who").is_some());
    let answers = next_round(&params, json!({"who": accepted("Ada")}), Some(&asked.state()));
    let task = once(&client, &id(&client.ask("tools/call", answers)), "completed");
    assert_eq!(task["result"]["content"][0]["text"], r#"[{"accepted":{"name":"Ada"}}]"#);
}

#[test]
fn a_task_is_cancelled_and_gives_its_place_back() {
    let server = server_with("[limits]\nconcurrent_calls_per_plugin = 1");
    let client = client(&server);
    let task = id(&client.call("work", json!({"steps": [{"sleep": AN_HOUR}]})));
    client.ask("tasks/cancel", json!({"taskId": task})).result();
    assert_eq!(get(&client, &task).result()["status"], "cancelled");
    assert_eq!(client.call("play", text("next")).success(), "next");
    // What is over stays as it is.
    let done = id(&client.call("work", text("done")));
    once(&client, &done, "completed");
    client.ask("tasks/cancel", json!({"taskId": done})).result();
    assert_eq!(get(&client, &done).result()["status"], "completed");
    let waiting = id(&client.call("work", asking(json!([who()]))));
    once(&client, &waiting, "input_required");
    client.ask("tasks/cancel", json!({"taskId": waiting})).result();
    client.ask("tasks/update", json!({"taskId": waiting, "inputResponses": {"who": accepted("Ada")}})).result();
    assert_eq!(get(&client, &waiting).result()["status"], "cancelled");
}

#[test]
fn a_task_fails_with_the_error_and_completes_with_a_result_that_says_it_failed() {
    let server = server_with("");
    let client = client(&server);
    let protocol = json!({"error": {"protocol": {"code": -32042, "message": "so it is"}}});
    let failed = once(&client, &id(&client.call("work", json!({"result": protocol}))), "failed");
    assert_eq!(failed["error"], json!({"code": -32042, "message": "so it is"}));
    let told = json!({"result": {"error": {"failed": "it rains"}}});
    let completed = once(&client, &id(&client.call("work", told)), "completed");
    assert_eq!(completed["result"]["isError"], true);
    assert_eq!(completed["result"]["content"][0]["text"], "it rains");
}

#[test]
fn a_task_that_is_not_there_is_refused() {
    let server = server_with("");
    let client = client(&server);
    for task in ["made-up", "", &"A".repeat(32), &"x".repeat(5000)] {
        for (method, params) in [
            ("tasks/get", json!({"taskId": task})),
            ("tasks/update", json!({"taskId": task, "inputResponses": {}})),
            ("tasks/cancel", json!({"taskId": task})),
        ] {
            assert_eq!(client.ask(method, params).error().0, -32602, "{method} {task:.40}");
        }
    }
    for params in [json!({}), json!({"taskId": 1})] {
        assert_eq!(client.ask("tasks/get", params).error().0, -32602);
    }
}

#[test]
fn a_task_is_gone_when_its_time_is_up_and_gives_its_place_back() {
    let server = server_with("[tasks]\nttl_secs = 1\n[limits]\nconcurrent_calls_per_plugin = 1");
    let client = client(&server);
    let task = id(&client.call("work", json!({"steps": [{"sleep": AN_HOUR}]})));
    until("the task to be gone", || {
        let answer = get(&client, &task);
        let gone = answer.response.get("error")?["message"].as_str()?.contains("expired");
        gone.then_some(())
    });
    assert_eq!(client.call("play", text("next")).success(), "next");
}

#[test]
fn there_are_no_more_tasks_than_are_allowed_and_finished_ones_make_room() {
    let server = server_with("[tasks]\nmax_tasks = 2");
    let client = client(&server);
    let sleeping = || client.call("work", json!({"steps": [{"sleep": AN_HOUR}]}));
    let (first, _second) = (id(&sleeping()), id(&sleeping()));
    let refused = sleeping();
    assert!(refused.status == 503 && refused.error().1.contains("tasks.max_tasks"), "{}", refused.response);
    client.ask("tasks/cancel", json!({"taskId": first})).result();
    id(&sleeping());
}

#[test]
fn a_listener_is_told_of_the_tasks_that_it_named() {
    let server = server_with("");
    let client = client(&server);
    let sleeping = || id(&client.call("work", json!({"steps": [{"sleep": AN_HOUR}]})));
    let (task, other) = (sleeping(), sleeping());
    let (mut events, subscription) = client.listen_for(json!({"taskIds": [task]}));
    for task in [&other, &task] {
        client.ask("tasks/cancel", json!({"taskId": task})).result();
    }
    let told = events.notification("notifications/tasks");
    assert_eq!((&told["taskId"], &told["status"]), (&task, &json!("cancelled")));
    assert_eq!(told["_meta"]["io.modelcontextprotocol/subscriptionId"], subscription);
    let filter = json!({"notifications": {"taskIds": [task]}});
    assert_eq!(Modern::new(&server).ask("subscriptions/listen", filter).error().0, -32021);
}

#[test]
fn the_header_of_a_request_about_a_task_names_it() {
    let server = server_with("");
    let client = client(&server);
    let task = id(&client.call("work", json!({"steps": [{"sleep": AN_HOUR}]})));
    let post = client.post(&request(1, "tasks/get", json!({"taskId": task})));
    for wrong in [post.clone().without("Mcp-Name"), post.clone().header("Mcp-Name", "another")] {
        let answer = Answer::read(wrong.send(&server));
        assert_eq!((answer.status, answer.error().0), (400, -32020));
    }
    assert_eq!(Answer::read(post.send(&server)).result()["status"], "working");
}

#[test]
fn in_a_session_there_are_no_tasks() {
    let server = server_with("");
    let session = Legacy::begin(&server);
    assert_eq!(session.call("work", text("done")).success(), "done");
    assert_eq!(session.ask("tasks/get", json!({"taskId": "x"})).error().0, -32601);
    assert!(session.initialized["capabilities"].get("tasks").is_none(), "{}", session.initialized);
}
