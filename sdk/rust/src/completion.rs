//! Suggestions while a person fills in a prompt's argument or a template's variable.
//!
//! `#[argument(complete = …)]` on a parameter says where they come from, a list or a function, and the item is named
//! under `completions` in [`plugin!`](crate::plugin!) too:
//!
//! ```
//! use pegboard_sdk::prelude::*;
//!
//! /// Plans a trip.
//! #[prompt]
//! fn trip(
//!     #[argument(complete = ["Austria", "Portugal"])] country: &str,
//!     #[argument(complete = cities)] city: &str,
//! ) -> String {
//!     format!("Plan a trip to {city} in {country}.")
//! }
//!
//! fn cities(completing: &Completing) -> Completion {
//!     match completing.resolved("country") {
//!         Some("Austria") => completing.matching(["Graz", "Linz", "Vienna"]),
//!         Some("Portugal") => completing.matching(["Lisbon", "Porto"]),
//!         _ => Completion::default(),
//!     }
//! }
//!
//! pegboard_sdk::plugin! {
//!     prompts: [trip],
//!     completions: [trip],
//! }
//!
//! # fn main() {
//! use pegboard_sdk::completion::Target;
//! let cities = PLUGIN.complete(&Context::test(), Target::Prompt("trip"), "city", "l", [("country", "Portugal")]);
//! assert_eq!(cities.unwrap().values, ["Lisbon"]);
//! # }
//! ```

use std::fmt;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::error::{Error, Result};

/// The most values that one completion may hold.
const MOST: usize = 100;

/// What is being filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A prompt, by its name.
    Prompt(&'a str),
    /// A resource template, by its URI template.
    ResourceTemplate(&'a str),
}

/// Where a person is: what a function that suggests values gets.
#[derive(Debug)]
pub struct Completing<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) argument: &'a str,
    pub(crate) typed: &'a str,
    pub(crate) resolved: &'a Arguments,
}

impl<'a> Completing<'a> {
    /// The name of the argument.
    #[must_use]
    pub fn argument(&self) -> &'a str {
        self.argument
    }

    /// What was typed so far.
    #[must_use]
    pub fn typed(&self) -> &'a str {
        self.typed
    }

    /// What another argument was filled in with before.
    #[must_use]
    pub fn resolved(&self, argument: &str) -> Option<&'a str> {
        self.resolved.get(argument)
    }

    /// The way out.
    #[must_use]
    pub fn ctx(&self) -> &'a Context {
        self.ctx
    }

    /// Those of `values` that begin with what was typed; case does not matter.
    pub fn matching<V: AsRef<str>>(&self, values: impl IntoIterator<Item = V>) -> Completion {
        let typed = self.typed.to_lowercase();
        let begins = |value: &V| value.as_ref().to_lowercase().starts_with(&typed);
        values.into_iter().filter(begins).map(|value| value.as_ref().to_owned()).collect()
    }
}

/// Suggestions, the best first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// At most 100.
    pub values: Vec<String>,
    /// How many there are in all, if that is known.
    pub total: Option<u32>,
    /// Are there more than these?
    pub has_more: bool,
}

impl<V: Into<String>> FromIterator<V> for Completion {
    /// The first 100, and how many there are.
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut values = values.into_iter().map(Into::into);
        let first: Vec<String> = values.by_ref().take(MOST).collect();
        let more = values.count();
        Self { total: u32::try_from(first.len() + more).ok(), has_more: more > 0, values: first }
    }
}

/// What a function that suggests values may return: a [`Completion`], or a `Vec` or an array of texts. In a `Result` the
/// error may be anything that can be displayed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no completion",
    label = "no completion",
    note = "return `Completion`, or a `Vec` of texts",
    note = "in a `Result` the error must be `Display + 'static`"
)]
pub trait IntoCompletion {
    /// Makes a completion of it.
    ///
    /// # Errors
    /// What the function failed with.
    fn into_completion(self) -> Result<Completion>;
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion> {
        Ok(self)
    }
}

impl<V: Into<String>> IntoCompletion for Vec<V> {
    fn into_completion(self) -> Result<Completion> {
        Ok(self.into_iter().collect())
    }
}

impl<V: Into<String>, const N: usize> IntoCompletion for [V; N] {
    fn into_completion(self) -> Result<Completion> {
        Ok(self.into_iter().collect())
    }
}

impl<T: IntoCompletion, E: fmt::Display + 'static> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion> {
        self.map_err(Error::from_any)?.into_completion()
    }
}

/// What completes the arguments of one prompt or template.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct CompletionItem {
    pub target: Target<'static>,
    pub complete: fn(&Completing<'_>) -> Result<Completion>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hundred_values_are_given_and_the_rest_is_counted() {
        let completion: Completion = (0..101).map(|n| n.to_string()).collect();
        assert_eq!((completion.values.len(), completion.total, completion.has_more), (100, Some(101), true));
        let completion: Completion = ["a"].into_iter().collect();
        assert_eq!((completion.total, completion.has_more), (Some(1), false));
    }
}
