//! That a plugin may not do something, and what would allow it.

use std::fmt;

/// What a plugin tried, and the line that would allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was tried: ``send HTTP requests to `https://example.com` ``.
    pub what: String,
    /// What would allow it: `add "https://example.com" to allow under [network] in grants/fetch.toml`.
    pub remedy: String,
}

impl Denial {
    /// That `what` is not for a call that may not change anything, whatever is granted.
    #[must_use]
    pub fn of_read_only_call(what: impl Into<String>) -> Self {
        let remedy = "the tool says that it only reads (readOnlyHint), and is held to that";
        Self { what: what.into(), remedy: remedy.to_owned() }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "may not {}; {}", self.what, self.remedy)
    }
}
