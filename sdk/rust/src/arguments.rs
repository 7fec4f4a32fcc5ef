//! Arguments that come as text: of prompts, and of what a template's variables stand for.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Texts by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// The text with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }

    pub(crate) fn push(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.push((name.into(), text.into()));
    }

    /// The value with this name.
    ///
    /// # Errors
    /// [`Error::InvalidArguments`] if it is missing, or is no `T`.
    pub fn required<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        self.optional(name)?.ok_or_else(|| Error::invalid_arguments(format!("{name}: missing")))
    }

    /// The value with this name, if there is one.
    ///
    /// # Errors
    /// [`Error::InvalidArguments`] if it is no `T`.
    pub fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>> {
        let read = |text: &str| text.parse().map_err(|wrong| Error::invalid_arguments(format!("{name}: {wrong}")));
        self.get(name).map(read).transpose()
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Arguments {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let args: Arguments = [("n", "x")].into_iter().collect();
        let wrong = args.optional::<u8>("n").unwrap_err();
        assert_eq!(wrong, Error::invalid_arguments("n: invalid digit found in string"));
        assert_eq!(args.required::<u8>("m"), Err(Error::invalid_arguments("m: missing")));
        assert_eq!(args.optional::<u8>("m"), Ok(None));
        assert_eq!(args.required::<String>("n"), Ok("x".to_owned()));
    }
}
