//! Resources: things to read, each with a URI. [`macro@crate::resource`] and [`macro@crate::resource_template`] make
//! them of functions.

mod uri;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::arguments::Arguments;
use crate::content::{Annotations, Icon, Object, Resource, ResourceContents};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::result::Json;

pub use uri::Piece;
pub(crate) use uri::{literal_length, matches};

/// A family of resources as clients see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceTemplate {
    /// [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570): `notes://{year}/{id}`.
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model: what is in one.
    pub description: Option<String>,
    /// The media type, if all have the same.
    pub mime_type: Option<String>,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

/// What was read, in full: for what is more than contents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadResult {
    /// One resource, or the parts of one, each with its URI.
    pub contents: Vec<ResourceContents>,
    /// `_meta`.
    pub meta: Option<Object>,
    /// Further members of the MCP object.
    pub extra: Option<Object>,
}

impl ReadResult {
    /// These.
    pub fn new(contents: impl IntoIterator<Item = ResourceContents>) -> Self {
        Self { contents: contents.into_iter().collect(), ..Self::default() }
    }
}

/// What a resource's function may return. Implemented for
///
/// - `String`, `&str`, `Cow<str>`: text;
/// - `Vec<u8>`, `&[u8]`, `&[u8; N]` (what `include_bytes!` gives): bytes;
/// - [`Json`]: a value as JSON text, of type `application/json` unless the attribute names another;
/// - [`ResourceContents`], and a `Vec` of it, and [`ReadResult`]: all that can be said;
/// - an `Option` of each: none is an [`Error::NotFound`].
///
/// In a `Result` the error may be anything that can be displayed.
#[diagnostic::on_unimplemented(
    message = "a resource cannot return `{Self}`",
    label = "no contents of a resource",
    note = "return text, bytes, `Json`, `ResourceContents`, a `Vec` of it, or an `Option` of these",
    note = "in a `Result` the error must be `Display + 'static`"
)]
pub trait IntoReadResult: Sized {
    /// Makes contents of it, of what has this URI and media type.
    ///
    /// # Errors
    /// What the function failed with.
    fn into_read_result(self, uri: &str, mime_type: Option<&str>) -> Result<ReadResult>;
}

macro_rules! into_read_result {
    ($($({$($generics:tt)+})? $type:ty: $how:ident;)+) => { $(
        impl $(<$($generics)+>)? IntoReadResult for $type {
            fn into_read_result(self, uri: &str, mime_type: Option<&str>) -> Result<ReadResult> {
                ResourceContents::$how(uri, self).into_read_result(uri, mime_type)
            }
        }
    )+ };
}

into_read_result! {
    String: text;
    &str: text;
    Cow<'_, str>: text;
    Vec<u8>: blob;
    &[u8]: blob;
    {const N: usize} &[u8; N]: blob;
}

impl IntoReadResult for ResourceContents {
    fn into_read_result(mut self, _: &str, mime_type: Option<&str>) -> Result<ReadResult> {
        self.mime_type = self.mime_type.or_else(|| mime_type.map(str::to_owned));
        Ok(ReadResult::new([self]))
    }
}

impl IntoReadResult for Vec<ResourceContents> {
    fn into_read_result(self, _: &str, _: Option<&str>) -> Result<ReadResult> {
        Ok(ReadResult::new(self))
    }
}

impl IntoReadResult for ReadResult {
    fn into_read_result(self, _: &str, _: Option<&str>) -> Result<ReadResult> {
        Ok(self)
    }
}

impl<T: Serialize> IntoReadResult for Json<T> {
    fn into_read_result(self, uri: &str, mime_type: Option<&str>) -> Result<ReadResult> {
        serde_json::to_string(&self.0)
            .map_err(|error| Error::failed(format!("`{uri}` cannot be JSON: {error}")))?
            .into_read_result(uri, mime_type.or(Some("application/json")))
    }
}

impl<T: IntoReadResult> IntoReadResult for Option<T> {
    fn into_read_result(self, uri: &str, mime_type: Option<&str>) -> Result<ReadResult> {
        self.ok_or_else(|| Error::not_found(uri))?.into_read_result(uri, mime_type)
    }
}

impl<T: IntoReadResult, E: fmt::Display + 'static> IntoReadResult for Result<T, E> {
    fn into_read_result(self, uri: &str, mime_type: Option<&str>) -> Result<ReadResult> {
        self.map_err(Error::from_any)?.into_read_result(uri, mime_type)
    }
}

/// What a `list` function may return: a `Vec<Resource>`. In a `Result` the error may be anything that can be displayed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of resources",
    label = "no list of resources",
    note = "return `Vec<Resource>`, or a `Result` of it"
)]
pub trait IntoResources {
    /// Makes a list of it.
    ///
    /// # Errors
    /// What the function failed with.
    fn into_resources(self) -> Result<Vec<Resource>>;
}

impl IntoResources for Vec<Resource> {
    fn into_resources(self) -> Result<Vec<Resource>> {
        Ok(self)
    }
}

impl<E: fmt::Display + 'static> IntoResources for Result<Vec<Resource>, E> {
    fn into_resources(self) -> Result<Vec<Resource>> {
        self.map_err(Error::from_any)
    }
}

/// One resource or template: the attribute on a function makes it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ResourceItem {
    pub uri: &'static str,
    pub pieces: &'static [Piece],
    pub describe: Describe,
    /// Lists what is to be listed beside it.
    pub list: Option<List>,
    pub read: fn(&Context, &str, &Arguments) -> Result<ReadResult>,
}

type List = fn(&Context) -> Result<Vec<Resource>>;

/// Which of the two.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Describe {
    Resource(fn() -> Result<Resource, String>),
    Template(fn() -> Result<ResourceTemplate, String>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::ResourceBody;

    fn read(value: impl IntoReadResult) -> ResourceContents {
        value.into_read_result("a:b", Some("text/x")).expect("read").contents.remove(0)
    }

    #[test]
    fn text_is_text_and_bytes_are_bytes_of_the_declared_type() {
        let contents = read("x");
        assert_eq!((contents.uri.as_str(), contents.mime_type.as_deref()), ("a:b", Some("text/x")));
        assert_eq!(contents.as_text(), Some("x"));
        assert_eq!(read(b"x").body, ResourceBody::Blob(b"x".to_vec()));
        assert_eq!(read(Some(vec![1u8])).body, ResourceBody::Blob(vec![1]));
        let own = ResourceContents::text("a:c", "y").mime_type("text/y");
        assert_eq!(read(own.clone()), own);
    }

    #[test]
    fn json_says_so_and_what_is_none_is_not_found() {
        let contents = Json([1, 2]).into_read_result("a:b", None).expect("read").contents.remove(0);
        assert_eq!((contents.as_text(), contents.mime_type.as_deref()), (Some("[1,2]"), Some("application/json")));
        assert_eq!(None::<String>.into_read_result("a:b", None), Err(Error::not_found("a:b")));
        assert_eq!(Err::<String, _>("no").into_read_result("a:b", None), Err(Error::failed("no")));
    }
}
