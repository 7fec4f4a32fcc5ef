//! What a plugin says of its prompts, and a prompt that was filled in.

use serde::Serialize;

use super::{Content, Icon, JsonObject, Role};

/// A blank in a prompt; its value is always text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// What to fill in.
    pub description: Option<String>,
    /// A call without it is refused.
    pub required: bool,
}

/// A prompt as its plugin describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptSpec {
    /// The plugin's own name for it.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// What it is good for.
    pub description: Option<String>,
    /// The blanks, in order.
    pub arguments: Vec<PromptArgument>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who is to have said it.
    pub role: Role,
    /// What.
    pub content: Content,
}

/// A prompt, filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptOutput {
    /// What this one is about.
    pub description: Option<String>,
    /// The conversation, first message first.
    pub messages: Vec<Message>,
    /// `_meta`.
    pub meta: Option<JsonObject>,
    /// Further members; a field above wins over one of the same name.
    pub extra: Option<JsonObject>,
}
