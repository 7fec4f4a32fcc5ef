//! `pegboard:plugin/http` and `wasi:http`. No plugin may reach any host.

use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, Result as HttpResult, WasiBody, WasiHttpHooks};

use crate::plugin::PluginId;
use crate::runtime::output::excerpt;
use crate::runtime::store::State;
use crate::runtime::wit::imports::http::{Host, HttpError, HttpErrorKind, Request, Response};

impl Host for State {
    async fn fetch(&mut self, request: Request) -> Result<Response, HttpError> {
        let url = Url::parse(&request.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(host) = url.as_ref().and_then(Url::host_str) else {
            let message = format!("not an http: or https: URL: {}", excerpt(&request.url, 256));
            return Err(HttpError { kind: HttpErrorKind::Invalid, message });
        };
        let message = self.no_grant(&format!("to send HTTP requests to `{}`", excerpt(host, 256)));
        Err(HttpError { kind: HttpErrorKind::Denied, message })
    }
}

/// Refuses each request over `wasi:http`. Its error code has no text, so that the operator reads it in the log.
pub(in crate::runtime) struct DenyHttp {
    plugin: PluginId,
}

impl DenyHttp {
    pub(in crate::runtime) fn new(plugin: PluginId) -> Self {
        Self { plugin }
    }
}

type Body = Box<dyn Future<Output = HttpResult<()>> + Send>;
type Sent = Box<dyn Future<Output = HttpResult<(::http::Response<WasiBody>, Body)>> + Send>;

impl WasiHttpHooks for DenyHttp {
    fn send_request(&mut self, request: ::http::Request<WasiBody>, _: Option<RequestOptions>, _: Body) -> Sent {
        let plugin = &self.plugin;
        let host = excerpt(request.uri().host().unwrap_or_default(), 256);
        tracing::warn!(
            target: "pegboard::plugin", %plugin,
            "plugin `{plugin}` has no grant to send HTTP requests to `{host}`"
        );
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}
