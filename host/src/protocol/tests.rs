//! The protocol as a whole, over a fake plugin and without a transport.

mod batches;
mod offers;
mod replay;
mod rounds;
mod shaping;
mod tasks;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::audit::Audit;
use crate::plugin::{CallError, Content, Listing, Plugin, Progress, ToolOutput, ToolSpec};
use crate::registry::{self, Admitted};
use crate::session::events::MemoryEvents;
use crate::session::{self, MemoryStore, SessionId};
use crate::task::MemoryTasks;
use crate::testing::{FakePlugin, tool};

struct Fake(HashMap<String, String>);

impl RequestHeaders for Fake {
    fn get(&self, name: &str) -> Header<'_> {
        self.0.get(name).map_or(Header::Absent, |text| Header::Text(text))
    }
}

fn headers<const N: usize>(headers: [(&str, &str); N]) -> Fake {
    Fake(headers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

fn server(plugins: Vec<Arc<dyn Plugin>>, tools: &[ToolSpec]) -> Server {
    let listing = || Listing { tools: tools.to_vec(), ..Listing::default() };
    let offers = plugins.into_iter().map(|plugin| (plugin, listing()));
    server_of(offers.collect(), Questions::default())
}

fn server_of(plugins: Vec<(Arc<dyn Plugin>, Listing)>, questions: Questions) -> Server {
    let admitted = plugins.into_iter().map(|(plugin, listing)| Admitted::new(plugin, listing, Arc::default()).unwrap());
    server_of_admitted(admitted.collect(), questions)
}

fn server_of_admitted(plugins: Vec<Admitted>, questions: Questions) -> Server {
    let registry = Arc::new(Registry::new(registry::Config::default()));
    registry.publish(plugins.into_iter().map(Arc::new).collect());
    let stores = Stores {
        sessions: Arc::new(MemoryStore::new(&session::Config::default())),
        sessions_required: false,
        events: Arc::new(MemoryEvents::new(events::Config::default())),
        event_config: events::Config::default(),
        tasks: Arc::new(MemoryTasks::new(&task::Config::default())),
        task_config: task::Config::default(),
        audit: Audit::default(),
    };
    let config = Config { page_size: 2, ..Config::default() };
    Server::new(registry, stores, config, Compat::default(), questions).unwrap()
}

/// A request over HTTP with these headers.
fn from(headers: &Fake) -> Origin<'_> {
    Origin { headers: Some(headers), session: headers.get("mcp-session-id"), principal: None }
}

fn echo_server(tools: &[ToolSpec]) -> Server {
    server(vec![FakePlugin::new("fake")], tools)
}

fn message(value: &Value) -> Message {
    Message::parse(value.to_string().as_bytes()).unwrap()
}

/// A modern request with all that it needs, and its headers.
fn modern(method: &str, mut params: Value) -> (Message, Fake) {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
    if params["_meta"].get("io.modelcontextprotocol/clientCapabilities").is_none() {
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    let mut sent = headers([("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)]);
    if let Some(name) = ["name", "uri", "taskId"].iter().find_map(|key| params[*key].as_str()) {
        sent.0.insert("mcp-name".into(), name.into());
    }
    (message(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})), sent)
}

fn legacy(method: &str, params: &Value) -> Message {
    message(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
}

/// The response of a reply, waiting for it if it is a call.
async fn response(reply: Reply) -> (Value, Option<ErrorKind>) {
    let response = match reply.kind {
        ReplyKind::Response(response) => response,
        ReplyKind::Call(call) => call.outcome.await.unwrap(),
        ReplyKind::Accepted => panic!("there is no response"),
        ReplyKind::Listen(_) | ReplyKind::Replay(_) => panic!("this is a stream"),
    };
    (serde_json::from_str(&response.json).unwrap(), response.error)
}

async fn ask(server: &Server, (message, headers): (Message, Fake)) -> (Value, Option<ErrorKind>) {
    response(server.handle(message, from(&headers)).await).await
}

async fn begin(server: &Server) -> (SessionId, Value) {
    let params =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let reply = server.handle(legacy("initialize", &params), from(&headers([]))).await;
    let session = reply.session.clone().unwrap();
    (session, response(reply).await.0)
}

#[tokio::test]
async fn discover_tells_versions_capabilities_and_who_answers() {
    let (reply, _) = ask(&echo_server(&[]), modern("server/discover", json!({}))).await;
    let result = &reply["result"];
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(result["ttlMs"], 0);
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "pegboard");
}

#[tokio::test]
async fn modern_requests_are_refused_by_the_first_rule_they_break() {
    let server = echo_server(&[tool("t")]);
    let kind = async |message, headers: Fake| response(server.handle(message, from(&headers)).await).await.1;

    let (_, sent) = modern("tools/list", json!({}));
    let bare = legacy("tools/list", &json!({}));
    assert_eq!(kind(bare, sent).await, Some(ErrorKind::InvalidMeta));

    let (request, mut sent) = modern("tools/list", json!({}));
    sent.0.remove("mcp-protocol-version");
    assert_eq!(kind(request, sent).await, Some(ErrorKind::HeaderMismatch));

    let (request, mut sent) = modern("tools/call", json!({"name": "t"}));
    sent.0.insert("mcp-name".into(), "u".into());
    assert_eq!(kind(request, sent).await, Some(ErrorKind::HeaderMismatch));

    for removed in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "nonsense"] {
        let (request, sent) = modern(removed, json!({}));
        assert_eq!(kind(request, sent).await, Some(ErrorKind::MethodNotFound), "{removed}");
    }

    let meta = json!({"_meta": {
        "io.modelcontextprotocol/protocolVersion": "v999.0.0", "io.modelcontextprotocol/clientCapabilities": {}
    }});
    let sent = headers([("mcp-protocol-version", "v999.0.0"), ("mcp-method", "tools/list")]);
    let (reply, error) = response(server.handle(legacy("tools/list", &meta), from(&sent)).await).await;
    assert_eq!(error, Some(ErrorKind::UnsupportedProtocolVersion));
    assert_eq!(reply["error"]["data"]["requested"], "v999.0.0");
    assert_eq!(reply["error"]["data"]["supported"][0], "2026-07-28");
}

#[tokio::test]
async fn a_modern_body_under_a_legacy_header_is_taken_from_claude_alone() {
    let server = echo_server(&[tool("t")]);
    let claude = json!({"name": "claude-ai", "version": "0.1.0"});
    let other = json!({"name": "other", "version": "1"});
    for (client, agent, header, taken) in [
        (&claude, "x", "2025-11-25", true),
        (&other, "Claude-User", "2025-11-25", true),
        (&other, "x", "2025-11-25", false),
        (&claude, "x", "v999", false),
    ] {
        let (request, mut sent) =
            modern("tools/list", json!({"_meta": {"io.modelcontextprotocol/clientInfo": client}}));
        sent.0.insert("mcp-protocol-version".into(), header.into());
        sent.0.insert("user-agent".into(), agent.into());
        sent.0.remove("mcp-method");
        let (reply, error) = response(server.handle(request, from(&sent)).await).await;
        assert_eq!(error, (!taken).then_some(ErrorKind::HeaderMismatch), "{client} {agent} {header}");
        if taken {
            assert_eq!(reply["result"]["resultType"], "complete");
        } else {
            // Only where the setting would help.
            let named = reply["error"]["message"].as_str().unwrap().contains("compat.header_mismatch");
            assert_eq!(named, header == "2025-11-25", "{reply}");
        }
    }
}

#[tokio::test]
async fn lists_are_paged_in_a_stable_order() {
    let server = echo_server(&["a", "b", "c", "d", "e"].map(tool));
    let (mut names, mut cursor) = (Vec::new(), None::<Value>);
    loop {
        let params = cursor.map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
        let (page, _) = ask(&server, modern("tools/list", params)).await;
        let tools = page["result"]["tools"].as_array().unwrap().clone();
        assert!(tools.len() <= 2);
        names.extend(tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()));
        match page["result"].get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => break,
        }
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    for made_up in [json!("x"), json!("!!"), json!(7), json!("")] {
        let (_, error) = ask(&server, modern("tools/list", json!({"cursor": made_up}))).await;
        assert_eq!(error, Some(ErrorKind::InvalidParams), "{made_up}");
    }
}

#[tokio::test]
async fn arguments_are_checked_before_the_guest_runs() {
    let mut strict = tool("strict");
    strict.input_schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let server = echo_server(&[strict]);
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "strict", "arguments": {"n": "x"}}))).await;
    let text = reply["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(reply["result"]["isError"], true);
    assert!(text.contains("/n") && text.contains("/properties/n/type"), "{text}");
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "strict", "arguments": {"n": 1}}))).await;
    assert_eq!(reply["result"]["content"][0]["text"], r#"{"n":1}"#);
    assert_eq!(reply["result"]["resultType"], "complete");
}

#[tokio::test]
async fn structured_results_are_checked_too() {
    let mut with_output = tool("t");
    with_output.output_schema = Some(json!({"type": "object", "required": ["sum"]}));
    for (structured, fits) in [(Some(json!({"sum": 1})), true), (Some(json!({"total": 1})), false), (None, false)] {
        let given = structured.clone();
        let plugin = FakePlugin::with("fake", Vec::new(), move |_, _, _| {
            let structured_content = given.clone();
            Box::pin(async { Ok(ToolOutput { structured_content, ..ToolOutput::default() }) })
        });
        let server = server(vec![plugin], &[with_output.clone()]);
        let (reply, _) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
        assert_eq!(reply["result"]["isError"], !fits, "{structured:?}: {reply}");
    }
}

#[tokio::test]
async fn what_a_guest_fails_with_is_what_the_client_sees() {
    let rpc = crate::plugin::RpcError { code: -32021, message: "needs sampling".into(), data: Some(json!({"a": 1})) };
    for (error, kind) in [
        (CallError::Failed("broke".into()), None),
        (CallError::InvalidArguments("n: no".into()), None),
        (CallError::Trap("unreachable".into()), None),
        (CallError::NotFound("u".into()), Some(ErrorKind::InvalidParams)),
        (CallError::Protocol(rpc), Some(ErrorKind::Plugin(-32021))),
    ] {
        let given = error.clone();
        let plugin = FakePlugin::with("fake", Vec::new(), move |_, _, _| {
            let error = given.clone();
            Box::pin(async { Err(error) })
        });
        let server = server(vec![plugin], &[tool("t")]);
        let (reply, seen) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
        assert_eq!(seen, kind, "{error:?}");
        if kind.is_none() {
            assert_eq!(reply["result"]["isError"], true, "{error:?}");
        }
    }
}

#[tokio::test]
async fn unknown_and_ambiguous_names_are_told_apart() {
    let server = server(vec![FakePlugin::new("a"), FakePlugin::new("b")], &[tool("t")]);
    let (reply, error) = ask(&server, modern("tools/call", json!({"name": "nope"}))).await;
    assert_eq!((error, &reply["error"]["message"]), (Some(ErrorKind::InvalidParams), &json!("Unknown tool: nope")));
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("a_t, b_t"), "{message}");
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "b_t"}))).await;
    assert_eq!(reply["result"]["isError"], false);
}

#[tokio::test]
async fn a_tool_that_needs_a_capability_is_refused_before_it_runs() {
    let mut asking = tool("asking");
    asking.needs = json!({"sampling": {}}).as_object().cloned();
    let server = echo_server(&[asking]);
    let (reply, error) = ask(&server, modern("tools/call", json!({"name": "asking"}))).await;
    assert_eq!(error, Some(ErrorKind::MissingClientCapability));
    assert_eq!(reply["error"]["data"], json!({"requiredCapabilities": {"sampling": {}}}));
    let meta = json!({"io.modelcontextprotocol/clientCapabilities": {"sampling": {}}});
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "asking", "_meta": meta}))).await;
    assert_eq!(reply["result"]["isError"], false);
}

#[tokio::test]
async fn progress_comes_while_the_call_runs_with_the_token_as_it_was() {
    let plugin = FakePlugin::with("fake", Vec::new(), |_, _, call| {
        Box::pin(async move {
            let client = call.client.unwrap();
            client.progress(Progress { done: 1.0, total: None, message: None }).await;
            std::future::pending::<()>().await;
            unreachable!()
        })
    });
    let server = server(vec![plugin], &[tool("t")]);
    let (request, sent) = modern("tools/call", json!({"name": "t", "_meta": {"progressToken": 0}}));
    let ReplyKind::Call(mut call) = server.handle(request, from(&sent)).await.kind else { panic!("a call") };
    let first = tokio::select! {
        first = call.outbound.recv() => first.unwrap(),
        _ = &mut call.outcome => panic!("the call never ends"),
    };
    let Outbound::Message(first) = first else { panic!("a message") };
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["params"]["progressToken"], json!(0));
}

/// A plugin whose call never ends by itself, and says when it was dropped.
fn endless() -> (Arc<dyn Plugin>, Arc<AtomicBool>) {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = dropped.clone();
    let plugin = FakePlugin::with("fake", Vec::new(), move |_, _, _| {
        let dropped = Dropped(flag.clone());
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(dropped);
            Ok(ToolOutput { content: vec![Content::text("never")], ..ToolOutput::default() })
        })
    });
    (plugin, dropped)
}

#[tokio::test]
async fn a_modern_call_ends_when_its_reader_goes() {
    let (plugin, dropped) = endless();
    let server = server(vec![plugin], &[tool("t")]);
    let (request, sent) = modern("tools/call", json!({"name": "t"}));
    let ReplyKind::Call(mut call) = server.handle(request, from(&sent)).await.kind else { panic!("a call") };
    assert!(futures_util::poll!(&mut call.outcome).is_pending());
    drop(call);
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_legacy_call_outlives_its_connection_but_not_its_session() {
    let (plugin, dropped) = endless();
    let server = server(vec![plugin], &[tool("t")]);
    let (session, _) = begin(&server).await;
    let sent = headers([("mcp-session-id", session.as_str())]);
    let ReplyKind::Call(mut call) = server.handle(legacy("tools/call", &json!({"name": "t"})), from(&sent)).await.kind
    else {
        panic!("a call")
    };
    assert!(futures_util::poll!(&mut call.outcome).is_pending());
    drop(call);
    assert!(!dropped.load(Ordering::SeqCst), "a lost connection must not cancel");
    server.end_session(from(&headers([("mcp-session-id", session.as_str())]))).await.unwrap();
    server.drained().await;
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_legacy_call_is_cancelled_by_its_own_session_alone_and_not_answered() {
    let (plugin, dropped) = endless();
    let server = server(vec![plugin], &[tool("t")]);
    let ((here, _), (there, _)) = (begin(&server).await, begin(&server).await);
    let sent = headers([("mcp-session-id", here.as_str())]);
    let ReplyKind::Call(mut call) = server.handle(legacy("tools/call", &json!({"name": "t"})), from(&sent)).await.kind
    else {
        panic!("a call")
    };
    let cancel =
        || message(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}));
    server.handle(cancel(), from(&headers([("mcp-session-id", there.as_str())]))).await;
    server.handle(cancel(), from(&headers([]))).await;
    assert!(futures_util::poll!(&mut call.outcome).is_pending());
    server.handle(cancel(), from(&sent)).await;
    assert_eq!(call.outcome.await, None);
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn legacy_requests_need_a_session_only_where_it_matters() {
    let server = echo_server(&[tool("t")]);
    for (method, params) in [("ping", json!({})), ("tools/list", json!({})), ("tools/call", json!({"name": "t"}))] {
        let (reply, error) = response(server.handle(legacy(method, &params), from(&headers([]))).await).await;
        assert_eq!(error, None, "{method}");
        assert!(reply["result"].get("resultType").is_none(), "a legacy result has no resultType");
    }
    let unknown = headers([("mcp-session-id", &"a".repeat(43))]);
    let (_, error) = response(server.handle(legacy("ping", &json!({})), from(&unknown)).await).await;
    assert_eq!(error, Some(ErrorKind::SessionNotFound));
    // A client that begins anew under a stale id gets a new session.
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}});
    let reply = server.handle(legacy("initialize", &params), from(&unknown)).await;
    assert!(reply.session.is_some());
    assert_eq!(response(reply).await.0["result"]["protocolVersion"], "2025-06-18");
}

#[tokio::test]
async fn a_listen_stream_acknowledges_then_tells_of_changes_with_its_id() {
    use futures_util::StreamExt as _;
    let server = echo_server(&[tool("t")]);
    let (request, sent) =
        modern("subscriptions/listen", json!({"notifications": {"toolsListChanged": true, "other": 1}}));
    let ReplyKind::Listen(mut listen) = server.handle(request, from(&sent)).await.kind else { panic!("a stream") };
    let acknowledged: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], json!({"toolsListChanged": true}));
    server.registry.publish(Vec::new());
    let changed: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
    let closing: Value = serde_json::from_str(&listen.closing.unwrap()).unwrap();
    assert_eq!(closing["result"]["resultType"], "complete");
    assert_eq!(closing["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
}

#[tokio::test]
async fn nothing_is_told_that_was_not_asked_for() {
    use futures_util::StreamExt as _;
    let server = echo_server(&[tool("t")]);
    let (request, sent) = modern("subscriptions/listen", json!({"notifications": {}}));
    let ReplyKind::Listen(mut listen) = server.handle(request, from(&sent)).await.kind else { panic!("a stream") };
    listen.messages.next().await.unwrap();
    server.registry.publish(Vec::new());
    assert!(futures_util::poll!(listen.messages.next()).is_pending());
}

#[tokio::test]
async fn the_log_level_of_a_session_can_be_set() {
    let server = echo_server(&[]);
    let (session, initialized) = begin(&server).await;
    assert!(initialized["result"]["capabilities"].get("logging").is_some());
    let sent = headers([("mcp-session-id", session.as_str())]);
    let set = |level: &str| legacy("logging/setLevel", &json!({"level": level}));
    assert_eq!(response(server.handle(set("error"), from(&sent)).await).await.1, None);
    assert_eq!(server.sessions.load(&session).await.unwrap().unwrap().log_level, crate::plugin::LogLevel::Error);
    assert_eq!(response(server.handle(set("loud"), from(&sent)).await).await.1, Some(ErrorKind::InvalidParams));
}
