//! What an operator decides about the transport.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;

use super::auth;

/// Where and how to serve.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Names, beside those of loopback, that clients may reach this server under (`Host`): `example.com`
    /// for any port, `example.com:8443` for one.
    pub allowed_hosts: Vec<String>,
    /// Origins, beside those of loopback, whose pages may talk to this server: `https://example.com`.
    pub allowed_origins: Vec<String>,
    /// Listen elsewhere than on loopback although nobody has to authenticate, since there are no tokens.
    pub allow_unauthenticated: bool,
    /// The most bytes of a request's body.
    pub max_body_bytes: usize,
    /// The most messages in one JSON-RPC batch, which clients of 2025-03-26 may send.
    pub max_batch: usize,
    /// The most bytes of a request's head.
    pub max_header_bytes: usize,
    /// The most headers of a request.
    pub max_headers: usize,
    /// The most connections at the same time; more wait.
    pub max_connections: usize,
    /// The most streams of HTTP+SSE, the transport of 2024-11-05, at the same time; more are refused.
    pub max_sse_streams: usize,
    /// How long a client may take for a request's head, in milliseconds. Also how long an idle connection is kept.
    pub header_timeout_ms: u64,
    /// How long a client may take for a request's body, in milliseconds.
    pub body_timeout_ms: u64,
    /// How long a client may take nothing of a reply that waits for it, in milliseconds.
    pub write_timeout_ms: u64,
    /// A comment is sent on a stream on which nothing was sent for so long, in milliseconds.
    pub keep_alive_ms: u64,
    /// How long a reply waits for its call before it begins a stream, in milliseconds.
    pub stream_after_ms: u64,
    /// Send `event: complete` at the end of a stream. Off, since some clients choke on events they do not know.
    pub complete_event: bool,
    /// How long requests that are under way may take to end when the server stops, in milliseconds.
    pub drain_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            allow_unauthenticated: false,
            max_body_bytes: 4 * 1024 * 1024,
            max_batch: 64,
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            max_connections: 20_000,
            max_sse_streams: 1_000,
            header_timeout_ms: 30_000,
            body_timeout_ms: 30_000,
            write_timeout_ms: 60_000,
            keep_alive_ms: 15_000,
            stream_after_ms: 2,
            complete_event: false,
            drain_ms: 10_000,
        }
    }
}

/// Settings that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Others could reach it, under no name that it knows.
    #[error(
        "listening on {0} lets other machines in: say under which host name they may reach it, with \
         `--allowed-host NAME` (`transport.allowed_hosts`)"
    )]
    NoAllowedHost(SocketAddr),
    /// Others could call it, whoever they are.
    #[error(
        "listening on {0} lets anybody who reaches it call every tool, since nobody has to authenticate: \
         give callers tokens (`[[auth.tokens]]`), or, if that is meant, say so with `--allow-unauthenticated` \
         (`transport.allow_unauthenticated`)"
    )]
    Unauthenticated(SocketAddr),
    /// No origin.
    #[error(
        "{0:?} is no origin: write scheme, host and, if it is not the default, port, such as `https://example.com`"
    )]
    InvalidOrigin(String),
    /// No host.
    #[error("{0:?} is no host name: write it without scheme and path, such as `example.com` or `example.com:8443`")]
    InvalidHost(String),
}

impl Config {
    /// Do the settings go together?
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self, auth: &auth::Config) -> Result<(), ConfigError> {
        for origin in &self.allowed_origins {
            let well_formed = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !well_formed {
                return Err(ConfigError::InvalidOrigin(origin.clone()));
            }
        }
        for host in &self.allowed_hosts {
            let well_formed = url::Url::parse(&format!("http://{host}/")).is_ok_and(|url| {
                url.username().is_empty() && url.path() == "/" && url.query().is_none() && !host.contains(['/', '*'])
            });
            if !well_formed {
                return Err(ConfigError::InvalidHost(host.clone()));
            }
        }
        if !self.listen.ip().is_loopback() {
            if self.allowed_hosts.is_empty() {
                return Err(ConfigError::NoAllowedHost(self.listen));
            }
            if auth.tokens.is_empty() && !self.allow_unauthenticated {
                return Err(ConfigError::Unauthenticated(self.listen));
            }
        }
        Ok(())
    }

    pub(super) fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms.max(1))
    }

    pub(super) fn stream_after(&self) -> Duration {
        Duration::from_millis(self.stream_after_ms)
    }

    pub(super) fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    pub(super) fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms.max(1))
    }

    pub(super) fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    pub(super) fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_for_others_wants_a_host_name_and_a_word_about_authentication() {
        let mut config = Config { listen: "0.0.0.0:0".parse().unwrap(), ..Config::default() };
        assert!(matches!(config.check(&auth::Config::default()), Err(ConfigError::NoAllowedHost(_))));
        config.allowed_hosts.push("example.com".into());
        assert!(matches!(config.check(&auth::Config::default()), Err(ConfigError::Unauthenticated(_))));
        let alice = auth::TokenSource { name: "alice".into(), file: None, env: Some("TOKEN".into()) };
        assert_eq!(config.check(&auth::Config { tokens: vec![alice] }), Ok(()));
        config.allow_unauthenticated = true;
        assert_eq!(config.check(&auth::Config::default()), Ok(()));
    }

    #[test]
    fn malformed_names_are_refused() {
        for origin in ["example.com", "https://example.com/", "https://example.com/x", "null", "*"] {
            let config = Config { allowed_origins: vec![origin.into()], ..Config::default() };
            assert!(matches!(config.check(&auth::Config::default()), Err(ConfigError::InvalidOrigin(_))), "{origin}");
        }
        for host in ["https://example.com", "example.com/", "", "a b", "*.example.com", "me@example.com"] {
            let config = Config { allowed_hosts: vec![host.into()], ..Config::default() };
            assert!(matches!(config.check(&auth::Config::default()), Err(ConfigError::InvalidHost(_))), "{host}");
        }
    }
}
