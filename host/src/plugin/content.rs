//! Content blocks and what is in them.

use serde::Serialize;

use super::JsonObject;

/// Who speaks, or who should read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Hints for the client about how to use a piece of content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Annotations {
    /// For whom it is meant; empty: not said.
    pub audience: Vec<Role>,
    /// From 0 (not at all) to 1 (must be read).
    pub priority: Option<f64>,
    /// ISO 8601.
    pub last_modified: Option<String>,
}

/// A picture for a user interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Icon {
    /// An `https:` or `data:` URI.
    pub src: String,
    /// Where the source does not say it.
    pub mime_type: Option<String>,
    /// `48x48`, `any`; empty: any size.
    pub sizes: Vec<String>,
    /// `light` or `dark`.
    pub theme: Option<String>,
}

/// Plain text or Markdown.
#[derive(Debug, Clone, PartialEq)]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
}

/// An image or a sound.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaContent {
    /// The bytes themselves, not base64.
    pub data: Vec<u8>,
    /// `image/png`, `audio/wav`.
    pub mime_type: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
}

/// Text stays text; everything else is bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// UTF-8.
    Text(String),
    /// Bytes, base64 on the wire.
    Blob(Vec<u8>),
}

/// What is in a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceContents {
    /// Its URI.
    pub uri: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// The contents.
    pub body: ResourceBody,
    /// `_meta`.
    pub meta: Option<JsonObject>,
}

/// A resource put whole into a result.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedResource {
    /// The resource.
    pub contents: ResourceContents,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
}

/// A resource as it is listed, or linked to from a result.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// Its URI.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: Option<String>,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Bytes before any encoding.
    pub size: Option<u64>,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}

/// One piece of a result or of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `text`
    Text(TextContent),
    /// `image`
    Image(MediaContent),
    /// `audio`
    Audio(MediaContent),
    /// `resource_link`
    ResourceLink(Resource),
    /// `resource`
    Embedded(EmbeddedResource),
    /// A content block as MCP writes it, of a kind that is not above.
    Other(JsonObject),
}

impl Content {
    /// Plain text without hints.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent { text: text.into(), annotations: None, meta: None })
    }
}
