//! What comes back.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Sampled;
use crate::content::Object;
use crate::error::{Error, Result, RpcError};
use crate::tool::read_json;

/// An answer in its plain form, as tests give them. A tool sees what its [`Query`](super::Query) makes of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The user filled in the form, or agreed to visit the page.
    Accepted(Object),
    /// The user said no.
    Declined,
    /// The user closed the question.
    Cancelled,
    /// What the model wrote.
    Sampled(Sampled),
    /// The directories.
    Roots(Vec<Root>),
    /// The answer to a request of another kind.
    Other(Value),
    /// The client answered with an error.
    Refused(RpcError),
}

impl Answer {
    /// The user filled in the form with this: a JSON object.
    ///
    /// # Panics
    /// If it is no object.
    #[must_use]
    pub fn accept(fields: Value) -> Self {
        match fields {
            Value::Object(fields) => Self::Accepted(fields),
            other => panic!("a form is filled in with a JSON object, not with {other}"),
        }
    }

    /// The model wrote this text.
    pub fn sampled(text: impl Into<String>) -> Self {
        Self::Sampled(Sampled::text(text, "test-model"))
    }

    /// The client works in these directories.
    pub fn roots<U: Into<String>>(uris: impl IntoIterator<Item = U>) -> Self {
        Self::Roots(uris.into_iter().map(|uri| Root { uri: uri.into(), name: None }).collect())
    }

    /// The client's error, or that the answer is one to another kind of question.
    pub(super) fn unexpected(self, wanted: &str) -> Error {
        let got = match self {
            Self::Refused(error) => return Error::Refused(error),
            Self::Accepted(_) | Self::Declined | Self::Cancelled => "an answer of the user",
            Self::Sampled(_) => "a message of the model",
            Self::Roots(_) => "roots",
            Self::Other(_) => "an answer of another kind",
        };
        Error::failed(format!("the answer should be {wanted}, and is {got}"))
    }
}

/// What the user made of a form or of a page to visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elicited<T> {
    /// Filled it in; agreed.
    Accepted(T),
    /// Said no.
    Declined,
    /// Closed it, without a choice.
    Cancelled,
}

impl<T> Elicited<T> {
    /// What was filled in; otherwise the tool fails, and says so.
    ///
    /// # Errors
    /// [`Error::Failed`] if the user declined or cancelled.
    pub fn accepted(self) -> Result<T> {
        match self {
            Self::Accepted(value) => Ok(value),
            Self::Declined => Err(Error::failed("the user declined")),
            Self::Cancelled => Err(Error::failed("the user cancelled")),
        }
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Elicited<U> {
        match self {
            Self::Accepted(value) => Elicited::Accepted(change(value)),
            Self::Declined => Elicited::Declined,
            Self::Cancelled => Elicited::Cancelled,
        }
    }
}

impl Elicited<Object> {
    pub(super) fn of(answer: Answer) -> Result<Self> {
        match answer {
            Answer::Accepted(fields) => Ok(Self::Accepted(fields)),
            Answer::Declined => Ok(Self::Declined),
            Answer::Cancelled => Ok(Self::Cancelled),
            other => Err(other.unexpected("an answer of the user")),
        }
    }

    pub(super) fn read<T: DeserializeOwned>(self) -> Result<Elicited<T>> {
        match self {
            Self::Accepted(fields) => match read_json(&Value::Object(fields).to_string()) {
                Ok(value) => Ok(Elicited::Accepted(value)),
                Err(wrong) => Err(Error::failed(format!("the answer does not fit: {wrong}"))),
            },
            Self::Declined => Ok(Elicited::Declined),
            Self::Cancelled => Ok(Elicited::Cancelled),
        }
    }
}

/// A directory that the client works in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Root {
    /// `file:`, as a rule.
    pub uri: String,
    /// For people.
    pub name: Option<String>,
}
