//! Secrets that the host puts in.

use super::*;
use crate::runtime::secrets;
use crate::runtime::wit::imports::http::{SecretPlace, SecretUse};

const VALUE: &str = "hunter2 & more";

/// May reach `servers`, and send the secret to the first.
async fn sending(servers: &[&Server], ceiling: &str) -> Outgoing {
    let hosts: Vec<_> = servers.iter().map(|server| format!("\"http://{}\"", server.address())).collect();
    let grants =
        format!("[network]\nallow = [{}]\n[secrets.send]\ntoken = [{}]\nlost = [{1}]", hosts.join(", "), hosts[0]);
    let outgoing = under(&grants, ceiling, &Names::new(&[]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, VALUE).unwrap();
    let config: secrets::Config = toml::from_str(&format!("token = {{ file = {file:?} }}")).unwrap();
    outgoing.secrets.store(Arc::new(Secrets::load(&config).await.unwrap()));
    outgoing
}

fn with(mut request: Request, secret: &str, place: SecretPlace, prefix: Option<&str>) -> Request {
    request.secrets.push(SecretUse { secret: secret.into(), place, prefix: prefix.map(str::to_owned) });
    request
}

fn in_header(url: String) -> Request {
    with(get(url), "token", SecretPlace::Header("authorization".into()), Some("Bearer "))
}

fn in_query(url: String) -> Request {
    with(get(url), "token", SecretPlace::Query("key".into()), None)
}

#[tokio::test]
async fn a_secret_is_put_into_a_header_or_the_query_and_the_url_is_told_without_it() {
    let server = Server::start("127.0.0.1:0", |_| server::answer("")).await;
    let outgoing = sending(&[&server], "").await;
    let response = outgoing.fetch(in_header(server.url("/"))).await.unwrap();
    assert!(server.requests()[0].contains(&format!("\r\nauthorization: Bearer {VALUE}\r\n")));
    assert_eq!(response.url, server.url("/"));
    let response = outgoing.fetch(in_query(server.url("/?a=b"))).await.unwrap();
    assert!(server.requests()[1].starts_with("GET /?a=b&key=hunter2+%26+more HTTP"), "{}", server.requests()[1]);
    assert_eq!(response.url, server.url("/?a=b"));
    assert!(outgoing.usage.grants().0.contains(&(Capability::Secrets, "token".into())));
}

#[tokio::test]
async fn a_secret_goes_to_no_host_that_it_is_not_granted_for() {
    let (first, second) = (
        Server::start("127.0.0.1:0", |_| server::answer("")).await,
        Server::start("127.0.0.1:0", |_| server::answer("")).await,
    );
    let outgoing = sending(&[&first, &second], "").await;
    let refused = refusal(&outgoing, in_header(second.url("/"))).await;
    let line = format!("token = [\"http://{}\"] under [secrets.send] in grants/x.toml", second.address());
    assert!(refused.contains("may not send the secret `token`") && refused.contains(&line), "{refused}");
    let other = with(get(first.url("/")), "other", SecretPlace::Query("a".into()), None);
    assert!(refusal(&outgoing, other).await.contains("may not send the secret `other`"));
    assert!(first.requests().is_empty() && second.requests().is_empty());
    let refused = refusal(&sending(&[&first], "secrets = []").await, in_header(first.url("/"))).await;
    assert!(refused.contains("secrets = [\"token\"] under [grants.ceiling] in pegboard.toml"), "{refused}");
}

#[tokio::test]
async fn a_redirect_keeps_secrets_within_their_origin() {
    let there = Server::start("127.0.0.1:0", |_| server::answer("there")).await;
    let to = there.url("/?x=1&key=hunter2+%26+more");
    let here = Server::start("127.0.0.1:0", move |request| match () {
        () if request.starts_with("GET /begin") => server::redirect(302, "/again?key=hunter2%20%26+more&y=2"),
        () if request.starts_with("GET /again") => server::redirect(302, &to),
        () => server::answer("here"),
    })
    .await;
    let outgoing = sending(&[&here, &there], "").await;
    let response = outgoing.fetch(in_query(here.url("/begin"))).await.unwrap();
    assert!(here.requests()[1].starts_with("GET /again?key=hunter2%20%26+more&y=2 "), "{}", here.requests()[1]);
    assert_eq!(response.url, there.url("/?x=1"), "it was repeated, and taken out");
    outgoing.fetch(in_header(here.url("/begin"))).await.unwrap();
    assert!(here.requests()[3].contains("hunter2"));
    assert!(there.requests().iter().all(|request| !request.contains("hunter2")));
    assert!(!there.requests()[1].contains("authorization"), "{}", there.requests()[1]);
}

#[tokio::test]
async fn a_redirect_within_the_origin_tells_its_url_without_the_secret() {
    let server = Server::start("127.0.0.1:0", |request| {
        if request.starts_with("GET /begin") {
            server::redirect(302, "/end?key=hunter2+%26+more&y=2")
        } else {
            server::answer("")
        }
    })
    .await;
    let response = sending(&[&server], "").await.fetch(in_query(server.url("/begin"))).await.unwrap();
    assert_eq!(response.url, server.url("/end?y=2"));
}

#[tokio::test]
async fn nothing_that_is_told_holds_the_value() {
    let server = Server::start("127.0.0.1:0", |_| server::raw("nonsense")).await;
    let outgoing = sending(&[&server], "").await;
    let mut twice = in_header(server.url("/"));
    twice.headers.push(header("Authorization", "mine"));
    let header_place =
        |name: &str, prefix| with(get(server.url("/")), "token", SecretPlace::Header(name.into()), prefix);
    let failing = [
        (in_header(server.url("/")), "no answer"),
        (in_query(server.url("/")), "no answer"),
        (twice, "set twice"),
        (header_place("host", None), "set by the host alone"),
        (header_place("a b", None), "is no name of a header"),
        (header_place("a", Some("\r\n")), "has a value that no header can have"),
        (with(get(server.url("/")), "lost", SecretPlace::Query("a".into()), None), "there is no secret `lost`"),
    ];
    for (request, says) in failing {
        let failure = outgoing.fetch(request).await.unwrap_err();
        assert!(failure.message.contains(says) && !failure.message.contains("hunter2"), "{says}: {failure}");
    }
    assert!(outgoing.terms.denials.sentences().iter().all(|(sentence, _)| !sentence.contains("hunter2")));
}
