//! Headers that repeat the body, for each method that has them; and clients that are known to send others.

use pegboard_suite::mcp::{Answer, request};
use pegboard_suite::{Modern, Request, Server};
use serde_json::{Value, json};

fn outcome(server: &Server, request: &Request) -> (u16, Option<i64>) {
    let answer = Answer::read(request.send(server));
    (answer.status, answer.response["error"]["code"].as_i64())
}

const MISMATCH: (u16, Option<i64>) = (400, Some(-32020));

#[test]
fn the_header_names_the_prompt_and_the_resource_too() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    for (method, params, encoded) in [
        ("prompts/get", json!({"name": "another"}), "=?base64?YW5vdGhlcg==?="),
        ("resources/read", json!({"uri": "puppet://bytes"}), "=?base64?cHVwcGV0Oi8vYnl0ZXM=?="),
    ] {
        let post = client.post(&request(1, method, params));
        assert_eq!(outcome(&server, &post), (200, None), "{method}");
        assert_eq!(outcome(&server, &post.clone().header("Mcp-Name", encoded)), (200, None), "{method}");
        assert_eq!(outcome(&server, &post.clone().without("Mcp-Name")), MISMATCH, "{method}");
        for wrong in
            ["other", "", "ANOTHER", "puppet://bytes/", "=?base64?b3RoZXI=?=", "=?base64?!?=", "=?base64?/w==?="]
        {
            assert_eq!(outcome(&server, &post.clone().header("Mcp-Name", wrong)), MISMATCH, "{method}: {wrong}");
        }
        assert_eq!(outcome(&server, &post.clone().and("Mcp-Name", encoded)), MISMATCH, "{method}: twice");
        assert_eq!(outcome(&server, &post.header("Mcp-Method", "tools/call")), MISMATCH, "{method}");
    }
}

#[test]
fn a_name_that_is_no_ascii_comes_in_base64() {
    let server = Server::start(&["puppet"]);
    let post = Modern::new(&server).post(&request(1, "resources/read", json!({"uri": "puppet://note/ß"})));
    let encoded = post.clone().header("Mcp-Name", "=?base64?cHVwcGV0Oi8vbm90ZS/Dnw==?=");
    assert_eq!(
        outcome(&server, &encoded),
        (200, Some(-32602)),
        "the header says what the body does, but there is none"
    );
    assert_eq!(outcome(&server, &post), MISMATCH, "as raw bytes");
}

#[test]
fn integers_and_flags_are_mirrored_by_what_they_say() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let call = |arguments: Value, headers: &[(&str, &str)]| {
        let post = client.post(&request(1, "tools/call", json!({"name": "mirrored", "arguments": arguments})));
        let post = headers.iter().fold(post, |post, (name, value)| post.header(&format!("Mcp-Param-{name}"), value));
        outcome(&server, &post)
    };
    for good in ["42", "42.0"] {
        assert_eq!(call(json!({"count": 42}), &[("Count", good)]), (200, None), "{good}");
    }
    for bad in ["43", "", "42 apples", "0x2a", "NaN"] {
        assert_eq!(call(json!({"count": 42}), &[("Count", bad)]), MISMATCH, "{bad}");
    }
    assert_eq!(call(json!({"loud": true}), &[("Loud", "true")]), (200, None));
    for bad in ["false", "True", "1", ""] {
        assert_eq!(call(json!({"loud": true}), &[("Loud", bad)]), MISMATCH, "{bad}");
    }
    let all = json!({"region": "größe", "count": -1, "loud": false});
    let headers = [("Region", "=?base64?Z3LDtsOfZQ==?="), ("Count", "-1"), ("Loud", "false")];
    assert_eq!(call(all.clone(), &headers), (200, None));
    assert_eq!(call(all, &headers[..2]), MISMATCH, "one is missing");
}

#[test]
fn a_modern_body_under_a_legacy_header_is_taken_from_whom_the_setting_says() {
    let as_client = |server: &Server, name: &str, agent: &str| {
        let meta = json!({"io.modelcontextprotocol/clientInfo": {"name": name, "version": "1"}});
        let post = Modern::new(server).post(&request(1, "tools/list", json!({"_meta": meta})));
        let post = post.header("MCP-Protocol-Version", "2025-11-25").header("User-Agent", agent);
        outcome(server, &post)
    };
    let taken = (200, None);
    for (setting, claude, others) in
        [("", taken, MISMATCH), ("never", MISMATCH, MISMATCH), ("always", taken, taken), ("claude", taken, MISMATCH)]
    {
        let setup = Server::setup().guest("puppet");
        let server = match setting {
            "" => setup,
            setting => setup.settings(&format!("[compat]\nheader_mismatch = \"{setting}\"")),
        }
        .start();
        assert_eq!(as_client(&server, "claude-ai", "python"), claude, "{setting:?}");
        assert_eq!(as_client(&server, "Claude Code", "python"), claude, "{setting:?}");
        assert_eq!(as_client(&server, "other", "Claude-User"), claude, "{setting:?}");
        assert_eq!(as_client(&server, "other", "python"), others, "{setting:?}");
        if claude == MISMATCH || others == MISMATCH {
            server.logged(&["WARN", "compat.header_mismatch"]);
        }
        if claude == taken {
            server.logged(&["WARN", "legacy version header was taken"]);
        }
    }
}

#[test]
fn only_that_one_pair_is_taken() {
    let server = Server::start(&["puppet"]);
    let client = Modern::new(&server);
    let with = |version: &str, header: &str| {
        let info = json!({"name": "claude-ai", "version": "0.1.0"});
        let meta = json!({
            "io.modelcontextprotocol/clientInfo": info, "io.modelcontextprotocol/protocolVersion": version,
        });
        let post = client.post(&request(1, "tools/list", json!({"_meta": meta})));
        outcome(&server, &post.header("MCP-Protocol-Version", header))
    };
    assert_eq!(with("2026-07-28", "2025-06-18"), (200, None));
    assert_eq!(with("2025-11-25", "2026-07-28"), MISMATCH);
    assert_eq!(with("2026-07-28", "2099-01-01"), MISMATCH);
    assert_eq!(with("2099-01-01", "2025-11-25"), MISMATCH);
    // The other headers must still say what the body does, if they are there.
    let info = json!({"name": "claude-ai", "version": "0.1.0"});
    let params = json!({"name": "context", "_meta": {"io.modelcontextprotocol/clientInfo": info}});
    let call = client.post(&request(1, "tools/call", params)).header("MCP-Protocol-Version", "2025-11-25");
    assert_eq!(outcome(&server, &call.clone().without("Mcp-Name").without("Mcp-Method")), (200, None));
    assert_eq!(outcome(&server, &call.clone().header("Mcp-Name", "play")), MISMATCH);
    assert_eq!(outcome(&server, &call.header("Mcp-Method", "tools/list")), MISMATCH);
}

#[test]
fn a_refusal_names_the_setting_that_would_take_it() {
    let server = Server::start(&["puppet"]);
    let post = Modern::new(&server).post(&request(1, "tools/list", json!({})));
    let answer = Answer::read(post.header("MCP-Protocol-Version", "2025-11-25").send(&server));
    assert!(answer.error().1.contains("compat.header_mismatch"), "{}", answer.response);
}
