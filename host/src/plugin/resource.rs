//! What a plugin says of its resources, and what was read.

use serde::Serialize;

use super::{Annotations, Icon, JsonObject, ResourceContents};

/// A family of resources, as its plugin describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceTemplate {
    /// [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570).
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: Option<String>,
    /// The media type, if all of them have the same.
    pub mime_type: Option<String>,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOutput {
    /// One resource, or the parts of one.
    pub contents: Vec<ResourceContents>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}
