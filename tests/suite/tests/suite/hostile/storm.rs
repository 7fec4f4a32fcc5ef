//! What the tests of the corpus have in common: many at once, and nobody else notices.

use std::net::{TcpListener, UdpSocket};
use std::thread;

use pegboard_suite::ally::Ally;
use pegboard_suite::corpus::{Hostile, Outcome, PLUGIN, Surroundings};
use pegboard_suite::mcp::Answer;
use pegboard_suite::server::Setup;
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};

pub const MEGABYTE: u64 = 1 << 20;
/// What a server may have kept after a storm: caches of the allocator, buffers of connections.
pub const SLACK: u64 = 24 * MEGABYTE;

/// Bytes of memory for one instance.
const MEMORY: u64 = 32 * MEGABYTE;
/// Bytes that one may hand over at once.
const OUTPUT: u64 = 8 * MEGABYTE;

/// Little of everything but time to wait: on a busy machine the CPU time is slow to come.
fn limits() -> String {
    format!(
        "[limits]\nbreaker.failures = 0\ncpu_time_ms = 30\nlist_cpu_time_ms = 30\nmemory_bytes = {MEMORY}\noutput_bytes = {OUTPUT}"
    )
}

/// A server with little of everything, and an echo, which is the other one.
pub fn setup() -> Setup {
    Server::setup().settings(&limits()).guest("echo")
}

/// The other plugin answers, in both eras, and so does the health check.
pub fn others_are_served(server: &Server) {
    let arguments = json!({"text": "still here"});
    assert_eq!(Modern::new(server).call("echo", arguments.clone()).success(), "still here");
    assert_eq!(Legacy::begin(server).call("echo", arguments).success(), "still here");
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

pub fn memory_comes_back(server: &Server, before: u64) {
    let (now, most) = (server.memory() / MEGABYTE, (before + SLACK) / MEGABYTE);
    until(&format!("the memory to come back, from {now} MB to {most} MB"), || {
        (server.memory() <= before + SLACK).then_some(())
    });
}

/// Somebody on this machine whom no guest may reach, by either protocol.
pub struct Decoy {
    stream: TcpListener,
    datagrams: UdpSocket,
}

impl Decoy {
    pub fn new() -> Self {
        let stream = TcpListener::bind("127.0.0.1:0").expect("an address");
        // Both protocols at one address. Another's socket there is no matter: nothing is to come in any case.
        let datagrams = UdpSocket::bind(stream.local_addr().expect("an address")).expect("an address");
        stream.set_nonblocking(true).expect("a socket");
        datagrams.set_nonblocking(true).expect("a socket");
        Self { stream, datagrams }
    }

    pub fn address(&self) -> String {
        self.stream.local_addr().expect("an address").to_string()
    }

    /// Nobody has come.
    pub fn was_left_alone(&self) {
        assert!(self.stream.accept().is_err(), "a guest has connected");
        assert!(self.datagrams.recv_from(&mut [0; 64]).is_err(), "a guest has sent something");
    }
}

/// Does what `row` says, many times at once. While that goes on, the others are served; each must end as the row says;
/// after it the memory comes back. Gives the server, for what else there is to see.
pub fn storm(row: &Hostile) -> Server {
    let decoy = Decoy::new();
    let ally = Ally::new(&decoy.address());
    let surroundings =
        Surroundings { decoy: decoy.address(), ally: ally.address(), memory_bytes: MEMORY, output_bytes: OUTPUT };
    let mut server = match row.tool {
        Some(tool) => calls(row, tool, &surroundings),
        None => refusals(row, &surroundings),
    };
    assert!(server.lives());
    others_are_served(&server);
    decoy.was_left_alone();
    server
}

fn calls(row: &Hostile, tool: &str, surroundings: &Surroundings) -> Server {
    let server = row.on(setup(), surroundings).start();
    let arguments = (row.arguments)(surroundings);
    let call = || {
        let (worked, told) = called(&server, row, tool, &arguments);
        assert!(row.outcome.holds(worked, &told), "{tool} was to be {:?}, and was told: {told:.500}", row.outcome);
    };
    // Once alone, so that what is made once is made before the memory is looked at.
    call();
    let before = server.memory();
    at_once(&server, row.at_once, &call);
    memory_comes_back(&server, before);
    server
}

/// Calls it as the client that the row wants. Did it work, and what was the client told?
fn called(server: &Server, row: &Hostile, tool: &str, arguments: &Value) -> (bool, String) {
    let capabilities = serde_json::from_str(row.capabilities).expect("JSON");
    let client = Modern::new(server).with(capabilities);
    let answer = if row.progress {
        let mut messages = client.start(tool, arguments.clone()).events.rest();
        let response = messages.pop().expect("a response at the end of the stream");
        Answer { status: 200, notifications: messages, response }
    } else {
        client.call(tool, arguments.clone())
    };
    match answer.response.get("error") {
        Some(error) => (false, error["message"].as_str().expect("an error has a message").to_owned()),
        // A question instead of a result.
        None if answer.result().get("inputRequests").is_some() => (true, answer.result().to_string()),
        None => (answer.result()["isError"] == false, answer.text()),
    }
}

/// Hangs it up under many names.
fn refusals(row: &Hostile, surroundings: &Surroundings) -> Server {
    let Outcome::Refused(reasons) = row.outcome else { panic!("a file is refused, or it is called") };
    let server = row.on(setup(), surroundings).start();
    let component = row.component(surroundings);
    let before = server.memory();
    let number = std::sync::atomic::AtomicUsize::new(0);
    let hang_up = || {
        let name = format!("{PLUGIN}-{}", number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        server.drop_in(&name, &component);
        let file = format!("{name}.wasm");
        let line = server.logged(&[&["refused", file.as_str()], reasons].concat());
        assert!(line.len() < 1_000, "a clear line: {line}");
    };
    at_once(&server, row.at_once, &hang_up);
    // In whatever time the machine needed: of one file there is one line, unless trying again may help.
    assert_eq!(Modern::new(&server).tools(), Modern::new(&setup().start()).tools());
    memory_comes_back(&server, before);
    server
}

/// Does it so many times at once, and meanwhile looks whether others are served.
fn at_once(server: &Server, count: usize, act: &(impl Fn() + Sync)) {
    thread::scope(|scope| {
        let all: Vec<_> = (0..count).map(|_| scope.spawn(act)).collect();
        let mut rounds = 0;
        while rounds < 3 || all.iter().any(|one| !one.is_finished()) {
            others_are_served(server);
            rounds += 1;
        }
        for one in all {
            one.join().expect("it ended as it should");
        }
    });
}
