//! Who may talk to this server at all: `Host` and `Origin`, against DNS rebinding
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint)).
//!
//! Only what the connection itself says counts. Forwarded headers are written by whoever likes to.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

use super::Config;

/// The names that are let in.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("the Host header is missing or there twice")]
    NoHost,
    #[error(
        "Host {0:?} is not allowed: if this server is meant to be reached under that name, start it with \
         `--allowed-host` and the name"
    )]
    Host(String),
    #[error(
        "Origin {0:?} is not allowed: if its pages are meant to use this server, start it with \
         `--allowed-origin` and the origin"
    )]
    Origin(String),
}

impl Guard {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            hosts: config.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            origins: config.allowed_origins.iter().map(|origin| origin.to_ascii_lowercase()).collect(),
        }
    }

    /// Lets a request in, or says why not.
    pub(super) fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Denied> {
        // A request line with a whole URI overrides Host (RFC 9112, 3.2.2).
        let host = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => single(headers, &HOST).ok_or(Denied::NoHost)?,
        };
        if !self.allows_host(host) {
            return Err(Denied::Host(host.to_owned()));
        }
        if headers.contains_key(ORIGIN) {
            let origin = single(headers, &ORIGIN).unwrap_or_default();
            if !self.allows_origin(origin) {
                return Err(Denied::Origin(origin.to_owned()));
            }
        }
        Ok(())
    }

    fn allows_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        is_loopback(name) || self.hosts.iter().any(|allowed| *allowed == host || allowed == name)
    }

    /// May pages of this origin use the server? `null` stands for any page, so it never may.
    pub(super) fn allows_origin(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        name.is_some_and(|name| is_loopback(without_port(name))) || self.origins.contains(&origin)
    }
}

/// The one value of a header, if there is just one and it is text.
fn single<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The host of `host:port`; brackets stay on an IPv6 address.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') && balanced(name) => {
            name
        }
        _ => host,
    }
}

/// `[::1]` and `name`, but not `[:`, the half of an address.
fn balanced(name: &str) -> bool {
    name.starts_with('[') == name.ends_with(']')
}

fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn guard() -> Guard {
        Guard::new(&Config {
            allowed_hosts: vec!["Example.com".into(), "one.test:8443".into()],
            allowed_origins: vec!["https://app.example.com".into()],
            ..Config::default()
        })
    }

    fn check(headers: &[(&'static str, &'static str)]) -> Result<(), Denied> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        guard().check(&map, &Uri::from_static("/mcp"))
    }

    #[test]
    fn loopback_and_named_hosts_are_let_in() {
        for host in ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:80", "127.9.9.9", "[::1]:8080", "[::1]"] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
        for host in ["example.com", "EXAMPLE.com:444", "one.test:8443"] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_kept_out() {
        for host in [
            "evil.example.com",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "one.test:1",
            "one.test",
            "10.0.0.1",
            "0.0.0.0",
            "",
            "[::1",
            "[fe80::1]",
        ] {
            assert!(matches!(check(&[("host", host)]), Err(Denied::Host(_))), "{host}");
        }
        assert_eq!(check(&[]), Err(Denied::NoHost));
        assert_eq!(check(&[("host", "localhost"), ("host", "localhost")]), Err(Denied::NoHost));
    }

    #[test]
    fn forwarded_headers_never_satisfy_it() {
        let headers =
            [("host", "evil.example.com"), ("x-forwarded-host", "localhost"), ("forwarded", "host=localhost")];
        assert!(check(&headers).is_err());
    }

    #[test]
    fn loopback_and_named_origins_are_let_in_and_null_is_not() {
        let with = |origin| check(&[("host", "localhost"), ("origin", origin)]);
        for origin in ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:1", "https://app.example.com"] {
            assert_eq!(with(origin), Ok(()), "{origin}");
        }
        for origin in
            ["null", "", "https://evil.example.com", "http://app.example.com", "file://localhost", "localhost"]
        {
            assert!(matches!(with(origin), Err(Denied::Origin(_))), "{origin}");
        }
    }

    #[test]
    fn a_whole_uri_counts_as_the_host() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        let uri = Uri::from_static("http://evil.example.com/mcp");
        assert!(guard().check(&headers, &uri).is_err());
    }
}
