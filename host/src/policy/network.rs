//! `[network]`: which hosts a plugin may reach, and the decision about one of them.
//!
//! Two questions are asked of the grants. [`Permissions::may_reach`] before anything is done: is this scheme, host and
//! port granted? [`Permissions::may_connect`] for each address that the host's name resolved to: an address that is
//! not public must be granted as an address, since whoever owns a name decides where it leads.

mod address;
mod pattern;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::Host;

use super::{Denial, Permissions};

pub use address::{AddressRange, is_public};
pub use pattern::{HostPattern, Scheme};

/// Hosts, and bounds of what goes to and from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// `https://api.example.com`, `https://*.example.com`, `http://10.0.0.7:3000`, `tcp://db.example.com:5432`.
    pub allow: Vec<HostPattern>,
    /// Addresses that are not public, such as `10.1.0.0/16`, to which granted names may lead all the same.
    pub addresses: Vec<AddressRange>,
    /// The most bytes of a response.
    pub response_bytes: u64,
    /// The most bytes of a request.
    pub request_bytes: u64,
    /// Milliseconds for one request, redirects included.
    pub timeout_ms: u64,
    /// The most redirects that are followed, each checked.
    pub redirects: u32,
    /// The most requests and connections a minute, all calls together.
    pub requests_per_minute: u32,
    /// The most requests and connections at the same time, all calls together; further ones wait.
    pub connections: u32,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            addresses: Vec::new(),
            response_bytes: 8 << 20,
            request_bytes: 8 << 20,
            timeout_ms: 30_000,
            redirects: 5,
            requests_per_minute: 600,
            connections: 16,
        }
    }
}

/// Where a plugin wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Target {
    /// A host as `url` has parsed it, so that each way to write an address is one.
    #[must_use]
    pub fn new(scheme: Scheme, host: &Host<&str>, port: u16) -> Self {
        let host = match host {
            // The dot at the end of a name that is whole makes no difference here.
            Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => return Self::at(scheme, (*address).into(), port),
        };
        Self { scheme, host, port }
    }

    /// An address. One of IPv4 written in IPv6 is the one of IPv4.
    #[must_use]
    pub fn at(scheme: Scheme, address: IpAddr, port: u16) -> Self {
        let host = match address.to_canonical() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        Self { scheme, host, port }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }
}

/// As the pattern that grants it and nothing else.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.scheme.default_port() == Some(self.port) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Permissions {
    /// May the plugin reach `target`, as far as its scheme, host and port tell?
    ///
    /// # Errors
    /// What would allow it.
    pub fn may_reach(&self, target: &Target) -> Result<(), Denial> {
        let what = || format!("reach {target}");
        if !self.granted().network.allow.iter().any(|pattern| pattern.matches(target)) {
            return Err(self.denial(what(), &format!("allow = [\"{target}\"]"), "network"));
        }
        match &self.ceiling().network {
            Some(most) if !most.iter().any(|pattern| pattern.matches(target)) => {
                Err(ceiling_lacks(what(), &target.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// May a connection for `target`, which it may reach, go to `address`?
    ///
    /// # Errors
    /// What would allow it.
    pub fn may_connect(&self, target: &Target, address: IpAddr) -> Result<(), Denial> {
        let address = address.to_canonical();
        if is_public(address) {
            return Ok(());
        }
        let network = &self.granted().network;
        let there = Target::at(target.scheme, address, target.port);
        let what = || match target.address() {
            Some(_) => format!("reach {target}, which is not on the public network"),
            None => format!("reach {target} at {address}, which is not on the public network"),
        };
        let by_address = |patterns: &[HostPattern]| patterns.iter().any(|pattern| pattern.matches_by_address(&there));
        if !by_address(&network.allow) && !network.addresses.iter().any(|range| range.contains(address)) {
            let line = match target.address() {
                Some(_) => format!("allow = [\"{there}\"]"),
                None => format!("addresses = [\"{address}\"]"),
            };
            return Err(self.denial(what(), &line, "network"));
        }
        match &self.ceiling().network {
            Some(most) if !by_address(most) => Err(ceiling_lacks(what(), &there.to_string())),
            _ => Ok(()),
        }
    }

    /// Is any host of this scheme granted?
    #[must_use]
    pub fn may_use(&self, scheme: Scheme) -> bool {
        self.granted().network.allow.iter().any(|pattern| pattern.scheme() == scheme)
    }

    /// May the plugin know the addresses of `name`, since it may open a connection of its own there?
    ///
    /// # Errors
    /// What would allow it.
    pub fn may_look_up(&self, name: &str) -> Result<(), Denial> {
        let named = |patterns: &[HostPattern]| patterns.iter().any(|pattern| pattern.names(name));
        let what = || format!("look up the addresses of {name}");
        let line = format!("tcp://{name}:PORT");
        if !named(&self.granted().network.allow) {
            return Err(self.denial(what(), &format!("allow = [\"{line}\"]"), "network"));
        }
        match &self.ceiling().network {
            Some(most) if !named(most) => Err(ceiling_lacks(what(), &line)),
            _ => Ok(()),
        }
    }
}

fn ceiling_lacks(what: String, entry: &str) -> Denial {
    Denial { what, remedy: format!("network = [\"{entry}\"] under [grants.ceiling] in pegboard.toml would allow it") }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::policy::{Ceiling, Grants};

    fn permissions(grants: &str, ceiling: &str) -> Permissions {
        let grants = Grants::parse(grants, Path::new("grants/x.toml")).unwrap();
        Permissions::new(grants, toml::from_str::<Ceiling>(ceiling).unwrap(), "grants/x.toml".into())
    }

    fn target(url: &str) -> Target {
        let url = url::Url::parse(url).unwrap();
        let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
        Target::new(scheme, &url.host().unwrap(), url.port_or_known_default().unwrap())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_is_granted_without_a_line_and_the_denial_gives_it() {
        let denial = permissions("", "").may_reach(&target("https://example.com/a?b")).unwrap_err();
        assert_eq!(
            denial.to_string(),
            "may not reach https://example.com; allow = [\"https://example.com\"] under [network] in grants/x.toml \
             would allow it"
        );
        let denial = permissions("", "").may_reach(&target("http://[::1]:80/")).unwrap_err();
        assert!(denial.to_string().contains("allow = [\"http://[::1]\"]"), "{denial}");
        let denial = permissions("", "").may_reach(&target("http://a:81/")).unwrap_err();
        assert!(denial.to_string().contains("allow = [\"http://a:81\"]"), "{denial}");
    }

    #[test]
    fn the_line_that_a_denial_gives_allows_it() {
        for url in [
            "https://example.com",
            "http://a.b:81",
            "http://[2606:4700::1111]:8080",
            "http://127.0.0.1",
            "http://0x7f.1",
        ] {
            let target = target(url);
            let grants = format!("[network]\nallow = [\"{target}\"]");
            let permissions = permissions(&grants, &format!("network = [\"{target}\"]"));
            permissions.may_reach(&target).unwrap();
            if let Some(address) = target.address() {
                permissions.may_connect(&target, address).unwrap();
            }
        }
    }

    #[test]
    fn a_ceiling_bounds_what_a_file_grants() {
        let granted = "[network]\nallow = [\"https://*\"]";
        let permissions = permissions(granted, "network = [\"https://*.example.com\"]");
        permissions.may_reach(&target("https://a.example.com")).unwrap();
        let denial = permissions.may_reach(&target("https://example.org")).unwrap_err().to_string();
        assert!(
            denial.contains("network = [\"https://example.org\"] under [grants.ceiling] in pegboard.toml"),
            "{denial}"
        );
        // One that grants nothing takes everything.
        assert!(self::permissions(granted, "network = []").may_reach(&target("https://example.org")).is_err());
    }

    #[test]
    fn a_name_that_leads_to_a_private_address_is_refused_unless_the_address_is_granted() {
        let name = target("https://intranet.example.com");
        let private = address("10.1.2.3");
        let by_name = "[network]\nallow = [\"https://*.example.com\"]\n";
        let denial = permissions(by_name, "").may_connect(&name, private).unwrap_err().to_string();
        assert!(denial.contains("at 10.1.2.3, which is not on the public network"), "{denial}");
        assert!(denial.contains("addresses = [\"10.1.2.3\"] under [network]"), "{denial}");
        let with_range = format!("{by_name}addresses = [\"10.1.0.0/16\"]");
        permissions(&with_range, "").may_connect(&name, private).unwrap();
        permissions(&with_range, "").may_connect(&name, address("::ffff:10.1.2.3")).unwrap();
        assert!(permissions(&with_range, "").may_connect(&name, address("10.2.0.1")).is_err());
        assert!(permissions(&with_range, "network = [\"https://*\"]").may_connect(&name, private).is_err());
        permissions(&with_range, "network = [\"https://10.0.0.0/8\"]").may_connect(&name, private).unwrap();
        permissions(by_name, "").may_connect(&name, address("93.184.216.34")).unwrap();
    }

    #[test]
    fn a_wildcard_is_no_grant_of_an_address_that_is_not_public() {
        let all = permissions("[network]\nallow = [\"http://*:*\"]", "");
        let target = target("http://2130706433/");
        all.may_reach(&target).unwrap();
        let denial = all.may_connect(&target, address("127.0.0.1")).unwrap_err().to_string();
        assert!(denial.contains("allow = [\"http://127.0.0.1\"]"), "{denial}");
    }

    #[test]
    fn an_address_is_granted_for_its_scheme_and_port_alone() {
        let granted = permissions("[network]\nallow = [\"http://127.0.0.1:8080\", \"http://localhost:*\"]", "");
        let there = |port| Target::new(Scheme::Http, &Host::Domain("localhost"), port);
        granted.may_connect(&there(8080), address("127.0.0.1")).unwrap();
        assert!(granted.may_connect(&there(22), address("127.0.0.1")).is_err());
        assert!(granted.may_connect(&there(8080), address("127.0.0.2")).is_err());
    }

    #[test]
    fn a_name_may_be_looked_up_where_a_socket_may_go() {
        let granted =
            permissions("[network]\nallow = [\"tcp://db.example.com:5432\", \"https://web.example.com\"]", "");
        granted.may_look_up("db.example.com").unwrap();
        let denial = granted.may_look_up("web.example.com").unwrap_err().to_string();
        assert!(denial.contains("tcp://web.example.com:PORT"), "{denial}");
    }
}
