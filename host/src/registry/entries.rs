//! One tool, prompt or resource template: checked, cleaned, and with all that its use needs.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::admit::{Kind, Refusal};
use super::annotations::{Effective, effective};
use super::clean::{self, Offer, Report};
use super::header_params::{self, HeaderParam};
use super::names::is_name;
use super::shape::Shape;
use super::snapshot::Named;
use super::uri_template::UriTemplate;
use crate::plugin::{Access, PromptSpec, ResourceTemplate, ToolSpec};
use crate::policy::{Powers, ToolRules};
use crate::schema::{InvalidSchema, Schema};

/// The most arguments of a prompt.
const MAX_PROMPT_ARGUMENTS: usize = 64;
/// The most characters of a name that is quoted.
const QUOTED: usize = 100;

/// A tool with all that a call of it needs, made once.
#[derive(Debug)]
pub struct ToolEntry {
    /// As clients see it: what the plugin says, without what nobody sees, and with the operator's word over it.
    pub spec: ToolSpec,
    /// The plugin's own name for it.
    pub own_name: Arc<str>,
    /// The name that clients know it by, if no other plugin has the same.
    pub name: Arc<str>,
    /// What a call of it may do of what its plugin may.
    pub access: Access,
    /// Checks arguments.
    pub input: Schema,
    /// Checks structured content.
    pub output: Option<Schema>,
    /// Arguments that clients mirror into headers.
    pub header_params: Vec<HeaderParam>,
}

impl Named for ToolEntry {
    fn bare_name(&self) -> &Arc<str> {
        &self.name
    }

    fn is_listed_like(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

/// A prompt that can be listed.
#[derive(Debug)]
pub struct PromptEntry {
    /// As the plugin describes it, without what nobody sees.
    pub spec: PromptSpec,
    /// The plugin's own name for it.
    pub own_name: Arc<str>,
}

impl Named for PromptEntry {
    fn bare_name(&self) -> &Arc<str> {
        &self.own_name
    }

    fn is_listed_like(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

/// A resource template that can be listed.
#[derive(Debug)]
pub struct TemplateEntry {
    /// As the plugin describes it, without what nobody sees.
    pub spec: ResourceTemplate,
    /// Tells which URIs it stands for.
    pub template: UriTemplate,
}

/// How a tool is made of what its plugin says: the operator's rules, and what the plugin may do.
pub(super) struct Terms<'a> {
    pub(super) shape: &'a Shape,
    pub(super) rules: &'a ToolRules,
    pub(super) powers: Powers,
}

/// Makes a tool's entry; none, if it is not to be listed. What was cleaned or corrected goes to `report`.
pub(super) fn tool(spec: ToolSpec, terms: &Terms<'_>, report: &mut Report) -> Result<Option<ToolEntry>, Refusal> {
    check_name(Kind::Tool, &spec.name)?;
    match terms.shape.name(&spec.name) {
        Some(name) => listed_tool(spec, name.clone(), terms, report).map(Some),
        None => Ok(None),
    }
}

fn listed_tool(
    mut spec: ToolSpec,
    name: Arc<str>,
    terms: &Terms<'_>,
    report: &mut Report,
) -> Result<ToolEntry, Refusal> {
    let (kind, own_name) = (Kind::Tool, spec.name.clone());
    let bad = |what| Refusal::Bad { kind, name: own_name.clone(), what };
    let said = terms.rules.overrides.get(&own_name);
    if let Some(said) = said {
        spec.title = said.title.clone().or(spec.title);
        spec.description = said.description.clone().unwrap_or(spec.description);
    }
    let mut offer = offer(kind, &own_name, report);
    clean::tool(&mut spec, &mut offer).map_err(bad)?;
    let Effective { annotations, access, corrections } = effective(spec.annotations, said, terms.powers);
    for correction in &corrections {
        offer.say(correction);
    }
    spec.annotations = annotations;
    let bad_schema = |which, error| Refusal::BadSchema { tool: own_name.clone(), which, error };
    let input = input_schema(&spec.input_schema).map_err(|error| bad_schema("input", error))?;
    let output = spec.output_schema.as_ref().map(output_schema).transpose();
    let output = output.map_err(|error| bad_schema("output", error))?;
    let header_params = header_params::of(&spec.input_schema).map_err(bad)?;
    let own_name = own_name.as_str().into();
    Ok(ToolEntry { spec, own_name, name, access, input, output, header_params })
}

/// Makes a prompt's entry.
pub(super) fn prompt(mut spec: PromptSpec, report: &mut Report) -> Result<PromptEntry, Refusal> {
    check_name(Kind::Prompt, &spec.name)?;
    let (kind, name) = (Kind::Prompt, spec.name.clone());
    let bad = |what| Refusal::Bad { kind, name: name.clone(), what };
    let count = spec.arguments.len();
    if count > MAX_PROMPT_ARGUMENTS {
        return Err(bad(format!("it has {count} arguments; at most {MAX_PROMPT_ARGUMENTS} are taken")));
    }
    clean::prompt(&mut spec, &mut offer(kind, &name, report)).map_err(bad)?;
    let mut names = HashSet::new();
    if let Some(twice) = spec.arguments.iter().find(|argument| !names.insert(&argument.name)) {
        return Err(bad(format!("it has the argument `{}` twice", twice.name)));
    }
    Ok(PromptEntry { own_name: name.as_str().into(), spec })
}

/// Makes a resource template's entry.
pub(super) fn template(mut spec: ResourceTemplate, report: &mut Report) -> Result<TemplateEntry, Refusal> {
    let (kind, name) = (Kind::ResourceTemplate, quotable(&spec.uri_template));
    let bad = |what| Refusal::Bad { kind, name: name.clone(), what };
    clean::template(&mut spec, &mut offer(kind, &name, report)).map_err(bad)?;
    let template = UriTemplate::new(&spec.uri_template).map_err(bad)?;
    Ok(TemplateEntry { spec, template })
}

fn offer<'a>(kind: Kind, name: &str, report: &'a mut Report) -> Offer<'a> {
    Offer { called: format!("{kind} `{name}`"), report }
}

fn check_name(kind: Kind, name: &str) -> Result<(), Refusal> {
    if is_name(name) { Ok(()) } else { Err(Refusal::BadName { kind, name: quotable(name) }) }
}

/// What was given as a name, as a sentence may have it: short, and nothing that steers a terminal.
pub(super) fn quotable(name: &str) -> String {
    name.chars().take(QUOTED).flat_map(char::escape_debug).collect()
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
