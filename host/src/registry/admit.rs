//! What a plugin must be to be listed at all.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::header_params::{self, HeaderParam};
use super::snapshot::Named;
use super::uri_template::UriTemplate;
use crate::plugin::{Listing, Plugin, PromptSpec, ResourceTemplate, ToolSpec};
use crate::schema::{InvalidSchema, Schema};

/// The most tools of one plugin, the most prompts, and the most resource templates.
const MAX_LISTED: usize = 256;
/// The most arguments of a prompt.
const MAX_PROMPT_ARGUMENTS: usize = 64;
/// The most characters of a tool's or a prompt's name.
pub(super) const MAX_NAME_LEN: usize = 64;
/// The most bytes of a title.
const MAX_TITLE_BYTES: usize = 256;
/// The most bytes of a description.
const MAX_DESCRIPTION_BYTES: usize = 16 * 1024;

/// A tool with all that a call of it needs, made once.
#[derive(Debug)]
pub struct ToolEntry {
    /// As the plugin describes it.
    pub spec: ToolSpec,
    /// The plugin's own name for it.
    pub own_name: Arc<str>,
    /// Checks arguments.
    pub input: Schema,
    /// Checks structured content.
    pub output: Option<Schema>,
    /// Arguments that clients mirror into headers.
    pub header_params: Vec<HeaderParam>,
}

impl Named for ToolEntry {
    fn own_name(&self) -> &Arc<str> {
        &self.own_name
    }

    fn is_listed_like(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

/// A prompt that can be listed.
#[derive(Debug)]
pub struct PromptEntry {
    /// As the plugin describes it.
    pub spec: PromptSpec,
    /// The plugin's own name for it.
    pub own_name: Arc<str>,
}

impl Named for PromptEntry {
    fn own_name(&self) -> &Arc<str> {
        &self.own_name
    }

    fn is_listed_like(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

/// A resource template that can be listed.
#[derive(Debug)]
pub struct TemplateEntry {
    /// As the plugin describes it.
    pub spec: ResourceTemplate,
    /// Tells which URIs it stands for.
    pub template: UriTemplate,
}

/// A plugin of which all that it offers can be listed.
pub struct Admitted {
    plugin: Arc<dyn Plugin>,
    has_resources: bool,
    has_completions: bool,
    tools: Vec<Arc<ToolEntry>>,
    prompts: Vec<Arc<PromptEntry>>,
    resource_templates: Vec<Arc<TemplateEntry>>,
}

/// Why what a plugin offers cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too many of one kind.
    #[error("it lists {count} {kind}s; at most {MAX_LISTED} are taken")]
    TooMany {
        /// Of what.
        kind: Kind,
        /// How many.
        count: usize,
    },
    /// Claude and other clients drop a whole server for one bad name.
    #[error("{kind} name {name:?}: a name has 1 to {MAX_NAME_LEN} of a-z, A-Z, 0-9, _ and -")]
    BadName {
        /// Of what.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// The same name again, or the same template.
    #[error("it lists the {kind} `{name}` twice")]
    Duplicate {
        /// Of what.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// Something about one of them.
    #[error("{kind} `{name}`: {what}")]
    Bad {
        /// What it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A schema that cannot be used.
    #[error("tool `{tool}`: its {which} schema is invalid: {error}")]
    BadSchema {
        /// The tool.
        tool: String,
        /// `input` or `output`.
        which: &'static str,
        /// Where and why.
        error: InvalidSchema,
    },
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Tool,
    Prompt,
    ResourceTemplate,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::ResourceTemplate => "resource template",
        })
    }
}

impl Admitted {
    /// Checks what `plugin` lists, and compiles its schemas and templates.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(plugin: Arc<dyn Plugin>, listing: Listing) -> Result<Self, Refusal> {
        let Listing { tools, prompts, resource_templates, resources, completions } = listing;
        let tools = distinct(Kind::Tool, tools, |spec| &spec.name, tool_entry)?;
        let prompts = distinct(Kind::Prompt, prompts, |spec| &spec.name, prompt_entry)?;
        let kind = Kind::ResourceTemplate;
        let resource_templates = distinct(kind, resource_templates, |spec| &spec.uri_template, template_entry)?;
        Ok(Self { plugin, has_resources: resources, has_completions: completions, tools, prompts, resource_templates })
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Arc<dyn Plugin> {
        &self.plugin
    }

    /// Is this what `listing` says?
    #[must_use]
    pub fn lists(&self, listing: &Listing) -> bool {
        self.has_resources == listing.resources
            && self.has_completions == listing.completions
            && self.tools.iter().map(|entry| &entry.spec).eq(&listing.tools)
            && self.prompts.iter().map(|entry| &entry.spec).eq(&listing.prompts)
            && self.resource_templates.iter().map(|entry| &entry.spec).eq(&listing.resource_templates)
    }

    /// Its tools, in its order.
    #[must_use]
    pub fn tools(&self) -> &[Arc<ToolEntry>] {
        &self.tools
    }

    /// What will trouble some clients, though it is allowed; a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let choices = |schema: &Value| ["anyOf", "allOf", "oneOf"].into_iter().find(|key| schema.get(key).is_some());
        let troubled = self.tools.iter().filter_map(|tool| {
            let keyword = choices(&tool.spec.input_schema)?;
            Some(format!(
                "tool `{}`: its input schema has `{keyword}` at the top, for which Claude refuses it",
                tool.own_name
            ))
        });
        troubled.collect()
    }

    /// Its prompts, in its order.
    #[must_use]
    pub fn prompts(&self) -> &[Arc<PromptEntry>] {
        &self.prompts
    }

    /// Its resource templates, in its order.
    #[must_use]
    pub fn resource_templates(&self) -> &[Arc<TemplateEntry>] {
        &self.resource_templates
    }

    /// Can it be asked for resources?
    #[must_use]
    pub fn has_resources(&self) -> bool {
        self.has_resources
    }

    /// Does it suggest values for arguments?
    #[must_use]
    pub fn has_completions(&self) -> bool {
        self.has_completions
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted")
            .field("id", self.plugin.id())
            .field("digest", self.plugin.digest())
            .finish_non_exhaustive()
    }
}

/// Makes an entry of each, of which there are not too many, and none twice.
fn distinct<S, E>(
    kind: Kind,
    specs: Vec<S>,
    name: impl Fn(&S) -> &String,
    entry: impl Fn(S) -> Result<E, Refusal>,
) -> Result<Vec<Arc<E>>, Refusal> {
    if specs.len() > MAX_LISTED {
        return Err(Refusal::TooMany { kind, count: specs.len() });
    }
    let mut names = HashSet::new();
    let entries = specs.into_iter().map(|spec| {
        if !names.insert(name(&spec).clone()) {
            return Err(Refusal::Duplicate { kind, name: name(&spec).clone() });
        }
        entry(spec).map(Arc::new)
    });
    entries.collect()
}

fn tool_entry(spec: ToolSpec) -> Result<ToolEntry, Refusal> {
    check_name(Kind::Tool, &spec.name)?;
    let bad = |what| Refusal::Bad { kind: Kind::Tool, name: spec.name.clone(), what };
    if spec.description.trim().is_empty() {
        return Err(bad("its description is empty: a model would not know when to use it".to_owned()));
    }
    check_texts(spec.title.as_deref(), Some(&spec.description)).map_err(bad)?;
    let bad_schema = |which, error| Refusal::BadSchema { tool: spec.name.clone(), which, error };
    let input = input_schema(&spec.input_schema).map_err(|error| bad_schema("input", error))?;
    let output = spec.output_schema.as_ref().map(output_schema).transpose();
    let output = output.map_err(|error| bad_schema("output", error))?;
    let header_params = header_params::of(&spec.input_schema).map_err(bad)?;
    Ok(ToolEntry { own_name: spec.name.as_str().into(), spec, input, output, header_params })
}

fn prompt_entry(spec: PromptSpec) -> Result<PromptEntry, Refusal> {
    check_name(Kind::Prompt, &spec.name)?;
    let bad = |what| Refusal::Bad { kind: Kind::Prompt, name: spec.name.clone(), what };
    check_texts(spec.title.as_deref(), spec.description.as_deref()).map_err(bad)?;
    if spec.arguments.len() > MAX_PROMPT_ARGUMENTS {
        let count = spec.arguments.len();
        return Err(bad(format!("it has {count} arguments; at most {MAX_PROMPT_ARGUMENTS} are taken")));
    }
    let mut names = HashSet::new();
    for argument in &spec.arguments {
        let name = &argument.name;
        if name.is_empty() || name.len() > MAX_TITLE_BYTES || !names.insert(name) {
            return Err(bad(format!("its argument {name:.64?} has a name that is empty, too long or there twice")));
        }
        check_texts(argument.title.as_deref(), argument.description.as_deref())
            .map_err(|what| bad(format!("its argument `{name}`: {what}")))?;
    }
    Ok(PromptEntry { own_name: spec.name.as_str().into(), spec })
}

fn template_entry(spec: ResourceTemplate) -> Result<TemplateEntry, Refusal> {
    let name = format!("{:.200}", spec.uri_template);
    let bad = |what| Refusal::Bad { kind: Kind::ResourceTemplate, name: name.clone(), what };
    check_texts(spec.title.as_deref(), spec.description.as_deref()).map_err(bad)?;
    check_texts(Some(&spec.name), None).map_err(bad)?;
    let template = UriTemplate::new(&spec.uri_template).map_err(bad)?;
    Ok(TemplateEntry { spec, template })
}

fn check_name(kind: Kind, name: &str) -> Result<(), Refusal> {
    if is_name(name) { Ok(()) } else { Err(Refusal::BadName { kind, name: name.to_owned() }) }
}

/// `^[a-zA-Z0-9_-]{1,64}$`.
pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn check_texts(title: Option<&str>, description: Option<&str>) -> Result<(), String> {
    for (what, text, max) in [("title", title, MAX_TITLE_BYTES), ("description", description, MAX_DESCRIPTION_BYTES)] {
        let len = text.map_or(0, str::len);
        if len > max {
            return Err(format!("its {what} has {len} bytes; at most {max} are taken"));
        }
    }
    Ok(())
}

fn input_schema(schema: &Value) -> Result<Schema, InvalidSchema> {
    if schema.get("type") != Some(&Value::from("object")) {
        let reason = "the schema of arguments must be an object with \"type\": \"object\"".to_owned();
        return Err(InvalidSchema { path: String::new(), reason });
    }
    Schema::compile(schema)
}

fn output_schema(schema: &Value) -> Result<Schema, InvalidSchema> {
    if !schema.is_object() {
        let reason = "the schema of structured content must be an object".to_owned();
        return Err(InvalidSchema { path: String::new(), reason });
    }
    Schema::compile(schema)
}
