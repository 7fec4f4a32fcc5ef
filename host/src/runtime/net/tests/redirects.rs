//! Each hop is a request of its own.

use super::*;

fn allow(servers: &[&Server]) -> String {
    let hosts: Vec<_> = servers.iter().map(|server| format!("\"http://{}\"", server.address())).collect();
    format!("[network]\nallow = [{}]\n", hosts.join(", "))
}

/// What a redirect from `path` of a server leads to.
async fn redirecting(status: u16, to: &'static str) -> Server {
    Server::start("127.0.0.1:0", move |request| {
        if request.contains(" /begin ") { server::redirect(status, to) } else { server::answer("the end") }
    })
    .await
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_last_url_told() {
    let server = redirecting(302, "../there?x=1#y").await;
    let response = granted(&allow(&[&server])).fetch(get(server.url("/begin"))).await.unwrap();
    assert_eq!((text(&response), response.url.clone()), ("the end", server.url("/there?x=1")));
}

#[tokio::test]
async fn a_post_becomes_a_get_where_the_status_says_so() {
    for (status, method, sends_body) in
        [(301, "GET", false), (302, "GET", false), (303, "GET", false), (307, "POST", true), (308, "POST", true)]
    {
        let server = redirecting(status, "/there").await;
        let mut post = request("POST", server.url("/begin"));
        post.body = b"body".to_vec();
        post.headers = vec![header("content-type", "text/plain")];
        granted(&allow(&[&server])).fetch(post).await.unwrap();
        let second = server.requests().remove(1);
        assert!(second.starts_with(&format!("{method} /there")), "{status}: {second}");
        assert_eq!((second.ends_with("body"), second.contains("content-type")), (sends_body, sends_body), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_to_what_is_not_granted_is_refused() {
    for (to, says) in [
        ("http://127.0.0.1:1/", "may not reach http://127.0.0.1:1;"),
        ("http://2130706433:1/", "may not reach http://127.0.0.1:1;"),
        ("http://169.254.169.254/latest/meta-data", "may not reach http://169.254.169.254;"),
        ("http://[::ffff:169.254.169.254]/", "may not reach http://169.254.169.254;"),
        ("//evil.test/", "may not reach http://evil.test;"),
    ] {
        let server = redirecting(302, to).await;
        let refused = refusal(&granted(&allow(&[&server])), get(server.url("/begin"))).await;
        assert!(refused.contains(says), "{to}: {refused}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_granted_name_with_a_private_address_is_refused() {
    let server = redirecting(307, "http://inside.test/").await;
    let names = Names::new(&[("inside.test", &[&["10.0.0.1"]])]);
    let grants = format!("[network]\nallow = [\"http://{}\", \"http://inside.test\"]", server.address());
    let refused = refusal(&under(&grants, "", &names), get(server.url("/begin"))).await;
    assert!(refused.contains("inside.test at 10.0.0.1"), "{refused}");
}

#[tokio::test]
async fn a_redirect_to_what_is_no_url_of_http_is_an_error() {
    for to in ["file:///etc/passwd", "ftp://example.com/", "http://user:hunter2@127.0.0.1/"] {
        let server = redirecting(302, to).await;
        let failure = granted(&allow(&[&server])).fetch(get(server.url("/begin"))).await.unwrap_err();
        assert!(failure.message.starts_with("redirected to where no request goes"), "{failure}");
        assert!(!failure.message.contains("hunter2"), "{failure}");
    }
}

#[tokio::test]
async fn what_logs_a_guest_in_stays_with_its_origin() {
    let there = Server::start("127.0.0.1:0", |_| server::answer("there")).await;
    let to = there.url("/");
    let here = Server::start("127.0.0.1:0", move |request| match () {
        () if request.contains(" /begin ") => server::redirect(302, "/again"),
        () => server::redirect(302, &to),
    })
    .await;
    let mut first = get(here.url("/begin"));
    first.headers = vec![header("Authorization", "Basic a"), header("cookie", "b=c"), header("accept-language", "de")];
    let response = granted(&allow(&[&here, &there])).fetch(first).await.unwrap();
    assert_eq!(text(&response), "there");
    assert!(here.requests().iter().all(|request| request.contains("authorization: ") && request.contains("cookie: ")));
    let last = there.requests().remove(0);
    assert!(
        !last.contains("authorization") && !last.contains("cookie") && last.contains("accept-language: de"),
        "{last}"
    );
}

#[tokio::test]
async fn redirects_are_bounded_and_without_any_handed_back() {
    let server = Server::start("127.0.0.1:0", |_| server::redirect(302, "/again")).await;
    let outgoing = granted(&(allow(&[&server]) + "redirects = 3"));
    let failure = outgoing.fetch(get(server.url("/"))).await.unwrap_err();
    assert!(failure.message.starts_with("more than 3 redirects"), "{failure}");
    assert_eq!(server.requests().len(), 4);
    // A guest may have fewer, not more.
    let limited = |most| Request { max_redirects: Some(most), ..get(server.url("/")) };
    assert!(outgoing.fetch(limited(1)).await.unwrap_err().message.starts_with("more than 1 "));
    assert!(outgoing.fetch(limited(9)).await.unwrap_err().message.starts_with("more than 3 "));
    let response = outgoing.fetch(limited(0)).await.unwrap();
    assert_eq!(response.status, 302);
    assert!(response.headers.iter().any(|header| header.name == "location" && header.value == "/again"));
}
