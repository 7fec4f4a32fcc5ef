//! Suggestions while a person fills in a prompt's argument or a template's variable.

/// A named text: a prompt's argument, or one being completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What was filled in, or typed so far.
    pub value: String,
}

/// What is being filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionTarget {
    /// A prompt, by the plugin's own name.
    Prompt(String),
    /// A resource template, by its URI template.
    ResourceTemplate(String),
}

/// Suggestions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The best first.
    pub values: Vec<String>,
    /// How many there are in all, if known.
    pub total: Option<u32>,
    /// There are more than these.
    pub has_more: bool,
}
