//! The floor: `pegboard-bench-floor BYTES` answers `POST /mcp` with an event of BYTES bytes.
//!
//! It does what no server can leave out (read the request, parse it, write an event stream on a socket that does not
//! wait for acknowledgements), and nothing else. The first line on standard output is its URL.

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// What stands around the JSON of an event.
const FRAME: (&str, &str) = ("event: message\ndata: ", "\n\n");

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let size = std::env::args().nth(1).context("usage: pegboard-bench-floor BYTES")?;
    let size: usize = size.parse().context("BYTES is the size of each event")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/mcp", listener.local_addr()?);
    // An error says that the client is gone, which the next read says as well.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = Router::new().route("/mcp", post(call)).with_state(size);
    let (mut stdin, mut nothing) = (tokio::io::stdin(), Vec::new());
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        ended = stdin.read_to_end(&mut nothing) => drop(ended?),
    }
    Ok(())
}

async fn call(State(size): State<usize>, body: Bytes) -> Response {
    match answer(&body, size) {
        Some(event) => {
            ([(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-cache")], event).into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The echo of a request, filled up to `size`.
fn answer(body: &[u8], size: usize) -> Option<String> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let (id, text) = (request.get("id")?, request.pointer("/params/arguments/text")?);
    let mut response = json!({
        "jsonrpc": "2.0",
        "id": id,
        "result": {"content": [{"type": "text", "text": text}], "isError": false, "pad": ""},
    });
    let frame = |response: &Value| format!("{}{response}{}", FRAME.0, FRAME.1);
    let missing = size.saturating_sub(frame(&response).len());
    response["result"]["pad"] = " ".repeat(missing).into();
    Some(frame(&response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_echoes_the_text_and_has_the_size() {
        let request = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"arguments":{"text":"hello"}}}"#;
        let event = answer(request, 300).unwrap();
        assert_eq!(event.len(), 300);
        let json = event.strip_prefix(FRAME.0).unwrap().strip_suffix(FRAME.1).unwrap();
        let json: Value = serde_json::from_str(json).unwrap();
        assert_eq!((&json["id"], &json["result"]["content"][0]["text"]), (&json!(7), &json!("hello")));
        assert_eq!(answer(b"{}", 300), None);
    }
}
