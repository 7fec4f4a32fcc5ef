//! What clients are told of: changed lists, and resources that they have subscribed to.

use pegboard_suite::mcp::LEGACY;
use pegboard_suite::{Legacy, Modern, Server};
use serde_json::{Value, json};

const NOTE: &str = "puppet://note/1";

/// One that keeps its streams alive often, so that what does not come can be seen.
fn server() -> Server {
    Server::setup().settings("[transport]\nkeep_alive_ms = 20").guest("puppet").start()
}

/// Has the puppet announce it.
fn announce(server: &Server, what: &Value) {
    Modern::new(server).call("play", json!({"steps": [{"announce": what}]})).success();
}

fn updated(server: &Server, uri: &str) {
    announce(server, &json!({"updated": uri}));
}

#[test]
fn a_session_hears_of_the_resources_that_it_has_subscribed_to() {
    let server = server();
    for version in LEGACY {
        let client = Legacy::on(&server, version);
        assert_eq!(client.initialized["capabilities"]["resources"]["subscribe"], true);
        let mut stream = client.listen();
        let other = Legacy::on(&server, version);
        let mut others = other.listen();
        assert_eq!(client.ask("resources/subscribe", json!({"uri": NOTE})).result(), &json!({}));
        updated(&server, "puppet://note/2");
        updated(&server, NOTE);
        assert_eq!(stream.notification("notifications/resources/updated"), json!({"uri": NOTE}), "{version}");
        others.stays_quiet();
        assert_eq!(client.ask("resources/unsubscribe", json!({"uri": NOTE})).result(), &json!({}));
        updated(&server, NOTE);
        stream.stays_quiet();
    }
}

#[test]
fn a_subscription_to_nothing_is_refused() {
    let server = server();
    let client = Legacy::begin(&server);
    let refused = client.ask("resources/subscribe", json!({"uri": "nowhere://at/all"}));
    assert_eq!(refused.error().0, -32002);
    assert_eq!(refused.response["error"]["data"], json!({"uri": "nowhere://at/all"}));
    for params in [json!({}), json!({"uri": 1})] {
        assert_eq!(client.ask("resources/subscribe", params).error().0, -32602);
    }
    // One that was never there can be given up.
    assert_eq!(client.ask("resources/unsubscribe", json!({"uri": "nowhere://at/all"})).result(), &json!({}));
}

#[test]
fn a_listener_hears_of_the_resources_that_it_named() {
    let server = server();
    let client = Modern::new(&server);
    let (mut events, id) = client.listen_for(json!({"resourceSubscriptions": ["nowhere://at/all", NOTE]}));
    let (mut others, _) = client.listen_for(json!({"resourceSubscriptions": ["puppet://note/3"]}));
    updated(&server, "puppet://note/2");
    updated(&server, NOTE);
    let told = events.notification("notifications/resources/updated");
    assert_eq!(told["uri"], NOTE);
    assert_eq!(told["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    others.stays_quiet();
    events.stays_quiet();
}

#[test]
fn a_plugin_announces_each_of_its_lists() {
    let server = Server::setup()
        .settings("[transport]\nkeep_alive_ms = 20\n[loader]\nannounce_interval_ms = 1")
        .guest("puppet")
        .start();
    let client = Modern::new(&server);
    let mut session = Legacy::begin(&server).listen();
    // All is listed anew at each announcement, and one of the puppet's tools is another each time. So the tools may be
    // told of again, and nothing else.
    for (what, filter, other) in [
        ("tools", "toolsListChanged", json!({"promptsListChanged": true, "resourcesListChanged": true})),
        ("prompts", "promptsListChanged", json!({"resourcesListChanged": true})),
        ("resources", "resourcesListChanged", json!({"promptsListChanged": true})),
    ] {
        let (mut events, id) = client.listen_for(json!({filter: true}));
        let (mut of_others, _) = client.listen_for(other);
        announce(&server, &json!(what));
        let method = format!("notifications/{what}/list_changed");
        let told = events.notification(&method);
        assert_eq!(told["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
        loop {
            let told = session.message().expect("a message")["method"].clone();
            if told == method {
                break;
            }
            assert_eq!(told, "notifications/tools/list_changed");
        }
        of_others.stays_quiet();
    }
}

#[test]
fn a_plugin_that_comes_or_goes_changes_the_lists_that_it_has_a_part_in() {
    let server = server();
    let client = Modern::new(&server);
    let all = json!({"toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true});
    let (mut events, _) = client.listen_for(all);
    let mut session = Legacy::begin(&server).listen();
    let mut all_told = || {
        for events in [&mut events, &mut session] {
            let mut told: Vec<_> = (0..3).map(|_| events.message().expect("a message")["method"].clone()).collect();
            told.sort_by_key(Value::to_string);
            let kinds = ["prompts", "resources", "tools"];
            assert_eq!(told, kinds.map(|kind| json!(format!("notifications/{kind}/list_changed"))));
        }
    };
    server.take_away("puppet");
    all_told();
    server.drop_in("puppet", &pegboard_suite::guests::guest("puppet"));
    all_told();
    server.drop_in("tools", &pegboard_suite::component::plugin(&[pegboard_suite::component::tool("new")], ""));
    for events in [&mut events, &mut session] {
        events.notification("notifications/tools/list_changed");
        events.stays_quiet();
    }
}

#[test]
fn what_cannot_be_agreed_to_is_refused() {
    let server = server();
    let client = Modern::new(&server);
    let many: Vec<_> = (0..10_000).map(|number| format!("puppet://note/{number}")).collect();
    for filter in [
        json!({"resourceSubscriptions": "puppet://note/1"}),
        json!({"resourceSubscriptions": [1]}),
        json!({"resourceSubscriptions": many}),
        json!({"promptsListChanged": 1}),
    ] {
        let answer = client.ask("subscriptions/listen", json!({"notifications": filter}));
        assert_eq!(answer.error().0, -32602);
    }
}

#[test]
fn a_session_has_no_more_subscriptions_than_are_allowed() {
    let server = server();
    let client = Legacy::begin(&server);
    let subscribe =
        |number: usize| client.ask("resources/subscribe", json!({"uri": format!("puppet://note/{number}")}));
    let refused = (0..2_000).map(subscribe).find(|answer| answer.response.get("error").is_some());
    let refused = refused.expect("there is a bound");
    assert!(refused.error().0 == -32602 && refused.error().1.contains("at most"), "{}", refused.response);
    assert_eq!(client.ask("resources/subscribe", json!({"uri": NOTE})).result(), &json!({}), "what it has stays");
}
