//! Standard input and output, over pipes in memory.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, duplex};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::stdio;
use super::*;
use crate::plugin::{Answer, CallError, Content, Query, Question, ToolOutput};

/// The client's end.
struct Client {
    input: Option<DuplexStream>,
    output: Lines<BufReader<DuplexStream>>,
    server: JoinHandle<()>,
    endpoint: Endpoint,
    stop: CancellationToken,
}

impl Client {
    fn of(server: Server, config: Config) -> Self {
        let (input, server_input) = duplex(64 * 1024);
        let (server_output, output) = duplex(64 * 1024);
        let endpoint = Endpoint::new(server, config, Tokens::default());
        let stop = CancellationToken::new();
        let (served, stopped) = (endpoint.clone(), stop.clone());
        let server = tokio::spawn(async move { stdio(&served, server_input, server_output, stopped).await });
        Self { input: Some(input), output: BufReader::new(output).lines(), server, endpoint, stop }
    }

    fn new() -> Self {
        Self::of(echo(), Config::default())
    }

    async fn write(&mut self, line: &str) {
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn send(&mut self, message: &Value) {
        self.write(&message.to_string()).await;
    }

    /// The next line.
    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.output.next_line().await.unwrap().expect("there is a line")).unwrap()
    }

    async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        self.next().await
    }

    async fn initialize(&mut self, revision: &str) -> Value {
        let params = json!({"protocolVersion": revision, "capabilities": {"elicitation": {}}});
        self.ask(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await
    }

    /// Closes its end; what still comes, once the server has ended.
    async fn end(mut self) -> Vec<Value> {
        self.input = None;
        let mut rest = Vec::new();
        while let Some(line) = self.output.next_line().await.unwrap() {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        self.server.await.unwrap();
        rest
    }
}

fn modern(id: u32, method: &str, params: &Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let meta = &mut message["params"]["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    message
}

/// A tool that says when it has begun, and answers when it is told to.
fn waiting() -> (Arc<dyn Plugin>, Arc<Notify>, Arc<Notify>, Arc<AtomicBool>) {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (begun, go, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let given = (begun.clone(), go.clone(), dropped.clone());
    let plugin = FakePlugin::with("fake", Vec::new(), move |_, _, _| {
        let (begun, go, dropped) = given.clone();
        let dropped = Dropped(dropped);
        Box::pin(async move {
            begun.notify_one();
            go.notified().await;
            drop(dropped);
            Ok(ToolOutput { content: vec![Content::text("done")], ..ToolOutput::default() })
        })
    });
    (plugin, begun, go, dropped)
}

fn waiting_client(config: Config) -> (Client, Arc<Notify>, Arc<Notify>, Arc<AtomicBool>) {
    let (plugin, begun, go, dropped) = waiting();
    (Client::of(server(plugin, &[tool("t")], Questions::default()), config), begun, go, dropped)
}

#[tokio::test]
async fn a_legacy_client_begins_a_session_whose_id_never_goes_out() {
    let mut client = Client::new();
    let begun = client.initialize("2024-11-05").await;
    assert_eq!(begun["result"]["protocolVersion"], "2024-11-05");
    assert!(begun["result"]["capabilities"].get("completions").is_none(), "{begun}");
    assert!(!begun.to_string().to_lowercase().contains("session"), "{begun}");
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    assert_eq!(client.ask(&request(1, "tools/list")).await["result"]["tools"][0]["name"], "t");
    assert_eq!(client.ask(&request(2, "tools/call")).await["result"]["content"][0]["text"], "{}");
    let level = json!({"jsonrpc": "2.0", "id": 3, "method": "logging/setLevel", "params": {"level": "error"}});
    assert_eq!(client.ask(&level).await["result"], json!({}), "what needs a session has one");
    assert_eq!(client.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_modern_client_needs_no_session_but_its_meta() {
    let mut client = Client::new();
    let discovered = client.ask(&modern(1, "server/discover", &json!({}))).await;
    let versions = discovered["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")) && !versions.contains(&json!("2024-11-05")), "{versions:?}");
    let called = client.ask(&modern(2, "tools/call", &json!({"name": "t"}))).await;
    assert_eq!(called["result"]["resultType"], "complete");
    let mut lacking = modern(3, "tools/list", &json!({}));
    lacking["params"]["_meta"].as_object_mut().unwrap().remove("io.modelcontextprotocol/clientCapabilities");
    assert_eq!(client.ask(&lacking).await["error"]["code"], -32602);
    client.end().await;
}

#[tokio::test]
async fn what_is_no_message_is_an_error_and_the_next_line_is_served() {
    let mut client = Client::of(echo(), Config { max_body_bytes: 200, ..Config::default() });
    client.write("{").await;
    assert_eq!(client.next().await["error"]["code"], -32700);
    client.write("").await;
    client.write("7").await;
    assert_eq!(client.next().await["error"]["code"], -32600);
    client.write(&"x".repeat(10_000)).await;
    let refused = client.next().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&Value::Null, &json!(-32600)));
    assert!(refused["error"]["message"].as_str().unwrap().contains("transport.max_body_bytes"), "{refused}");
    // Nobody waits for this one; JSON-RPC does not answer responses.
    client.send(&json!({"jsonrpc": "2.0", "id": 9, "result": {}})).await;
    assert_eq!(client.ask(&request(1, "ping")).await, json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
    client.end().await;
}

#[tokio::test]
async fn requests_run_beside_each_other() {
    let (mut client, begun, go, _) = waiting_client(Config::default());
    client.initialize("2025-11-25").await;
    client.send(&request(1, "tools/call")).await;
    begun.notified().await;
    assert_eq!(client.ask(&request(2, "ping")).await["id"], 2);
    go.notify_one();
    assert_eq!(client.next().await["id"], 1);
    client.end().await;
}

#[tokio::test]
async fn a_question_goes_out_and_its_response_finds_the_call() {
    let schema = serde_json::from_str(r#"{"type": "object", "properties": {"name": {"type": "string"}}}"#).unwrap();
    let query = Query::Form { message: "who?".into(), schema };
    let plugin = FakePlugin::with("asker", Vec::new(), move |_, _, call| {
        let question = Question { key: "who".into(), query: query.clone() };
        Box::pin(async move {
            match call.client.unwrap().ask(vec![question])?.remove(0) {
                Answer::Accepted(fields) => {
                    let content = vec![Content::text(fields["name"].as_str().unwrap())];
                    Ok(ToolOutput { content, ..ToolOutput::default() })
                }
                other => Err(CallError::Failed(format!("{other:?}"))),
            }
        })
    });
    let mut client = Client::of(server(plugin, &[tool("t")], Questions::default()), Config::default());
    client.initialize("2025-11-25").await;
    let asked = client.ask(&request(1, "tools/call")).await;
    assert_eq!(asked["method"], "elicitation/create");
    let answer = json!({"action": "accept", "content": {"name": "Ann"}});
    let result = client.ask(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": answer})).await;
    assert_eq!((&result["id"], &result["result"]["content"][0]["text"]), (&json!(1), &json!("Ann")));
    client.end().await;
}

#[tokio::test]
async fn a_cancelled_request_stops_and_is_not_answered_on_either_era() {
    let legacy = request(7, "tools/call");
    for call in [legacy, modern(7, "tools/call", &json!({"name": "t"}))] {
        let (mut client, begun, _, dropped) = waiting_client(Config::default());
        client.initialize("2025-11-25").await;
        client.send(&call).await;
        begun.notified().await;
        for id in [8, 7] {
            let params = json!({"requestId": id});
            client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})).await;
        }
        assert_eq!(client.end().await, Vec::<Value>::new(), "{call}");
        assert!(dropped.load(Ordering::SeqCst), "{call}");
    }
}

#[tokio::test]
async fn changes_are_told_to_a_session_and_to_whoever_listens() {
    let mut client = Client::new();
    let listen = modern(5, "subscriptions/listen", &json!({"notifications": {"toolsListChanged": true}}));
    assert_eq!(client.ask(&listen).await["method"], "notifications/subscriptions/acknowledged");
    client.endpoint.0.server.registry().publish(Vec::new());
    let changed = client.next().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 5);
    let rest = client.end().await;
    assert_eq!((rest.len(), &rest[0]["id"]), (1, &json!(5)), "the closing result: {rest:?}");

    let mut client = Client::new();
    client.initialize("2025-11-25").await;
    // In turn, so that the session listens by now.
    client.ask(&request(1, "ping")).await;
    tokio::task::yield_now().await;
    client.endpoint.0.server.registry().publish(Vec::new());
    assert_eq!(client.next().await["method"], "notifications/tools/list_changed");
    assert_eq!(client.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_end_of_input_waits_for_what_runs() {
    let (mut client, begun, go, _) = waiting_client(Config::default());
    client.send(&request(1, "tools/call")).await;
    begun.notified().await;
    client.input = None;
    go.notify_one();
    assert_eq!(client.end().await[0]["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn what_runs_too_long_is_cut_off_at_the_end() {
    let (mut client, begun, _, dropped) = waiting_client(Config { drain_ms: 1, ..Config::default() });
    client.send(&modern(1, "tools/call", &json!({"name": "t"}))).await;
    begun.notified().await;
    client.stop.cancel();
    assert_eq!(client.end().await, Vec::<Value>::new());
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_batch_is_answered_on_one_line_where_the_revision_has_them() {
    let mut client = Client::new();
    let batch = json!([request(1, "ping"), request(2, "tools/call")]);
    client.initialize("2025-03-26").await;
    assert_eq!(client.ask(&batch).await.as_array().unwrap().len(), 2);
    client.initialize("2025-06-18").await;
    assert_eq!(client.ask(&batch).await["error"]["code"], -32600);
    client.end().await;
}

#[tokio::test]
async fn too_many_requests_at_once_are_refused() {
    let (mut client, ..) = waiting_client(Config { drain_ms: 1, ..Config::default() });
    for id in 0..=256 {
        client.send(&request(id, "tools/call")).await;
    }
    let refused = client.next().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(256), &json!(-32603)), "{refused}");
    client.stop.cancel();
    client.end().await;
}
