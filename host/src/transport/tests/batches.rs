//! Batches over HTTP.

use super::*;

#[tokio::test]
async fn a_batch_is_answered_with_an_array_or_on_one_stream() {
    let routes = routes(Config::default());
    let (status, body) = post(&routes, &[], &json!([request(1, "ping"), request(2, "tools/list")])).await;
    let array: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, array.as_array().unwrap().len()), (StatusCode::OK, 2));

    let calls = json!([request(1, "tools/call"), request(2, "ping"), request(3, "tools/call")]);
    let (status, body) = post(&routes, &[], &calls).await;
    let mut ids: Vec<_> = messages(&body).iter().map(|message| message["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!((status, ids), (StatusCode::OK, vec![1, 2, 3]));

    let (status, body) = post(&routes, &[("accept", "application/json")], &calls).await;
    let array: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, array.as_array().unwrap().len()), (StatusCode::OK, 3));
}

#[tokio::test]
async fn a_batch_of_notifications_is_202() {
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let (status, body) = post(&routes(Config::default()), &[], &json!([notification, notification])).await;
    assert_eq!((status, &*body), (StatusCode::ACCEPTED, ""));
}

#[tokio::test]
async fn a_batch_that_may_not_be_is_400_and_says_why() {
    let routes = routes(Config { max_batch: 2, ..Config::default() });
    let pings = |n: usize| Value::from(vec![request(1, "ping"); n]);
    for (sent, body, why) in [
        (vec![], pings(0), "transport.max_batch"),
        (vec![], pings(10_000), "1 to 2 messages"),
        (vec![("mcp-protocol-version", "2025-06-18")], pings(1), "2025-06-18 has no batches"),
        (vec![("mcp-protocol-version", "2026-07-28")], pings(1), "2026-07-28 has no batches"),
        (vec![], json!([request(1, "initialize")]), "initialize"),
    ] {
        let (status, body) = post(&routes, &sent, &body).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(-32600)), "{body}");
        assert!(body["error"]["message"].as_str().unwrap().contains(why), "{body}");
    }
}
