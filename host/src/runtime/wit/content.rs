//! Content blocks and what is in them.

use super::json::{self, Malformed};
use super::{CallError, imports::types as wit};
use crate::plugin::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    RpcError, TextContent,
};

pub(super) fn contents(list: Vec<wit::Content>) -> Result<Vec<Content>, Malformed> {
    list.into_iter()
        .enumerate()
        .map(|(index, one)| content(one).map_err(|error| error.within(format_args!("content[{index}]"))))
        .collect()
}

pub(super) fn content(content: wit::Content) -> Result<Content, Malformed> {
    Ok(match content {
        wit::Content::Text(text) => Content::Text(TextContent {
            text: text.text,
            annotations: annotations(text.annotations)?,
            meta: json::optional_object("meta", text.meta)?,
        }),
        wit::Content::Image(image) => Content::Image(media(image)?),
        wit::Content::Audio(audio) => Content::Audio(media(audio)?),
        wit::Content::ResourceLink(link) => Content::ResourceLink(resource(link)?),
        wit::Content::Embedded(embedded) => Content::Embedded(EmbeddedResource {
            contents: resource_contents(embedded.contents)?,
            annotations: annotations(embedded.annotations)?,
            meta: json::optional_object("meta", embedded.meta)?,
        }),
        wit::Content::Other(text) => Content::Other(json::object("other", &text)?),
    })
}

fn media(media: wit::MediaContent) -> Result<MediaContent, Malformed> {
    Ok(MediaContent {
        data: media.data,
        mime_type: media.mime_type,
        annotations: annotations(media.annotations)?,
        meta: json::optional_object("meta", media.meta)?,
    })
}

pub(super) fn resource(resource: wit::Resource) -> Result<Resource, Malformed> {
    Ok(Resource {
        uri: resource.uri,
        name: resource.name,
        title: resource.title,
        description: resource.description,
        mime_type: resource.mime_type,
        size: resource.size.map(|size| json::size("size", size)).transpose()?,
        annotations: annotations(resource.annotations)?,
        icons: icons(resource.icons),
        meta: json::optional_object("meta", resource.meta)?,
        extra: json::optional_object("extra", resource.extra)?,
    })
}

pub(super) fn resource_contents(contents: wit::ResourceContents) -> Result<ResourceContents, Malformed> {
    Ok(ResourceContents {
        uri: contents.uri,
        mime_type: contents.mime_type,
        body: match contents.body {
            wit::ResourceBody::Text(text) => ResourceBody::Text(text),
            wit::ResourceBody::Blob(bytes) => ResourceBody::Blob(bytes),
        },
        meta: json::optional_object("meta", contents.meta)?,
    })
}

pub(super) fn annotations(annotations: Option<wit::Annotations>) -> Result<Option<Annotations>, Malformed> {
    let Some(annotations) = annotations else { return Ok(None) };
    if let Some(priority) = annotations.priority.filter(|priority| !(0.0..=1.0).contains(priority)) {
        return Err(Malformed::new("annotations.priority", format!("must be from 0 to 1, not {priority}")));
    }
    Ok(Some(Annotations {
        audience: annotations.audience.into_iter().map(role).collect(),
        priority: annotations.priority,
        last_modified: annotations.last_modified,
    }))
}

pub(super) fn role(role: wit::Role) -> Role {
    match role {
        wit::Role::User => Role::User,
        wit::Role::Assistant => Role::Assistant,
    }
}

pub(super) fn icons(icons: Vec<wit::Icon>) -> Vec<Icon> {
    icons
        .into_iter()
        .map(|icon| Icon { src: icon.src, mime_type: icon.mime_type, sizes: icon.sizes, theme: icon.theme })
        .collect()
}

/// What a guest failed with.
pub(super) fn call_error(error: wit::CallError) -> CallError {
    match error {
        wit::CallError::Failed(message) => CallError::Failed(message),
        wit::CallError::InvalidArguments(message) => CallError::InvalidArguments(message),
        wit::CallError::NotFound(what) => CallError::NotFound(what),
        wit::CallError::Protocol(error) => match error.data.map(|data| json::value("data", &data)).transpose() {
            Ok(data) => CallError::Protocol(RpcError { code: error.code, message: error.message, data }),
            Err(error) => error.within("its protocol error").into(),
        },
        wit::CallError::Pending => CallError::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(meta: Option<&str>) -> wit::Content {
        wit::Content::Text(wit::TextContent { text: "hi".into(), annotations: None, meta: meta.map(Into::into) })
    }

    #[test]
    fn the_place_of_a_bad_block_is_named() {
        let error = contents(vec![text(Some("{}")), text(Some("7"))]).unwrap_err();
        assert_eq!(error.to_string(), "content[1]: meta must be a JSON object, not a number");
    }

    #[test]
    fn a_priority_is_from_0_to_1() {
        let with = |priority| wit::Annotations { audience: vec![], priority: Some(priority), last_modified: None };
        assert!(annotations(Some(with(0.5))).is_ok());
        assert!(annotations(Some(with(1.5))).is_err());
        assert!(annotations(Some(with(f64::NAN))).is_err());
    }
}
