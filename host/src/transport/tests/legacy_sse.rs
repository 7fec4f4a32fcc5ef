//! HTTP+SSE, the transport of 2024-11-05.

use super::*;

/// A client's stream.
struct Stream {
    /// Where its messages go.
    address: String,
    body: Body,
}

impl Stream {
    async fn open(routes: &Router, path: &str) -> Self {
        let response = send(routes, Method::GET, path, headers(&[]), &Value::Null).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let mut stream = Self { address: String::new(), body: response.into_body() };
        let first = stream.frame().await.unwrap();
        stream.address = first.strip_prefix("event: endpoint\ndata: ").unwrap().trim_end().to_owned();
        stream
    }

    async fn frame(&mut self) -> Option<String> {
        let frame = self.body.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(frame.to_vec()).unwrap())
    }

    async fn message(&mut self) -> Value {
        let frame = self.frame().await.expect("there is a message");
        let mut messages = messages(&frame);
        assert_eq!(messages.len(), 1, "{frame}");
        messages.remove(0)
    }

    async fn post(&self, routes: &Router, body: &Value) -> StatusCode {
        send(routes, Method::POST, &self.address, headers(&[]), body).await.status()
    }

    async fn ask(&mut self, routes: &Router, body: &Value) -> Value {
        assert_eq!(self.post(routes, body).await, StatusCode::ACCEPTED);
        self.message().await
    }
}

fn initialize() -> Value {
    let params = json!({"protocolVersion": "2024-11-05", "capabilities": {}});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

#[tokio::test]
async fn the_stream_names_the_address_for_messages_and_brings_their_replies() {
    let routes = routes(Config::default());
    let mut stream = Stream::open(&routes, "/sse").await;
    assert!(stream.address.starts_with("/messages?session_id="), "{}", stream.address);
    let begun = stream.ask(&routes, &initialize()).await;
    assert_eq!(begun["result"]["protocolVersion"], "2024-11-05");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(stream.post(&routes, &initialized).await, StatusCode::ACCEPTED);
    assert_eq!(stream.ask(&routes, &request(1, "tools/list")).await["result"]["tools"][0]["name"], "t");
    assert_eq!(stream.ask(&routes, &request(2, "tools/call")).await["id"], 2);
    let level = json!({"jsonrpc": "2.0", "id": 3, "method": "logging/setLevel", "params": {"level": "error"}});
    assert_eq!(stream.ask(&routes, &level).await["result"], json!({}), "what needs a session has one");
    assert_eq!(stream.ask(&routes, &json!([request(4, "ping")])).await["error"]["code"], -32600, "it has no batches");
}

#[tokio::test]
async fn the_address_is_beside_the_stream_wherever_both_are_mounted() {
    let routes = Router::new().nest("/a/tools", routes(Config::default()));
    let mut stream = Stream::open(&routes, "/a/tools/sse/").await;
    assert!(stream.address.starts_with("/a/tools/messages?session_id="), "{}", stream.address);
    assert_eq!(stream.ask(&routes, &initialize()).await["id"], 0);
}

#[tokio::test]
async fn changes_are_told_on_the_stream() {
    let endpoint = Endpoint::new(echo(), Config::default(), Tokens::default());
    let routes = router(endpoint.clone());
    let mut stream = Stream::open(&routes, "/sse").await;
    stream.ask(&routes, &initialize()).await;
    // In turn, so that the session listens by now.
    stream.ask(&routes, &request(1, "ping")).await;
    endpoint.0.server.registry().publish(Vec::new());
    assert_eq!(stream.message().await["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn what_has_no_stream_or_is_no_message_is_refused() {
    let routes = routes(Config::default());
    let mut stream = Stream::open(&routes, "/sse").await;
    let post = async |path: &str, body: &Value| send(&routes, Method::POST, path, headers(&[]), body).await.status();
    let ping = request(1, "ping");
    assert_eq!(post("/messages", &ping).await, StatusCode::BAD_REQUEST);
    for unknown in ["x", &"a".repeat(43)] {
        assert_eq!(post(&format!("/messages?session_id={unknown}"), &ping).await, StatusCode::NOT_FOUND);
    }
    assert_eq!(post(&stream.address, &json!(7)).await, StatusCode::BAD_REQUEST);
    assert_eq!(post("/sse", &ping).await, StatusCode::METHOD_NOT_ALLOWED, "such a client falls back to GET");
    assert_eq!(stream.ask(&routes, &ping).await["id"], 1, "and the stream is as it was");
    // What belongs to a stream is no session of the other transport.
    let id = stream.address.split_once('=').unwrap().1.to_owned();
    let (status, _) = super::post(&routes, &[("mcp-session-id", &id)], &ping).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lost_stream_ends_its_session() {
    let endpoint = Endpoint::new(echo(), Config::default(), Tokens::default());
    let routes = router(endpoint.clone());
    let mut stream = Stream::open(&routes, "/sse").await;
    stream.ask(&routes, &initialize()).await;
    let Stream { address, body } = stream;
    drop(body);
    while send(&routes, Method::POST, &address, headers(&[]), &request(1, "ping")).await.status()
        != StatusCode::NOT_FOUND
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(endpoint.0.streams.len(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let routes = routes(Config { write_timeout_ms: 1, ..Config::default() });
    let mut stream = Stream::open(&routes, "/sse").await;
    while stream.post(&routes, &request(1, "ping")).await != StatusCode::NOT_FOUND {}
    while stream.frame().await.is_some() {}
}

#[tokio::test]
async fn the_number_of_streams_is_bounded() {
    let routes = routes(Config { max_sse_streams: 1, ..Config::default() });
    let stream = Stream::open(&routes, "/sse").await;
    let open = async || send(&routes, Method::GET, "/sse", headers(&[]), &Value::Null).await.status();
    assert_eq!(open().await, StatusCode::SERVICE_UNAVAILABLE);
    drop(stream);
    while open().await != StatusCode::OK {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_the_stream_after_what_runs() {
    let endpoint = Endpoint::new(echo(), Config::default(), Tokens::default());
    let routes = router(endpoint.clone());
    let mut stream = Stream::open(&routes, "/sse").await;
    stream.ask(&routes, &initialize()).await;
    assert_eq!(stream.post(&routes, &request(1, "tools/call")).await, StatusCode::ACCEPTED);
    endpoint.close_streams();
    assert_eq!(stream.message().await["id"], 1);
    assert_eq!(stream.frame().await, None);
}

#[tokio::test]
async fn pages_of_others_are_kept_out_of_both_routes() {
    let routes = routes(Config::default());
    for (method, path) in [(Method::GET, "/sse"), (Method::POST, "/messages?session_id=x")] {
        let sent = headers(&[("origin", "https://evil.example.com")]);
        assert_eq!(send(&routes, method, path, sent, &Value::Null).await.status(), StatusCode::FORBIDDEN);
    }
}
