//! Who is calling, and what they can do.

use serde_json::Value;

use super::LogLevel;
use crate::content::Object;

/// A program at the other end, as it names itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// For people.
    pub title: Option<String>,
}

/// Who is calling, as the host has made sure of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Principal {
    /// Who; unique for one issuer.
    pub subject: String,
    /// Who says so.
    pub issuer: Option<String>,
    /// What they may do.
    pub scopes: Vec<String>,
    /// What else the token says.
    pub claims: Object,
}

/// [W3C trace context](https://www.w3.org/TR/trace-context/).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// `traceparent`
    pub parent: String,
    /// `tracestate`
    pub state: Option<String>,
    /// `baggage`
    pub baggage: Option<String>,
}

/// The call in progress. The same in each of its runs, but for `request_id`, `trace` and `meta`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call {
    /// The revision of the protocol, such as `2025-11-25`; compares as text. Empty while the plugin is being
    /// loaded: there is no client then.
    pub protocol_version: String,
    /// The client.
    pub client: Option<Peer>,
    /// The client's capabilities, as it sent them.
    pub capabilities: Object,
    /// The session, where the protocol has them. Names nothing outside Pegboard.
    pub session: Option<String>,
    /// Who is calling; none: anybody.
    pub principal: Option<Principal>,
    /// The JSON-RPC id of the request.
    pub request_id: Value,
    /// Trace context.
    pub trace: Option<Trace>,
    /// Does anyone read progress?
    pub wants_progress: bool,
    /// The least level that the client wants logged; none: it wants nothing.
    pub log_level: Option<LogLevel>,
    /// `_meta` of the request.
    pub meta: Object,
    /// What the host knows beyond this.
    pub extra: Object,
}

impl Call {
    /// Does the client have this capability? A path goes into it: `can("elicitation.url")`.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        let mut names = capability.split('.');
        let first = names.next().and_then(|name| self.capabilities.get(name));
        names.try_fold(first, |found, name| found.map(|found| found.get(name))).flatten().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_capability_is_found_by_its_path() {
        let Value::Object(capabilities) = json!({ "elicitation": { "url": {} } }) else { panic!("no object") };
        let call = Call { capabilities, ..Call::default() };
        assert!(call.can("elicitation") && call.can("elicitation.url"));
        assert!(!call.can("elicitation.form") && !call.can("sampling") && !call.can("sampling.tools"));
    }
}
