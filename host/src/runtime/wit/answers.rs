//! Answers of a client, and errors, on their way into a guest.

use super::client::text;
use super::imports::client as wit;
use super::imports::types;
use crate::plugin::{
    Annotations, Answer, CallError, Content, Icon, MediaContent, Resource, ResourceBody, ResourceContents, Role,
    RpcError, Sample,
};

/// In the order of the questions.
pub fn answers(answers: Vec<Answer>) -> Vec<wit::Answer> {
    answers.into_iter().map(answer).collect()
}

fn answer(answer: Answer) -> wit::Answer {
    match answer {
        Answer::Accepted(fields) => wit::Answer::Accepted(text(&fields)),
        Answer::Declined => wit::Answer::Declined,
        Answer::Cancelled => wit::Answer::Cancelled,
        Answer::Sampled(sample) => wit::Answer::Sampled(self::sample(sample)),
        Answer::Roots(roots) => {
            wit::Answer::Roots(roots.into_iter().map(|root| wit::Root { uri: root.uri, name: root.name }).collect())
        }
        Answer::Other(value) => wit::Answer::Other(text(&value)),
        Answer::Refused(error) => wit::Answer::Refused(rpc_error(error)),
    }
}

fn sample(sample: Sample) -> wit::Sample {
    wit::Sample {
        role: role(sample.role),
        content: sample.content.into_iter().map(content).collect(),
        model: sample.model,
        stop_reason: sample.stop_reason,
    }
}

/// An error of the host's for the guest to hand on.
pub fn to_call_error(error: CallError) -> types::CallError {
    match error {
        CallError::Pending => types::CallError::Pending,
        CallError::Protocol(error) => types::CallError::Protocol(rpc_error(error)),
        CallError::InvalidArguments(message) => types::CallError::InvalidArguments(message),
        CallError::NotFound(what) => types::CallError::NotFound(what),
        other => types::CallError::Failed(other.to_string()),
    }
}

fn rpc_error(error: RpcError) -> types::RpcError {
    types::RpcError { code: error.code, message: error.message, data: error.data.as_ref().map(text) }
}

fn role(role: Role) -> types::Role {
    match role {
        Role::User => types::Role::User,
        Role::Assistant => types::Role::Assistant,
    }
}

fn content(content: Content) -> types::Content {
    match content {
        Content::Text(piece) => types::Content::Text(types::TextContent {
            text: piece.text,
            annotations: piece.annotations.map(annotations),
            meta: piece.meta.as_ref().map(text),
        }),
        Content::Image(piece) => types::Content::Image(media(piece)),
        Content::Audio(piece) => types::Content::Audio(media(piece)),
        Content::ResourceLink(link) => types::Content::ResourceLink(resource(link)),
        Content::Embedded(piece) => types::Content::Embedded(types::EmbeddedResource {
            contents: resource_contents(piece.contents),
            annotations: piece.annotations.map(annotations),
            meta: piece.meta.as_ref().map(text),
        }),
        Content::Other(object) => types::Content::Other(text(&object)),
    }
}

fn media(media: MediaContent) -> types::MediaContent {
    types::MediaContent {
        data: media.data,
        mime_type: media.mime_type,
        annotations: media.annotations.map(annotations),
        meta: media.meta.as_ref().map(text),
    }
}

fn resource(resource: Resource) -> types::Resource {
    #[expect(clippy::cast_precision_loss, reason = "sizes beyond 2^53 bytes do not occur")]
    let size = resource.size.map(|size| size as f64);
    types::Resource {
        uri: resource.uri,
        name: resource.name,
        title: resource.title,
        description: resource.description,
        mime_type: resource.mime_type,
        size,
        annotations: resource.annotations.map(annotations),
        icons: resource.icons.into_iter().map(icon).collect(),
        meta: resource.meta.as_ref().map(text),
        extra: resource.extra.as_ref().map(text),
    }
}

fn icon(icon: Icon) -> types::Icon {
    types::Icon { src: icon.src, mime_type: icon.mime_type, sizes: icon.sizes, theme: icon.theme }
}

fn resource_contents(contents: ResourceContents) -> types::ResourceContents {
    types::ResourceContents {
        uri: contents.uri,
        mime_type: contents.mime_type,
        body: match contents.body {
            ResourceBody::Text(text) => types::ResourceBody::Text(text),
            ResourceBody::Blob(bytes) => types::ResourceBody::Blob(bytes),
        },
        meta: contents.meta.as_ref().map(text),
    }
}

fn annotations(annotations: Annotations) -> types::Annotations {
    types::Annotations {
        audience: annotations.audience.into_iter().map(role).collect(),
        priority: annotations.priority,
        last_modified: annotations.last_modified,
    }
}
