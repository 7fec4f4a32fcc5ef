//! Files that are no plugins: refused in one line, and nothing else is touched.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use pegboard_suite::component::{Tool, core_module, of_another_kind, plugin, that_imports, that_lists_by, tool};
use pegboard_suite::{Modern, Server, until};
use serde_json::json;

/// A server whose plugins are not given long to list their tools. `file.wasm` and `other.wasm` are good.
fn server() -> Server {
    let limits = "[limits]\nlist_cpu_time_ms = 100\nlist_wall_time_ms = 60000\n[transport]\nkeep_alive_ms = 20";
    Server::setup()
        .settings(limits)
        .plugin("file", plugin(&[tool("stays")], "as before"))
        .plugin("other", plugin(&[tool("other")], "untouched"))
        .start()
}

/// Puts `bytes` in the place of a good plugin and where there was none: both are refused for `reasons`, each in one
/// line, and nobody notices.
fn is_refused(server: &Server, bytes: &[u8], reasons: &[&str]) {
    let client = Modern::new(server);
    let (mut events, _) = client.listen();
    for (name, shown) in [("file", "refused; its previous version stays"), ("newcomer", "refused")] {
        server.drop_in(name, bytes);
        let file = format!("{name}.wasm");
        let line = server.logged(&[&[file.as_str(), shown], reasons].concat());
        assert!(line.len() < 1_000, "a clear line: {line}");
        assert_eq!(server.lines_with(&[&file]).len(), 1, "one line: {:?}", server.lines_with(&[&file]));
    }
    assert_eq!(client.tools(), ["stays", "other"]);
    assert_eq!(client.call("stays", json!({})).success(), "as before");
    assert_eq!(client.call("other", json!({})).success(), "untouched");
    events.stays_quiet();
}

fn with(change: impl FnOnce(&mut Tool)) -> Vec<u8> {
    let mut tool = tool("changed");
    change(&mut tool);
    plugin(&[tool], "")
}

fn with_input(schema: &str) -> Vec<u8> {
    with(|tool| tool.input_schema = schema.into())
}

#[test]
fn a_file_without_contents() {
    is_refused(&server(), b"", &["empty"]);
}

#[test]
fn text() {
    is_refused(&server(), b"Not a plugin.\n", &["text"]);
}

#[test]
fn garbage() {
    let bytes: Vec<u8> = (0..100_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    is_refused(&server(), &bytes, &["some other kind of file"]);
}

#[test]
fn a_component_that_is_cut_off() {
    let whole = plugin(&[tool("changed")], "");
    is_refused(&server(), &whole[..whole.len() / 2], &[]);
}

#[test]
fn a_component_with_damage() {
    let mut bytes = plugin(&[tool("changed")], "");
    bytes[20..60].fill(0xff);
    is_refused(&server(), &bytes, &[]);
}

#[test]
fn a_core_module() {
    is_refused(&server(), &core_module(), &["core WebAssembly module"]);
}

#[test]
fn a_component_without_our_exports() {
    is_refused(&server(), &of_another_kind(), &["exports none of pegboard:plugin/tools", "answer"]);
}

#[test]
fn a_component_that_imports_what_there_is_not() {
    is_refused(&server(), &that_imports("wasi:nn/tensor@0.2.0"), &["wasi:nn/tensor@0.2.0"]);
}

#[test]
fn a_plugin_that_traps_when_asked_for_its_tools() {
    is_refused(&server(), &that_lists_by("unreachable"), &["cannot be listed", "aborted"]);
}

#[test]
fn a_plugin_that_never_says_what_its_tools_are() {
    is_refused(&server(), &that_lists_by("(loop $again (br $again)) unreachable"), &["cannot be listed", "100 ms"]);
}

#[test]
fn a_plugin_that_lists_what_is_not_there() {
    is_refused(&server(), &that_lists_by("i32.const 0x7ffffff0"), &["cannot be listed"]);
}

#[test]
fn an_input_schema_that_is_no_json() {
    is_refused(&server(), &with_input("{"), &["changed", "input-schema is not JSON"]);
}

#[test]
fn an_input_schema_that_is_none() {
    is_refused(
        &server(),
        &with_input(r#"{"type":"object","minProperties":"few"}"#),
        &["changed", "input schema is invalid"],
    );
}

#[test]
fn an_input_schema_that_is_not_of_an_object() {
    is_refused(&server(), &with_input(r#"{"type":"string"}"#), &["changed", "input schema", "object"]);
}

#[test]
fn an_input_schema_that_refers_to_the_web() {
    let schema = r#"{"type":"object","properties":{"a":{"$ref":"https://example.com/schema.json"}}}"#;
    is_refused(&server(), &with_input(schema), &["changed", "https://example.com/schema.json"]);
}

#[test]
fn an_output_schema_that_is_none() {
    let bytes = with(|tool| tool.output_schema = Some(r#"{"type":"no such type"}"#.into()));
    is_refused(&server(), &bytes, &["changed", "output schema is invalid"]);
}

#[test]
fn an_x_mcp_header_that_is_no_header() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"no header"}}}"#;
    is_refused(&server(), &with_input(schema), &["changed", "x-mcp-header", "no header"]);
}

#[test]
fn a_tool_with_a_bad_name() {
    for name in ["", "with space", "a.b", "größe", "line\\nbreak", &"x".repeat(65)] {
        is_refused(&server(), &plugin(&[tool(name)], ""), &["tool name"]);
    }
}

#[test]
fn a_tool_that_is_there_twice() {
    is_refused(&server(), &plugin(&[tool("twin"), tool("twin")], ""), &["twin", "twice"]);
}

#[test]
fn a_tool_without_a_description() {
    is_refused(&server(), &with(|tool| tool.description = " \n".into()), &["changed", "description is empty"]);
}

#[test]
fn more_tools_than_anybody_needs() {
    let tools: Vec<_> = (0..257).map(|n| tool(&format!("t{n}"))).collect();
    is_refused(&server(), &plugin(&tools, ""), &["257 tools"]);
}

#[test]
fn a_link_that_leads_out_of_the_directory() {
    let server = server();
    let outside = server.plugins().with_file_name("outside.wasm");
    fs::write(&outside, plugin(&[tool("outside")], "")).expect("a file");
    symlink(&outside, server.file("absolute")).expect("a link");
    symlink("../outside.wasm", server.file("relative")).expect("a link");
    symlink("nowhere.wasm", server.file("dangling")).expect("a link");
    server.logged(&["refused", "absolute.wasm", "leads out of the directory"]);
    server.logged(&["refused", "relative.wasm", "leads out of the directory"]);
    server.logged(&["refused", "dangling.wasm", "link to nothing"]);
    assert_eq!(Modern::new(&server).tools(), ["stays", "other"]);
}

#[test]
fn what_is_no_file_and_what_has_no_good_name() {
    let server = server();
    fs::create_dir(server.file("folder")).expect("a folder");
    server.drop_in("Bad_Name", &plugin(&[tool("bad")], ""));
    fs::write(server.plugins().join("notes.txt"), "nobody's business").expect("a file");
    server.logged(&["refused", "folder.wasm", "a directory"]);
    server.logged(&["refused", "Bad_Name.wasm", "a-z, 0-9 and -"]);
    assert_eq!(Modern::new(&server).tools(), ["stays", "other"]);
    assert_eq!(server.lines_with(&["notes.txt"]), Vec::<String>::new());
}

#[test]
fn a_file_that_is_larger_than_allowed() {
    let settings = "[loader]\nmax_file_bytes = 10000";
    let server = Server::setup().settings(settings).plugin("small", plugin(&[tool("small")], "")).start();
    server.drop_in("large", &[0; 10_001]);
    server.logged(&["refused", "large.wasm", "10001 bytes", "max_file_bytes"]);
    assert_eq!(Modern::new(&server).tools(), ["small"]);
}

#[test]
fn a_file_that_is_being_written_is_neither_loaded_nor_refused() {
    let server = server();
    let client = Modern::new(&server);
    let (mut events, _) = client.listen();
    let bytes = plugin(&[tool("late")], "");
    let mut file = fs::File::create(server.file("late")).expect("a file");
    file.write_all(&bytes[..bytes.len() / 2]).expect("one half");
    file.sync_all().expect("written");
    // What comes later is seen later, so the half has been seen when this is listed.
    server.drop_in("witness", &plugin(&[tool("witness")], ""));
    events.notification("notifications/tools/list_changed");
    events.stays_quiet();
    assert_eq!(client.tools(), ["stays", "other", "witness"]);
    assert_eq!(server.lines_with(&["late"]), Vec::<String>::new());
    file.write_all(&bytes[bytes.len() / 2..]).expect("the other half");
    drop(file);
    until("the plugin to be listed", || client.tools().contains(&"late".to_owned()).then_some(()));
}

#[test]
fn a_file_that_is_mended_is_loaded() {
    let server = server();
    is_refused(&server, b"oops", &["text"]);
    server.drop_in("file", &plugin(&[tool("stays")], "mended"));
    let client = Modern::new(&server);
    until("the mended one to serve", || (client.call("stays", json!({})).success() == "mended").then_some(()));
}

#[test]
fn bad_files_at_the_start_keep_nobody_from_serving() {
    let server = Server::setup()
        .settings("[limits]\nlist_cpu_time_ms = 100\nlist_wall_time_ms = 60000")
        .plugin("spinner", that_lists_by("(loop $again (br $again)) unreachable"))
        .plugin("text", "no plugin")
        .plugin("good", plugin(&[tool("good")], ""))
        .start();
    assert_eq!(Modern::new(&server).tools(), ["good"]);
    server.logged(&["refused", "spinner.wasm"]);
    server.logged(&["refused", "text.wasm"]);
}

#[test]
fn a_schema_that_claude_does_not_take_is_served_with_a_warning() {
    let server = server();
    for key in ["anyOf", "allOf", "oneOf"] {
        server.drop_in("file", &with_input(&format!(r#"{{"type":"object","{key}":[{{}}]}}"#)));
        let warning = server.logged(&["WARN", "file", "changed", key]);
        assert!(warning.contains("Claude"), "{warning}");
    }
    assert_eq!(Modern::new(&server).tools(), ["changed", "other"]);
}
