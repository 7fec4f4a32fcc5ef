//! Content with everything on it that content can have.

use crate::bindings::pegboard::plugin::types::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    TextContent,
};

/// One of each kind.
pub fn every_kind() -> Vec<Content> {
    let media = |mime_type: &str| MediaContent {
        data: vec![0, 255],
        mime_type: mime_type.into(),
        annotations: Some(annotations()),
        meta: None,
    };
    vec![
        Content::Text(TextContent { text: "text".into(), annotations: Some(annotations()), meta: Some(meta()) }),
        Content::Image(media("image/png")),
        Content::Audio(media("audio/wav")),
        Content::ResourceLink(resource("puppet://note/1", "one")),
        Content::Embedded(EmbeddedResource {
            contents: ResourceContents {
                uri: "puppet://note/1".into(),
                mime_type: Some("text/plain".into()),
                body: ResourceBody::Text("embedded".into()),
                meta: Some(meta()),
            },
            annotations: Some(annotations()),
            meta: Some(meta()),
        }),
    ]
}

/// A resource as it is listed.
pub fn resource(uri: &str, name: &str) -> Resource {
    Resource {
        uri: uri.into(),
        name: name.into(),
        title: Some(format!("Resource {name}")),
        description: Some(format!("The resource {name}.")),
        mime_type: Some("text/plain".into()),
        size: Some(5.0),
        annotations: Some(annotations()),
        icons: vec![icon()],
        meta: Some(meta()),
        extra: None,
    }
}

/// A picture.
pub fn icon() -> Icon {
    Icon {
        src: "data:image/svg+xml,%3Csvg/%3E".into(),
        mime_type: Some("image/svg+xml".into()),
        sizes: vec!["any".into()],
        theme: Some("dark".into()),
    }
}

/// Hints.
pub fn annotations() -> Annotations {
    Annotations {
        audience: vec![Role::User, Role::Assistant],
        priority: Some(0.5),
        last_modified: Some("2026-01-12T15:00:58Z".into()),
    }
}

/// `_meta`.
pub fn meta() -> String {
    r#"{"example.com/k":1}"#.into()
}
