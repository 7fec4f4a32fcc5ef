//! `wasi:http`: the guest's own client, under the same guard. Redirects are handed back to it, and what it makes of
//! them is another request. The codes of `wasi:http` have no text, so that the operator reads a refusal in the log.

use std::time::Duration;

use http::{HeaderName, Method, Request, Response};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, sleep_until, timeout_at};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, Result as HttpResult, WasiBody, WasiHttpHooks};

use super::body::{BodyError, Bounded};
use super::failure::Failure;
use super::{Outgoing, headers, parse_url};

/// What `wasi:http` asks on behalf of one call.
pub(in crate::runtime) struct Hooks(pub(in crate::runtime) Outgoing);

type Io = Box<dyn Future<Output = HttpResult<()>> + Send>;
type Sent = Box<dyn Future<Output = HttpResult<(Response<WasiBody>, Io)>> + Send>;

impl WasiHttpHooks for Hooks {
    fn send_request(&mut self, request: Request<WasiBody>, options: Option<RequestOptions>, _: Io) -> Sent {
        let outgoing = self.0.clone();
        Box::new(async move { outgoing.send(request, options).await })
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        std::sync::Arc::new(|name: &HeaderName| headers::is_the_hosts(name))
    }
}

impl Outgoing {
    async fn send(
        &self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> HttpResult<(Response<WasiBody>, Io)> {
        let network = &self.terms.permissions.granted().network;
        let (request_bytes, response_bytes) = (network.request_bytes, network.response_bytes);
        let whole = Duration::from_millis(network.timeout_ms);
        let head = options.map_or(whole, |options| whole.min(until_the_first_byte(&options).unwrap_or(whole)));
        let begin = Instant::now();
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let (url, target) = parse_url(&request.uri().to_string())?;
        let request = request.map(|body| Bounded::new(body, request_bytes, None, ()));
        let exchanged = timeout_at(begin + head, self.exchange(&url, &target, request)).await;
        let (response, connection) = exchanged.map_err(|_| Failure::timeout(head.as_millis()))??;
        let response = response.map(|body| {
            let body = Bounded::new(body, response_bytes, Some(sleep_until(begin + whole)), connection);
            body.map_err(move |error| match error {
                BodyError::TooLarge => Error::HttpResponseBodySize(Some(response_bytes)),
                BodyError::Timeout => Error::HttpResponseTimeout,
                BodyError::Broken(_) => Error::HttpResponseIncomplete,
            })
            .boxed_unsync()
        });
        // The connection is driven on its own, and lives as long as the body.
        Ok((response, Box::new(async { Ok(()) })))
    }
}

fn until_the_first_byte(options: &RequestOptions) -> Option<Duration> {
    match (options.connect_timeout, options.first_byte_timeout) {
        (Some(connect), Some(first)) => Some(connect.saturating_add(first)),
        _ => None,
    }
}
