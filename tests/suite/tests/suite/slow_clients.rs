//! Clients that flood, dawdle, or never come to an end. Each is bounded, and the others are served meanwhile.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use pegboard_suite::{Modern, Request, Response, Server, until};
use serde_json::json;

/// The pace of a client that would take for ever.
const A_MOMENT: Duration = Duration::from_millis(20);

fn others_are_served(server: &Server) {
    assert_eq!(Modern::new(server).call("echo", json!({"text": "still here"})).success(), "still here");
}

/// Sends `bytes` one by one until the server has had enough; gives what it said, if anything.
fn dawdle(server: &Server, mut stream: TcpStream, mut bytes: impl Iterator<Item = u8>) -> String {
    stream.set_read_timeout(Some(A_MOMENT)).expect("a timeout");
    let mut said = Vec::new();
    until("the server to have had enough", || {
        let sent = bytes.next().map(|byte| stream.write_all(&[byte]));
        others_are_served(server);
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer) {
            Ok(0) => Some(()),
            Ok(read) => {
                said.extend_from_slice(&buffer[..read]);
                None
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                sent.is_some_and(|sent| sent.is_err()).then_some(())
            }
            Err(_) => Some(()),
        }
    });
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let server = Server::setup().settings("[transport]\nheader_timeout_ms = 300").guest("echo").start();
    let head = Request::post("").header("X-Long", &"x".repeat(10_000)).head();
    let said = dawdle(&server, server.connect(), head.into_bytes().into_iter());
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
}

#[test]
fn a_body_that_comes_byte_by_byte_is_cut_off() {
    let server = Server::setup().settings("[transport]\nbody_timeout_ms = 300").guest("echo").start();
    let mut stream = server.connect();
    stream.write_all(Request::post(vec![b' '; 10_000]).head().as_bytes()).expect("the head");
    let said = dawdle(&server, stream, std::iter::repeat(b' '));
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
}

#[test]
fn a_connection_on_which_nothing_comes_is_closed() {
    let server = Server::setup().settings("[transport]\nheader_timeout_ms = 300").guest("echo").start();
    let silent = dawdle(&server, server.connect(), std::iter::empty());
    assert!(silent.is_empty() || silent.starts_with("HTTP/1.1 408"), "{silent}");
}

#[test]
fn a_client_that_does_not_read_its_stream_is_given_up() {
    let settings = "[transport]\nwrite_timeout_ms = 300\n[limits]\nconcurrent_calls_per_plugin = 1";
    let server = Server::setup().settings(settings).guest("echo").guest("puppet").start();
    let client = Modern::new(&server);
    // More than connections hold.
    let flood = json!({"steps": [{"flood": {"count": 1000, "bytes": 100_000}}]});
    let unread = client.start("play", flood);
    // There is one place for calls of this plugin, so its call has ended when another is served.
    client.call("play", json!({"result": {"text": ["next"]}})).success();
    others_are_served(&server);
    drop(unread);
}

#[test]
fn a_flood_of_headers_is_refused() {
    let server = Server::start(&["echo"]);
    let before = server.memory();
    let many = (0..1_000).fold(Request::post("{}"), |request, n| request.and(&format!("X-{n}"), "x"));
    assert_eq!(many.send(&server).status, 431);
    let large = Request::post("{}").header("X-Large", &"x".repeat(1 << 20));
    assert_eq!(large.send(&server).status, 431);
    others_are_served(&server);
    assert!(server.memory() < before + (16 << 20));
}

#[test]
fn a_head_without_end_is_refused() {
    let server = Server::start(&["echo"]);
    let mut stream = server.connect();
    stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n").expect("the beginning");
    let line = format!("X-More: {}\r\n", "x".repeat(1000));
    until("the server to have had enough", || stream.write_all(line.as_bytes()).is_err().then_some(()));
    others_are_served(&server);
}

#[test]
fn what_is_no_http_is_refused() {
    let server = Server::start(&["echo"]);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"POST /mcp HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ] {
        let mut stream = server.connect();
        stream.write_all(bytes).expect("sent");
        match Response::read(stream, false) {
            Ok(reply) => assert!((400..=505).contains(&reply.status), "{}", reply.status),
            Err(error) => assert!(!matches!(error.kind(), std::io::ErrorKind::WouldBlock), "no answer"),
        }
    }
    others_are_served(&server);
}

#[test]
fn connections_beyond_the_bound_wait_for_a_place() {
    let server = Server::setup().settings("[transport]\nmax_connections = 2").guest("echo").start();
    let mut held = vec![server.connect(), server.connect()];
    for stream in &mut held {
        // A request on each, so that both are known to have a place; they stay open after it.
        stream.write_all(Request::new("GET", "/healthz").head().as_bytes()).expect("sent");
        let mut first = [0; 12];
        stream.read_exact(&mut first).expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    let mut third = server.connect();
    third.write_all(Request::new("GET", "/healthz").head().as_bytes()).expect("sent");
    third.set_read_timeout(Some(10 * A_MOMENT)).expect("a timeout");
    assert!(third.read(&mut [0; 1]).is_err(), "there is no place for it");
    drop(held);
    third.set_read_timeout(Some(pegboard_suite::wait::PATIENCE)).expect("a timeout");
    assert_eq!(Response::read(third, false).expect("an answer").status, 200);
}
