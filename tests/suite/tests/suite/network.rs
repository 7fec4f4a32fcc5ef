//! What plugins reach of the network, by each way that there is, and where secrets go.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use pegboard_suite::{Modern, Server};
use serde_json::json;

/// A server of HTTP on loopback that keeps the heads of requests.
struct Web {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Answers with `body`, and at `/to?URL` with a redirect to that URL.
    fn start(body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (address, heads) = (listener.local_addr().expect("it is bound"), Arc::new(Mutex::new(Vec::new())));
        let kept = heads.clone();
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                thread::spawn(move || answer(stream, &kept, body));
            }
        });
        Self { address, heads }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("nobody panicked").clone()
    }
}

fn answer(mut stream: TcpStream, kept: &Mutex<Vec<String>>, body: &str) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    while lines.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    kept.lock().expect("nobody panicked").push(head);
    let answer = match target.split_once("/to?") {
        Some((_, url)) => format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"),
        None => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
    };
    // A client that has gone has what it wanted.
    let _ = stream.write_all(answer.as_bytes());
}

/// A server with the guest, which is granted this.
fn server(grants: &str) -> Server {
    Server::setup().grants("network", grants).guest("network").start()
}

fn to(web: &Web) -> String {
    format!("[network]\nallow = [\"http://{}\"]", web.address)
}

#[test]
fn without_a_grant_nothing_is_reached_and_the_refusal_gives_the_line() {
    let web = Web::start("hello");
    let server = server("");
    let client = Modern::new(&server);
    let failure = client.call("request", json!({"method": "GET", "url": web.url("/")})).failure();
    let line = format!("allow = [\"http://{}\"] under [network] in", web.address);
    assert!(failure.contains("plugin `network` may not reach") && failure.contains(&line), "{failure}");
    let host = web.address.to_string();
    let arguments = json!({"method": "GET", "scheme": "http", "authority": host, "path": "/"});
    assert!(client.call("wasi", arguments).failure().contains("HttpRequestDenied"));
    let arguments = json!({"host": "127.0.0.1", "port": web.address.port(), "text": ""});
    assert!(client.call("tcp", arguments).failure().to_lowercase().contains("permission denied"));
    client.call("resolve", json!({"name": "localhost"})).failure();
    client.call("datagram", json!({"to": host, "text": "x"})).failure();
    client.call("listen", json!({"address": "127.0.0.1:0"})).failure();
    assert!(web.heads().is_empty());
    server.logged(&["may not look up the addresses of localhost"]);
}

#[test]
fn a_granted_host_is_reached_by_each_way() {
    let web = Web::start("hello");
    let (address, port) = (web.address, web.address.port());
    let grants = format!("[network]\nallow = [\"http://{address}\", \"tcp://{address}\"]");
    let server = server(&grants);
    let client = Modern::new(&server);
    let got = client.call("request", json!({"method": "GET", "url": web.url("/a")})).success();
    assert_eq!(got, format!("200 {} hello", web.url("/a")));
    let arguments = json!({"method": "GET", "scheme": "http", "authority": address.to_string(), "path": "/b"});
    assert_eq!(client.call("wasi", arguments).success(), "200 hello");
    let arguments = json!({"host": "127.0.0.1", "port": port, "text": "GET /c HTTP/1.1\r\n\r\n"});
    assert!(client.call("tcp", arguments).success().ends_with("hello"));
    let paths: Vec<_> = web.heads().iter().map(|head| head.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(paths, ["/a", "/b", "/c"]);
}

#[test]
fn a_name_that_leads_to_loopback_is_refused_unless_the_address_is_granted() {
    let web = Web::start("hello");
    let port = web.address.port();
    let by_name = format!("[network]\nallow = [\"http://localhost:{port}\", \"tcp://localhost:{port}\"]\n");
    let http = json!({"method": "GET", "url": format!("http://localhost:{port}/")});
    let wasi = json!({"method": "GET", "scheme": "http", "authority": format!("localhost:{port}"), "path": "/"});
    let tcp = json!({"host": "localhost", "port": port, "text": "GET / HTTP/1.1\r\n\r\n"});
    let first = server(&by_name);
    let client = Modern::new(&first);
    let failure = client.call("request", http.clone()).failure();
    assert!(failure.contains("which is not on the public network; addresses = ["), "{failure}");
    client.call("wasi", wasi.clone()).failure();
    client.call("tcp", tcp.clone()).failure();
    assert!(web.heads().is_empty());
    let second = server(&format!("{by_name}addresses = [\"127.0.0.0/8\", \"::1\"]"));
    let client = Modern::new(&second);
    assert!(client.call("request", http).success().ends_with("hello"));
    assert_eq!(client.call("wasi", wasi).success(), "200 hello");
    assert!(client.call("tcp", tcp).success().ends_with("hello"));
}

#[test]
fn no_way_to_write_an_address_leads_past_the_grants() {
    let web = Web::start("hello");
    let server = server("[network]\nallow = [\"http://*:*\", \"tcp://*:*\"]");
    let client = Modern::new(&server);
    let port = web.address.port();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254"] {
        let url = format!("http://{host}:{port}/");
        let failure = client.call("request", json!({"method": "GET", "url": url})).failure();
        assert!(failure.contains("not on the public network"), "{host}: {failure}");
        let arguments = json!({"method": "GET", "scheme": "http", "authority": format!("{host}:{port}"), "path": "/"});
        client.call("wasi", arguments).failure();
    }
    for host in ["127.0.0.1", "::ffff:127.0.0.1", "::1"] {
        client.call("tcp", json!({"host": host, "port": port, "text": ""})).failure();
    }
    let url = format!("http://example.com@127.0.0.1:{port}/");
    assert!(client.call("request", json!({"method": "GET", "url": url})).failure().contains("user name"));
    assert!(web.heads().is_empty());
}

#[test]
fn a_redirect_leads_nowhere_that_is_not_granted() {
    let (here, there) = (Web::start("here"), Web::start("there"));
    let server = server(&to(&here));
    let client = Modern::new(&server);
    for url in [there.url("/"), "http://169.254.169.254/latest/meta-data".to_owned(), "http://2130706433:1/".to_owned()]
    {
        let failure =
            client.call("request", json!({"method": "GET", "url": here.url(&format!("/to?{url}"))})).failure();
        assert!(failure.contains("may not reach"), "{url}: {failure}");
    }
    assert!(there.heads().is_empty());
    let followed = client.call("request", json!({"method": "GET", "url": here.url("/to?/end")})).success();
    assert_eq!(followed, format!("200 {} here", here.url("/end")));
}

#[test]
fn a_tool_is_held_to_what_it_says_of_itself() {
    let web = Web::start("hello");
    let server = server(&format!("{}\n", to(&web).replace("\"]", &format!("\", \"tcp://{}\"]", web.address))));
    let client = Modern::new(&server);
    let arguments = |method: &str| json!({"method": method, "url": web.url("/")});
    assert!(client.call("request_read_only", arguments("GET")).success().ends_with("hello"));
    let failure = client.call("request_read_only", arguments("POST")).failure();
    assert!(failure.contains("readOnlyHint: true") && failure.contains("only GET and HEAD"), "{failure}");
    let failure = client.call("request_closed", arguments("GET")).failure();
    assert!(failure.contains("openWorldHint: false"), "{failure}");
    let arguments = json!({"host": "127.0.0.1", "port": web.address.port(), "text": ""});
    client.call("tcp_read_only", arguments).failure();
    server.logged(&["may not open a tcp socket", "readOnlyHint"]);
    assert_eq!(web.heads().len(), 1);
}

#[test]
fn sockets_are_few_and_none_listens() {
    let web = Web::start("hello");
    let server = server(&format!("[network]\nallow = [\"tcp://{}\"]", web.address));
    let client = Modern::new(&server);
    let many = json!({"host": "127.0.0.1", "port": web.address.port()});
    assert_eq!(client.call("many", many).success(), "16");
    for address in ["127.0.0.1:0", "0.0.0.0:0", "0.0.0.0:8080"] {
        client.call("listen", json!({"address": address})).failure();
    }
    server.logged(&["may not listen on"]);
}

#[test]
fn datagrams_go_where_they_are_granted() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("it is bound");
    let server = server(&format!("[network]\nallow = [\"udp://{address}\"]"));
    let client = Modern::new(&server);
    assert_eq!(client.call("datagram", json!({"to": address.to_string(), "text": "hello"})).success(), "5");
    let mut got = [0; 16];
    let read = socket.recv(&mut got).expect("a datagram");
    assert_eq!(&got[..read], b"hello");
    client.call("datagram", json!({"to": "127.0.0.1:9", "text": "hello"})).failure();
}

#[test]
fn requests_are_bounded_in_number_bytes_and_time() {
    let web = Web::start("more than ten bytes");
    let server = server(&format!("{}\nresponse_bytes = 10\nrequests_per_minute = 3", to(&web)));
    let client = Modern::new(&server);
    let arguments = json!({"method": "GET", "url": web.url("/")});
    let failure = client.call("request", arguments.clone()).failure();
    assert!(failure.contains("larger than 10 bytes"), "{failure}");
    let wasi = json!({"method": "GET", "scheme": "http", "authority": web.address.to_string(), "path": "/"});
    // What the error of a stream says is wasmtime's affair.
    assert!(!client.call("wasi", wasi).failure().contains("more than ten bytes"));
    client.call("request", arguments.clone()).failure();
    let failure = client.call("request", arguments).failure();
    assert!(failure.contains("more than 3 requests a minute"), "{failure}");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("it is bound");
    let slow = self::server(&format!("[network]\nallow = [\"http://{address}\"]\ntimeout_ms = 100"));
    let arguments = json!({"method": "GET", "url": format!("http://{address}/")});
    assert!(Modern::new(&slow).call("request", arguments).failure().contains("no answer within 100 ms"));
}

#[test]
fn a_secret_reaches_its_host_and_nobody_else() {
    let (here, there) = (Web::start("here"), Web::start("there"));
    let grants = format!(
        "[network]\nallow = [\"http://{}\", \"http://{}\"]\n[secrets.send]\ntoken = [\"http://{0}\"]",
        here.address, there.address
    );
    let server = Server::setup()
        .settings("[secrets.token]\nenv = \"THE_TOKEN\"")
        .variable("THE_TOKEN", "hunter2-hunter2")
        .grants("network", &grants)
        .guest("network")
        .start();
    let client = Modern::new(&server);
    let arguments = |url: String| json!({"method": "GET", "url": url, "secret": "token"});
    let got = client.call("request", arguments(here.url("/"))).success();
    assert_eq!(got, format!("200 {} here", here.url("/")));
    assert!(here.heads()[0].contains("authorization: Bearer hunter2-hunter2"));
    let failure = client.call("request", arguments(there.url("/"))).failure();
    assert!(failure.contains("may not send the secret `token`") && failure.contains("[secrets.send]"), "{failure}");
    client.call("request", arguments(here.url(&format!("/to?{}", there.url("/"))))).success();
    assert_eq!(there.heads().len(), 1);
    assert!(!there.heads()[0].contains("hunter2"));
    assert_eq!(client.call("leak", json!({"name": "token"})).success(), "none", "it may be sent, not read");
    assert!(!server.log().contains("hunter2"));
}

#[test]
fn a_secret_that_a_plugin_may_read_is_kept_out_of_the_log() {
    let server = Server::setup()
        .settings("[secrets.key]\ncommand = [\"printf\", \"hunter2-hunter2\"]")
        .grants("network", "[secrets]\nread = [\"key\"]")
        .guest("network")
        .start();
    let failure = Modern::new(&server).call("leak", json!({"name": "key"})).failure();
    assert_eq!(failure, "15 bytes, in an error: [secret key]");
    for place in ["on standard output: [secret key]", "on standard error: [secret key]", "in the log: [secret key]"] {
        server.logged(&[place]);
    }
    assert!(!server.log().contains("hunter2"));
}

#[test]
fn the_fetch_plugin_turns_a_page_into_markdown() {
    let web = Web::start("<!doctype html><h1>Hello</h1><p>A <a href=/b>link</a>.</p>");
    let ungranted = Server::start(&["fetch"]);
    let failure = Modern::new(&ungranted).call("fetch", json!({"url": web.url("/")})).failure();
    assert!(failure.contains("under [network] in") && failure.contains("fetch.toml would allow it"), "{failure}");
    let granted = Server::setup().grants("fetch", &to(&web)).guest("fetch").start();
    let page = Modern::new(&granted).call("fetch", json!({"url": web.url("/")})).success();
    assert_eq!(page, format!("# Hello\n\nA [link]({}).", web.url("/b")));
}
