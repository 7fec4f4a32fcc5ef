//! What a plugin must be to be listed at all.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::header_params::{self, HeaderParam};
use crate::plugin::{Plugin, ToolSpec};
use crate::schema::{InvalidSchema, Schema};

/// The most tools of one plugin.
const MAX_TOOLS: usize = 256;
/// The most characters of a tool's name.
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

/// A plugin whose tools can be listed.
pub struct Admitted {
    plugin: Arc<dyn Plugin>,
    tools: Vec<Arc<ToolEntry>>,
}

/// Why a plugin's tools cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too many of them.
    #[error("it lists {0} tools; at most {MAX_TOOLS} are taken")]
    TooManyTools(usize),
    /// Claude and other clients drop a whole server for one bad name.
    #[error("tool name {0:?}: a name has 1 to {MAX_NAME_LEN} of a-z, A-Z, 0-9, _ and -")]
    BadName(String),
    /// The same name again.
    #[error("it lists the tool `{0}` twice")]
    DuplicateName(String),
    /// A text that is too long, or a description that is missing.
    #[error("tool `{tool}`: its {what}")]
    BadText {
        /// The tool.
        tool: String,
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
    /// An `x-mcp-header` against the rules.
    #[error("tool `{tool}`: {reason}")]
    BadHeaderParam {
        /// The tool.
        tool: String,
        /// What is wrong.
        reason: String,
    },
}

impl Admitted {
    /// Checks what `plugin` lists, and compiles its schemas.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(plugin: Arc<dyn Plugin>, tools: Vec<ToolSpec>) -> Result<Self, Refusal> {
        if tools.len() > MAX_TOOLS {
            return Err(Refusal::TooManyTools(tools.len()));
        }
        let mut names = HashSet::new();
        let tools = tools
            .into_iter()
            .map(|spec| {
                if !names.insert(spec.name.clone()) {
                    return Err(Refusal::DuplicateName(spec.name));
                }
                entry(spec).map(Arc::new)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { plugin, tools })
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Arc<dyn Plugin> {
        &self.plugin
    }

    /// Its tools, in its order.
    #[must_use]
    pub fn tools(&self) -> &[Arc<ToolEntry>] {
        &self.tools
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

fn entry(spec: ToolSpec) -> Result<ToolEntry, Refusal> {
    if !is_tool_name(&spec.name) {
        return Err(Refusal::BadName(spec.name));
    }
    check_texts(&spec).map_err(|what| Refusal::BadText { tool: spec.name.clone(), what })?;
    let bad_schema = |which, error| Refusal::BadSchema { tool: spec.name.clone(), which, error };
    let input = input_schema(&spec.input_schema).map_err(|error| bad_schema("input", error))?;
    let output = spec.output_schema.as_ref().map(output_schema).transpose();
    let output = output.map_err(|error| bad_schema("output", error))?;
    let header_params = header_params::of(&spec.input_schema)
        .map_err(|reason| Refusal::BadHeaderParam { tool: spec.name.clone(), reason })?;
    Ok(ToolEntry { own_name: spec.name.as_str().into(), spec, input, output, header_params })
}

/// `^[a-zA-Z0-9_-]{1,64}$`.
pub(super) fn is_tool_name(name: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn check_texts(spec: &ToolSpec) -> Result<(), String> {
    if spec.description.trim().is_empty() {
        return Err("description is empty: a model would not know when to use it".to_owned());
    }
    for (what, text, max) in [
        ("title", spec.title.as_deref().unwrap_or_default(), MAX_TITLE_BYTES),
        ("description", spec.description.as_str(), MAX_DESCRIPTION_BYTES),
    ] {
        if text.len() > max {
            return Err(format!("{what} has {} bytes; at most {max} are taken", text.len()));
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
