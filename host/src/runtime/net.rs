//! What leaves the sandbox over the network: one guard for `pegboard:plugin/http`, `wasi:http` and `wasi:sockets`.
//!
//! A host is checked twice. Its scheme, name and port must be granted. Then the host itself resolves the name, checks
//! each address, and connects to exactly one that was checked: a name that leads elsewhere a moment later leads nowhere.
//! Nothing is kept between requests, so that no connection is taken up under other grants than it was opened with.
//! Settings of the environment (proxies, trust) are not read.
//!
//! | module | holds |
//! |---|---|
//! | `config` | what an operator decides |
//! | `resolve` | names to addresses |
//! | `connect` | TCP and TLS |
//! | `exchange` | one request and its response |
//! | `headers` | what a guest may put into a request |
//! | `body` | bodies that end at a bound |
//! | `fetch` | a whole request, with redirects and secrets |
//! | `edge` | secrets that the host puts in |
//! | `wasi_http` | the same guard for `wasi:http` |
//! | `sockets` | the same guard for `wasi:sockets` |
//! | `quota` | how many, how often |
//! | `failure` | why nothing came back |

mod body;
mod config;
mod connect;
mod edge;
mod exchange;
mod failure;
mod fetch;
mod headers;
mod quota;
mod resolve;
pub(super) mod sockets;
mod wasi_http;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::Method;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::limits::{CONNECTIONS, HOST_NAME_BYTES};
use super::output::excerpt;
use super::secrets::Secrets;
use super::store::{Purpose, State};
use super::terms::Terms;
use crate::plugin::{Access, Capability, Usage};
use crate::policy::{Denial, Scheme, Target};
use resolve::Resolve;

pub use config::Config;
pub(super) use failure::{Failure, Kind};
pub(super) use quota::Quota;
pub(super) use wasi_http::Hooks;

/// What all plugins go out through.
pub(super) struct Net {
    resolver: Arc<dyn Resolve>,
    tls: ArcSwap<ClientConfig>,
    /// Connections of all plugins.
    connections: Arc<Semaphore>,
}

impl Net {
    /// With the system's resolver, and the trust that Mozilla's list gives.
    pub(super) fn new() -> Self {
        Self::with_resolver(Arc::new(resolve::System))
    }

    fn with_resolver(resolver: Arc<dyn Resolve>) -> Self {
        let tls = ArcSwap::new(connect::tls_config(Vec::new()));
        Self { resolver, tls, connections: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// Trusts the certificate authorities in `file` too.
    pub(super) fn trust(&self, file: &Path) -> Result<(), String> {
        self.tls.store(connect::tls_config(connect::certificates(file)?));
        Ok(())
    }
}

/// One call, as far as what goes out of it is concerned.
#[derive(Clone)]
pub(super) struct Outgoing {
    net: Arc<Net>,
    secrets: Arc<ArcSwap<Secrets>>,
    terms: Arc<Terms>,
    access: Access,
    purpose: Purpose,
    usage: Arc<Usage>,
}

/// A connection and the right to it, which ends with it.
struct Connected {
    stream: TcpStream,
    permits: quota::Permits,
}

impl State {
    pub(super) fn outgoing(&self) -> Outgoing {
        Outgoing {
            net: self.runtime.net.clone(),
            secrets: self.runtime.secrets.clone(),
            terms: self.terms.clone(),
            access: self.call.access,
            purpose: self.purpose,
            usage: self.call.usage.clone(),
        }
    }
}

impl Outgoing {
    /// Counts a refusal, and makes of it what the guest is told.
    fn denied(&self, denial: &Denial) -> Failure {
        Failure::new(Kind::Denied, self.terms.denied(denial))
    }

    /// May this call go out at all, to `whom`?
    fn may_go_out(&self, whom: &str) -> Result<(), Failure> {
        let remedy = match self.purpose {
            Purpose::Listing => "it is being asked for what it offers, and has no network for that",
            Purpose::Call | Purpose::Task if self.access.network => return Ok(()),
            Purpose::Call | Purpose::Task => "its tool is marked as staying within itself (openWorldHint: false)",
        };
        Err(self.denied(&Denial { what: format!("reach {whom}"), remedy: remedy.into() }))
    }

    /// May a request of this method go to `target`?
    fn may_send(&self, method: &Method, target: &Target) -> Result<(), Failure> {
        self.may_go_out(&target.to_string())?;
        self.terms.permissions.may_reach(target).map_err(|denial| self.denied(&denial))?;
        if let Some(address) = target.address() {
            self.terms.permissions.may_connect(target, address).map_err(|denial| self.denied(&denial))?;
        }
        if self.access.read_only && !matches!(*method, Method::GET | Method::HEAD) {
            let what = format!("send a {} request to {target}", excerpt(method.as_str(), 32));
            let remedy = "its tool is marked as reading alone (readOnlyHint: true), so that only GET and HEAD go out";
            return Err(self.denied(&Denial { what, remedy: remedy.into() }));
        }
        Ok(())
    }

    /// The addresses of `target` to which a connection may go. Of several some may be refused; of none left, the
    /// last refusal counts.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, Failure> {
        let found = match target.host() {
            Host::Domain(name) => self.net.resolver.resolve(name.clone()).await?,
            Host::Ipv4(address) => vec![IpAddr::from(*address)],
            Host::Ipv6(address) => vec![IpAddr::from(*address)],
        };
        let mut refused = None;
        let mut granted = Vec::new();
        for address in found.iter().map(IpAddr::to_canonical) {
            match self.terms.permissions.may_connect(target, address) {
                Ok(()) => granted.push(address),
                Err(denial) => refused = Some(denial),
            }
        }
        match refused {
            Some(denial) if granted.is_empty() => Err(self.denied(&denial)),
            _ if granted.is_empty() => Err(Failure::new(Kind::Dns, format!("{} has no address", target.host()))),
            _ => Ok(granted),
        }
    }

    /// Opens a connection to `target`, which the call may reach.
    async fn connect(&self, target: &Target) -> Result<Connected, Failure> {
        self.terms.quota.spend().map_err(|most| self.denied(&self.too_often(most)))?;
        let permits = self.terms.quota.permits(&self.net.connections).await;
        let addresses = self.addresses(target).await?;
        let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, target.port())).collect();
        self.usage.used(Capability::Network, &format!("{}://{}:{}", target.scheme(), target.host(), target.port()));
        let stream = connect::tcp(target, &addresses).await?;
        Ok(Connected { stream, permits })
    }

    fn too_often(&self, most: u32) -> Denial {
        let what = format!("send more than {most} requests a minute");
        self.terms.permissions.denial(what, "a larger requests_per_minute", "network")
    }
}

/// `text` as a URL that can be sent, and where it leads.
fn parse_url(text: &str) -> Result<(Url, Target), Failure> {
    let invalid = |why: &str| Failure::new(Kind::Invalid, format!("{why}: {}", excerpt(text, 256)));
    let mut url = Url::parse(text).map_err(|error| invalid(&format!("not a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The text is not repeated: it holds a password.
        let why = "a URL with a user name or a password is not sent; put them into a header";
        return Err(Failure::new(Kind::Invalid, why.into()));
    }
    url.set_fragment(None);
    let target = target(&url).ok_or_else(|| invalid("not an http: or https: URL"))?;
    if matches!(target.host(), Host::Domain(name) if name.len() > HOST_NAME_BYTES) {
        return Err(invalid("no host has so long a name"));
    }
    Ok((url, target))
}

fn target(url: &Url) -> Option<Target> {
    let scheme = Scheme::parse(url.scheme()).filter(|scheme| matches!(scheme, Scheme::Http | Scheme::Https))?;
    Some(Target::new(scheme, &url.host()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests;
