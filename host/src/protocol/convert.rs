//! From the vocabulary of plugins to MCP's JSON. The only place that knows how the wire spells things.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::version::{Era, REVISIONS, Revision};
use crate::plugin::{
    Annotations, Content, Icon, JsonObject, LogMessage, MediaContent, Message, Plugin, Progress, PromptOutput,
    ReadOutput, Resource, ResourceBody, ResourceContents, ResourceTemplate, Role, SampleRequest, ToolOutput,
};
use crate::registry::{Prompt, Tool};

/// What the keys of `_meta` begin with that the host writes, and no plugin. It is a prefix as MCP has them, of one
/// label: there is no domain to name.
const META_PREFIX: &str = "pegboard/";

/// A tool as `tools/list` shows it.
pub(super) fn tool(tool: &Tool, revision: &Revision) -> Value {
    let spec = &tool.entry.spec;
    let mut out = Members::beside(spec.extra.as_ref());
    out.set("name", &*tool.name);
    if revision.titles_and_structured_content {
        out.set_some("title", spec.title.as_deref());
        out.set_some("outputSchema", spec.output_schema.clone());
    }
    out.set("description", spec.description.as_str());
    out.set("inputSchema", spec.input_schema.clone());
    if let (Some(hints), true) = (&spec.annotations, revision.audio_and_annotations) {
        let mut annotations = Members::default();
        // 2025-03-26 has a tool's title here alone; later revisions have it in both places.
        annotations.set_some("title", spec.title.as_deref());
        annotations.set_some("readOnlyHint", hints.read_only);
        annotations.set_some("destructiveHint", hints.destructive);
        annotations.set_some("idempotentHint", hints.idempotent);
        annotations.set_some("openWorldHint", hints.open_world);
        out.set("annotations", annotations);
    }
    if revision.icons {
        out.set_list("icons", spec.icons.iter().map(icon));
    }
    out.set("_meta", with_origin(spec.meta.as_ref(), &**tool.plugin()));
    out.into()
}

/// A tool's result.
pub(super) fn tool_output(output: ToolOutput, revision: &Revision) -> JsonObject {
    let mut out = Members::beside(output.extra.as_ref());
    out.set("content", output.content.into_iter().map(|piece| content(piece, revision)).collect::<Vec<_>>());
    if revision.titles_and_structured_content {
        out.set_some("structuredContent", output.structured_content);
    }
    // Always said, so that no client has to know the default.
    out.set("isError", output.is_error);
    out.set_some("_meta", output.meta.map(without_origin));
    out.0
}

/// A prompt as `prompts/list` shows it.
pub(super) fn prompt(prompt: &Prompt, revision: &Revision) -> Value {
    let spec = &prompt.entry.spec;
    let mut out = Members::beside(spec.extra.as_ref());
    out.set("name", &*prompt.name);
    if revision.titles_and_structured_content {
        out.set_some("title", spec.title.as_deref());
    }
    out.set_some("description", spec.description.as_deref());
    out.set_list(
        "arguments",
        spec.arguments.iter().map(|argument| {
            let mut out = Members::default();
            out.set("name", argument.name.as_str());
            if revision.titles_and_structured_content {
                out.set_some("title", argument.title.as_deref());
            }
            out.set_some("description", argument.description.as_deref());
            out.set("required", argument.required);
            out.into()
        }),
    );
    if revision.icons {
        out.set_list("icons", spec.icons.iter().map(icon));
    }
    out.set("_meta", with_origin(spec.meta.as_ref(), &**prompt.plugin()));
    out.into()
}

/// A prompt, filled in.
pub(super) fn prompt_output(output: PromptOutput, revision: &Revision) -> JsonObject {
    let mut out = Members::beside(output.extra.as_ref());
    out.set_some("description", output.description);
    let message = |message: Message| json!({"role": role(message.role), "content": content(message.content, revision)});
    out.set("messages", output.messages.into_iter().map(message).collect::<Vec<_>>());
    out.set_some("_meta", output.meta.map(without_origin));
    out.0
}

/// A resource template as `resources/templates/list` shows it.
pub(super) fn resource_template(template: &ResourceTemplate, plugin: &dyn Plugin, revision: &Revision) -> Value {
    let mut out = Members::beside(template.extra.as_ref());
    out.set("uriTemplate", template.uri_template.as_str());
    out.set("name", template.name.as_str());
    if revision.titles_and_structured_content {
        out.set_some("title", template.title.as_deref());
    }
    out.set_some("description", template.description.as_deref());
    out.set_some("mimeType", template.mime_type.as_deref());
    out.set_some("annotations", template.annotations.as_ref().map(|hints| annotations(hints, revision)));
    if revision.icons {
        out.set_list("icons", template.icons.iter().map(icon));
    }
    out.set("_meta", with_origin(template.meta.as_ref(), plugin));
    out.into()
}

/// A resource as `resources/list` shows it.
pub(super) fn resource(resource: Resource, revision: &Revision) -> Value {
    resource_members(resource, revision).into()
}

/// What was read.
pub(super) fn read_output(output: ReadOutput, revision: &Revision) -> JsonObject {
    let mut out = Members::beside(output.extra.as_ref());
    out.set("contents", output.contents.into_iter().map(resource_contents).collect::<Vec<_>>());
    if revision.era == Era::Modern {
        // What a plugin reads may be another for each caller, and at each time.
        out.set("ttlMs", 0);
        out.set("cacheScope", "private");
    }
    out.set_some("_meta", output.meta.map(without_origin));
    out.0
}

/// The `params` of `sampling/createMessage`.
pub(super) fn sample_request(request: &SampleRequest) -> JsonObject {
    let newest = &REVISIONS[0];
    let mut out = Members::beside(request.extra.as_ref());
    let messages = request.messages.iter().map(|message| {
        // A list of pieces is not older than 2025-11-25; one piece is understood by all.
        let mut pieces: Vec<_> = message.content.iter().cloned().map(|piece| content(piece, newest)).collect();
        let content = if pieces.len() == 1 { pieces.remove(0) } else { pieces.into() };
        json!({"role": role(message.role), "content": content})
    });
    out.set("messages", messages.collect::<Vec<_>>());
    out.set_some("systemPrompt", request.system_prompt.as_deref());
    out.set("maxTokens", request.max_tokens);
    out.0
}

/// A role as a client writes it.
pub(super) fn role_from_json(role: &Value) -> Option<Role> {
    match role.as_str()? {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    }
}

/// The content of a client's message: one block, or several. Blocks of kinds that plugins have no type for stay as
/// they are.
pub(super) fn contents_from_json(content: &Value) -> Option<Vec<Content>> {
    let block = |block: &Value| {
        let block = block.as_object()?;
        let text = |key: &str| block.get(key).and_then(Value::as_str);
        let media = || {
            let data = BASE64.decode(text("data")?).ok()?;
            Some(MediaContent { data, mime_type: text("mimeType")?.to_owned(), annotations: None, meta: None })
        };
        Some(match text("type")? {
            "text" => Content::text(text("text")?),
            "image" => Content::Image(media()?),
            "audio" => Content::Audio(media()?),
            _ => Content::Other(block.clone()),
        })
    };
    match content {
        Value::Array(blocks) => blocks.iter().map(block).collect(),
        one => Some(vec![block(one)?]),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// A content block.
fn content(content: Content, revision: &Revision) -> Value {
    let mut out = Members::default();
    match content {
        Content::Text(text) => {
            out.set("type", "text");
            out.set("text", text.text);
            out.set_some("annotations", text.annotations.as_ref().map(|hints| annotations(hints, revision)));
            out.set_some("_meta", text.meta);
        }
        Content::Image(media) => media_content("image", media, revision, &mut out),
        Content::Audio(media) if revision.audio_and_annotations => media_content("audio", media, revision, &mut out),
        Content::Audio(media) => {
            out.set("type", "text");
            out.set("text", format!("Audio that {} cannot carry: {}", revision.name, media.mime_type));
        }
        Content::ResourceLink(link) if revision.resource_links => {
            out = resource_members(link, revision);
            out.set("type", "resource_link");
        }
        Content::ResourceLink(link) => {
            out.set("type", "text");
            out.set("text", format!("{}: {}", link.name, link.uri));
        }
        Content::Embedded(embedded) => {
            out.set("type", "resource");
            out.set("resource", resource_contents(embedded.contents));
            out.set_some("annotations", embedded.annotations.as_ref().map(|hints| annotations(hints, revision)));
            out.set_some("_meta", embedded.meta);
        }
        Content::Other(object) => return Value::Object(object),
    }
    out.into()
}

fn media_content(kind: &str, media: MediaContent, revision: &Revision, out: &mut Members) {
    out.set("type", kind);
    out.set("data", BASE64.encode(media.data));
    out.set("mimeType", media.mime_type);
    out.set_some("annotations", media.annotations.as_ref().map(|hints| annotations(hints, revision)));
    out.set_some("_meta", media.meta);
}

fn resource_members(resource: Resource, revision: &Revision) -> Members {
    let mut out = Members::beside(resource.extra.as_ref());
    out.set("uri", resource.uri);
    out.set("name", resource.name);
    if revision.titles_and_structured_content {
        out.set_some("title", resource.title);
    }
    out.set_some("description", resource.description);
    out.set_some("mimeType", resource.mime_type);
    out.set_some("size", resource.size);
    out.set_some("annotations", resource.annotations.as_ref().map(|hints| annotations(hints, revision)));
    if revision.icons {
        out.set_list("icons", resource.icons.iter().map(icon));
    }
    out.set_some("_meta", resource.meta.map(without_origin));
    out
}

fn resource_contents(contents: ResourceContents) -> Value {
    let mut out = Members::default();
    out.set("uri", contents.uri);
    out.set_some("mimeType", contents.mime_type);
    match contents.body {
        ResourceBody::Text(text) => out.set("text", text),
        ResourceBody::Blob(bytes) => out.set("blob", BASE64.encode(bytes)),
    }
    out.set_some("_meta", contents.meta);
    out.into()
}

fn annotations(hints: &Annotations, revision: &Revision) -> Value {
    let mut out = Members::default();
    out.set_list("audience", hints.audience.iter().map(|reader| role(*reader).into()));
    out.set_some("priority", hints.priority);
    if revision.titles_and_structured_content {
        out.set_some("lastModified", hints.last_modified.as_deref());
    }
    out.into()
}

fn icon(icon: &Icon) -> Value {
    let mut out = Members::default();
    out.set("src", icon.src.as_str());
    out.set_some("mimeType", icon.mime_type.as_deref());
    out.set_list("sizes", icon.sizes.iter().map(|size| json!(size)));
    out.set_some("theme", icon.theme.as_deref());
    out.into()
}

/// The `params` of `notifications/progress`.
pub(super) fn progress(token: &Value, progress: Progress, revision: &Revision) -> JsonObject {
    let mut out = Members::default();
    out.set("progressToken", token.clone());
    out.set("progress", number(progress.done));
    out.set_some("total", progress.total.map(number));
    if revision.audio_and_annotations {
        out.set_some("message", progress.message);
    }
    out.0
}

/// The `params` of `notifications/message`.
pub(super) fn log(message: LogMessage) -> JsonObject {
    let mut out = Members::default();
    out.set("level", json!(message.level));
    out.set_some("logger", message.logger);
    out.set("data", message.data);
    out.0
}

/// A whole number without a fraction: `50`, not `50.0`, which some clients take for another type.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { json!(value as i64) } else { json!(value) }
}

/// Members about which a field of the interface decides, also where it says nothing, or the host. If `extra` could set
/// them, a plugin could pose as the host: ask a user without having been allowed to, or promise what nobody enforces.
const SPOKEN_FOR: [&str; 28] = [
    "_meta",
    "annotations",
    "arguments",
    "cacheScope",
    "content",
    "contents",
    "description",
    "execution",
    "icons",
    "inputRequests",
    "inputSchema",
    "isError",
    "maxTokens",
    "messages",
    "mimeType",
    "name",
    "nextCursor",
    "outputSchema",
    "requestState",
    "resultType",
    "size",
    "structuredContent",
    "systemPrompt",
    "task",
    "title",
    "ttlMs",
    "uri",
    "uriTemplate",
];

/// The members of an object, in the order in which they are first set.
#[derive(Default)]
struct Members(JsonObject);

impl Members {
    /// Begins with `extra`, without what it has no say about.
    fn beside(extra: Option<&JsonObject>) -> Self {
        let mut members = extra.cloned().unwrap_or_default();
        members.retain(|name, _| !SPOKEN_FOR.contains(&name.as_str()));
        Self(members)
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn set_some<T: Into<Value>>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn set_list(&mut self, name: &str, values: impl ExactSizeIterator<Item = Value>) {
        if values.len() > 0 {
            self.set(name, values.collect::<Vec<_>>());
        }
    }
}

impl From<Members> for Value {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}

/// The `_meta` of something that is listed: what its plugin says, and which plugin that is, in which version. A client
/// can show it, or ask its user again when another file stands behind a name.
fn with_origin(meta: Option<&JsonObject>, plugin: &dyn Plugin) -> JsonObject {
    let mut meta = meta.cloned().map(without_origin).unwrap_or_default();
    meta.insert(format!("{META_PREFIX}plugin"), plugin.id().as_str().into());
    meta.insert(format!("{META_PREFIX}digest"), format!("sha256:{}", plugin.digest()).into());
    meta
}

/// What a plugin says, without what only the host may.
fn without_origin(mut meta: JsonObject) -> JsonObject {
    meta.retain(|key, _| !key.starts_with(META_PREFIX));
    meta
}

/// Puts `value` under `key` into the object's `_meta`, beside what is there.
pub(super) fn set_meta(object: &mut JsonObject, key: &str, value: Value) {
    match object.entry("_meta").or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(meta) => {
            meta.insert(key.to_owned(), value);
        }
        other => *other = json!({key: value}),
    }
}

#[cfg(test)]
mod tests;
