//! Bytes, time and number.

use super::*;

async fn failing(respond: impl Fn(&str) -> server::Answer + Send + Sync + 'static, more: &str) -> Failure {
    let server = Server::start("127.0.0.1:0", respond).await;
    let grants = format!("[network]\nallow = [\"http://{}\"]\n{more}", server.address());
    granted(&grants).fetch(get(server.url("/"))).await.unwrap_err()
}

#[tokio::test]
async fn a_response_over_the_limit_is_an_error_whether_or_not_it_tells_its_length() {
    let body = "x".repeat(1_001);
    for head in ["content-length: 1001\r\n", ""] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}");
        let failure = failing(move |_| server::raw(&bytes), "response_bytes = 1000").await;
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (Kind::TooLarge, "the response is larger than 1000 bytes")
        );
    }
}

#[tokio::test]
async fn a_response_of_exactly_the_limit_comes_and_a_guest_may_want_less() {
    let server = Server::start("127.0.0.1:0", |_| server::answer(&"x".repeat(1_000))).await;
    let outgoing = granted(&format!("[network]\nallow = [\"http://{}\"]\nresponse_bytes = 1000", server.address()));
    assert_eq!(outgoing.fetch(get(server.url("/"))).await.unwrap().body.len(), 1_000);
    let less = Request { max_body: Some(999), ..get(server.url("/")) };
    assert_eq!(outgoing.fetch(less).await.unwrap_err().kind, Kind::TooLarge);
}

#[tokio::test]
async fn an_endless_response_and_an_endless_head_end_at_their_limits() {
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", "5\r\nhello\r\n".repeat(1_000));
    assert_eq!(failing(move |_| server::hanging(&endless), "response_bytes = 100").await.kind, Kind::TooLarge);
    let head = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(1 << 20));
    assert_eq!(failing(move |_| server::hanging(&head), "").await.kind, Kind::Other);
    let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert_eq!(failing(move |_| server::hanging(&head), "").await.kind, Kind::Other);
}

#[tokio::test]
async fn a_slow_head_and_a_slow_body_are_a_timeout() {
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx"] {
        let failure = failing(move |_| server::hanging(bytes), "timeout_ms = 50").await;
        assert_eq!((failure.kind, failure.message.as_str()), (Kind::Timeout, "no answer within 50 ms"));
    }
}

#[tokio::test]
async fn a_response_that_breaks_off_and_one_that_is_none_are_errors() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx";
    assert_eq!(failing(move |_| server::raw(cut), "").await.kind, Kind::Connection);
    assert_eq!(failing(|_| server::raw("SSH-2.0-x\r\n\r\n"), "").await.kind, Kind::Other);
    assert_eq!(failing(|_| server::raw(""), "").await.kind, Kind::Connection);
}

#[tokio::test]
async fn a_request_over_the_limit_is_not_sent() {
    let outgoing = granted("[network]\nallow = [\"http://127.0.0.1\"]\nrequest_bytes = 3");
    let mut post = request("POST", "http://127.0.0.1/");
    post.body = b"body".to_vec();
    let failure = outgoing.fetch(post).await.unwrap_err();
    assert_eq!(failure.message, "the request is larger than 3 bytes");
}

#[tokio::test]
async fn nobody_there_is_a_connection_error_and_an_unknown_name_is_dns() {
    // Bound and not listening: nobody else takes the port, and nobody answers.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let outgoing = granted(&format!("[network]\nallow = [\"http://{address}\", \"http://no.test\"]"));
    assert_eq!(outgoing.fetch(get(format!("http://{address}/"))).await.unwrap_err().kind, Kind::Connection);
    assert_eq!(outgoing.fetch(get("http://no.test/")).await.unwrap_err().kind, Kind::Dns);
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let server = Server::start("127.0.0.1:0", |_| server::answer("clear text")).await;
    let outgoing = granted(&format!("[network]\nallow = [\"https://{}\"]\ntimeout_ms = 2000", server.address()));
    // It waits for the end of a head, which the client's hello has not; so it is told of one.
    let failure = outgoing.fetch(get(format!("https://{}/", server.address()))).await.unwrap_err();
    assert!(matches!(failure.kind, Kind::Tls | Kind::Timeout), "{failure}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn so_many_requests_a_minute_and_no_more() {
    let server = Server::start("127.0.0.1:0", |_| server::answer("")).await;
    let outgoing = granted(&format!("[network]\nallow = [\"http://{}\"]\nrequests_per_minute = 2", server.address()));
    for _ in 0..2 {
        outgoing.fetch(get(server.url("/"))).await.unwrap();
    }
    let refused = refusal(&outgoing, get(server.url("/"))).await;
    assert!(
        refused.contains("more than 2 requests a minute; a larger requests_per_minute under [network]"),
        "{refused}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn connections_at_the_same_time_are_bounded_and_further_requests_wait() {
    let server = Server::start("127.0.0.1:0", |request| {
        if request.contains(" /hang ") { server::hanging("") } else { server::answer("quick") }
    })
    .await;
    let grants = format!("[network]\nallow = [\"http://{}\"]\nconnections = 1", server.address());
    let outgoing = granted(&grants);
    let hanging = tokio::spawn({
        let (outgoing, url) = (outgoing.clone(), server.url("/hang"));
        async move { outgoing.fetch(get(url)).await }
    });
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let waits = Request { timeout_ms: Some(50), ..get(server.url("/")) };
    assert_eq!(outgoing.fetch(waits).await.unwrap_err().kind, Kind::Timeout);
    assert_eq!(server.requests().len(), 1);
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    assert_eq!(text(&outgoing.fetch(get(server.url("/"))).await.unwrap()), "quick");
}
