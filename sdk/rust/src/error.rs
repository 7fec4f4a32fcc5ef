//! The ways in which a call can fail.

use std::any::Any;
use std::fmt;

use serde_json::Value;

/// What a call fails with.
///
/// Each case reaches the client differently, so choose by who can do something about it:
///
/// | case | the client sees |
/// |---|---|
/// | [`Failed`](Self::Failed) | a result marked as an error, which the model reads |
/// | [`InvalidArguments`](Self::InvalidArguments) | the same, for a model to mend its call |
/// | [`NotFound`](Self::NotFound) | that there is no such tool, prompt or resource |
/// | [`Protocol`](Self::Protocol) | a JSON-RPC error; most clients do not show it to the model |
/// | [`Pending`](Self::Pending) | the questions that were asked |
/// | [`Refused`](Self::Refused) | as `Failed`, if the tool does not go another way |
///
/// `?` makes a `Failed` of every [`std::error::Error`]. This type is not one itself, which is what allows that.
/// A tool need not use it: it may fail with anything that can be displayed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// It was tried and did not work.
    Failed(String),
    /// The arguments are wrong: says which and how.
    InvalidArguments(String),
    /// No such tool, prompt or resource: names it.
    NotFound(String),
    /// A JSON-RPC error, sent as it is.
    Protocol(RpcError),
    /// The answers come with a later run of this call. [`ask`](crate::Context::ask) gives this; hand it on
    /// at once, with `?`.
    Pending,
    /// The client answered a question with an error, such as that its user does not want its model to be asked.
    Refused(RpcError),
}

/// A JSON-RPC error.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcError {
    /// The code.
    pub code: i32,
    /// One sentence.
    pub message: String,
    /// More of it.
    pub data: Option<Value>,
}

/// What a function of a plugin gives, if it fails with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// It was tried and did not work.
    pub fn failed(message: impl fmt::Display) -> Self {
        // `{:#}` has errors that know their causes (anyhow's) tell them all, and changes no other text.
        Self::Failed(format!("{message:#}"))
    }

    /// The arguments are wrong; says which and how, so that a model can mend its call.
    pub fn invalid_arguments(message: impl fmt::Display) -> Self {
        Self::InvalidArguments(message.to_string())
    }

    /// There is no such thing; names it.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::NotFound(what.to_string())
    }

    /// A JSON-RPC error.
    pub fn protocol(code: i32, message: impl fmt::Display, data: Option<Value>) -> Self {
        Self::Protocol(RpcError { code, message: message.to_string(), data })
    }

    /// Says where it went wrong, if it is one that says so in words.
    pub(crate) fn within(self, place: &str) -> Self {
        match self {
            Self::Failed(message) => Self::Failed(format!("{place}: {message}")),
            other => other,
        }
    }

    /// Anything that can be displayed becomes `Failed`, except an [`Error`], which stays what it is.
    pub(crate) fn from_any<E: fmt::Display + 'static>(error: E) -> Self {
        match (&error as &dyn Any).downcast_ref::<Self>() {
            Some(own) => own.clone(),
            None => Self::failed(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) | Self::InvalidArguments(message) => f.write_str(message),
            Self::NotFound(what) => write!(f, "{what}: not found"),
            Self::Protocol(error) => write!(f, "{} ({})", error.message, error.code),
            Self::Pending => f.write_str("waiting for the client's answers"),
            Self::Refused(error) => {
                write!(f, "the client answered with an error: {} ({})", error.message, error.code)
            }
        }
    }
}

impl<E: std::error::Error> From<E> for Error {
    /// Says the causes too, each after a colon, unless the text of the one before already ends in it.
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self::Failed(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no port")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_question_mark_tells_an_error_and_its_causes() {
        fn port(text: &str) -> Result<u16> {
            Ok(text.parse().map_err(Outer)?)
        }
        assert_eq!(port("x"), Err(Error::failed("no port: invalid digit found in string")));
    }

    #[test]
    fn what_can_be_displayed_becomes_failed_and_an_error_stays_what_it_is() {
        assert_eq!(Error::from_any("broken"), Error::failed("broken"));
        assert_eq!(Error::from_any(String::from("broken")), Error::failed("broken"));
        for error in [Error::Pending, Error::not_found("x"), Error::protocol(-32000, "no", None)] {
            assert_eq!(Error::from_any(error.clone()), error);
        }
    }
}
