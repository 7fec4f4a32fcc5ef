//! What a plugin must be to be listed at all.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::clean::Report;
use super::entries::{self, PromptEntry, TemplateEntry, Terms, ToolEntry};
use super::names::MAX_NAME_LEN;
use super::shape::Shape;
use crate::plugin::{Listing, Plugin};
use crate::policy::Permissions;
use crate::schema::InvalidSchema;

/// The most tools of one plugin, the most prompts, and the most resource templates.
const MAX_LISTED: usize = 256;

/// A plugin of which all that it offers can be listed.
pub struct Admitted {
    plugin: Arc<dyn Plugin>,
    permissions: Arc<Permissions>,
    tools: Vec<Arc<ToolEntry>>,
    prompts: Vec<Arc<PromptEntry>>,
    resource_templates: Vec<Arc<TemplateEntry>>,
    /// What all that was made of, to know it again.
    listing: Listing,
    warnings: Vec<String>,
    troubled: AtomicBool,
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
    #[error("{kind} name \"{name}\": a name has 1 to {MAX_NAME_LEN} of a-z, A-Z, 0-9, _ and -")]
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
    /// Checks and cleans what `plugin` lists, shapes it as `permissions` say, and compiles its schemas and templates.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(plugin: Arc<dyn Plugin>, listing: Listing, permissions: Arc<Permissions>) -> Result<Self, Refusal> {
        let given = listing.clone();
        let mut report = Report::default();
        let rules = &permissions.granted().tools;
        let shape = Shape::new(&given.tools, rules);
        let terms = Terms { shape: &shape, rules, powers: permissions.powers() };
        let tools = distinct(Kind::Tool, given.tools, |spec| &spec.name, |it| entries::tool(it, &terms, &mut report))?;
        let prompt = |spec| entries::prompt(spec, &mut report).map(Some);
        let prompts = distinct(Kind::Prompt, given.prompts, |spec| &spec.name, prompt)?;
        let template = |spec| entries::template(spec, &mut report).map(Some);
        let kind = Kind::ResourceTemplate;
        let resource_templates = distinct(kind, given.resource_templates, |spec| &spec.uri_template, template)?;
        let mut warnings = shape.warnings;
        warnings.extend(report.sentences());
        warnings.extend(tools.iter().filter_map(|tool| claude_refuses(tool)));
        let troubled = AtomicBool::new(false);
        Ok(Self { plugin, permissions, tools, prompts, resource_templates, listing, warnings, troubled })
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Arc<dyn Plugin> {
        &self.plugin
    }

    /// What it may do.
    #[must_use]
    pub fn permissions(&self) -> &Arc<Permissions> {
        &self.permissions
    }

    /// Is this what `listing` says?
    #[must_use]
    pub fn lists(&self, listing: &Listing) -> bool {
        self.listing == *listing
    }

    /// Its tools, in its order.
    #[must_use]
    pub fn tools(&self) -> &[Arc<ToolEntry>] {
        &self.tools
    }

    /// What an operator should know of it, though it is served: texts that were cleaned, claims that were corrected,
    /// rules for tools that there are not, and what will trouble some clients; a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Is what it gave at a request the first that had to be cleaned? So the log has it once, not with each request.
    #[must_use]
    pub fn is_first_trouble(&self) -> bool {
        !self.troubled.swap(true, Ordering::Relaxed)
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
        self.listing.resources
    }

    /// Does it suggest values for arguments?
    #[must_use]
    pub fn has_completions(&self) -> bool {
        self.listing.completions
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

/// Makes an entry of each that is to be listed. There may not be too many, and none twice.
fn distinct<S, E>(
    kind: Kind,
    specs: Vec<S>,
    name: impl Fn(&S) -> &String,
    mut entry: impl FnMut(S) -> Result<Option<E>, Refusal>,
) -> Result<Vec<Arc<E>>, Refusal> {
    if specs.len() > MAX_LISTED {
        return Err(Refusal::TooMany { kind, count: specs.len() });
    }
    let mut names = HashSet::new();
    let entries = specs.into_iter().map(|spec| {
        if !names.insert(name(&spec).clone()) {
            return Err(Refusal::Duplicate { kind, name: entries::quotable(name(&spec)) });
        }
        Ok(entry(spec)?.map(Arc::new))
    });
    let entries = entries.filter_map(Result::transpose);
    entries.collect()
}

fn claude_refuses(tool: &ToolEntry) -> Option<String> {
    let schema = &tool.spec.input_schema;
    let keyword = ["anyOf", "allOf", "oneOf"].into_iter().find(|keyword| schema.get(keyword).is_some())?;
    Some(format!("tool `{}`: its input schema has `{keyword}` at the top, for which Claude refuses it", tool.own_name))
}
