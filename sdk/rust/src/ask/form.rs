//! Forms: the few shapes of fields that MCP lets a client be asked for.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Answer, Elicited, Query, Question};
use crate::content::Object;
use crate::error::{Error, Result};
use crate::schema;

/// A form for the user to fill in. `T` is what the answer is read as: an [`Object`], or a type of one's own.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// let form = Form::new("Where shall the parcel go?")
///     .field("name", Text::new().title("Full name"))
///     .field("email", Text::email())
///     .optional("size", Choice::titled([("s", "Small"), ("l", "Large")]).default("s"))
///     .optional("insured", Flag::new().default(true));
/// # let _ = form;
/// ```
#[derive(Debug, Clone)]
pub struct Form<T = Object> {
    message: String,
    fields: Fields,
    answer: PhantomData<fn() -> T>,
}

#[derive(Debug, Clone)]
enum Fields {
    Built {
        properties: Object,
        required: Vec<Value>,
    },
    /// A function, so that a schema is built only where it is needed.
    Derived(fn() -> Result<Object, String>),
}

impl Form {
    /// A form with nothing to fill in yet: as it is, a question to say yes or no to.
    pub fn new(message: impl Into<String>) -> Self {
        let fields = Fields::Built { properties: Map::new(), required: Vec::new() };
        Self { message: message.into(), fields, answer: PhantomData }
    }

    /// A form made of a struct with [`#[input]`](macro@crate::input): text, numbers, `bool`, enums of plain
    /// variants, a `Vec` of such an enum, and an `Option` of each. Doc comments are descriptions; further keywords
    /// are said with `#[schemars(…)]`: `#[schemars(title = "…", length(max = 40), extend("default" = "…"))]`.
    ///
    /// ```
    /// use pegboard_sdk::prelude::*;
    ///
    /// #[input]
    /// enum Size {
    ///     /// Up to 2 kg
    ///     Small,
    ///     /// Up to 10 kg
    ///     Large,
    /// }
    ///
    /// #[input]
    /// struct Parcel {
    ///     #[schemars(email)]
    ///     email: String,
    ///     size: Size,
    ///     /// How often to try.
    ///     #[schemars(extend("default" = 3))]
    ///     tries: Option<u8>,
    /// }
    ///
    /// let form = Form::of::<Parcel>("Where shall the parcel go?");
    /// # let _ = form;
    /// ```
    pub fn of<T: DeserializeOwned + JsonSchema>(message: impl Into<String>) -> Form<T> {
        let fields = Fields::Derived(schema::of_form::<T>);
        Form { message: message.into(), fields, answer: PhantomData }
    }

    /// Adds a field that must be filled in.
    #[must_use]
    pub fn field(self, name: impl Into<String>, field: impl Into<Field>) -> Self {
        let name = name.into();
        let mut form = self.optional(name.clone(), field);
        if let Fields::Built { required, .. } = &mut form.fields {
            required.push(name.into());
        }
        form
    }

    /// Adds a field that may be left empty.
    #[must_use]
    pub fn optional(mut self, name: impl Into<String>, field: impl Into<Field>) -> Self {
        if let Fields::Built { properties, .. } = &mut self.fields {
            properties.insert(name.into(), Value::Object(field.into().0));
        }
        self
    }

    /// Reads the answer as a type of one's own.
    #[must_use]
    pub fn reading<T: DeserializeOwned>(self) -> Form<T> {
        Form { message: self.message, fields: self.fields, answer: PhantomData }
    }
}

impl<T: DeserializeOwned> Query for Form<T> {
    type Answer = Elicited<T>;

    fn question(self) -> Result<Question> {
        let schema = match self.fields {
            Fields::Derived(schema) => schema().map_err(Error::Failed)?,
            Fields::Built { properties, required } => {
                let mut schema = object([("type", "object".into()), ("properties", Value::Object(properties))]);
                if !required.is_empty() {
                    schema.insert("required".to_owned(), required.into());
                }
                schema
            }
        };
        Ok(Question::Form { message: self.message, schema })
    }

    fn read(answer: Answer) -> Result<Self::Answer> {
        Elicited::of(answer)?.read()
    }
}

/// A field of a form: [`Text`], [`Integer`], [`Number`], [`Flag`], [`Choice`] or [`Choices`].
#[derive(Debug, Clone, PartialEq)]
pub struct Field(Object);

fn object<const N: usize>(members: [(&str, Value); N]) -> Object {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(Object);

        impl $name {
            /// What it is called on the screen; otherwise the name of the field.
            #[must_use]
            pub fn title(self, title: impl Into<String>) -> Self {
                self.with("title", title.into())
            }

            /// What to fill in.
            #[must_use]
            pub fn description(self, description: impl Into<String>) -> Self {
                self.with("description", description.into())
            }

            fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
                self.0.insert(key.to_owned(), value.into());
                self
            }
        }

        impl From<$name> for Field {
            fn from(field: $name) -> Self {
                Self(field.0)
            }
        }
    )* };
}

fields! {
    /// A line of text.
    Text;
    /// A whole number.
    Integer;
    /// A number.
    Number;
    /// Yes or no.
    Flag;
    /// One of several values.
    Choice;
    /// Some of several values.
    Choices;
}

impl Text {
    /// Any text.
    #[must_use]
    #[allow(clippy::new_without_default)] // a builder, like its siblings that need an argument
    pub fn new() -> Self {
        Self(object([("type", "string".into())]))
    }

    fn format(format: &str) -> Self {
        Self::new().with("format", format)
    }

    /// An e-mail address.
    #[must_use]
    pub fn email() -> Self {
        Self::format("email")
    }

    /// A URI.
    #[must_use]
    pub fn uri() -> Self {
        Self::format("uri")
    }

    /// A date: `2026-07-28`.
    #[must_use]
    pub fn date() -> Self {
        Self::format("date")
    }

    /// A date with a time: `2026-07-28T12:00:00Z`.
    #[must_use]
    pub fn date_time() -> Self {
        Self::format("date-time")
    }

    /// At least so many characters.
    #[must_use]
    pub fn min_length(self, length: u32) -> Self {
        self.with("minLength", length)
    }

    /// At most so many characters.
    #[must_use]
    pub fn max_length(self, length: u32) -> Self {
        self.with("maxLength", length)
    }

    /// What is filled in from the start.
    #[must_use]
    pub fn default(self, value: impl Into<String>) -> Self {
        self.with("default", value.into())
    }
}

macro_rules! numbers {
    ($($name:ident $kind:literal $number:ty;)*) => { $(
        impl $name {
            /// Any.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(object([("type", $kind.into())]))
            }

            /// At least this.
            #[must_use]
            pub fn min(self, least: $number) -> Self {
                self.with("minimum", least)
            }

            /// At most this.
            #[must_use]
            pub fn max(self, most: $number) -> Self {
                self.with("maximum", most)
            }

            /// What is filled in from the start.
            #[must_use]
            pub fn default(self, value: $number) -> Self {
                self.with("default", value)
            }
        }
    )* };
}

numbers! {
    Integer "integer" i64;
    Number "number" f64;
}

impl Flag {
    /// Neither is chosen from the start.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(object([("type", "boolean".into())]))
    }

    /// What is chosen from the start.
    #[must_use]
    pub fn default(self, value: bool) -> Self {
        self.with("default", value)
    }
}

fn names<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Value {
    values.into_iter().map(|value| Value::String(value.into())).collect()
}

/// `[{ "const": …, "title": … }]`
fn titles<V: Into<String>, T: Into<String>>(values: impl IntoIterator<Item = (V, T)>) -> Value {
    let titled = |(value, title): (V, T)| json!({ "const": value.into(), "title": title.into() });
    values.into_iter().map(titled).collect()
}

impl Choice {
    /// Of these values, which are shown as they are.
    pub fn of<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Self {
        Self(object([("type", "string".into()), ("enum", names(values))]))
    }

    /// Of these values, each with what is shown for it.
    pub fn titled<V: Into<String>, T: Into<String>>(values: impl IntoIterator<Item = (V, T)>) -> Self {
        Self(object([("type", "string".into()), ("oneOf", titles(values))]))
    }

    /// As [`titled`](Self::titled), in the way that clients before 2025-11-25 know: `enum` and `enumNames`.
    pub fn legacy<V: Into<String>, T: Into<String>>(values: impl IntoIterator<Item = (V, T)>) -> Self {
        let (values, titles): (Vec<String>, Vec<String>) =
            values.into_iter().map(|(value, title)| (value.into(), title.into())).unzip();
        Self(object([("type", "string".into()), ("enum", names(values)), ("enumNames", names(titles))]))
    }

    /// The value that is chosen from the start.
    #[must_use]
    pub fn default(self, value: impl Into<String>) -> Self {
        self.with("default", value.into())
    }
}

impl Choices {
    /// Of these values, which are shown as they are.
    pub fn of<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Self {
        Self(object([("type", "array".into()), ("items", json!({ "type": "string", "enum": names(values) }))]))
    }

    /// Of these values, each with what is shown for it.
    pub fn titled<V: Into<String>, T: Into<String>>(values: impl IntoIterator<Item = (V, T)>) -> Self {
        Self(object([("type", "array".into()), ("items", json!({ "anyOf": titles(values) }))]))
    }

    /// At least so many.
    #[must_use]
    pub fn min(self, least: u32) -> Self {
        self.with("minItems", least)
    }

    /// At most so many.
    #[must_use]
    pub fn max(self, most: u32) -> Self {
        self.with("maxItems", most)
    }

    /// The values that are chosen from the start.
    #[must_use]
    pub fn default<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Self {
        self.with("default", names(values))
    }
}
