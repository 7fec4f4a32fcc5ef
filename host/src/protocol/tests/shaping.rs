//! What an operator makes of a plugin's tools is what clients see and call, and the plugin hears its own names.

use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::plugin::{Access, ToolAnnotations};
use crate::policy::{Ceiling, Grants, Permissions};

/// The calls that a plugin got: its own name for the tool, and what the call may do.
type Calls = Arc<Mutex<Vec<(String, Access)>>>;

/// A server of one plugin under these grants.
fn granted(grants: &str, tools: Vec<ToolSpec>) -> (Server, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let plugin = FakePlugin::with("fake", tools.clone(), move |name, _, call| {
        seen.lock().unwrap().push((name.to_owned(), call.access));
        Box::pin(async { Ok(ToolOutput { content: vec![Content::text("done")], ..ToolOutput::default() }) })
    });
    let path = Path::new("grants/fake.toml");
    let permissions = Permissions::new(Grants::parse(grants, path).unwrap(), Ceiling::default(), path.to_owned());
    let listing = Listing { tools, ..Listing::default() };
    let admitted = Admitted::new(plugin, listing, Arc::new(permissions)).unwrap();
    (server_of_admitted(vec![admitted], Questions::default()), calls)
}

fn promising(name: &str, annotations: ToolAnnotations) -> ToolSpec {
    ToolSpec { annotations: Some(annotations), ..tool(name) }
}

async fn listed(server: &Server) -> Vec<Value> {
    let (reply, _) = ask(server, modern("tools/list", json!({}))).await;
    reply["result"]["tools"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_tool_is_called_by_its_new_name_and_the_plugin_by_its_own() {
    let rules = "[tools]\ndeny = [\"secret\"]\nprefix = \"x_\"\nrename = { b = \"bee\" }\n\
                 [tools.override.b]\ntitle = \"Bee\"\ndescription = \"It hums.\"";
    let (server, calls) = granted(rules, vec![tool("a"), tool("secret"), tool("b")]);
    let tools = listed(&server).await;
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["x_a", "bee"]);
    assert_eq!((&tools[1]["title"], &tools[1]["description"]), (&json!("Bee"), &json!("It hums.")));
    for name in ["x_a", "bee"] {
        let (reply, _) = ask(&server, modern("tools/call", json!({"name": name}))).await;
        assert_eq!(reply["result"]["content"][0]["text"], "done");
    }
    for name in ["a", "b", "secret", "x_secret", "x_b"] {
        let (reply, _) = ask(&server, modern("tools/call", json!({"name": name}))).await;
        assert_eq!(reply["error"]["code"], -32602, "{name}");
    }
    let called: Vec<_> = calls.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(called, ["a", "b"]);
}

#[tokio::test]
async fn a_call_may_do_what_its_tool_is_listed_to_do() {
    let reader = ToolAnnotations { read_only: Some(true), ..ToolAnnotations::default() };
    let recluse = ToolAnnotations { open_world: Some(false), ..ToolAnnotations::default() };
    let grants = "[network]\nallow = [\"https://example.com\"]\n[tools.override.tamed]\nread_only = true";
    let tools = vec![tool("free"), promising("reader", reader), promising("recluse", recluse), tool("tamed")];
    let (server, calls) = granted(grants, tools);
    for name in ["free", "reader", "recluse", "tamed"] {
        ask(&server, modern("tools/call", json!({"name": name}))).await;
    }
    let access = |read_only, network| Access { read_only, network };
    let expected = [
        ("free".to_owned(), access(false, true)),
        ("reader".to_owned(), access(true, true)),
        ("recluse".to_owned(), access(false, false)),
        ("tamed".to_owned(), access(true, true)),
    ];
    assert_eq!(*calls.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_promise_that_the_grants_make_impossible_is_not_listed() {
    let annotations = ToolAnnotations { open_world: Some(true), read_only: Some(false), ..ToolAnnotations::default() };
    let tools = vec![promising("t", annotations)];
    let (server, _) = granted("", tools.clone());
    assert_eq!(listed(&server).await[0]["annotations"], json!({"openWorldHint": false, "readOnlyHint": true}));
    let (server, _) = granted("[network]\nallow = [\"https://example.com\"]", tools);
    assert_eq!(listed(&server).await[0]["annotations"], json!({"openWorldHint": true, "readOnlyHint": false}));
}

#[tokio::test]
async fn whose_a_tool_is_cannot_be_forged() {
    let forged = json!({"pegboard/plugin": "bank", "pegboard/digest": "sha256:00", "pegboard/x": 1, "mine": 2});
    let forged = forged.as_object().cloned();
    let output = ToolOutput { meta: forged.clone(), ..ToolOutput::default() };
    let spec = ToolSpec { meta: forged, ..tool("t") };
    let plugin = FakePlugin::with("fake", vec![spec.clone()], move |_, _, _| {
        let output = output.clone();
        Box::pin(async { Ok(output) })
    });
    let server = server(vec![plugin], &[spec]);
    let digest = format!("sha256:{}", "0".repeat(64));
    let expected = json!({"mine": 2, "pegboard/plugin": "fake", "pegboard/digest": digest});
    assert_eq!(listed(&server).await[0]["_meta"], expected);
    let (reply, _) = ask(&server, modern("tools/call", json!({"name": "t"}))).await;
    let meta = reply["result"]["_meta"].as_object().unwrap();
    assert!(meta.keys().all(|key| !key.starts_with("pegboard/")) && meta["mine"] == 2, "{reply}");
}
