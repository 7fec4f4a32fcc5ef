//! What a tool gives back.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::content::{Content, Object};
use crate::error::Error;
use crate::schema;

/// A tool's result in full, for tools that want more than text or one structured value.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Draws one black pixel.
/// #[tool(read_only)]
/// fn pixel() -> ToolResult {
///     ToolResult::text("A pixel:").with(Content::image(b"\x89PNG".as_slice(), "image/png").priority(1.0))
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolResult {
    /// For the model and the person.
    pub content: Vec<Content>,
    /// For programs, as JSON text.
    pub structured_content: Option<String>,
    /// The tool failed, and the content says why.
    pub is_error: bool,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

impl ToolResult {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().with(Content::text(text))
    }

    /// One text that says what went wrong. To fail with it, `Err(text)` is the shorter way.
    pub fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(text) }
    }

    /// A structured value, and the same as text for clients that know no structured results.
    ///
    /// # Errors
    /// If the value cannot be JSON: a map with keys that are no strings, for one.
    pub fn structured(value: &impl Serialize) -> Result<Self, Error> {
        let json = to_json(value)?;
        Ok(Self { structured_content: Some(json.clone()), ..Self::text(json) })
    }

    /// Adds a piece of content.
    #[must_use]
    pub fn with(mut self, content: impl Into<Content>) -> Self {
        self.content.push(content.into());
        self
    }

    /// Sets the structured value without a text beside it.
    ///
    /// # Errors
    /// If the value cannot be JSON.
    pub fn with_structured(mut self, value: &impl Serialize) -> Result<Self, Error> {
        self.structured_content = Some(to_json(value)?);
        Ok(self)
    }

    /// Sets `_meta`.
    #[must_use]
    pub fn meta(mut self, meta: Object) -> Self {
        self.meta = Some(meta);
        self
    }

    /// Sets further members of the MCP object.
    #[must_use]
    pub fn extra(mut self, extra: Object) -> Self {
        self.extra = Some(extra);
        self
    }

    /// All its text, joined by line ends.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.content.iter().filter_map(Content::as_text).collect::<Vec<_>>().join("\n")
    }

    /// The structured value, if there is one.
    #[must_use]
    pub fn to_value(&self) -> Option<Value> {
        serde_json::from_str(self.structured_content.as_deref()?).ok()
    }
}

fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::failed(format!("the result cannot be JSON: {error}")))
}

/// A structured result, said aloud. A tool may return the value itself as well, unless its type is one that
/// means something else as a result, such as a `Vec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Json<T>(pub T);

/// A tool's result, other than a structured one. Implemented for
///
/// - `String`, `&'static str`, `Cow<'static, str>`: text, and `()`: nothing;
/// - [`Content`], `Vec<Content>`, [`ToolResult`]: what they say;
/// - [`Json`]: a structured value, which must be a JSON object;
/// - numbers, `bool`, `Vec`, `Option`: a structured object with the value as `result`.
///
/// What is none of these is taken as a structured value if it is `Serialize` and [`JsonSchema`]. In a `Result`
/// the error may be anything that can be displayed.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`",
    label = "no result of a tool",
    note = "return text, `Content`, `ToolResult`, or a type with `#[output]`",
    note = "in a `Result` the error must be `Display + 'static`"
)]
pub trait IntoToolResult {
    /// Makes a result of it.
    ///
    /// # Errors
    /// If it cannot be JSON.
    fn into_tool_result(self) -> Result<ToolResult, Error>;

    /// The schema of its structured value, if it has one.
    ///
    /// # Errors
    /// If the value would not be an object.
    fn output_schema() -> Result<Option<Object>, String> {
        Ok(None)
    }
}

impl IntoToolResult for ToolResult {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(self)
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult::new())
    }
}

impl IntoToolResult for Content {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult::new().with(self))
    }
}

impl IntoToolResult for Vec<Content> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult { content: self, ..ToolResult::default() })
    }
}

impl IntoToolResult for String {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for &str {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for Cow<'_, str> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        Ok(ToolResult::text(self))
    }
}

impl<T: Serialize + JsonSchema> IntoToolResult for Json<T> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        ToolResult::structured(&self.0)
    }

    fn output_schema() -> Result<Option<Object>, String> {
        schema::of_result::<T>().map(Some)
    }
}

/// A value that is no JSON object, as the one member of an object; the text beside it is the bare value.
fn wrapped(value: &impl Serialize) -> Result<ToolResult, Error> {
    let json = to_json(value)?;
    Ok(ToolResult { structured_content: Some(format!("{{\"result\":{json}}}")), ..ToolResult::text(json) })
}

impl<T: Serialize + JsonSchema> IntoToolResult for Vec<T> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        wrapped(&self)
    }

    fn output_schema() -> Result<Option<Object>, String> {
        Ok(Some(schema::of_wrapped_result::<Self>()))
    }
}

impl<T: Serialize + JsonSchema> IntoToolResult for Option<T> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        wrapped(&self)
    }

    fn output_schema() -> Result<Option<Object>, String> {
        Ok(Some(schema::of_wrapped_result::<Self>()))
    }
}

macro_rules! plain_values {
    ($($type:ty),*) => { $(
        impl IntoToolResult for $type {
            fn into_tool_result(self) -> Result<ToolResult, Error> {
                wrapped(&self)
            }

            fn output_schema() -> Result<Option<Object>, String> {
                Ok(Some(schema::of_wrapped_result::<Self>()))
            }
        }
    )* };
}

plain_values!(bool, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);

impl<T: IntoToolResult, E: fmt::Display + 'static> IntoToolResult for Result<T, E> {
    fn into_tool_result(self) -> Result<ToolResult, Error> {
        self.map_err(Error::from_any)?.into_tool_result()
    }

    fn output_schema() -> Result<Option<Object>, String> {
        T::output_schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_structured_value_comes_as_text_too() {
        let result = Json(json!({ "sum": 3 })).into_tool_result().expect("JSON");
        assert_eq!(result.to_value(), Some(json!({ "sum": 3 })));
        assert_eq!(result.to_text(), r#"{"sum":3}"#);
    }

    #[test]
    fn a_value_that_is_no_object_is_wrapped_as_its_schema_says() {
        let result = vec![1, 2].into_tool_result().expect("JSON");
        assert_eq!(result.to_value(), Some(json!({ "result": [1, 2] })));
        assert_eq!(result.to_text(), "[1,2]");
        let schema = Vec::<i32>::output_schema().expect("a schema").expect("there");
        assert_eq!(schema["properties"]["result"], json!({ "type": "array", "items": { "type": "integer" } }));
    }

    #[test]
    fn a_value_that_cannot_be_json_is_an_error() {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(matches!(ToolResult::structured(&map), Err(Error::Failed(text)) if text.contains("cannot be JSON")));
    }

    #[test]
    fn an_error_of_ours_in_a_result_stays_what_it_is() {
        let result: Result<String, Error> = Err(Error::Pending);
        assert_eq!(result.into_tool_result(), Err(Error::Pending));
        let result: Result<String, &str> = Err("no");
        assert_eq!(result.into_tool_result(), Err(Error::failed("no")));
    }
}
