//! Batches, on the one revision that has them.

use super::*;

fn batch(messages: &Value) -> Batch {
    match Incoming::parse(messages.to_string().as_bytes(), 64).unwrap() {
        Incoming::Batch(batch) => batch,
        Incoming::One(_) => panic!("a batch"),
    }
}

fn request(id: u32, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"name": "t"}})
}

fn notification() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

async fn session(server: &Server, revision: &str) -> Fake {
    let params = json!({"protocolVersion": revision, "capabilities": {}});
    let reply = server.handle(legacy("initialize", &params), from(&headers([]))).await;
    headers([("mcp-session-id", reply.session.unwrap().as_str())])
}

#[tokio::test]
async fn requests_of_a_batch_are_answered_and_notifications_are_not() {
    let server = echo_server(&[tool("t")]);
    let mixed = json!([request(1, "ping"), notification(), request(2, "tools/call"), request(3, "nonsense"), 7]);
    let reply = server.handle_batch(batch(&mixed), from(&headers([]))).await.unwrap();
    let mut responses = reply.responses;
    for call in reply.calls {
        responses.push(call.outcome.await.unwrap());
    }
    let array: Value = serde_json::from_str(&BatchReply::array(&responses)).unwrap();
    let ids: Vec<_> = array.as_array().unwrap().iter().map(|response| response["id"].clone()).collect();
    assert_eq!(ids, [json!(1), json!(3), Value::Null, json!(2)]);
    assert_eq!(array[1]["error"]["code"], -32601);
    assert_eq!(array[2]["error"]["code"], -32600);
    assert_eq!(array[3]["result"]["content"][0]["type"], "text");
}

#[tokio::test]
async fn a_batch_without_requests_is_taken() {
    let server = echo_server(&[]);
    let sent = session(&server, "2025-03-26").await;
    let reply = server.handle_batch(batch(&json!([notification(), notification()])), from(&sent)).await.unwrap();
    assert!(reply.responses.is_empty() && reply.calls.is_empty());
    let nobodys = json!([{"jsonrpc": "2.0", "id": 9, "result": {}}]);
    let error = server.handle_batch(batch(&nobodys), from(&sent)).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn only_one_revision_has_batches() {
    let server = echo_server(&[]);
    let ping = json!([request(1, "ping")]);
    let taken = async |sent: &Fake| server.handle_batch(batch(&ping), from(sent)).await.map(|_| ()).map_err(|e| e.kind);
    assert_eq!(taken(&headers([("mcp-protocol-version", "2025-03-26")])).await, Ok(()));
    assert_eq!(taken(&session(&server, "2025-03-26").await).await, Ok(()));
    for revision in ["2025-06-18", "2025-11-25"] {
        assert_eq!(taken(&session(&server, revision).await).await, Err(ErrorKind::InvalidRequest), "{revision}");
    }
    for revision in ["2025-06-18", "2025-11-25", "2026-07-28"] {
        let sent = headers([("mcp-protocol-version", revision)]);
        assert_eq!(taken(&sent).await, Err(ErrorKind::InvalidRequest), "{revision}");
    }
    let unknown = headers([("mcp-session-id", &"a".repeat(43))]);
    assert_eq!(taken(&unknown).await, Err(ErrorKind::SessionNotFound));
}

#[tokio::test]
async fn what_begins_a_session_or_needs_none_is_not_for_batches() {
    let server = echo_server(&[]);
    let mut modern = request(2, "tools/list");
    modern["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
    for message in [request(1, "initialize"), modern] {
        let error = server.handle_batch(batch(&json!([request(3, "ping"), message])), from(&headers([]))).await;
        assert_eq!(error.err().unwrap().kind, ErrorKind::InvalidRequest, "{message}");
    }
}
