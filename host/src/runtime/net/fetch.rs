//! A whole request: sent, redirected, read to its end.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, LOCATION,
};
use http::{HeaderMap, Method, Request as HttpRequest, Response as HttpResponse, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::time::timeout;
use url::Url;

use super::body::{BodyError, Bounded};
use super::edge::Secrets;
use super::exchange::Connection;
use super::failure::{Failure, Kind};
use super::{Outgoing, headers, parse_url, target};
use crate::policy::{Scheme, Target};
use crate::runtime::limits::URL_BYTES;
use crate::runtime::output::excerpt;
use crate::runtime::wit::imports::http::{Request, Response};

/// What is sent next.
struct Hop {
    method: Method,
    url: Url,
    target: Target,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    /// Sends it and waits for the whole answer.
    pub(in crate::runtime) async fn fetch(&self, request: Request) -> Result<Response, Failure> {
        let granted = self.terms.permissions.granted().network.timeout_ms;
        let ms = request.timeout_ms.map_or(granted, |own| granted.min(own.into()));
        let time = Duration::from_millis(ms);
        timeout(time, self.fetch_in_time(request)).await.unwrap_or_else(|_| Err(Failure::timeout(time.as_millis())))
    }

    async fn fetch_in_time(&self, request: Request) -> Result<Response, Failure> {
        let network = &self.terms.permissions.granted().network;
        let redirects = request.max_redirects.map_or(network.redirects, |own| own.min(network.redirects));
        let response_bytes =
            request.max_body.map_or(network.response_bytes, |own| network.response_bytes.min(own.into()));
        let (mut hop, secrets) = self.first(request)?;
        let mut secrets = Some(secrets);
        for followed in 0.. {
            let (response, connection) = self.hop(&hop, secrets.as_ref()).await?;
            let next = location(&response).filter(|_| redirects > 0);
            let Some(next) = next else {
                let url = secrets.as_ref().map_or_else(|| hop.url.clone(), |secrets| secrets.without(&hop.url));
                return read(response, connection, url, response_bytes).await;
            };
            if followed == redirects {
                let message = format!("more than {redirects} redirects; the last leads to {}", excerpt(next, 256));
                return Err(Failure::new(Kind::Other, message));
            }
            hop.redirect(response.status(), next, &mut secrets)?;
        }
        unreachable!("a u32 of redirects is followed, and one more is refused")
    }

    /// What the guest wants, checked as far as that goes without sending it.
    fn first(&self, request: Request) -> Result<(Hop, Secrets), Failure> {
        if request.url.len() > URL_BYTES {
            return Err(Failure::invalid(format!("a URL has at most {URL_BYTES} bytes")));
        }
        let method = method(&request.method)?;
        let (url, target) = parse_url(&request.url)?;
        // Before anything is said about the rest of it.
        self.may_send(&method, &target)?;
        let most = self.terms.permissions.granted().network.request_bytes;
        if request.body.len() as u64 > most {
            return Err(Failure::too_large("request", most));
        }
        let headers = headers::from_guest(&request.headers)?;
        let secrets = Secrets::find(self, &target, &request.secrets, &headers)?;
        Ok((Hop { method, url, target, headers, body: request.body.into() }, secrets))
    }

    async fn hop(&self, hop: &Hop, secrets: Option<&Secrets>) -> Result<(HttpResponse<Incoming>, Connection), Failure> {
        let mut request = HttpRequest::new(Full::new(hop.body.clone()));
        *request.method_mut() = hop.method.clone();
        *request.headers_mut() = hop.headers.clone();
        match secrets {
            Some(secrets) => {
                secrets.put_into(request.headers_mut());
                self.exchange(&secrets.with(&hop.url), &hop.target, request).await
            }
            None => self.exchange(&hop.url, &hop.target, request).await,
        }
    }
}

impl Hop {
    /// Goes where `location` leads. What is for one origin alone (secrets, and what guests log in with) does not go to
    /// another.
    fn redirect(&mut self, status: StatusCode, location: &str, secrets: &mut Option<Secrets>) -> Result<(), Failure> {
        let shown = || excerpt(location, 256);
        let joined = self.url.join(location);
        let url = joined.map_err(|error| Failure::new(Kind::Other, format!("redirected to {}: {error}", shown())))?;
        let (mut url, _) = parse_url(url.as_str()).map_err(|failure| {
            Failure::new(Kind::Other, format!("redirected to where no request goes: {}", failure.message))
        })?;
        if url.origin() != self.url.origin() {
            if self.target.scheme() == Scheme::Https && url.scheme() != "https" {
                let message = format!("{} redirects to {}, out of TLS; that is not followed", self.target, shown());
                return Err(Failure::new(Kind::Denied, message));
            }
            if let Some(secrets) = secrets.take() {
                url = secrets.without(&url);
            }
            for name in [AUTHORIZATION, COOKIE] {
                self.headers.remove(name);
            }
        }
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
                self.headers.remove(name);
            }
        }
        self.target = target(&url).ok_or_else(|| Failure::new(Kind::Other, format!("redirected to {}", shown())))?;
        self.url = url;
        Ok(())
    }
}

fn method(name: &str) -> Result<Method, Failure> {
    let wrong = || Failure::invalid(format!("{} is no method of a request", excerpt(name, 32)));
    let method = Method::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    match method {
        // The first makes a tunnel, the second shows what the host has put in.
        Method::CONNECT | Method::TRACE => Err(Failure::invalid(format!("{method} requests are not sent"))),
        _ if name.len() > 32 || name.bytes().any(|byte| byte.is_ascii_lowercase()) => Err(wrong()),
        _ => Ok(method),
    }
}

/// Where a response redirects to, if it does.
fn location(response: &HttpResponse<Incoming>) -> Option<&str> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get(LOCATION).filter(|_| redirects)?.to_str().ok()
}

async fn read(
    response: HttpResponse<Incoming>,
    connection: Connection,
    url: Url,
    most: u64,
) -> Result<Response, Failure> {
    let (head, body) = response.into_parts();
    let headers = headers::to_guest(&head.headers)?;
    let mut body = Bounded::new(body, most, None, connection);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error {
            BodyError::TooLarge => Failure::too_large("response", most),
            error => Failure::new(Kind::Connection, format!("the response broke off: {error}")),
        })?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Response { status: head.status.as_u16(), url: url.into(), headers, body: bytes.into() })
}
