//! One entry of `allow`.

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};
use url::Host;

use super::Target;
use super::address::AddressRange;

/// How a plugin speaks to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP in clear text.
    Http,
    /// HTTP over TLS.
    Https,
    /// A TCP socket of its own.
    Tcp,
    /// A UDP socket of its own.
    Udp,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Tcp, Self::Udp];

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The scheme of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// The port where none is written.
    #[must_use]
    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp | Self::Udp => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A scheme, a host and a port: `https://api.example.com`, `https://*.example.com:*`, `tcp://10.0.0.0/8:5432`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    text: String,
    scheme: Scheme,
    hosts: Hosts,
    /// None: any.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    /// `*`: each name and each public address.
    Any,
    /// One name.
    Name(String),
    /// `*.example.com`: every name that ends in `.example.com`, of one label more or of several.
    Under(String),
    /// An address, or a range of them.
    Addresses(AddressRange),
}

impl HostPattern {
    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Does it grant `target`, as far as scheme, host and port tell?
    #[must_use]
    pub fn matches(&self, target: &Target) -> bool {
        self.fits(target)
            && match (&self.hosts, target.host()) {
                (Hosts::Any, _) => true,
                (Hosts::Name(_) | Hosts::Under(_), Host::Domain(name)) => self.has_name(name),
                (Hosts::Name(_) | Hosts::Under(_), _) => false,
                (Hosts::Addresses(range), _) => target.address().is_some_and(|address| range.contains(address)),
            }
    }

    /// Does it grant `target` by its address?
    #[must_use]
    pub fn matches_by_address(&self, target: &Target) -> bool {
        matches!(self.hosts, Hosts::Addresses(_)) && self.matches(target)
    }

    /// Is it about sockets to this name?
    pub(super) fn names(&self, name: &str) -> bool {
        matches!(self.scheme, Scheme::Tcp | Scheme::Udp) && self.has_name(name)
    }

    fn has_name(&self, name: &str) -> bool {
        match &self.hosts {
            Hosts::Any => true,
            Hosts::Name(own) => own == name,
            Hosts::Under(suffix) => {
                name.strip_suffix(suffix.as_str()).is_some_and(|front| front.ends_with('.') && front.len() > 1)
            }
            Hosts::Addresses(_) => false,
        }
    }

    fn fits(&self, target: &Target) -> bool {
        self.scheme == target.scheme() && self.port.is_none_or(|port| port == target.port())
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match parse(&text) {
            Ok((scheme, hosts, port)) => Ok(Self { text, scheme, hosts, port }),
            Err(why) => Err(format!("{text:?} is no host: {why}")),
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.text
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Result<(Scheme, Hosts, Option<u16>), String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("write it with its scheme, such as https://api.example.com".into());
    };
    let scheme = Scheme::parse(scheme).ok_or_else(|| format!("its scheme is http, https, tcp or udp, not {scheme}"))?;
    if rest.contains('@') {
        return Err("a user name or a password has no place in it; secrets are under [secrets]".into());
    }
    if rest.contains(['?', '#', '\\']) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("it is a scheme, a host and a port, and nothing more".into());
    }
    let (host, port) = split_port(rest)?;
    let port = match (port, scheme.default_port()) {
        (Some("*"), _) => None,
        (Some(port), _) => Some(
            port.parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| format!("its port is 1 to 65535 or *, not {port}"))?,
        ),
        (None, Some(port)) => Some(port),
        (None, None) => return Err(format!("{scheme} has no usual port; write one, such as {text}:5432")),
    };
    Ok((scheme, hosts(host)?, port))
}

/// `host:port`, `[address]:port`, `address/bits:port`.
fn split_port(rest: &str) -> Result<(&str, Option<&str>), String> {
    let end_of_address = rest.find(']').map_or(0, |at| at + 1);
    match rest[end_of_address..].rsplit_once(':') {
        Some((before, port)) => {
            let host = &rest[..end_of_address + before.len()];
            if host.starts_with('[') || !host.contains(':') {
                Ok((host, Some(port)))
            } else {
                Err("an address of IPv6 stands in brackets, such as [2001:db8::1]".into())
            }
        }
        None => Ok((rest, None)),
    }
}

fn hosts(host: &str) -> Result<Hosts, String> {
    if host == "*" {
        return Ok(Hosts::Any);
    }
    if let Some((address, bits)) = host.split_once('/') {
        let address = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
        let range = AddressRange::try_from(format!("{address}/{bits}"));
        return range
            .map(Hosts::Addresses)
            .map_err(|_| "it is a scheme, a host and a port; a path has no place in it".into());
    }
    if let Some(address) = host.strip_prefix('[') {
        let address: Option<Ipv6Addr> = address.strip_suffix(']').and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| format!("{host} is no address of IPv6"))?;
        return Ok(Hosts::Addresses(AddressRange::one(address.into())));
    }
    let (under, name) = match host.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, host),
    };
    if name.is_empty() || name.contains('*') {
        return Err("a * stands for the whole host, or for what is before the first dot of *.example.com".into());
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
            if name.is_empty() || name.split('.').any(str::is_empty) {
                return Err(format!("{host} is no name of a host"));
            }
            Ok(if under { Hosts::Under(name) } else { Hosts::Name(name) })
        }
        Ok(Host::Ipv4(address)) if !under => Ok(Hosts::Addresses(AddressRange::one(address.into()))),
        Ok(Host::Ipv6(address)) if !under => Ok(Hosts::Addresses(AddressRange::one(address.into()))),
        Ok(_) => Err("a * before an address means nothing; write a range, such as 10.0.0.0/8".into()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        HostPattern::try_from(text.to_owned()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn matches(pattern_: &str, url: &str) -> bool {
        let (scheme, rest) = url.split_once("://").unwrap();
        let scheme = Scheme::parse(scheme).unwrap();
        // `url` knows the default ports of http and https alone, and parses hosts of theirs alone.
        let url = url::Url::parse(&format!("http://{rest}")).unwrap();
        let port = url.port().or(scheme.default_port()).unwrap();
        pattern(pattern_).matches(&Target::new(scheme, &url.host().unwrap(), port))
    }

    #[test]
    fn what_a_pattern_matches() {
        let table = [
            ("https://example.com", "https://example.com/x", true),
            ("https://example.com", "https://EXAMPLE.com./x", true),
            ("https://EXAMPLE.com.", "https://example.com", true),
            ("https://example.com", "https://example.com:444", false),
            ("https://example.com", "http://example.com:443", false),
            ("https://example.com", "https://a.example.com", false),
            ("https://example.com", "https://example.com.evil.org", false),
            ("https://example.com:*", "https://example.com:444", true),
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "https://example.com.evil.org", false),
            ("https://*", "https://anything.org", true),
            ("https://*", "https://anything.org:8443", false),
            ("https://*", "https://93.184.216.34", true),
            ("https://bücher.example", "https://xn--bcher-kva.example", true),
            ("http://127.0.0.1", "http://2130706433", true),
            ("http://127.0.0.1", "http://0x7f.0.0.1", true),
            ("http://127.0.0.1", "http://0177.1", true),
            ("http://127.0.0.1", "http://[::ffff:127.0.0.1]", true),
            ("http://127.0.0.1", "http://localhost", false),
            ("http://127.0.0.1", "http://127.0.0.1@evil.org", false),
            ("http://[::1]:8080", "http://[0:0::1]:8080", true),
            ("http://[::ffff:10.0.0.1]", "http://10.0.0.1", true),
            ("tcp://10.0.0.0/8:5432", "tcp://10.200.0.1:5432", true),
            ("tcp://10.0.0.0/8:5432", "tcp://11.0.0.1:5432", false),
            ("tcp://[fd00::]/8:5432", "tcp://[fd12::1]:5432", true),
            ("udp://*:53", "udp://1.1.1.1:53", true),
            ("udp://*:53", "tcp://1.1.1.1:53", false),
        ];
        for (pattern, url, expected) in table {
            assert_eq!(matches(pattern, url), expected, "{pattern} and {url}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let table = [
            ("example.com", "with its scheme"),
            ("ftp://example.com", "http, https, tcp or udp"),
            ("https://", "*"),
            ("https://user:password@example.com", "user name"),
            ("https://example.com/", "a path has no place"),
            ("https://example.com/a", "a path has no place"),
            ("https://example.com?a", "nothing more"),
            ("https://example.com#a", "nothing more"),
            ("https://example.com\\a", "nothing more"),
            ("https://exa mple.com", "nothing more"),
            ("https://example.com:0", "1 to 65535"),
            ("https://example.com:65536", "1 to 65535"),
            ("https://example.com:", "1 to 65535"),
            ("https://ex*mple.com", "a * stands for"),
            ("https://*.*.com", "a * stands for"),
            ("https://*.10.0.0.1", "write a range"),
            ("https://*.34", "write a range"),
            ("https://2001:db8::1", "brackets"),
            ("https://[nonsense]", "no address of IPv6"),
            ("https://a..b", "no name"),
            ("https://10.0.0.1/33", "a path has no place"),
            ("tcp://db.example.com", "no usual port"),
        ];
        for (text, part) in table {
            let error = HostPattern::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        assert_eq!(String::from(pattern("https://*.Example.com:*")), "https://*.Example.com:*");
    }
}
