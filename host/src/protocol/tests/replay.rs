//! Streams of legacy sessions that are resumed.

use futures_util::StreamExt as _;

use super::*;
use crate::plugin::{LogLevel, LogMessage};

/// A plugin that logs "1" and "2", has its stream closed, waits for `go`, and answers.
fn closing(go: Arc<tokio::sync::Notify>) -> Arc<dyn Plugin> {
    FakePlugin::with("fake", Vec::new(), move |_, _, call| {
        let go = go.clone();
        Box::pin(async move {
            let client = call.client.unwrap();
            for n in ["1", "2"] {
                client.log(LogMessage { level: LogLevel::Info, logger: None, data: json!(n) }).await;
            }
            client.close_stream(None);
            go.notified().await;
            Ok(ToolOutput { content: vec![Content::text("done")], ..ToolOutput::default() })
        })
    })
}

async fn started(server: &Server, sent: &Fake) -> Replay {
    let reply = server.handle(legacy("tools/call", &json!({"name": "t"})), from(sent)).await;
    let ReplyKind::Call(call) = reply.kind else { panic!("a call") };
    server.stored(call).await.ok().expect("it can be resumed")
}

async fn resumed(server: &Server, sent: &Fake, last: &str) -> Result<Replay, RequestError> {
    match server.open_stream(from(sent), Header::Text(last)).await?.kind {
        ReplyKind::Replay(replay) => Ok(replay),
        _ => panic!("a stream of the call"),
    }
}

fn data(event: &ReplayEvent) -> Value {
    let message: Value = serde_json::from_str(event.message.as_ref().unwrap()).unwrap();
    message["params"]["data"].clone()
}

#[tokio::test]
async fn a_stream_that_was_closed_is_resumed_after_the_last_event_that_was_seen() {
    let go = Arc::new(tokio::sync::Notify::new());
    let server = server(vec![closing(go.clone())], &[tool("t")]);
    let session = begin(&server).await.0;
    let sent = headers([("mcp-session-id", session.as_str())]);
    let events: Vec<_> = started(&server, &sent).await.events.collect().await;
    assert_eq!(events[0].message, None, "an id to come back with, before anything else");
    assert_eq!(events[0].retry_ms, Some(1000));
    assert_eq!(events[1..].iter().map(data).collect::<Vec<_>>(), ["1", "2"]);

    go.notify_one();
    let rest: Vec<_> = resumed(&server, &sent, &events[1].id).await.unwrap().events.collect().await;
    assert_eq!(data(&rest[0]), "2", "what was not seen comes again");
    let response: Value = serde_json::from_str(rest[1].message.as_ref().unwrap()).unwrap();
    assert_eq!((&response["id"], &response["result"]["content"][0]["text"]), (&json!(1), &json!("done")));
    let ids: Vec<_> = events.iter().chain(&rest[1..]).map(|event| &event.id).collect();
    assert_eq!(
        ids.len(),
        ids.iter().collect::<std::collections::HashSet<_>>().len(),
        "each event has an id of its own"
    );
}

#[tokio::test]
async fn nobody_resumes_what_is_not_theirs_or_was_made_up() {
    let server = server(vec![closing(Arc::default())], &[tool("t")]);
    let (here, there) = (begin(&server).await.0, begin(&server).await.0);
    let (here, there) = (headers([("mcp-session-id", here.as_str())]), headers([("mcp-session-id", there.as_str())]));
    let first = started(&server, &here).await.events.next().await.unwrap().id;
    assert!(resumed(&server, &here, &first).await.is_ok());
    let none = headers([]);
    for (sent, last) in [
        (&there, first.as_str()),
        (&none, first.as_str()),
        (&here, ""),
        (&here, "made.up"),
        (&here, &first.replace(".0", ".99")),
    ] {
        assert!(resumed(&server, sent, last).await.is_err(), "{last}");
    }
}

#[tokio::test]
async fn a_call_goes_on_when_its_stream_is_lost() {
    let go = Arc::new(tokio::sync::Notify::new());
    let server = server(vec![closing(go.clone())], &[tool("t")]);
    let session = begin(&server).await.0;
    let sent = headers([("mcp-session-id", session.as_str())]);
    let first = started(&server, &sent).await.events.next().await.unwrap().id;
    go.notify_one();
    server.drained().await;
    let rest: Vec<_> = resumed(&server, &sent, &first).await.unwrap().events.collect().await;
    assert_eq!(rest.len(), 3);
}

#[tokio::test]
async fn a_call_does_not_run_away_from_its_first_reader() {
    const MESSAGES: usize = 400;
    let plugin = FakePlugin::with("fake", Vec::new(), |_, _, call| {
        Box::pin(async move {
            for _ in 0..MESSAGES {
                let data = json!("x".repeat(100_000));
                call.client.as_ref().unwrap().log(LogMessage { level: LogLevel::Info, logger: None, data }).await;
            }
            Ok(ToolOutput { content: vec![Content::text("y".repeat(5_000_000))], ..ToolOutput::default() })
        })
    });
    let server = server(vec![plugin], &[tool("t")]);
    let session = begin(&server).await.0;
    let sent = headers([("mcp-session-id", session.as_str())]);
    let events: Vec<_> = started(&server, &sent)
        .await
        .events
        .then(|event| async {
            tokio::task::yield_now().await;
            event
        })
        .collect()
        .await;
    assert_eq!(events.len(), 1 + MESSAGES + 1, "an id to begin with, all messages, and the response");
}
