//! The audit trail: one line a call, whoever made it and however it ended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use pegboard_suite::mcp::{accepted, asking, next_round, who};
use pegboard_suite::{Legacy, Modern, Server, until};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALICE: &str = "alice-0123456789abcdef";
/// Longer than any test.
const AN_HOUR: u64 = 3_600_000;
const LIMITS: &str = "[limits]\ncpu_time_ms = 50\nbreaker.failures = 0";

/// A server with a trail, and where that is.
fn server() -> (Server, Trail) {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("alice");
    fs::write(&token, ALICE).expect("a token");
    let trail = Trail { file: folder.path().join("audit.jsonl"), _folder: folder };
    let server = Server::setup()
        .settings(LIMITS)
        .grants("puppet", "[client]\nask = [\"elicit\"]")
        .settings(&format!("[[auth.tokens]]\nname = \"alice\"\nfile = \"{}\"", token.display()))
        .settings(&format!("[audit]\nfile = \"{}\"", trail.file.display()))
        .guest("puppet")
        .guest("hostile")
        .start();
    (server, trail)
}

struct Trail {
    file: PathBuf,
    _folder: TempDir,
}

impl Trail {
    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap_or_default()
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    /// The lines, once there are so many; there must not be more.
    fn all(&self, number: usize) -> Vec<Value> {
        let lines = until(&format!("{number} lines in the trail:\n{}", self.text()), || {
            Some(self.lines()).filter(|lines| lines.len() >= number)
        });
        assert_eq!(lines.len(), number, "{lines:#?}");
        lines
    }
}

fn alice(server: &Server) -> Modern<'_> {
    let can = json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    Modern::new(server).with(can).bearing(ALICE)
}

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["outcome"].as_str().expect("an outcome")).collect()
}

#[test]
fn each_call_is_one_line_however_it_ends() {
    let (server, trail) = server();
    let client = alice(&server);
    client.call("play", json!({"result": {"text": ["fine"]}})).success();
    client.call("picky", json!({"count": "none"})).failure();
    assert_eq!(client.ask("tools/call", json!({"name": "nobody", "arguments": {}})).error().0, -32602);
    client.call("trap", json!({})).failure();
    client.call("compute", json!({})).failure();
    client.call("promise", json!({"result": {"text": ["no number"]}})).failure();
    client.ask("prompts/get", json!({"name": "scene", "arguments": {"script": "{}"}})).result();
    client.ask("resources/read", json!({"uri": "puppet://play/%7B%7D"})).result();
    client.ask("resources/list", json!({})).result();
    // What no plugin does is no call.
    client.ask("tools/list", json!({})).result();
    let lines = trail.all(9);
    let expected = ["ok", "invalid-arguments", "refused", "trap", "cpu-time", "invalid", "ok", "ok", "ok"];
    assert_eq!(outcomes(&lines), expected);
    let methods: Vec<_> = lines[5..].iter().map(|line| &line["method"]).collect();
    assert_eq!(methods, ["tools/call", "prompts/get", "resources/read", "resources/list"]);
    assert_eq!(
        (&lines[2]["name"], &lines[2]["code"], &lines[2]["plugin"]),
        (&json!("nobody"), &json!(-32602), &Value::Null)
    );
    assert!(lines[4]["cpu_us"].as_u64() >= Some(50_000), "{}", lines[4]);
    assert!(lines[0]["memory_peak_bytes"].as_u64() >= Some(65_536), "{}", lines[0]);
}

#[test]
fn a_line_says_who_called_what_and_has_neither_arguments_nor_session() {
    let (server, trail) = server();
    let client = Legacy::bearing(&server, ALICE);
    for arguments in [
        json!({"result": {"text": ["hunter2"]}, "steps": []}),
        json!({"steps": [], "result": {"text": ["hunter2"]}}),
        json!({"steps": []}),
    ] {
        client.call("play", arguments).success();
    }
    let lines = trail.all(3);
    let line = &lines[0];
    assert_eq!(
        (&line["principal"], &line["method"], &line["name"]),
        (&json!("alice"), &json!("tools/call"), &json!("play"))
    );
    assert_eq!(line["plugin"], "puppet");
    assert_eq!(line["digest"].as_str().map(str::len), Some(64));
    assert_eq!(line["arguments_sha256"], lines[1]["arguments_sha256"], "the order of members is of no interest");
    assert_ne!(line["arguments_sha256"], lines[2]["arguments_sha256"]);
    assert_eq!(line["grants"], json!({}));
    assert!(
        line["wall_us"].as_u64() > Some(0) && line["time"].as_str().is_some_and(|time| time.ends_with('Z')),
        "{line}"
    );
    let session = line["session"].as_str().expect("a session");
    assert_ne!(session, client.session.as_str());
    let text = trail.text();
    for secret in ["hunter2", client.session.as_str(), ALICE] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let mode = fs::metadata(&trail.file).expect("the trail").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_call_that_its_client_gives_up_is_a_line_too() {
    let (server, trail) = server();
    let (modern, legacy) = (alice(&server), Legacy::bearing(&server, ALICE));
    let script = json!({"steps": [{"progress": {"done": 1}}, {"sleep": AN_HOUR}]});
    let mut running = modern.start("play", script.clone());
    running.events.notification("notifications/progress");
    drop(running);
    trail.all(1);
    let mut running = legacy.start("play", script);
    running.events.notification("notifications/progress");
    legacy.cancel(&running.id);
    assert_eq!(outcomes(&trail.all(2)), ["cancelled", "cancelled"]);
}

#[test]
fn a_call_that_asks_is_one_line_in_a_session_and_one_a_round_without() {
    let (server, trail) = server();
    let modern = alice(&server);
    let params = json!({"name": "play", "arguments": asking(json!([who()]))});
    let asked = modern.ask("tools/call", params.clone());
    modern.ask("tools/call", next_round(&params, json!({"who": accepted("Ann")}), Some(&asked.state()))).success();
    let lines = trail.all(2);
    assert_eq!(outcomes(&lines), ["asked", "ok"]);
    assert_eq!((&lines[0]["rounds"], &lines[1]["rounds"]), (&json!(0), &json!(1)));
}

#[test]
fn a_task_is_one_line_when_it_has_ended() {
    let (server, trail) = server();
    let client = alice(&server);
    let made = client.ask("tools/call", json!({"name": "toil", "arguments": {}}));
    assert_eq!(made.result()["resultType"], "task", "{}", made.response);
    let lines = trail.all(1);
    assert_eq!((&lines[0]["task"], &lines[0]["outcome"]), (&json!(true), &json!("ok")));
    let params = json!({"name": "toil", "arguments": {"steps": [{"sleep": AN_HOUR}]}});
    let endless = client.ask("tools/call", params);
    client.ask("tasks/cancel", json!({"taskId": endless.result()["taskId"]})).result();
    assert_eq!(outcomes(&trail.all(2)), ["ok", "cancelled"]);
}

#[test]
fn what_a_server_that_stops_has_answered_is_in_the_file() {
    let (mut server, trail) = server();
    for _ in 0..50 {
        alice(&server).call("play", json!({})).success();
    }
    server.terminate();
    until("the server to end", || (!server.lives()).then_some(()));
    assert_eq!(trail.lines().len(), 50);
}

#[test]
fn a_trail_that_was_moved_away_begins_anew_on_sighup() {
    let (server, trail) = server();
    alice(&server).call("play", json!({})).success();
    trail.all(1);
    fs::rename(&trail.file, trail.file.with_extension("1")).expect("the trail is there");
    server.hang_up();
    until("the trail to be made anew", || trail.file.exists().then_some(()));
    alice(&server).call("play", json!({})).success();
    trail.all(1);
}

#[test]
fn in_the_log_there_is_a_line_only_where_it_is_asked_for() {
    let quiet = Server::start(&["puppet"]);
    Modern::new(&quiet).call("play", json!({})).success();
    assert_eq!(quiet.lines_with(&["pegboard::audit"]), Vec::<String>::new());
    let telling = Server::setup().settings("[audit]\nlog = true").guest("puppet").start();
    Modern::new(&telling).call("play", json!({})).success();
    let line = telling.logged(&["pegboard::audit"]);
    for part in ["method=\"tools/call\"", "name=\"play\"", "plugin=\"puppet\"", "outcome=\"ok\"", "arguments_sha256="] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(telling.lines_with(&["pegboard::audit"]).len(), 1);
}

#[test]
fn a_trail_that_others_could_forge_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("audit.jsonl");
    fs::write(&file, "").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("it is ours");
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, format!("[audit]\nfile = \"{}\"", file.display())).expect("settings");
    let said = start(&settings, folder.path());
    assert!(said.contains("others may write") && said.contains("chmod go-w"), "{said}");
}

/// What a server says that does not start.
fn start(settings: &Path, folder: &Path) -> String {
    fs::create_dir(folder.join("plugins")).expect("a folder");
    let output = pegboard_suite::server::command()
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(settings)
        .current_dir(folder)
        .output()
        .expect("the program");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}
