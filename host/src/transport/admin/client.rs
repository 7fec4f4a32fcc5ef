//! The other end of the administration's socket, for the command line.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of one.
const ANSWER_BYTES: usize = 64 << 20;

/// What a server answered.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody is there.
    #[error(
        "no server answers at {}: start one, or name the socket of the one that runs with `--admin-socket PATH`",
        .0.display()
    )]
    NoServer(PathBuf),
    /// Somebody else's.
    #[error("the server at {} runs as another user: ask it as that one, or as root", .0.display())]
    Denied(PathBuf),
    /// It cannot be spoken to.
    #[error("the server at {} cannot be asked: {reason}", .path.display())]
    Failed {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Asks the server whose administration is at `socket`.
///
/// # Errors
/// [`AskError`].
pub async fn ask(socket: &Path, method: Method, path: &str) -> Result<Reply, AskError> {
    let failed = |reason: String| AskError::Failed { path: socket.to_owned(), reason };
    let stream = UnixStream::connect(socket).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AskError::NoServer(socket.to_owned()),
        io::ErrorKind::PermissionDenied => AskError::Denied(socket.to_owned()),
        _ => failed(error.to_string()),
    })?;
    let asked = timeout(PATIENCE, exchange(stream, method, path)).await;
    asked.map_err(|_| failed(format!("it does not answer within {} s", PATIENCE.as_secs())))?.map_err(|error| {
        // A stranger's connection is closed before anything is read of it.
        match error.downcast_ref::<hyper::Error>() {
            Some(error) if error.is_incomplete_message() || error.is_canceled() => AskError::Denied(socket.to_owned()),
            _ => failed(error.to_string()),
        }
    })
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(stream: UnixStream, method: Method, path: &str) -> Result<Reply, Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = Request::builder().method(method).uri(path).header("host", "pegboard").body(Empty::<Bytes>::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES).collect().await?.to_bytes();
    Ok(Reply { status: head.status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_nobody_answers_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.sock");
        let error = ask(&missing, Method::GET, "/status").await.unwrap_err();
        assert!(matches!(error, AskError::NoServer(_)));
        assert!(error.to_string().contains("--admin-socket"), "{error}");
        let left = folder.path().join("left.sock");
        drop(std::os::unix::net::UnixListener::bind(&left).unwrap());
        assert!(matches!(ask(&left, Method::GET, "/status").await, Err(AskError::NoServer(_))));
    }
}
