//! One request and its response, over a connection of their own.

use std::error::Error as StdError;

use bytes::Bytes;
use http::header::HeaderValue;
use http::{Request, Response, Uri};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::failure::{Failure, Kind};
use super::quota::Permits;
use super::{Connected, Outgoing, connect, headers};
use crate::policy::{Scheme, Target};
use crate::runtime::limits::{HTTP_FIELDS, HTTP_HEAD_BYTES};

/// What a response stands on: as long as this lives the connection does.
pub(super) struct Connection {
    _driver: AbortOnDropHandle<()>,
    _permits: Permits,
}

impl Outgoing {
    /// Sends `request` to `url`, which leads to `target`, and waits for the head of the response. Everything that the
    /// head needs beside the guest's headers is set here.
    pub(super) async fn exchange<B>(
        &self,
        url: &Url,
        target: &Target,
        mut request: Request<B>,
    ) -> Result<(Response<Incoming>, Connection), Failure>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.may_send(request.method(), target)?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        *request.uri_mut() =
            path.parse::<Uri>().map_err(|error| Failure::invalid(format!("no request can have this path: {error}")))?;
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let host = HeaderValue::from_str(host).map_err(|_| Failure::invalid("no request can have this host"))?;
        headers::complete(request.headers_mut(), host);
        let Connected { stream, permits } = self.connect(target).await?;
        if target.scheme() == Scheme::Https {
            let config = self.net.tls.load_full();
            send(connect::tls(config, target, stream).await?, target, request, permits).await
        } else {
            send(stream, target, request, permits).await
        }
    }
}

async fn send<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    request: Request<B>,
    permits: Permits,
) -> Result<(Response<Incoming>, Connection), Failure>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let failed = |error: hyper::Error| from_hyper(target, &error);
    let mut builder = Builder::new();
    builder.max_buf_size(HTTP_HEAD_BYTES).max_headers(HTTP_FIELDS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // What goes wrong on the connection is told to whoever waits for the response or reads its body.
    let driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let response = sender.send_request(request).await.map_err(failed)?;
    Ok((response, Connection { _driver: driver, _permits: permits }))
}

/// What hyper says, with what caused it: its own text alone says too little. It holds nothing of the request.
pub(super) fn from_hyper(target: &Target, error: &hyper::Error) -> Failure {
    if let Some(cause) = error.source().and_then(|source| source.downcast_ref::<super::body::BodyError>()) {
        return Failure::new(Kind::TooLarge, format!("the request was not sent to the end: {cause}"));
    }
    let kind =
        if error.is_parse() || error.is_parse_too_large() || error.is_user() { Kind::Other } else { Kind::Connection };
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(kind, format!("no answer from {target}: {error}{cause}"))
}
