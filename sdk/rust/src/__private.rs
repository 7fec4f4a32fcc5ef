//! What the macros write calls of. No part of the interface: it may change with any version.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;

pub use crate::plugin::exports;
pub use crate::schema::of_arguments;
pub use crate::tool::{TaskSupport, ToolAnnotations, ToolItem, ToolText, read_arguments};

use crate::content::Object;
use crate::context::Context;
use crate::error::Error;
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
