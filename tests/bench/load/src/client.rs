//! One connection, one call at a time, as a client of the modern revision makes it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

const VERSION: &str = "2026-07-28";
const EVENT: &str = "event: message\ndata: ";

/// A call of a tool.
#[derive(Clone)]
pub struct Call {
    /// The tool.
    pub tool: String,
    /// What it is called with.
    pub arguments: Value,
    /// Whether the client asks for progress.
    pub progress: bool,
    /// What the client says that it can do.
    pub capabilities: Value,
}

/// When the parts of a reply came, from the sending of the request on, and what it was.
pub struct Reply {
    /// The first byte of the reply's body.
    pub first_byte: Duration,
    /// The first event; what comes before may be a comment that only opens the stream.
    pub first_event: Duration,
    /// The result.
    pub result: Value,
}

/// A connection, which is closed when this is dropped.
pub struct Client {
    host: String,
    sender: SendRequest<Full<Bytes>>,
    connection: AbortHandle,
}

impl Client {
    /// Connects to `host`, `127.0.0.1:8080` say.
    pub async fn connect(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await.with_context(|| format!("connecting to {host}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection).abort_handle();
        Ok(Self { host: host.to_owned(), sender, connection })
    }

    /// Makes a call and reads its whole reply. Anything but a result that says it is no error is an error here.
    pub async fn call(&mut self, call: &Call) -> anyhow::Result<Reply> {
        let request = self.request(call)?;
        self.sender.ready().await?;
        let sent = Instant::now();
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut read = BytesMut::new();
        let (mut first_byte, mut first_event) = (None, None);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            first_byte.get_or_insert_with(|| sent.elapsed());
            read.extend_from_slice(&data);
            if first_event.is_none() && contains_event(&read) {
                first_event = Some(sent.elapsed());
            }
        }
        let text = std::str::from_utf8(&read)?;
        if !status.is_success() {
            bail!("{status}: {text:.200}");
        }
        let (first_byte, first_event) =
            first_byte.zip(first_event).with_context(|| format!("no event in {text:.200}"))?;
        Ok(Reply { first_byte, first_event, result: result(text)? })
    }

    fn request(&self, call: &Call) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut meta = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": call.capabilities,
        });
        if call.progress {
            meta["progressToken"] = "p".into();
        }
        let params = json!({"name": call.tool, "arguments": call.arguments, "_meta": meta});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
        let request = Request::post("/mcp")
            .header("Host", &self.host)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", VERSION)
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", &call.tool);
        Ok(request.body(Full::new(body.into()))?)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

fn contains_event(read: &[u8]) -> bool {
    read.windows(EVENT.len()).any(|window| window == EVENT.as_bytes())
}

/// The result in the last event of a stream.
fn result(stream: &str) -> anyhow::Result<Value> {
    let (_, last) = stream.rsplit_once(EVENT).context("no event")?;
    let json = last.strip_suffix("\n\n").with_context(|| format!("the last event is cut off: {last:.200}"))?;
    let mut message: Value = serde_json::from_str(json)?;
    let result = message["result"].take();
    if result["isError"] == false { Ok(result) } else { bail!("{message}{result}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_holds_the_result() {
        let progress = "event: message\ndata: {\"method\":\"notifications/progress\"}\n\n";
        let last = "event: message\ndata: {\"result\":{\"isError\":false,\"n\":1}}\n\n";
        assert_eq!(result(&format!(": \n\n{progress}{last}")).unwrap()["n"], 1);
    }

    #[test]
    fn an_error_a_failed_tool_and_a_cut_stream_are_failures() {
        for stream in [
            "event: message\ndata: {\"error\":{\"code\":1}}\n\n",
            "event: message\ndata: {\"result\":{\"isError\":true}}\n\n",
            "event: message\ndata: {\"result\":{\"isError\":false}}",
            ": \n\n",
        ] {
            assert!(result(stream).is_err(), "{stream}");
        }
    }
}
