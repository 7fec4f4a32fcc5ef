//! Content, in both directions: plugins write it, and what a client's model wrote comes back.

use super::{json, list, object};
use crate::bindings::pegboard::plugin::types;
use crate::content::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    TextContent,
};

impl From<Role> for types::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}

impl From<Annotations> for types::Annotations {
    fn from(from: Annotations) -> Self {
        Self { audience: list(from.audience), priority: from.priority, last_modified: from.last_modified }
    }
}

impl From<Icon> for types::Icon {
    fn from(from: Icon) -> Self {
        Self { src: from.src, mime_type: from.mime_type, sizes: from.sizes, theme: from.theme }
    }
}

impl From<TextContent> for types::TextContent {
    fn from(from: TextContent) -> Self {
        Self { text: from.text, annotations: from.annotations.map(Into::into), meta: from.meta.map(json) }
    }
}

impl From<MediaContent> for types::MediaContent {
    fn from(from: MediaContent) -> Self {
        Self {
            data: from.data,
            mime_type: from.mime_type,
            annotations: from.annotations.map(Into::into),
            meta: from.meta.map(json),
        }
    }
}

impl From<ResourceBody> for types::ResourceBody {
    fn from(from: ResourceBody) -> Self {
        match from {
            ResourceBody::Text(text) => Self::Text(text),
            ResourceBody::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl From<ResourceContents> for types::ResourceContents {
    fn from(from: ResourceContents) -> Self {
        Self { uri: from.uri, mime_type: from.mime_type, body: from.body.into(), meta: from.meta.map(json) }
    }
}

impl From<EmbeddedResource> for types::EmbeddedResource {
    fn from(from: EmbeddedResource) -> Self {
        Self {
            contents: from.contents.into(),
            annotations: from.annotations.map(Into::into),
            meta: from.meta.map(json),
        }
    }
}

impl From<Resource> for types::Resource {
    // A size is exact to 2^53, as every JSON number is for a client in JavaScript.
    #[allow(clippy::cast_precision_loss)]
    fn from(from: Resource) -> Self {
        Self {
            uri: from.uri,
            name: from.name,
            title: from.title,
            description: from.description,
            mime_type: from.mime_type,
            size: from.size.map(|size| size as f64),
            annotations: from.annotations.map(Into::into),
            icons: list(from.icons),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<Content> for types::Content {
    fn from(from: Content) -> Self {
        match from {
            Content::Text(content) => Self::Text(content.into()),
            Content::Image(content) => Self::Image(content.into()),
            Content::Audio(content) => Self::Audio(content.into()),
            Content::ResourceLink(resource) => Self::ResourceLink(resource.into()),
            Content::Embedded(resource) => Self::Embedded(resource.into()),
            Content::Other(object) => Self::Other(json(object)),
        }
    }
}

impl From<types::Role> for Role {
    fn from(role: types::Role) -> Self {
        match role {
            types::Role::User => Self::User,
            types::Role::Assistant => Self::Assistant,
        }
    }
}

impl From<types::Annotations> for Annotations {
    fn from(from: types::Annotations) -> Self {
        Self { audience: list(from.audience), priority: from.priority, last_modified: from.last_modified }
    }
}

impl From<types::Icon> for Icon {
    fn from(from: types::Icon) -> Self {
        Self { src: from.src, mime_type: from.mime_type, sizes: from.sizes, theme: from.theme }
    }
}

impl From<types::TextContent> for TextContent {
    fn from(from: types::TextContent) -> Self {
        Self { text: from.text, annotations: from.annotations.map(Into::into), meta: from.meta.as_deref().map(object) }
    }
}

impl From<types::MediaContent> for MediaContent {
    fn from(from: types::MediaContent) -> Self {
        Self {
            data: from.data,
            mime_type: from.mime_type,
            annotations: from.annotations.map(Into::into),
            meta: from.meta.as_deref().map(object),
        }
    }
}

impl From<types::ResourceContents> for ResourceContents {
    fn from(from: types::ResourceContents) -> Self {
        let body = match from.body {
            types::ResourceBody::Text(text) => ResourceBody::Text(text),
            types::ResourceBody::Blob(bytes) => ResourceBody::Blob(bytes),
        };
        Self { uri: from.uri, mime_type: from.mime_type, body, meta: from.meta.as_deref().map(object) }
    }
}

impl From<types::EmbeddedResource> for EmbeddedResource {
    fn from(from: types::EmbeddedResource) -> Self {
        Self {
            contents: from.contents.into(),
            annotations: from.annotations.map(Into::into),
            meta: from.meta.as_deref().map(object),
        }
    }
}

impl From<types::Resource> for Resource {
    // The interface says that a size is a whole number; one that is not is rounded, and none is negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn from(from: types::Resource) -> Self {
        Self {
            uri: from.uri,
            name: from.name,
            title: from.title,
            description: from.description,
            mime_type: from.mime_type,
            size: from.size.map(|size| size as u64),
            annotations: from.annotations.map(Into::into),
            icons: list(from.icons),
            meta: from.meta.as_deref().map(object),
            extra: from.extra.as_deref().map(object),
        }
    }
}

impl From<types::Content> for Content {
    fn from(from: types::Content) -> Self {
        match from {
            types::Content::Text(content) => Self::Text(content.into()),
            types::Content::Image(content) => Self::Image(content.into()),
            types::Content::Audio(content) => Self::Audio(content.into()),
            types::Content::ResourceLink(resource) => Self::ResourceLink(resource.into()),
            types::Content::Embedded(resource) => Self::Embedded(resource.into()),
            types::Content::Other(block) => Self::Other(object(&block)),
        }
    }
}
