//! `pegboard stdio` as a desktop client starts it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[test]
fn a_client_that_starts_it_gets_messages_alone_on_its_output_and_an_end_when_it_closes_the_input() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pegboard"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEGBOARD_")) {
        command.env_remove(name);
    }
    let mut child = command
        .current_dir(folder.path())
        .args(["stdio", "--plugins", "plugins", "--cache-dir", "cache", "--log-level", "debug"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |message: Value| -> Value {
        writeln!(input, "{message}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    };
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities": {}});
    let discovered = ask(json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}));
    assert_eq!(discovered["result"]["supportedVersions"][0], "2026-07-28");
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}});
    let begun = ask(json!({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": params}));
    assert_eq!(begun["result"]["protocolVersion"], "2025-11-25");
    let listed = ask(json!({"jsonrpc": "2.0", "id": "3", "method": "tools/list"}));
    assert_eq!((&listed["id"], &listed["result"]["tools"]), (&json!("3"), &json!([])));

    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    assert!(log.contains("closed standard input"), "{log}");
}
