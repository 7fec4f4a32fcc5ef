//! Addresses: ranges of them, and which are the public network's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// An address, or those that begin with the same bits: `10.0.0.7`, `10.1.0.0/16`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressRange(IpNet);

impl AddressRange {
    /// One address alone. One of IPv4 written in IPv6 is the one of IPv4.
    #[must_use]
    pub fn one(address: IpAddr) -> Self {
        Self(IpNet::from(address.to_canonical()))
    }

    /// Is `address` in it?
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for AddressRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::one(address));
        }
        text.parse()
            .map(|net: IpNet| Self(net.trunc()))
            .map_err(|_| format!("{text:?} is no address, and no range of addresses such as 10.1.0.0/16"))
    }
}

impl From<AddressRange> for String {
    fn from(range: AddressRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// Is this an address of the public network? What is not is the host itself, its networks, those of whoever runs it,
/// where clouds keep their metadata (169.254.169.254, 100.100.100.200, `fd00:ec2::254`), or nothing at all.
///
/// The ranges are those of the [IANA's registries][v4] that are not globally reachable. An address of IPv6 that carries
/// one of IPv4 (mapped, compatible, 6to4, Teredo, NAT64, ISATAP) is never public, since what it leads to depends on the
/// machines in between.
///
/// [v4]: https://www.iana.org/assignments/iana-ipv4-special-registry
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let special = match a {
        // "This network", private, loopback; multicast, reserved and broadcast.
        0 | 10 | 127 | 224..=255 => true,
        // Shared by carriers, 100.64.0.0/10.
        100 => b & 0b1100_0000 == 64,
        // Link-local.
        169 => b == 254,
        // Private, 172.16.0.0/12.
        172 => b & 0b1111_0000 == 16,
        // For protocols and documentation, 6to4 relays, private.
        192 => (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99) || b == 168,
        // For benchmarks, 198.18.0.0/15; documentation.
        198 => b & 0b1111_1110 == 18 || (b == 51 && c == 100),
        // Documentation.
        203 => b == 0 && c == 113,
        // The platform address of Azure, which answers like a metadata address.
        168 => (b, c, d) == (63, 129, 16),
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, _, _, e, f, _, _] = address.segments();
    // What is assigned to the public at all, 2000::/3. Without it are the unspecified address, loopback, mapped and
    // compatible addresses of IPv4, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard, unique local, link-local, multicast.
    let global = a & 0xe000 == 0x2000;
    // 2001::/23 is for protocols, Teredo and benchmarks among them; 2001:db8::/32 and 3fff::/20 are documentation;
    // 2002::/16 is 6to4.
    let special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    let isatap = matches!(e, 0 | 0x200) && f == 0x5efe;
    global && !special && !isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "192.169.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "203.0.114.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn what_is_not_public() {
        for other in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2606:4700::5efe:7f00:1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn ranges_are_read_and_written() {
        for (text, written) in [
            ("10.1.2.3/16", "10.1.0.0/16"),
            ("10.0.0.7", "10.0.0.7"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("fd00::/8", "fd00::/8"),
        ] {
            assert_eq!(AddressRange::try_from(text.to_owned()).unwrap().to_string(), written);
        }
        for text in ["", "10.0.0", "10.0.0.0/33", "example.com"] {
            assert!(AddressRange::try_from(text.to_owned()).unwrap_err().contains("10.1.0.0/16"), "{text}");
        }
    }
}
