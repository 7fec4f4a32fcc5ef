//! Bearer tokens, on every route.

use tempfile::TempDir;

use super::super::auth::{self, TokenSource, Tokens};
use super::*;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Alice and Bob, whose tokens are "alices-token" and "bobs-token".
struct Guarded {
    routes: Router,
    folder: TempDir,
}

impl Guarded {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = ["alice", "bob"].map(|name| {
            let file = folder.path().join(name);
            std::fs::write(&file, format!("{name}s-token\n")).unwrap();
            TokenSource { name: name.to_owned(), file: Some(file), env: None }
        });
        let tokens = Tokens::load(&auth::Config { tokens: tokens.to_vec() }).unwrap();
        Self { routes: router(Endpoint::new(echo(), Config::default(), tokens)), folder }
    }

    async fn send(&self, method: Method, path: &str, more: &[(&'static str, &str)]) -> Response {
        let ping: Value = serde_json::from_str(PING).unwrap();
        send(&self.routes, method, path, headers(more), &ping).await
    }

    async fn status(&self, method: Method, path: &str, more: &[(&'static str, &str)]) -> StatusCode {
        self.send(method, path, more).await.status()
    }
}

const ALICE: (&str, &str) = ("authorization", "Bearer alices-token");
const BOB: (&str, &str) = ("authorization", "Bearer bobs-token");

#[tokio::test]
async fn nobody_gets_in_without_a_token_and_the_challenge_says_how() {
    let guarded = Guarded::new();
    for (method, path) in [
        (Method::POST, "/mcp"),
        (Method::POST, "/mcp/"),
        (Method::GET, "/mcp"),
        (Method::DELETE, "/mcp"),
        (Method::HEAD, "/mcp"),
        (Method::PUT, "/mcp"),
        (Method::GET, "/sse"),
        (Method::POST, "/messages?session_id=x"),
    ] {
        let missing = guarded.send(method.clone(), path, &[]).await;
        assert_eq!(missing.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        let challenge = missing.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer") && !challenge.contains("error"), "{challenge}");
        let wrong = guarded.send(method.clone(), path, &[("authorization", "Bearer wrong")]).await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        let challenge = wrong.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer") && challenge.contains(r#"error="invalid_token""#), "{challenge}");
    }
    assert_eq!(guarded.status(Method::POST, "/mcp", &[ALICE]).await, StatusCode::OK);
    let page = [("origin", "http://localhost:3000")];
    let refused = guarded.send(Method::POST, "/mcp", &page).await;
    assert_eq!(refused.headers()["access-control-allow-origin"], "http://localhost:3000", "the page may read why");
}

#[tokio::test]
async fn probes_preflights_and_what_is_not_there_want_no_token() {
    let guarded = Guarded::new();
    assert_eq!(guarded.status(Method::GET, "/healthz", &[]).await, StatusCode::OK);
    assert_ne!(guarded.status(Method::GET, "/readyz", &[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(guarded.status(Method::OPTIONS, "/mcp", &[]).await, StatusCode::NO_CONTENT);
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(guarded.status(Method::GET, path, &[]).await, StatusCode::NOT_FOUND, "{path}");
    }
    let evil = [("origin", "https://evil.example.com")];
    assert_eq!(guarded.status(Method::POST, "/mcp", &evil).await, StatusCode::FORBIDDEN, "before any token");
}

#[tokio::test]
async fn a_session_and_a_stream_are_there_for_their_own_principal_alone() {
    let guarded = Guarded::new();
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let begun = send(&guarded.routes, Method::POST, "/mcp", headers(&[ALICE]), &initialize).await;
    let session = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let named = ("mcp-session-id", session.as_str());
    assert_eq!(guarded.status(Method::POST, "/mcp", &[BOB, named]).await, StatusCode::NOT_FOUND);
    assert_eq!(guarded.status(Method::GET, "/mcp", &[BOB, named]).await, StatusCode::NOT_FOUND);
    assert_eq!(guarded.status(Method::DELETE, "/mcp", &[BOB, named]).await, StatusCode::NOT_FOUND);
    assert_eq!(guarded.status(Method::POST, "/mcp", &[ALICE, named]).await, StatusCode::OK);

    let mut stream = guarded.send(Method::GET, "/sse", &[ALICE]).await.into_body();
    let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    let address = first.strip_prefix("event: endpoint\ndata: ").unwrap().trim_end();
    assert_eq!(guarded.status(Method::POST, address, &[BOB]).await, StatusCode::NOT_FOUND);
    assert_eq!(guarded.status(Method::POST, address, &[ALICE]).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_revoked_token_stops_working_with_the_next_request() {
    let guarded = Guarded::new();
    assert_eq!(guarded.status(Method::POST, "/mcp", &[ALICE]).await, StatusCode::OK);
    std::fs::write(guarded.folder.path().join("alice"), "another-token").unwrap();
    assert_eq!(guarded.status(Method::POST, "/mcp", &[ALICE]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(guarded.status(Method::POST, "/mcp", &[BOB]).await, StatusCode::OK, "the others are as they were");
    let replaced = ("authorization", "Bearer another-token");
    assert_eq!(guarded.status(Method::POST, "/mcp", &[replaced]).await, StatusCode::OK);
}

#[tokio::test]
async fn without_tokens_the_header_is_ignored() {
    let routes = routes(Config::default());
    let ping: Value = serde_json::from_str(PING).unwrap();
    assert_eq!(post(&routes, &[("authorization", "Bearer x")], &ping).await.0, StatusCode::OK);
}
