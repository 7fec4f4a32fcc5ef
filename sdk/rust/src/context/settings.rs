//! What the operator has set for the plugin: configuration and secrets.

use std::fmt;

use serde::de::DeserializeOwned;

use super::Context;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::tool::read_json;

/// That there is no such secret, or no grant for it: the host does not tell a plugin which. It tells the operator, in
/// its log, with the line that would grant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSecret {
    /// Its name.
    pub name: String,
}

impl fmt::Display for MissingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no secret `{}` for this plugin: the operator defines it in pegboard.toml, and names it in the \
             plugin's grants",
            self.name
        )
    }
}

impl std::error::Error for MissingSecret {}

impl Context {
    /// One value of the configuration: a string as its text, anything else as its JSON. None if it is not set.
    pub fn config(&self, key: &str) -> Option<String> {
        self.host.config(key)
    }

    /// The whole configuration, read as a type of the plugin's. An empty one is `{}`, so give fields that need not be
    /// set a default.
    ///
    /// ```
    /// use pegboard_sdk::prelude::*;
    ///
    /// #[input]
    /// struct Settings {
    ///     greeting: String,
    /// }
    ///
    /// /// Greets.
    /// #[tool(read_only)]
    /// fn greet(name: &str, ctx: &Context) -> Result<String> {
    ///     let settings: Settings = ctx.config_all()?;
    ///     Ok(format!("{}, {name}!", settings.greeting))
    /// }
    ///
    /// let ctx = Context::test().with_config(json!({ "greeting": "Servus" }));
    /// assert_eq!(greet("Ann", &ctx), Ok("Servus, Ann!".into()));
    /// ```
    ///
    /// # Errors
    /// [`Error::Failed`] if it does not fit; names the value and the rule.
    pub fn config_all<T: DeserializeOwned>(&self) -> Result<T> {
        read_json(&self.host.config_all())
            .map_err(|wrong| Error::failed(format!("the operator's configuration of this plugin: {wrong}")))
    }

    /// A secret that the plugin must hold itself, to sign something say. Where it is only sent along, let the host put
    /// it in: [`Request::bearer`](crate::http::Request::bearer).
    ///
    /// # Errors
    /// If there is no such secret, or no grant for it.
    pub fn secret(&self, name: &str) -> Result<String, MissingSecret> {
        self.host.secret(name).ok_or_else(|| MissingSecret { name: name.to_owned() })
    }
}
