//! Prompts, resources and completions.

use super::*;
use crate::plugin::{PromptArgument, PromptSpec, ResourceTemplate};

fn prompt(name: &str) -> PromptSpec {
    let argument =
        |name: &str, required| PromptArgument { name: name.into(), title: None, description: None, required };
    PromptSpec {
        name: name.to_owned(),
        title: None,
        description: Some(format!("The prompt {name}.")),
        arguments: vec![argument("who", true), argument("how", false)],
        icons: Vec::new(),
        meta: None,
        extra: None,
    }
}

fn template(uri_template: &str) -> ResourceTemplate {
    ResourceTemplate {
        uri_template: uri_template.to_owned(),
        name: "t".to_owned(),
        title: None,
        description: None,
        mime_type: None,
        annotations: None,
        icons: Vec::new(),
        meta: None,
        extra: None,
    }
}

fn prompts(names: &[&str]) -> Listing {
    Listing { prompts: names.iter().map(|name| prompt(name)).collect(), completions: true, ..Listing::default() }
}

fn templates(uris: &[&str]) -> Listing {
    let resource_templates = uris.iter().map(|uri| template(uri)).collect();
    Listing { resource_templates, resources: true, completions: true, ..Listing::default() }
}

fn of(plugins: Vec<(Arc<dyn Plugin>, Listing)>) -> Server {
    server_of(plugins, Questions::default())
}

async fn result(server: &Server, method: &str, params: Value) -> Value {
    let (reply, error) = ask(server, modern(method, params)).await;
    assert_eq!(error, None, "{reply}");
    assert_eq!(reply["result"]["resultType"], "complete");
    reply["result"].clone()
}

async fn refused(server: &Server, method: &str, params: Value) -> Value {
    let (reply, error) = ask(server, modern(method, params)).await;
    assert_eq!(error, Some(ErrorKind::InvalidParams), "{reply}");
    reply["error"].clone()
}

#[tokio::test]
async fn prompts_of_several_plugins_are_one_list_in_which_nobody_takes_anothers_name() {
    let server = of(vec![(FakePlugin::new("b"), prompts(&["p", "q"])), (FakePlugin::new("a"), prompts(&["p"]))]);
    let page = result(&server, "prompts/list", json!({})).await;
    let names =
        |page: &Value| page["prompts"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&page), &page["ttlMs"], &page["cacheScope"]),
        (vec![json!("a_p"), json!("b_p")], &json!(0), &json!("public"))
    );
    let rest = result(&server, "prompts/list", json!({"cursor": page["nextCursor"]})).await;
    assert_eq!(names(&rest), ["q"]);
    let got = result(&server, "prompts/get", json!({"name": "b_p", "arguments": {"who": "you"}})).await;
    assert_eq!(got["messages"], json!([{"role": "user", "content": {"type": "text", "text": "p you"}}]));
    let ambiguous = refused(&server, "prompts/get", json!({"name": "p", "arguments": {"who": "you"}})).await;
    assert!(ambiguous["message"].as_str().unwrap().contains("a_p, b_p"), "{ambiguous}");
}

#[tokio::test]
async fn a_prompts_arguments_are_checked_before_the_guest_runs() {
    let server = of(vec![(FakePlugin::new("a"), prompts(&["p"]))]);
    for (arguments, named) in [
        (json!({}), "who"),
        (json!({"who": "a", "nonsense": "b"}), "nonsense"),
        (json!({"who": 7}), "arguments"),
        (json!([]), "arguments"),
    ] {
        let error = refused(&server, "prompts/get", json!({"name": "p", "arguments": arguments})).await;
        assert!(error["message"].as_str().unwrap().contains(named), "{error}");
    }
    assert_eq!(refused(&server, "prompts/get", json!({"name": "none"})).await["message"], "Unknown prompt: none");
}

#[tokio::test]
async fn a_resource_is_read_from_the_plugin_that_lists_it_or_else_from_the_most_specific_template() {
    let server = of(vec![
        (FakePlugin::with_resources("a", &[("x:/one", "1")]), templates(&["x:/{+any}"])),
        (FakePlugin::with_resources("b", &[("x:/two", "2")]), templates(&["x:/item/{id}"])),
    ]);
    let page = result(&server, "resources/list", json!({})).await;
    let uris: Vec<_> = page["resources"].as_array().unwrap().iter().map(|r| r["uri"].clone()).collect();
    assert_eq!((uris, &page["cacheScope"]), (vec![json!("x:/one"), json!("x:/two")], &json!("private")));
    for (uri, text) in
        [("x:/one", "1"), ("x:/two", "2"), ("x:/item/7", "b made x:/item/7"), ("x:/else", "a made x:/else")]
    {
        let read = result(&server, "resources/read", json!({"uri": uri})).await;
        assert_eq!(read["contents"][0], json!({"uri": uri, "text": text}));
    }
    let templates = result(&server, "resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_resource_that_there_is_not_is_named_with_the_code_of_the_revision() {
    let server = of(vec![(FakePlugin::with_resources("a", &[]), templates(&["x:/{id}"]))]);
    let error = refused(&server, "resources/read", json!({"uri": "y:/1"})).await;
    assert_eq!((&error["code"], &error["data"]), (&json!(-32602), &json!({"uri": "y:/1"})));
    let reply = server.handle(legacy("resources/read", &json!({"uri": "y:/1"})), from(&headers([]))).await;
    assert_eq!(response(reply).await.0["error"]["code"], -32002);
}

#[tokio::test]
async fn a_uri_that_several_list_is_nobodys() {
    let both = || templates(&[]);
    let server = of(vec![
        (FakePlugin::with_resources("a", &[("x:/one", "1"), ("x:/own", "a")]), both()),
        (FakePlugin::with_resources("b", &[("x:/one", "2")]), both()),
    ]);
    let page = result(&server, "resources/list", json!({})).await;
    assert_eq!(page["resources"], json!([{"uri": "x:/own", "name": "x:/own"}]));
    refused(&server, "resources/read", json!({"uri": "x:/one"})).await;
}

#[tokio::test]
async fn completions_are_for_arguments_that_there_are_and_bounded() {
    let server = of(vec![
        (FakePlugin::new("a"), prompts(&["p"])),
        (FakePlugin::with_resources("b", &[]), templates(&["x:/{id}"])),
        (FakePlugin::new("c"), Listing { completions: false, ..prompts(&["silent"]) }),
    ]);
    let complete = |reference: Value, name: &str| json!({"ref": reference, "argument": {"name": name, "value": "v"}});
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    for (reference, name) in [(prompt("p"), "who"), (json!({"type": "ref/resource", "uri": "x:/{id}"}), "id")] {
        let completion = result(&server, "completion/complete", complete(reference, name)).await["completion"].clone();
        assert_eq!((completion["values"].as_array().unwrap().len(), &completion["hasMore"]), (100, &json!(true)));
        assert_eq!((&completion["values"][0], &completion["total"]), (&json!("v0"), &json!(150)));
    }
    let silent = result(&server, "completion/complete", complete(prompt("silent"), "who")).await;
    assert_eq!(silent["completion"], json!({"values": [], "hasMore": false}));
    for (reference, name) in [
        (prompt("none"), "who"),
        (prompt("p"), "none"),
        (json!({"type": "ref/resource", "uri": "x:/{other}"}), "id"),
        (json!({"type": "ref/nonsense"}), "id"),
    ] {
        refused(&server, "completion/complete", complete(reference, name)).await;
    }
}

#[tokio::test]
async fn updates_reach_those_who_subscribed_to_the_resource() {
    use futures_util::StreamExt as _;
    let server = of(vec![(FakePlugin::with_resources("a", &[("x:/one", "1")]), templates(&[]))]);
    let filter = json!({"notifications": {"resourceSubscriptions": ["x:/one"], "promptsListChanged": true}});
    let (request, sent) = modern("subscriptions/listen", filter.clone());
    let ReplyKind::Listen(mut listen) = server.handle(request, from(&sent)).await.kind else { panic!("a stream") };
    let acknowledged: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!(acknowledged["params"]["notifications"], filter["notifications"]);

    let (session, _) = begin(&server).await;
    let sent = headers([("mcp-session-id", session.as_str())]);
    let ReplyKind::Listen(mut stream) = server.open_stream(from(&sent), Header::Absent).await.unwrap().kind else {
        panic!("a stream")
    };
    let subscribe = |uri: &str| legacy("resources/subscribe", &json!({"uri": uri}));
    assert_eq!(
        response(server.handle(subscribe("x:/none"), from(&sent)).await).await.1,
        Some(ErrorKind::ResourceNotFound)
    );
    assert_eq!(response(server.handle(subscribe("x:/one"), from(&sent)).await).await.0["result"], json!({}));

    for uri in ["x:/other", "x:/one"] {
        server.registry.notify(registry::Change::ResourceUpdated(uri.into()));
    }
    let told: Value = serde_json::from_str(&listen.messages.next().await.unwrap()).unwrap();
    assert_eq!(
        (&told["method"], &told["params"]["uri"]),
        (&json!("notifications/resources/updated"), &json!("x:/one"))
    );
    let told: Value = serde_json::from_str(&stream.messages.next().await.unwrap()).unwrap();
    assert_eq!(told["params"], json!({"uri": "x:/one"}));
}
