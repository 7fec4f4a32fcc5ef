//! Who calls.

use serde::{Deserialize, Serialize};

use super::JsonObject;

/// Who is calling, as the host has made sure of it. What is stored for one is never shown to another; where
/// there is none, it is anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Unique for one issuer.
    pub subject: String,
    /// Who vouches for it, a URL; absent where the host does itself.
    pub issuer: Option<String>,
    /// What the caller may do, in the issuer's words; empty: nothing was said.
    pub scopes: Vec<String>,
    /// What else the token says.
    pub claims: JsonObject,
}
