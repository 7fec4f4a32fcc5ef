//! Tools as the attributes describe them, and the way from JSON arguments to a function.

use serde::de::DeserializeOwned;

use crate::content::{Icon, Object};
use crate::context::Context;
use crate::error::Error;
use crate::result::ToolResult;

/// May a call be run as a task?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSupport {
    /// Never.
    Forbidden,
    /// If the client wants.
    Optional,
    /// Only so.
    Required,
}

/// What a tool promises about itself; absent: not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolAnnotations {
    /// Changes nothing.
    pub read_only: Option<bool>,
    /// May destroy something.
    pub destructive: Option<bool>,
    /// Calling again with the same arguments changes nothing more.
    pub idempotent: Option<bool>,
    /// Reaches beyond the plugin.
    pub open_world: Option<bool>,
}

/// A tool as clients see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Object,
    /// JSON Schema of the structured result.
    pub output_schema: Option<Object>,
    /// Promises.
    pub annotations: ToolAnnotations,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// Tasks.
    pub task_support: Option<TaskSupport>,
    /// Where a call is run as a task: its first questions are put before there is one.
    pub asks_first: bool,
    /// Client capabilities that it cannot do without.
    pub needs: Option<Object>,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

/// One tool: the attribute on a function makes it.
///
/// Describing it and running it are functions, so that a call pays nothing for the description of tools.
#[derive(Debug, Clone, Copy)]
pub struct ToolItem {
    /// By which it is called.
    pub name: &'static str,
    /// Says what it is.
    pub describe: fn() -> Result<Tool, String>,
    /// Runs it, with its arguments as JSON.
    pub run: fn(&Context, &str) -> Result<ToolResult, Error>,
}

/// What an attribute knows of a tool; the rest of a [`Tool`] comes from types.
#[derive(Debug, Default)]
pub struct ToolText {
    /// By which it is called.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// For the model: a doc comment, lines as they were written.
    pub doc: &'static str,
    /// Promises.
    pub annotations: ToolAnnotations,
}

impl ToolText {
    /// A tool with these schemas.
    ///
    /// # Errors
    /// If one of the schemas cannot be used.
    pub fn tool(self, input: Result<Object, String>, output: Result<Option<Object>, String>) -> Result<Tool, String> {
        let here = |what: String| format!("tool `{}`: {what}", self.name);
        Ok(Tool {
            name: self.name.to_owned(),
            title: Some(self.title.to_owned()),
            description: crate::schema::reflow(self.doc),
            input_schema: input.map_err(here)?,
            output_schema: output.map_err(here)?,
            annotations: self.annotations,
            icons: Vec::new(),
            task_support: None,
            asks_first: false,
            needs: None,
            meta: None,
            extra: None,
        })
    }
}

/// Reads a tool's arguments. The host has checked them against the schema, so what fails here is a rule that
/// the schema does not hold.
///
/// # Errors
/// [`Error::InvalidArguments`] with the path to what is wrong.
pub fn read_arguments<T: DeserializeOwned>(args: &str) -> Result<T, Error> {
    read_json(args).map_err(Error::InvalidArguments)
}

/// Reads JSON; what is wrong is said with the path to it.
pub(crate) fn read_json<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let rule = error.into_inner();
        // A path of "." is the value as a whole.
        if path == "." { rule.to_string() } else { format!("{path}: {rule}") }
    })?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Args {
        points: Vec<(u8, u8)>,
    }

    fn complaint(args: &str) -> String {
        match read_arguments::<Args>(args) {
            Err(Error::InvalidArguments(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn wrong_arguments_are_named_with_their_path_and_the_rule() {
        assert!(complaint(r#"{"points":[[1,2],[3,300]]}"#).starts_with("points[1][1]: invalid value: integer `300`"));
        assert!(complaint("{}").starts_with("missing field `points`"));
        assert!(complaint(r#"{"points":[],"x":1}"#).starts_with("x: unknown field `x`"));
        assert!(complaint("{").contains("EOF"));
        assert!(complaint(r#"{"points":[]} 1"#).contains("trailing"));
    }

    #[test]
    fn good_arguments_are_read() {
        assert_eq!(read_arguments(r#"{"points":[[1,2]]}"#), Ok(Args { points: vec![(1, 2)] }));
    }
}
