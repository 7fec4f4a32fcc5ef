//! The guard, without a guest: names that a test resolves, and servers on loopback addresses.

mod bounds;
mod edge;
mod redirects;
mod server;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::plugin::{BoxFuture, Digest, PluginId};
use crate::policy::{Ceiling, Grants, Permissions};
use crate::runtime::account::Accounts;
use crate::runtime::breaker;
use crate::runtime::filesystem::Directories;
use crate::runtime::wit::imports::http::{Header, Request, Response};
use server::Server;

/// Names, each with what it resolves to, one time after the other; the last answer stays.
#[derive(Default)]
pub(super) struct Names {
    answers: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(super) fn new(names: &[(&str, &[&[&str]])]) -> Arc<Self> {
        let addresses = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        let answers = names.iter().map(|(name, answers)| ((*name).to_owned(), answers.iter().map(addresses).collect()));
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, Failure>> {
        let mut answers = self.answers.lock().unwrap();
        let answer = answers.get_mut(&name).map(|left| if left.len() > 1 { left.remove(0) } else { left[0].clone() });
        self.asked.lock().unwrap().push(name.clone());
        let answer = answer.ok_or_else(|| Failure::new(Kind::Dns, format!("the name {name} is not known")));
        Box::pin(async move { answer })
    }
}

/// A plugin that is granted this, under this ceiling.
pub(super) fn under(grants: &str, ceiling: &str, names: &Arc<Names>) -> Outgoing {
    let grants = Grants::parse(grants, Path::new("grants/x.toml")).unwrap();
    let ceiling = toml::from_str::<Ceiling>(ceiling).unwrap();
    let permissions = Arc::new(Permissions::new(grants, ceiling, "grants/x.toml".into()));
    let id = PluginId::parse("x").unwrap();
    let account = Accounts::new(&breaker::Config::default()).open(&id, &Digest([0; 32]));
    let limits = crate::runtime::Config::default();
    Outgoing {
        net: Arc::new(Net::with_resolver(names.clone())),
        secrets: Arc::default(),
        terms: Arc::new(Terms::new(id, permissions, &limits, &Directories::new(0), account).unwrap()),
        access: Access::default(),
        purpose: Purpose::Call,
        usage: Arc::default(),
    }
}

fn granted(grants: &str) -> Outgoing {
    under(grants, "", &Names::new(&[]))
}

fn request(method: &str, url: impl Into<String>) -> Request {
    Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        secrets: Vec::new(),
        body: Vec::new(),
        timeout_ms: None,
        max_redirects: None,
        max_body: None,
    }
}

fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

/// What a request without a grant is told.
async fn refusal(outgoing: &Outgoing, request: Request) -> String {
    let failure = outgoing.fetch(request).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Denied, "{failure}");
    failure.message
}

#[tokio::test]
async fn a_granted_host_answers() {
    let server = Server::start("127.0.0.1:0", |_| server::answer("hello")).await;
    let outgoing = granted(&format!("[network]\nallow = [\"http://{}\"]", server.address()));
    let mut request = request("POST", server.url("/a?b=c#fragment"));
    request.headers = vec![header("X-One", "1"), header("x-one", "2")];
    request.body = b"body".to_vec();
    let response = outgoing.fetch(request).await.unwrap();
    assert_eq!((response.status, text(&response)), (200, "hello"));
    assert_eq!(response.url, server.url("/a?b=c"));
    let got = server.requests().remove(0);
    assert!(got.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{got}");
    for line in [
        &format!("host: {}", server.address()),
        "x-one: 1",
        "x-one: 2",
        "content-length: 4",
        "user-agent: pegboard/",
        "accept: */*",
    ] {
        assert!(got.contains(&format!("\r\n{line}")), "{line}: {got}");
    }
    assert!(got.ends_with("\r\n\r\nbody"), "{got}");
    let used = outgoing.usage.grants().0;
    assert_eq!(used, [(Capability::Network, format!("http://{}", server.address()))]);
}

#[tokio::test]
async fn each_way_to_write_a_private_address_is_that_address() {
    let outgoing = granted("[network]\nallow = [\"http://*:*\", \"https://*:*\"]");
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "0",
        "[::]",
        "10.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "２１３０７０６４３３",
        "127。0。0。1",
    ] {
        let refused = refusal(&outgoing, get(format!("http://{host}:8080/"))).await;
        assert!(refused.contains("which is not on the public network"), "{host}: {refused}");
    }
}

#[tokio::test]
async fn what_is_no_url_of_http_is_invalid_and_so_is_one_with_a_password() {
    let outgoing = granted("[network]\nallow = [\"http://*:*\", \"https://*:*\"]");
    for url in [
        "",
        "example.com",
        "/a",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://",
        "data:,x",
        "javascript:1",
        "http://exa mple.com",
        "http://user@example.com",
        "http://:hunter2@example.com",
        "http://a:b@c@example.com",
        "http://example.com:65536",
        &format!("http://{}.com", "a".repeat(300)),
        &format!("http://a/{}", "b".repeat(URL)),
    ] {
        let failure = outgoing.fetch(get(url)).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{url:.100}: {failure}");
        assert!(!failure.message.contains("hunter2"), "{failure}");
    }
}
const URL: usize = crate::runtime::limits::URL_BYTES;

#[tokio::test]
async fn nobody_is_asked_for_a_name_that_is_not_granted() {
    let names = Names::new(&[("evil.test", &[&["127.0.0.1"]])]);
    let outgoing = under("[network]\nallow = [\"https://good.test\"]", "", &names);
    for url in ["https://evil.test/", "http://good.test/", "https://good.test:444/", "https://good.test.evil.test/"] {
        let refused = refusal(&outgoing, get(url)).await;
        assert!(refused.starts_with("plugin `x` may not reach http") && refused.contains("grants/x.toml"), "{refused}");
    }
    assert!(names.asked().is_empty());
    assert_eq!(outgoing.terms.denials.count(), 4);
}

#[tokio::test]
async fn a_granted_name_that_leads_to_a_private_address_is_refused() {
    let names = Names::new(&[("web.test", &[&["127.0.0.1", "::ffff:10.0.0.1"]])]);
    let outgoing = under("[network]\nallow = [\"http://web.test:*\"]", "", &names);
    let refused = refusal(&outgoing, get("http://web.test/")).await;
    assert!(refused.contains("addresses = [\"10.0.0.1\"] under [network] in grants/x.toml"), "{refused}");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_a_moment_later_is_checked_anew_and_asked_for_once_a_connection() {
    let server = Server::start("127.0.0.2:0", |_| server::answer("two")).await;
    let port = server.address().port();
    let inner = Server::start(&format!("127.0.0.1:{port}"), |_| server::answer("one")).await;
    let names = Names::new(&[("web.test", &[&["127.0.0.2"], &["127.0.0.1"]])]);
    let grants = "[network]\nallow = [\"http://web.test:*\"]\naddresses = [\"127.0.0.2\"]";
    let outgoing = under(grants, "", &names);
    let url = format!("http://web.test:{port}/");
    assert_eq!(text(&outgoing.fetch(get(&url)).await.unwrap()), "two");
    assert_eq!(names.asked().len(), 1);
    assert!(refusal(&outgoing, get(&url)).await.contains("at 127.0.0.1"));
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_reached_are() {
    let server = Server::start("127.0.0.2:0", |_| server::answer("two")).await;
    let port = server.address().port();
    let inner = Server::start(&format!("127.0.0.1:{port}"), |_| server::answer("one")).await;
    let names = Names::new(&[("web.test", &[&["127.0.0.1", "127.0.0.2"]])]);
    let grants = "[network]\nallow = [\"http://web.test:*\"]\naddresses = [\"127.0.0.2\"]";
    let response = under(grants, "", &names).fetch(get(format!("http://web.test:{port}/"))).await.unwrap();
    assert_eq!(text(&response), "two");
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn a_ceiling_holds_for_each_request() {
    let names = Names::new(&[]);
    let outgoing = under("[network]\nallow = [\"https://*\"]", "network = [\"https://*.example.com\"]", &names);
    let refused = refusal(&outgoing, get("https://example.org/")).await;
    assert!(refused.contains("[grants.ceiling] in pegboard.toml"), "{refused}");
}

#[tokio::test]
async fn a_tool_that_reads_alone_sends_get_and_head_and_one_that_stays_within_itself_nothing() {
    let server = Server::start("127.0.0.1:0", |_| server::answer("")).await;
    let mut outgoing = granted(&format!("[network]\nallow = [\"http://{}\"]", server.address()));
    outgoing.access.read_only = true;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
        let refused = refusal(&outgoing, request(method, server.url("/"))).await;
        assert!(refused.contains(&format!("send a {method} request")) && refused.contains("readOnlyHint"), "{refused}");
    }
    assert!(server.requests().is_empty());
    for method in ["GET", "HEAD"] {
        assert_eq!(outgoing.fetch(request(method, server.url("/"))).await.unwrap().status, 200);
    }
    outgoing.access.network = false;
    assert!(refusal(&outgoing, get(server.url("/"))).await.contains("openWorldHint: false"));
    outgoing.access.network = true;
    outgoing.purpose = Purpose::Listing;
    assert!(refusal(&outgoing, get(server.url("/"))).await.contains("asked for what it offers"));
}

#[tokio::test]
async fn methods_that_make_tunnels_or_show_what_was_put_in_are_not_sent() {
    let outgoing = granted("[network]\nallow = [\"http://127.0.0.1\"]");
    for method in ["CONNECT", "TRACE", "get", "", "A B", "A\r\nB", &"A".repeat(33)] {
        let failure = outgoing.fetch(request(method, "http://127.0.0.1/")).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{method:?}: {failure}");
    }
}
