//! What a call tells beside its result: that something changed, that the client shall come back later.

use std::time::Duration;

use super::Context;
use crate::host::Host;

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources or of their templates.
    Resources,
    /// What is in one resource, by its URI.
    ResourceUpdated(String),
}

impl Change {
    /// What is in one resource.
    pub fn resource(uri: impl Into<String>) -> Self {
        Self::ResourceUpdated(uri.into())
    }
}

impl Context {
    /// Says that something changed. The host lists anew, and notifies the clients that want to know.
    ///
    /// ```
    /// use pegboard_sdk::prelude::*;
    ///
    /// /// Adds a line to the diary.
    /// #[tool]
    /// fn note(line: &str, ctx: &Context) -> String {
    ///     ctx.announce(Change::resource("diary://today"));
    ///     format!("noted: {line}")
    /// }
    /// ```
    pub fn announce(&self, change: Change) {
        self.host.announce(change);
    }

    /// Ends the response stream while the call goes on, so that the client comes back for the rest, after `retry` if
    /// given. For calls that take minutes, which no proxy keeps a connection open for. Nothing happens where a client
    /// cannot come back.
    pub fn close_stream(&self, retry: impl Into<Option<Duration>>) {
        self.host.close_stream(retry.into());
    }
}
