//! A server of HTTP that keeps what it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

pub(super) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _task: AbortOnDropHandle<()>,
}

/// What is sent back: these bytes, and whether the connection is closed then.
pub(super) struct Answer {
    bytes: Vec<u8>,
    close: bool,
}

/// A response with this body.
pub(super) fn answer(body: &str) -> Answer {
    raw(&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

/// A redirect.
pub(super) fn redirect(status: u16, to: &str) -> Answer {
    raw(&format!("HTTP/1.1 {status} See\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"))
}

/// These bytes, and the end.
pub(super) fn raw(bytes: &str) -> Answer {
    Answer { bytes: bytes.into(), close: true }
}

/// These bytes, and nothing more for as long as the other side waits.
pub(super) fn hanging(bytes: &str) -> Answer {
    Answer { bytes: bytes.into(), close: false }
}

impl Server {
    /// Answers each request, which it is given whole, as `respond` says.
    pub(super) async fn start(at: &str, respond: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (kept, respond) = (requests.clone(), Arc::new(respond));
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, kept.clone(), respond.clone()));
            }
        });
        Self { address, requests, _task: AbortOnDropHandle::new(task) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was sent so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Vec<String>>>, respond: Arc<impl Fn(&str) -> Answer>) {
    let Some(request) = whole(&mut stream).await else { return };
    kept.lock().unwrap().push(request.clone());
    let answer = respond(&request);
    let _ = stream.write_all(&answer.bytes).await;
    if !answer.close {
        // Until the other side goes.
        let _ = stream.read(&mut [0]).await;
    }
}

/// A request with its body, if it says how long that is.
async fn whole(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text.into_owned());
        }
    }
}
