//! Administration: over a Unix socket and from the command line, and nowhere else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Output;

use pegboard_suite::component::{plugin, tool};
use pegboard_suite::{Modern, Request, Server, until};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A server, and the socket over which it is administered.
struct Administered {
    server: Server,
    socket: PathBuf,
    _folder: TempDir,
}

impl Administered {
    fn start(setup: pegboard_suite::server::Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("admin.sock");
        let server = setup.flag("--admin-socket").flag(socket.to_str().expect("text")).start();
        Self { server, socket, _folder: folder }
    }

    /// Runs a command against it.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = pegboard_suite::server::command();
        command.args(arguments).arg("--admin-socket").arg(&self.socket).output().expect("the program")
    }

    /// What a command prints that succeeds.
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command complains of, in one line.
    fn complains(&self, arguments: &[&str]) -> String {
        complaint(self.run(arguments))
    }

    /// Status and body of what the socket answers, as any program may ask it.
    fn http(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = UnixStream::connect(&self.socket).expect("the socket");
        stream.set_read_timeout(Some(pegboard_suite::wait::PATIENCE)).expect("a timeout");
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        let status = reply.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, reply.split_once("\r\n\r\n").expect("a body").1.to_owned())
    }
}

fn complaint(output: Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

fn puppet() -> Administered {
    Administered::start(Server::setup().guest("puppet"))
}

#[test]
fn nothing_of_it_is_on_the_public_listener() {
    let it = puppet();
    for path in ["/status", "/metrics", "/plugins", "/plugins/puppet", "/tools/play", "/admin", "/admin/status"] {
        assert_eq!(it.server.get(path).status, 404, "{path}");
    }
    for path in ["/plugins/puppet/suspend", "/plugins/puppet/resume", "/reload"] {
        assert_eq!(Request::new("POST", path).send(&it.server).status, 404, "{path}");
    }
    assert_eq!(it.server.get("/readyz").text(), "ready\n");
    assert_eq!(Modern::new(&it.server).call("play", json!({"result": {"text": ["on"]}})).success(), "on");
}

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let mut it = puppet();
    let metadata = fs::symlink_metadata(&it.socket).expect("the socket");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    it.server.terminate();
    until("the server to end", || (!it.server.lives()).then_some(()));
    assert!(!it.socket.exists());
    let complaint = it.complains(&["status"]);
    assert!(complaint.contains("no server answers at") && complaint.contains("--admin-socket"), "{complaint}");
}

#[test]
fn a_socket_that_a_crash_left_is_replaced_and_one_that_answers_or_a_file_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).expect("a folder");
    let refused = |socket: &PathBuf| {
        let mut command = pegboard_suite::server::command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin-socket"]).arg(socket).current_dir(&folder);
        complaint(command.output().expect("the program"))
    };
    let answering = folder.path().join("answering");
    let _listener = UnixListener::bind(&answering).expect("a socket");
    assert!(refused(&answering).contains("another server's administration answers"));
    let file = folder.path().join("file");
    fs::write(&file, "mine").expect("a file");
    let link = folder.path().join("link");
    symlink(&file, &link).expect("a link");
    for path in [&file, &link] {
        assert!(refused(path).contains("is no socket"), "{}", path.display());
    }
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), "mine");

    let left = folder.path().join("left.sock");
    drop(UnixListener::bind(&left).expect("a socket"));
    let server = Server::setup().flag("--admin-socket").flag(left.to_str().expect("text")).guest("puppet").start();
    let it = Administered { server, socket: left, _folder: folder };
    assert!(it.says(&["status"]).contains("puppet"));
}

#[test]
fn status_shows_what_is_served_and_what_is_refused_and_why() {
    let it = Administered::start(Server::setup().guest("puppet").plugin("broken", "no wasm"));
    Modern::new(&it.server).call("play", json!({})).success();
    let text = it.says(&["status"]);
    for part in ["ready", "served    puppet: 1 calls", "refused   broken.wasm: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let status: Value = serde_json::from_str(&it.says(&["status", "--json"])).expect("JSON");
    assert_eq!((&status["loaded"][0]["id"], &status["refused"][0]["file"]), (&json!("puppet"), &json!("broken.wasm")));
    let (code, ready) = it.http("GET", "/readyz");
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    assert_eq!((code, &ready["ready"], &ready["refused"]), (200, &json!(true), &json!(1)));
}

#[test]
fn why_shows_all_that_is_known_of_a_tool() {
    let it = Administered::start(
        Server::setup()
            .settings("[limits]\ncpu_time_ms = 77")
            .guest("hostile")
            .grants("hostile", "[network]\nallow = [\"https://example.com\"]\n"),
    );
    Modern::new(&it.server).call("trap", json!({})).failure();
    let text = it.says(&["why", "trap"]);
    let digest = until("the plugin to be there", || {
        let status: Value = serde_json::from_str(&it.says(&["status", "--json"])).expect("JSON");
        status["loaded"][0]["digest"].as_str().map(str::to_owned)
    });
    for part in [
        "tool       trap\n",
        "says       Aborts without a word.\n",
        "plugin     hostile\n",
        &format!("digest     sha256:{digest}\n"),
        "signer     nobody",
        "allow = [\"https://example.com\"]",
        "cpu_time_ms 77",
        "calls      1: 1 trap; 0 running\n",
        "tools/call trap: the plugin crashed: it aborted",
        "called     yes\n",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(it.says(&["why", "hostile"]).starts_with("plugin     hostile\n"), "a plugin's name will do");
    let json: Value = serde_json::from_str(&it.says(&["why", "trap", "--json"])).expect("JSON");
    assert_eq!(json["plugin"]["served"]["standing"]["counters"]["calls"]["trap"], 1);
}

#[test]
fn why_says_which_file_would_grant_something() {
    let text = puppet().says(&["why", "puppet"]);
    assert!(text.contains("granted    nothing (") && text.contains("puppet.toml would grant)"), "{text}");
}

#[test]
fn why_shows_what_a_plugin_was_refused_and_which_line_would_allow_it() {
    let it = Administered::start(Server::setup().guest("hostile"));
    for _ in 0..3 {
        Modern::new(&it.server).call("fetch", json!({"url": "https://example.com/"}));
    }
    let text = it.says(&["why", "fetch"]);
    assert!(text.contains("denials    3\n"), "{text}");
    for part in ["3× plugin `hostile` may not", "https://example.com", "under [network] in", "hostile.toml"] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}

#[test]
fn a_name_that_there_is_not_is_answered_with_those_like_it() {
    let it = puppet();
    let complaint = it.complains(&["why", "pupet"]);
    assert!(complaint.contains("there is no tool") && complaint.contains("did you mean puppet"), "{complaint}");
    for command in ["suspend", "resume"] {
        let complaint = it.complains(&[command, "pupet"]);
        assert!(complaint.contains("there is no plugin") && complaint.contains("puppet"), "{complaint}");
    }
    let odd = it.complains(&["why", "../../etc/passwd?x=\u{1b}[2J"]);
    assert!(odd.contains("there is no tool") && !odd.contains('\u{1b}'), "{odd}");
}

#[test]
fn a_plugin_that_was_refused_says_why() {
    let it = Administered::start(Server::setup().guest("puppet").plugin("broken", "no wasm"));
    let text = it.says(&["why", "broken"]);
    assert!(text.contains("refused    ") && text.contains("served     no\n"), "{text}");
}

#[test]
fn a_suspended_plugin_is_called_by_nobody_until_it_is_resumed_whatever_its_version() {
    let it = Administered::start(Server::setup().plugin("made", plugin(&[tool("said")], "one")));
    let client = Modern::new(&it.server);
    assert_eq!(client.call("said", json!({})).success(), "one");
    it.says(&["suspend", "made"]);
    let why = client.call("said", json!({})).failure();
    assert!(why.contains("suspended by an operator") && why.contains("pegboard resume made"), "{why}");
    assert!(it.says(&["status"]).contains("suspended"));
    it.server.drop_in("made", &plugin(&[tool("said"), tool("more")], "two"));
    until("the new version", || client.tools().contains(&"more".to_owned()).then_some(()));
    client.call("said", json!({})).failure();
    it.says(&["resume", "made"]);
    assert_eq!(client.call("said", json!({})).success(), "two");
}

#[test]
fn metrics_are_as_prometheus_reads_them() {
    let it = Administered::start(Server::setup().guest("hostile").guest("puppet"));
    let client = Modern::new(&it.server);
    client.call("play", json!({})).success();
    client.call("trap", json!({})).failure();
    let (status, text) = it.http("GET", "/metrics");
    assert_eq!(status, 200);
    for line in [
        "pegboard_ready 1",
        "pegboard_plugin_calls_total{plugin=\"puppet\",outcome=\"ok\"} 1",
        "pegboard_plugin_calls_total{plugin=\"hostile\",outcome=\"trap\"} 1",
        "pegboard_plugin_suspended{plugin=\"puppet\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    it.server.take_away("hostile");
    until("the plugin to be gone", || {
        (!it.http("GET", "/metrics").1.contains("pegboard_plugin_info{plugin=\"hostile\"")).then_some(())
    });
    assert!(it.http("GET", "/metrics").1.contains("plugin=\"hostile\",outcome=\"trap\"} 1"), "a counter never falls");
}

#[test]
fn reload_has_the_directory_looked_at() {
    let it = Administered::start(Server::setup().guest("puppet"));
    it.server.drop_in("made", &plugin(&[tool("said")], "here"));
    it.says(&["reload"]);
    it.server.logged(&["looking at files again"]);
    until("the plugin", || Modern::new(&it.server).tools().contains(&"said".to_owned()).then_some(()));
}

#[test]
fn what_is_no_request_of_it_is_refused_and_hurts_nobody() {
    let it = puppet();
    assert_eq!(it.http("GET", "/nothing").0, 404);
    assert_eq!(it.http("DELETE", "/status").0, 405);
    assert_eq!(it.http("GET", "/reload").0, 405);
    let mut half: Vec<_> = (0..40).map(|_| UnixStream::connect(&it.socket).expect("the socket")).collect();
    for stream in &mut half {
        stream.write_all(b"GET /sta").expect("it listens");
    }
    assert_eq!(it.server.get("/healthz").status, 200);
    drop(half);
    assert_eq!(it.http("GET", "/status").0, 200);
}

#[test]
fn without_a_socket_there_is_none_and_the_command_line_says_so() {
    let server = Server::start(&["puppet"]);
    assert_eq!(server.lines_with(&["administration"]), Vec::<String>::new());
    let output = pegboard_suite::server::command().arg("status").current_dir(server.plugins()).output();
    let complaint = complaint(output.expect("the program"));
    assert!(
        complaint.contains("no socket of a server is known") && complaint.contains("--admin-socket"),
        "{complaint}"
    );
}
