//! Prompts: templates of messages, which a person picks. [`macro@crate::prompt`] makes one of a function.

use std::borrow::Cow;
use std::fmt;

use crate::arguments::Arguments;
use crate::content::{Content, Icon, Object, Role};
use crate::context::Context;
use crate::error::{Error, Result};

/// A prompt as clients see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// What it is good for.
    pub description: Option<String>,
    /// The blanks, in the order in which to ask for them.
    pub arguments: Vec<PromptArgument>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

/// A blank in a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// What to fill in.
    pub description: Option<String>,
    /// Must it be filled in?
    pub required: bool,
}

/// One message of the conversation that a prompt begins.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// Who is to have said it.
    pub role: Role,
    /// What.
    pub content: Content,
}

impl PromptMessage {
    /// The person is to have said it.
    pub fn user(content: impl Into<Content>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// The model is to have said it.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// A prompt, filled in, in full: for what is more than messages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptResult {
    /// What this one is about.
    pub description: Option<String>,
    /// First message first.
    pub messages: Vec<PromptMessage>,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

impl PromptResult {
    /// A conversation.
    pub fn new(messages: impl IntoIterator<Item = PromptMessage>) -> Self {
        Self { messages: messages.into_iter().collect(), ..Self::default() }
    }

    /// Says what this one is about.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// What a prompt may return. Implemented for
///
/// - `String`, `&str`, `Cow<str>`, [`Content`]: one message of the user;
/// - [`PromptMessage`], and a `Vec` or an array of it: the conversation;
/// - [`PromptResult`]: all that can be said.
///
/// In a `Result` the error may be anything that can be displayed.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot return `{Self}`",
    label = "no result of a prompt",
    note = "return text, `Content`, one or several `PromptMessage`, or `PromptResult`",
    note = "in a `Result` the error must be `Display + 'static`"
)]
pub trait IntoPromptResult {
    /// Makes a conversation of it.
    ///
    /// # Errors
    /// What the prompt failed with.
    fn into_prompt_result(self) -> Result<PromptResult>;
}

macro_rules! into_prompt_result {
    ($($({$($generics:tt)+})? $type:ty: $value:ident => $messages:expr;)+) => { $(
        impl $(<$($generics)+>)? IntoPromptResult for $type {
            fn into_prompt_result(self) -> Result<PromptResult> {
                let $value = self;
                Ok(PromptResult::new($messages))
            }
        }
    )+ };
}

into_prompt_result! {
    String: text => [PromptMessage::user(text)];
    &str: text => [PromptMessage::user(text)];
    Cow<'_, str>: text => [PromptMessage::user(text.into_owned())];
    Content: content => [PromptMessage::user(content)];
    PromptMessage: message => [message];
    Vec<PromptMessage>: messages => messages;
    {const N: usize} [PromptMessage; N]: messages => messages;
}

impl IntoPromptResult for PromptResult {
    fn into_prompt_result(self) -> Result<PromptResult> {
        Ok(self)
    }
}

impl<T: IntoPromptResult, E: fmt::Display + 'static> IntoPromptResult for Result<T, E> {
    fn into_prompt_result(self) -> Result<PromptResult> {
        self.map_err(Error::from_any)?.into_prompt_result()
    }
}

/// One prompt: the attribute on a function makes it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct PromptItem {
    pub name: &'static str,
    pub describe: fn() -> Result<Prompt, String>,
    pub get: fn(&Context, &Arguments) -> Result<PromptResult>,
}

/// Prompts as the attribute knows them.
pub(crate) fn described(name: &str, title: &str, doc: &str, arguments: Vec<PromptArgument>) -> Prompt {
    Prompt {
        name: name.to_owned(),
        title: Some(title.to_owned()),
        description: Some(crate::schema::reflow(doc)),
        arguments,
        ..Prompt::default()
    }
}
