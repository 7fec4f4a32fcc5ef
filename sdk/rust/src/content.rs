//! The pieces that results and messages are made of, named as MCP names them.

use serde_json::Value;

/// A JSON object.
pub type Object = serde_json::Map<String, Value>;

/// Who speaks, or who should read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Hints for the client about how to use a piece of content or a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    /// For whom it is meant; empty: not said.
    pub audience: Vec<Role>,
    /// How much it matters, from 0 (not at all) to 1 (must be read).
    pub priority: Option<f64>,
    /// When it last changed, ISO 8601.
    pub last_modified: Option<String>,
}

/// A picture for a user interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Icon {
    /// An `https:` or `data:` URI.
    pub src: String,
    /// Where the source does not say it: `image/png`.
    pub mime_type: Option<String>,
    /// `48x48`, `any`; empty: any size.
    pub sizes: Vec<String>,
    /// `light` or `dark`.
    pub theme: Option<String>,
}

/// Plain text or Markdown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<Object>,
}

/// An image or a sound.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MediaContent {
    /// The bytes themselves; the host makes base64 of them.
    pub data: Vec<u8>,
    /// `image/png`, `audio/wav`.
    pub mime_type: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<Object>,
}

/// Text stays text; everything else is bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// UTF-8.
    Text(String),
    /// Bytes; the host makes base64 of them.
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
    pub meta: Option<Object>,
}

/// A resource put whole into a result or a message.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedResource {
    /// The resource.
    pub contents: ResourceContents,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// `_meta`.
    pub meta: Option<Object>,
}

/// A resource as it is listed, or linked to from a result.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// Its URI.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// For people; absent: the name.
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
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

/// One piece of a result or of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(TextContent),
    /// A picture.
    Image(MediaContent),
    /// A sound.
    Audio(MediaContent),
    /// A pointer; the client reads it when it wants to.
    ResourceLink(Resource),
    /// A resource, whole.
    Embedded(EmbeddedResource),
    /// A content block as MCP writes it, of a kind that is not above.
    Other(Object),
}

impl Content {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent { text: text.into(), ..TextContent::default() })
    }

    /// A picture, as its bytes.
    pub fn image(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self::Image(MediaContent { data: data.into(), mime_type: mime_type.into(), ..MediaContent::default() })
    }

    /// A sound, as its bytes.
    pub fn audio(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self::Audio(MediaContent { data: data.into(), mime_type: mime_type.into(), ..MediaContent::default() })
    }

    /// A link to a resource.
    #[must_use]
    pub fn link(resource: Resource) -> Self {
        Self::ResourceLink(resource)
    }

    /// A resource, whole.
    #[must_use]
    pub fn embedded(contents: ResourceContents) -> Self {
        Self::Embedded(EmbeddedResource { contents, annotations: None, meta: None })
    }

    /// Says for whom this is; may be said twice.
    #[must_use]
    pub fn audience(self, role: Role) -> Self {
        self.annotate(|annotations| annotations.audience.push(role))
    }

    /// Says how much this matters, from 0 (not at all) to 1 (must be read).
    #[must_use]
    pub fn priority(self, priority: f64) -> Self {
        self.annotate(|annotations| annotations.priority = Some(priority))
    }

    /// Says when this last changed, ISO 8601.
    #[must_use]
    pub fn last_modified(self, when: impl Into<String>) -> Self {
        self.annotate(|annotations| annotations.last_modified = Some(when.into()))
    }

    /// Sets `_meta`.
    #[must_use]
    pub fn meta(mut self, meta: Object) -> Self {
        match &mut self {
            Self::Text(content) => content.meta = Some(meta),
            Self::Image(content) | Self::Audio(content) => content.meta = Some(meta),
            Self::ResourceLink(resource) => resource.meta = Some(meta),
            Self::Embedded(resource) => resource.meta = Some(meta),
            Self::Other(object) => {
                object.insert("_meta".to_owned(), Value::Object(meta));
            }
        }
        self
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            _ => None,
        }
    }

    /// `Other` is as MCP writes it, and stays so: its author writes the annotations in it.
    fn annotate(mut self, change: impl FnOnce(&mut Annotations)) -> Self {
        let annotations = match &mut self {
            Self::Text(content) => &mut content.annotations,
            Self::Image(content) | Self::Audio(content) => &mut content.annotations,
            Self::ResourceLink(resource) => &mut resource.annotations,
            Self::Embedded(resource) => &mut resource.annotations,
            Self::Other(_) => return self,
        };
        change(annotations.get_or_insert_default());
        self
    }
}

impl Resource {
    /// A resource with a URI and a name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: name.into(), ..Self::default() }
    }

    /// What people call it.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Says what is in it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Names its media type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }
}

impl ResourceContents {
    /// A resource of text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Text(text.into()), meta: None }
    }

    /// A resource of bytes.
    pub fn blob(uri: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Blob(bytes.into()), meta: None }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.body {
            ResourceBody::Text(text) => Some(text),
            ResourceBody::Blob(_) => None,
        }
    }

    /// Names its media type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }
}

impl Icon {
    /// An icon by its `https:` or `data:` URI.
    pub fn new(src: impl Into<String>) -> Self {
        Self { src: src.into(), ..Self::default() }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_gather_on_one_piece_of_content() {
        let content = Content::text("x").audience(Role::User).audience(Role::Assistant).priority(0.5);
        let Content::Text(text) = content else { panic!("not text") };
        let annotations = text.annotations.expect("annotated");
        assert_eq!(annotations.audience, [Role::User, Role::Assistant]);
        assert_eq!(annotations.priority, Some(0.5));
    }

    #[test]
    fn meta_of_a_block_of_another_kind_goes_into_the_block() {
        let content = Content::Other(Object::new()).meta(Object::new()).priority(1.0);
        let Content::Other(object) = content else { panic!("not other") };
        assert_eq!(Value::Object(object), serde_json::json!({ "_meta": {} }));
    }
}
