//! The program as its user meets it: what it prints, how it fails, how it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The program in a folder of its own, with none of the settings of whoever runs the tests.
fn pegboard(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pegboard"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEGBOARD_")) {
        command.env_remove(name);
    }
    // As bad as it gets: somebody asks for backtraces.
    command.current_dir(folder).env("RUST_BACKTRACE", "full").stdin(Stdio::null());
    // Where servers would take the same socket for their administration.
    command.env("PEGBOARD_CACHE_DIR", folder.join("cache")).env_remove("XDG_RUNTIME_DIR");
    command
}

fn folder_with_plugins() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    folder
}

/// Runs it to its end, which must be a failure told in one line.
fn failure(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "it succeeded: {text}");
    assert!(status.code().is_some(), "it crashed: {status}");
    assert!(stdout.is_empty(), "standard output holds results alone");
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    assert_eq!(lines.next(), None, "more than one line: {text}");
    assert!(line.starts_with("pegboard: "), "{line}");
    line
}

/// A server that is ended with the test.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        stdout.read_line(&mut url).unwrap();
        let address = url.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/mcp"));
        let Some(address) = address.and_then(|address| address.parse().ok()) else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("the first line is no URL: {url:?}; {said}");
        };
        Self { child, stdout, address }
    }

    fn signal(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// The rest of what it says, and its status, once it has ended.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        let status = self.child.wait().unwrap();
        self.stdout.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (status.code(), out, err)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_url_is_the_first_line_and_the_only_one_and_a_signal_ends_it_well() {
    let folder = folder_with_plugins();
    let server = Server::start(pegboard(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert!(get(server.address, "/healthz").starts_with("HTTP/1.1 200"));
    server.signal();
    let (status, stdout, stderr) = server.end();
    assert_eq!((status, &*stdout), (Some(0), ""));
    assert!(stderr.contains("stopping"), "{stderr}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = folder_with_plugins();
    let mut server = Server::start(pegboard(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    // A request whose body never comes whole holds up an end in order.
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Accept: application/json, text/event-stream\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100", "the server waits for the body");
    server.signal();
    let mut log = BufReader::new(server.child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended without a word");
    }
    server.signal();
    assert_eq!(server.child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let folder = folder_with_plugins();
    std::fs::write(
        folder.path().join("pegboard.toml"),
        "[log]\nformat = \"text\"\n[transport]\nlisten = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let mut command = pegboard(folder.path());
    command.env("PEGBOARD_LOG_FORMAT", "json").env("PEGBOARD_LISTEN", "127.0.0.1:2");
    let server = Server::start(command.args(["serve", "--listen", "127.0.0.1:0"]));
    server.signal();
    let (status, _, stderr) = server.end();
    assert_eq!(status, Some(0));
    assert!(stderr.contains("stopping"), "{stderr}");
    for line in stderr.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn all_unknown_settings_are_named_with_file_and_line() {
    let folder = folder_with_plugins();
    std::fs::write(folder.path().join("pegboard.toml"), "[transport]\nlisen = 1\n\n[limits]\nmemory = 2\n").unwrap();
    let line = failure(pegboard(folder.path()).arg("serve"));
    assert!(line.contains("pegboard.toml") && line.contains("transport.lisen (line 2)"), "{line}");
    assert!(line.contains("limits.memory (line 5)"), "{line}");
}

#[test]
fn a_port_that_is_taken_is_named_with_the_flag_that_helps() {
    let folder = folder_with_plugins();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = failure(pegboard(folder.path()).args(["serve", "--listen", &address]));
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[test]
fn a_directory_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let line = failure(pegboard(folder.path()).args(["serve", "--listen", "127.0.0.1:0", "--plugins", "hooks"]));
    assert!(line.contains("hooks") && line.contains("create it"), "{line}");
}

#[test]
fn bad_values_are_told_in_one_line_that_says_where_from() {
    let folder = folder_with_plugins();
    let serve = |arguments: &[&str]| failure(pegboard(folder.path()).arg("serve").args(arguments));
    assert!(serve(&["--listen", "here"]).contains("--listen"));
    assert!(serve(&["--log-level", "=loud="]).contains("=loud="));
    assert!(serve(&["--log-format", "xml"]).contains("text, json"));
    assert!(serve(&["--allowed-host", "http://x/"]).contains("http://x/"));
    assert!(serve(&["--config", "none.toml"]).contains("none.toml"));
    assert!(serve(&["--volume", "11"]).contains("--volume"));
    let line = failure(pegboard(folder.path()).arg("serve").env("PEGBOARD_LISTEN", "here"));
    assert!(line.contains("PEGBOARD_LISTEN"), "{line}");
}

#[test]
fn listening_for_other_machines_wants_two_flags_and_says_which() {
    let folder = folder_with_plugins();
    let mut arguments = vec!["serve", "--listen", "0.0.0.0:0"];
    assert!(failure(pegboard(folder.path()).args(&arguments)).contains("--allowed-host"));
    arguments.extend(["--allowed-host", "example.com"]);
    assert!(failure(pegboard(folder.path()).args(&arguments)).contains("--allow-unauthenticated"));
    arguments.push("--allow-unauthenticated");
    let server = Server::start(pegboard(folder.path()).args(&arguments));
    assert!(get(server.address, "/healthz").starts_with("HTTP/1.1 200"));
}

/// The status line of a POST with this token.
fn ping(address: SocketAddr, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    write!(stream, "{head}{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn with_tokens_it_may_listen_for_other_machines_and_a_hangup_ends_neither_it_nor_a_token() {
    let folder = folder_with_plugins();
    let (settings, token) = (folder.path().join("pegboard.toml"), folder.path().join("alice"));
    std::fs::write(&settings, "[[auth.tokens]]\nname = \"alice\"\nfile = \"alice\"\n").unwrap();
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--allowed-host", "example.com"];
    let line = failure(pegboard(folder.path()).args(arguments));
    assert!(line.contains("alice"), "{line}");
    std::fs::write(&token, "").unwrap();
    assert!(failure(pegboard(folder.path()).args(arguments)).contains("is empty"));

    std::fs::write(&token, "secret-1").unwrap();
    let server = Server::start(pegboard(folder.path()).args(arguments));
    let reachable = SocketAddr::from(([127, 0, 0, 1], server.address.port()));
    assert!(ping(reachable, "secret-1").contains(" 200 "));
    assert!(ping(reachable, "secret-2").contains(" 401 "));
    kill_process(Pid::from_child(&server.child), Signal::HUP).unwrap();
    assert!(ping(reachable, "secret-1").contains(" 200 "));
    std::fs::write(&token, "secret-2").unwrap();
    assert!(ping(reachable, "secret-1").contains(" 401 "));
    assert!(ping(reachable, "secret-2").contains(" 200 "));
    server.signal();
    let (status, _, stderr) = server.end();
    assert_eq!(status, Some(0));
    assert!(stderr.contains("alice") && !stderr.contains("secret-"), "{stderr}");
}

#[test]
fn dev_outside_of_a_checkout_says_what_to_do() {
    // The program itself is inside of a checkout; a link to it elsewhere is not.
    let folder = folder_with_plugins();
    let program = folder.path().join("pegboard");
    std::fs::copy(env!("CARGO_BIN_EXE_pegboard"), &program).unwrap();
    let line = failure(Command::new(&program).current_dir(folder.path()).args(["dev", "--listen", "127.0.0.1:0"]));
    assert!(line.contains("checkout of Pegboard") && line.contains("pegboard serve"), "{line}");
}
