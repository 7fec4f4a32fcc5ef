//! Where real clients break the protocol, and how far they are met.

use serde::Deserialize;

use super::error::RequestError;
use super::headers::RequestHeaders;
use super::version::{self, Era};
use crate::plugin::Peer;

/// How far clients that break the protocol are met.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// From whom a modern body under the version header of a legacy revision is taken. Claude's connectors were seen
    /// to send it; the specification wants it refused.
    pub header_mismatch: HeaderMismatch,
}

/// From whom a mismatch is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderMismatch {
    /// From clients that name themselves Claude.
    #[default]
    Claude,
    /// From nobody.
    Never,
    /// From everybody.
    Always,
}

/// Is it the one mismatch that may be taken: a modern version in the body, and a legacy one in the header?
pub(super) fn may_be_taken(headers: &dyn RequestHeaders, body: &str) -> bool {
    let era = |name: &str| version::find(name).map(|revision| revision.era);
    let header = headers.get("mcp-protocol-version").text().and_then(era);
    (era(body), header) == (Some(Era::Modern), Some(Era::Legacy))
}

impl Config {
    /// Is a mismatch that may be taken taken from this client?
    pub(super) fn takes_from(&self, headers: &dyn RequestHeaders, client: Option<&Peer>) -> bool {
        match self.header_mismatch {
            HeaderMismatch::Never => false,
            HeaderMismatch::Always => true,
            HeaderMismatch::Claude => {
                let is_claude = |name: &str| name.to_ascii_lowercase().contains("claude");
                client.is_some_and(|client| is_claude(&client.name))
                    || headers.get("user-agent").text().is_some_and(is_claude)
            }
        }
    }
}

/// Says, to the client and in the log, which setting would have taken it.
pub(super) fn refused(mut error: RequestError) -> RequestError {
    error.message.push_str("; the setting `compat.header_mismatch` decides about clients that send both");
    tracing::warn!("{}", error.message);
    error
}
