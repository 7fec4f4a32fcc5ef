//! The accept loop. axum's own bounds neither headers nor their time nor connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{Config, ConfigError, Endpoint, auth, router};

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The settings do not go together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {source}; choose another address with `--listen ADDR:PORT`, or port 0 for a free one"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// How long to wait after the system could not give another connection, for want of descriptors say.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Takes the address that the configuration names. Where others can reach it, `auth` decides who is let in.
///
/// # Errors
/// [`ServeError`].
pub async fn bind(config: &Config, auth: &auth::Config) -> Result<TcpListener, ServeError> {
    config.check(auth)?;
    let address = config.listen;
    TcpListener::bind(address).await.map_err(|source| ServeError::Bind { address, source })
}

/// Serves `endpoint` on `listener` until `stop`; then no connection is taken any more, streams that wait for
/// changes are ended, and calls get [`Config::drain_ms`] to end.
pub async fn serve(listener: TcpListener, endpoint: Endpoint, config: &Config, stop: CancellationToken) {
    let app = router(endpoint.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout())
        .max_buf_size(config.max_header_bytes.max(8192))
        .max_headers(config.max_headers);
    let http = Arc::new(http);
    let connections = Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let abandoned = CancellationToken::new();
    while let Some(stream) = stop.run_until_cancelled(accept(&listener)).await {
        let service = TowerToHyperService::new(app.clone());
        let mut stream = TimeoutStream::new(stream);
        // A client that takes nothing of what it asked for is cut off, or its stream would stay for ever.
        stream.set_write_timeout(Some(config.write_timeout()));
        let io = TokioIo::new(Box::pin(stream));
        let connection = graceful.watch(http.serve_connection(io, service));
        let abandoned = abandoned.clone();
        // Never closed, so there is always a permit to wait for. The wait is what bounds the number: more
        // connections stay in the listener's backlog.
        let Some(Ok(permit)) = stop.run_until_cancelled(connections.clone().acquire_owned()).await else { break };
        tokio::spawn(async move {
            if let Some(Err(error)) = abandoned.run_until_cancelled(connection).await {
                debug!(%error, "connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    endpoint.close_streams();
    let all_ended = async {
        graceful.shutdown().await;
        endpoint.drained().await;
    };
    if tokio::time::timeout(config.drain(), all_ended).await.is_err() {
        warn!(
            drain_ms = config.drain_ms,
            "requests were still under way at the end of the grace period; they are cut off"
        );
        abandoned.cancel();
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it each frame of a stream may wait 40 ms for the client's acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "TCP_NODELAY could not be set; the client is gone");
                    continue;
                }
                return stream;
            }
            Err(error) => {
                warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}
