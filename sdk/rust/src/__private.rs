//! What the macros write calls of. No part of the interface: it may change with any version.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;

pub use crate::completion::CompletionItem;
pub use crate::plugin::exports;
pub use crate::prompt::PromptItem;
pub use crate::resource::{Describe, Piece, ResourceItem};
pub use crate::schema::of_arguments;
pub use crate::tool::{TaskSupport, ToolAnnotations, ToolItem, ToolText, read_arguments};

use crate::completion::{Completion, IntoCompletion};
use crate::content::{Object, Resource};
use crate::context::Context;
use crate::error::Error;
use crate::prompt::{Prompt, PromptArgument};
use crate::resource::ResourceTemplate;
use crate::result::{IntoToolResult, Json, ToolResult};

/// Tools, by the name of the function or type that an attribute stands on.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tool",
    label = "not a tool",
    note = "put `#[tool]` on the function, or `#[tools]` on the impl block of the type"
)]
pub trait Tools {
    const TOOLS: &'static [ToolItem];
}

/// A prompt, by the name of the function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no prompt",
    label = "not a prompt",
    note = "put `#[prompt]` on the function; tools and resources have lists of their own"
)]
pub trait Prompts {
    const PROMPT: PromptItem;
    const COMPLETES: bool;
}

/// A resource or a template, by the name of the function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "not a resource",
    note = "put `#[resource(…)]` or `#[resource_template(…)]` on the function",
    note = "tools and prompts have lists of their own"
)]
pub trait Resources {
    const RESOURCE: ResourceItem;
    const COMPLETES: bool;
}

/// A prompt or template of which arguments are completed, by the name of the function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` completes no argument",
    label = "nothing to complete",
    note = "put `#[argument(complete = …)]` on a parameter of the prompt or resource template, or leave it out here"
)]
pub trait Completions {
    const COMPLETION: CompletionItem;
}

#[must_use]
pub fn prompt(name: &str, title: &str, doc: &str, arguments: Vec<PromptArgument>) -> Prompt {
    crate::prompt::described(name, title, doc, arguments)
}

#[must_use]
pub fn prompt_argument(name: &str, title: Option<&str>, doc: &str, required: bool) -> PromptArgument {
    let description = (!doc.is_empty()).then(|| crate::schema::reflow(doc));
    PromptArgument { name: name.to_owned(), title: title.map(str::to_owned), description, required }
}

#[must_use]
pub fn resource(uri: &str, name: &str, title: &str, doc: &str, mime_type: Option<&str>) -> Resource {
    let resource = Resource::new(uri, name).title(title).description(crate::schema::reflow(doc));
    Resource { mime_type: mime_type.map(str::to_owned), ..resource }
}

#[must_use]
pub fn resource_template(uri: &str, name: &str, title: &str, doc: &str, mime_type: Option<&str>) -> ResourceTemplate {
    ResourceTemplate {
        uri_template: uri.to_owned(),
        name: name.to_owned(),
        title: Some(title.to_owned()),
        description: Some(crate::schema::reflow(doc)),
        mime_type: mime_type.map(str::to_owned),
        ..ResourceTemplate::default()
    }
}

/// # Errors
/// What the function failed with.
pub fn completion(values: impl IntoCompletion) -> Result<Completion, Error> {
    values.into_completion()
}

/// The return type of a tool, without a value of it.
///
/// Which of the traits below its methods come from is for the compiler to choose: it takes the first whose
/// bounds hold, adding one reference less each time. So a plain type that can be serialised needs no wrapper,
/// and `String`, which can too, is text all the same. The last one always fits, for the sake of its message.
pub struct Returns<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The return type of a function that is never called.
    #[must_use]
    pub fn of<A>(_: fn(&Context, A) -> R) -> Self {
        Self(PhantomData)
    }

    /// The type of this value.
    #[must_use]
    pub fn of_value(_: &R) -> Self {
        Self(PhantomData)
    }
}

pub trait ReturnsResult<R> {
    fn convert(&self, value: R) -> Result<ToolResult, Error>;
    fn schema(&self) -> Result<Option<Object>, String>;
}

impl<R: IntoToolResult> ReturnsResult<R> for &&&&Returns<R> {
    fn convert(&self, value: R) -> Result<ToolResult, Error> {
        value.into_tool_result()
    }

    fn schema(&self) -> Result<Option<Object>, String> {
        R::output_schema()
    }
}

pub trait ReturnsFallible<T, E> {
    fn convert(&self, value: Result<T, E>) -> Result<ToolResult, Error>;
    fn schema(&self) -> Result<Option<Object>, String>;
}

impl<T: Serialize + JsonSchema, E: std::fmt::Display + 'static> ReturnsFallible<T, E> for &&&Returns<Result<T, E>> {
    fn convert(&self, value: Result<T, E>) -> Result<ToolResult, Error> {
        value.map(Json).into_tool_result()
    }

    fn schema(&self) -> Result<Option<Object>, String> {
        Json::<T>::output_schema()
    }
}

pub trait ReturnsStructured<T> {
    fn convert(&self, value: T) -> Result<ToolResult, Error>;
    fn schema(&self) -> Result<Option<Object>, String>;
}

impl<T: Serialize + JsonSchema> ReturnsStructured<T> for &Returns<T> {
    fn convert(&self, value: T) -> Result<ToolResult, Error> {
        Json(value).into_tool_result()
    }

    fn schema(&self) -> Result<Option<Object>, String> {
        Json::<T>::output_schema()
    }
}

pub trait ReturnsOther<R> {
    fn convert(&self, value: R) -> Result<ToolResult, Error>
    where
        R: IntoToolResult;
    fn schema(&self) -> Result<Option<Object>, String>
    where
        R: IntoToolResult;
}

/// A `Result` of other types must not pass for a structured value, in which an error would be no error.
impl<T, E> ReturnsOther<Result<T, E>> for &&Returns<Result<T, E>> {
    fn convert(&self, value: Result<T, E>) -> Result<ToolResult, Error>
    where
        Result<T, E>: IntoToolResult,
    {
        value.into_tool_result()
    }

    fn schema(&self) -> Result<Option<Object>, String>
    where
        Result<T, E>: IntoToolResult,
    {
        Result::<T, E>::output_schema()
    }
}

impl<R> ReturnsOther<R> for Returns<R> {
    fn convert(&self, value: R) -> Result<ToolResult, Error>
    where
        R: IntoToolResult,
    {
        value.into_tool_result()
    }

    fn schema(&self) -> Result<Option<Object>, String>
    where
        R: IntoToolResult,
    {
        R::output_schema()
    }
}

/// `["elicitation.url"]` → `{"elicitation":{"url":{}}}`
#[must_use]
pub fn capabilities(paths: &[&str]) -> Object {
    let mut all = Object::new();
    for path in paths {
        path.split('.').fold(&mut all, |object, name| {
            let value = object.entry(name).or_insert_with(|| Object::new().into());
            value.as_object_mut().expect("only objects were put in")
        });
    }
    all
}

/// A schema from an attribute, as a JSON object or its text.
///
/// # Errors
/// If it is something else.
pub fn raw_schema(what: &str, value: &impl Serialize) -> Result<Object, String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => {
            serde_json::from_str(&text).map_err(|error| format!("`{what}` must be the text of a JSON object: {error}"))
        }
        _ => object(what, value),
    }
}

/// A JSON object from an attribute.
///
/// # Errors
/// If it is something else.
pub fn object(what: &str, value: &impl Serialize) -> Result<Object, String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("`{what}` must be a JSON object, and is {other}")),
        Err(error) => Err(format!("`{what}` cannot be JSON: {error}")),
    }
}
