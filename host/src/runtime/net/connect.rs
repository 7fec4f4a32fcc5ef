//! TCP to addresses that were checked, and TLS over it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::failure::{Failure, Kind};
use crate::policy::Target;
use crate::runtime::limits::CONNECT_TIME;

/// Connects to the first of `addresses` that takes it.
pub(super) async fn tcp(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut last = None;
    for address in addresses {
        match timeout(CONNECT_TIME, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Fails only on a connection that is gone, which the next step will notice.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => {
                last = Some(Failure::new(Kind::Connection, format!("no connection to {target}: {error}")));
            }
            Err(_) => {
                let ms = CONNECT_TIME.as_millis();
                last = Some(Failure::new(Kind::Timeout, format!("no connection to {target} within {ms} ms")));
            }
        }
    }
    Err(last.unwrap_or_else(|| Failure::new(Kind::Dns, format!("{} has no address", target.host()))))
}

/// TLS to `target`, whose certificate must be for the host as it was asked for.
pub(super) async fn tls(
    config: Arc<ClientConfig>,
    target: &Target,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    let failed = |why: String| Failure::new(Kind::Tls, format!("no TLS with {target}: {why}"));
    let name = match target.host() {
        Host::Domain(name) => {
            ServerName::DnsName(DnsName::try_from(name.clone()).map_err(|error| failed(error.to_string()))?)
        }
        Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(error.to_string()))
}

/// Trust in Mozilla's list of authorities, and in `more`.
pub(super) fn tls_config(more: Vec<CertificateDer<'static>>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(more);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("ring has the default versions of TLS");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// The certificates in a PEM file; an error where there is none.
pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match found {
        Ok(certificates) if certificates.is_empty() => Err("there is no certificate in it".into()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}
