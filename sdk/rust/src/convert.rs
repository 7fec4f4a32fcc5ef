//! Between this crate's types and the generated ones. The only file that names both.

use serde_json::Value;

use crate::bindings::pegboard::plugin::{client, types};
use crate::bindings::tools::exports::pegboard::plugin::tools;
use crate::content::{
    Annotations, Content, EmbeddedResource, Icon, MediaContent, Object, Resource, ResourceBody, ResourceContents, Role,
    TextContent,
};
use crate::context::{Call, LogLevel, Peer, Principal, Trace};
use crate::error::{Error, RpcError};
use crate::result::ToolResult;
use crate::tool::{TaskSupport, Tool, ToolAnnotations};

fn json(object: Object) -> String {
    Value::Object(object).to_string()
}

/// An object that the host sent; the host's word that it is one holds.
fn object(json: &str) -> Object {
    serde_json::from_str(json).unwrap_or_default()
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn list<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(Into::into).collect()
}

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

impl From<RpcError> for types::RpcError {
    fn from(from: RpcError) -> Self {
        Self { code: from.code, message: from.message, data: from.data.map(|data| data.to_string()) }
    }
}

impl From<Error> for types::CallError {
    fn from(from: Error) -> Self {
        match from {
            Error::Failed(message) => Self::Failed(message),
            Error::InvalidArguments(message) => Self::InvalidArguments(message),
            Error::NotFound(what) => Self::NotFound(what),
            Error::Protocol(error) => Self::Protocol(error.into()),
            Error::Pending => Self::Pending,
        }
    }
}

impl From<TaskSupport> for tools::TaskSupport {
    fn from(from: TaskSupport) -> Self {
        match from {
            TaskSupport::Forbidden => Self::Forbidden,
            TaskSupport::Optional => Self::Optional,
            TaskSupport::Required => Self::Required,
        }
    }
}

impl From<ToolAnnotations> for tools::ToolAnnotations {
    fn from(from: ToolAnnotations) -> Self {
        Self {
            read_only: from.read_only,
            destructive: from.destructive,
            idempotent: from.idempotent,
            open_world: from.open_world,
        }
    }
}

impl From<Tool> for tools::Tool {
    fn from(from: Tool) -> Self {
        Self {
            name: from.name,
            title: from.title,
            description: from.description,
            input_schema: json(from.input_schema),
            output_schema: from.output_schema.map(json),
            annotations: (from.annotations != ToolAnnotations::default()).then(|| from.annotations.into()),
            icons: list(from.icons),
            task_support: from.task_support.map(Into::into),
            needs: from.needs.map(json),
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<ToolResult> for tools::ToolResult {
    fn from(from: ToolResult) -> Self {
        Self {
            content: list(from.content),
            structured_content: from.structured_content,
            is_error: from.is_error,
            meta: from.meta.map(json),
            extra: from.extra.map(json),
        }
    }
}

impl From<LogLevel> for client::LogLevel {
    fn from(from: LogLevel) -> Self {
        match from {
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Notice => Self::Notice,
            LogLevel::Warning => Self::Warning,
            LogLevel::Error => Self::Error,
            LogLevel::Critical => Self::Critical,
            LogLevel::Alert => Self::Alert,
            LogLevel::Emergency => Self::Emergency,
        }
    }
}

impl From<client::LogLevel> for LogLevel {
    fn from(from: client::LogLevel) -> Self {
        match from {
            client::LogLevel::Debug => Self::Debug,
            client::LogLevel::Info => Self::Info,
            client::LogLevel::Notice => Self::Notice,
            client::LogLevel::Warning => Self::Warning,
            client::LogLevel::Error => Self::Error,
            client::LogLevel::Critical => Self::Critical,
            client::LogLevel::Alert => Self::Alert,
            client::LogLevel::Emergency => Self::Emergency,
        }
    }
}

impl From<client::Peer> for Peer {
    fn from(from: client::Peer) -> Self {
        Self { name: from.name, version: from.version, title: from.title }
    }
}

impl From<client::Principal> for Principal {
    fn from(from: client::Principal) -> Self {
        Self { subject: from.subject, issuer: from.issuer, scopes: from.scopes, claims: object(&from.claims) }
    }
}

impl From<client::Trace> for Trace {
    fn from(from: client::Trace) -> Self {
        Self { parent: from.parent, state: from.state, baggage: from.baggage }
    }
}

impl From<client::CallContext> for Call {
    fn from(from: client::CallContext) -> Self {
        Self {
            protocol_version: from.protocol_version,
            client: from.client.map(Into::into),
            capabilities: object(&from.capabilities),
            session: from.session,
            principal: from.principal.map(Into::into),
            request_id: value(&from.request_id),
            trace: from.trace.map(Into::into),
            wants_progress: from.wants_progress,
            log_level: from.log_level.map(Into::into),
            meta: object(&from.meta),
            extra: object(&from.extra),
        }
    }
}
