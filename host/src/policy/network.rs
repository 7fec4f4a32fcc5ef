//! `[network]`: which hosts a plugin may reach.

use serde::{Deserialize, Serialize};

/// Hosts, and bounds of what goes to and from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// `https://api.example.com`, `https://*.example.com`, `http://10.0.0.7:3000`, `tcp://db.example.com:5432`.
    pub allow: Vec<HostPattern>,
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
}

impl Default for Network {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            response_bytes: 8 << 20,
            request_bytes: 8 << 20,
            timeout_ms: 30_000,
            redirects: 5,
            requests_per_minute: 600,
        }
    }
}

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern(String);

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("http" | "https" | "tcp" | "udp", rest)) if !rest.is_empty() => Ok(Self(text)),
            _ => Err(format!("{text:?} is no host: write it with its scheme, such as https://api.example.com")),
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.0
    }
}
