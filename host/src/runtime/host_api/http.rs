//! `pegboard:plugin/http` and `wasi:http`. No plugin may reach any host.

use std::sync::Arc;

use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, Result as HttpResult, WasiBody, WasiHttpHooks};

use crate::policy::Denial;
use crate::runtime::output::excerpt;
use crate::runtime::store::State;
use crate::runtime::terms::Terms;
use crate::runtime::wit::imports::http::{Host, HttpError, HttpErrorKind, Request, Response};

impl Host for State {
    async fn fetch(&mut self, request: Request) -> Result<Response, HttpError> {
        let url = Url::parse(&request.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url.filter(Url::has_host) else {
            let message = format!("not an http: or https: URL: {}", excerpt(&request.url, 256));
            return Err(HttpError { kind: HttpErrorKind::Invalid, message });
        };
        let message = self.terms.denied(&no_host(&self.terms, &url.origin().ascii_serialization()));
        Err(HttpError { kind: HttpErrorKind::Denied, message })
    }
}

/// Refuses each request over `wasi:http`. Its error code has no text, so that the operator reads it in the log.
pub(in crate::runtime) struct DenyHttp {
    terms: Arc<Terms>,
}

impl DenyHttp {
    pub(in crate::runtime) fn new(terms: Arc<Terms>) -> Self {
        Self { terms }
    }
}

type Body = Box<dyn Future<Output = HttpResult<()>> + Send>;
type Sent = Box<dyn Future<Output = HttpResult<(::http::Response<WasiBody>, Body)>> + Send>;

impl WasiHttpHooks for DenyHttp {
    fn send_request(&mut self, request: ::http::Request<WasiBody>, _: Option<RequestOptions>, _: Body) -> Sent {
        let uri = request.uri();
        let host = uri.authority().map_or("", |authority| authority.as_str());
        self.terms.denied(&no_host(&self.terms, &format!("{}://{host}", uri.scheme_str().unwrap_or("https"))));
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

fn no_host(terms: &Terms, origin: &str) -> Denial {
    let origin = excerpt(origin, 256);
    let what = format!("send HTTP requests to {origin}");
    terms.permissions.denial(what, &format!("allow = [\"{origin}\"]"), "network")
}
