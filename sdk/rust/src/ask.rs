//! Questions to the client: to its user ([`Form`], [`Visit`]), to its model ([`Sample`]), about its directories
//! ([`Roots`]).
//!
//! Nothing here waits. The first time, [`Context::ask`] gives [`Error::Pending`], which `?` hands on; the host then
//! puts the questions to the client, and runs the call again *from its start* with the answers at hand. So ask
//! first and act after.
//!
//! ```
//! use pegboard_sdk::prelude::*;
//!
//! /// How sure the user is.
//! #[input]
//! struct Confirmation {
//!     /// Really delete it?
//!     sure: bool,
//! }
//!
//! /// Deletes a file, if the user agrees.
//! #[tool(destructive, needs("elicitation"))]
//! fn delete(name: &str, ctx: &Context) -> Result<String> {
//!     let answer = ctx.ask("sure", Form::of::<Confirmation>(format!("Delete {name}?")))?;
//!     if !answer.accepted()?.sure {
//!         return Ok(format!("kept {name}"));
//!     }
//!     Ok(format!("deleted {name}"))
//! }
//!
//! let ctx = Context::test();
//! assert_eq!(delete("a.txt", &ctx), Err(Error::Pending));
//! assert_eq!(ctx.asked()[0].key, "sure");
//!
//! ctx.answer("sure", Answer::accept(json!({ "sure": true })));
//! assert_eq!(delete("a.txt", &ctx), Ok("deleted a.txt".into()));
//! ```

mod answer;
mod form;
mod sample;

use serde_json::Value;

use crate::content::Object;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::host::Host;

pub use answer::{Answer, Elicited, Root};
pub use form::{Choice, Choices, Field, Flag, Form, Integer, Number, Text};
pub use sample::{Sample, Sampled, SamplingMessage, ToolUse};

/// What can be asked. Its answer has a type of its own.
pub trait Query {
    /// What comes back.
    type Answer;

    /// The question as the interface has it.
    ///
    /// # Errors
    /// If it cannot be put: a form that no client could show, for one.
    fn question(self) -> Result<Question>;

    /// Reads the answer.
    ///
    /// # Errors
    /// If it is the answer to something else, or does not fit.
    fn read(answer: Answer) -> Result<Self::Answer>;
}

/// A question in its plain form, as [`asked`](crate::testing::TestContext::asked) shows it to tests.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// A form for the user to fill in.
    Form {
        /// What the user is told.
        message: String,
        /// What to fill in: a flat JSON Schema.
        schema: Object,
    },
    /// A page for the user to visit.
    Visit {
        /// Why to go there.
        message: String,
        /// Where.
        url: String,
    },
    /// A conversation for the client's model to continue.
    Sample(Sample),
    /// The directories that the client works in.
    Roots,
    /// Any other request, with `method` and `params`.
    Other(Object),
}

/// A page for the user to visit, for what must not pass through the client: passwords, payments. The client tells
/// only whether the user agreed to go there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    message: String,
    url: String,
}

impl Visit {
    /// Sends the user to an `https:` URL, and says why.
    pub fn new(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self { message: message.into(), url: url.into() }
    }
}

impl Query for Visit {
    type Answer = Elicited<()>;

    fn question(self) -> Result<Question> {
        Ok(Question::Visit { message: self.message, url: self.url })
    }

    fn read(answer: Answer) -> Result<Self::Answer> {
        Ok(Elicited::of(answer)?.map(|_| ()))
    }
}

/// Asks for the directories that the client works in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots;

impl Query for Roots {
    type Answer = Vec<Root>;

    fn question(self) -> Result<Question> {
        Ok(Question::Roots)
    }

    fn read(answer: Answer) -> Result<Self::Answer> {
        match answer {
            Answer::Roots(roots) => Ok(roots),
            other => Err(other.unexpected("roots")),
        }
    }
}

/// A request that MCP has and this crate does not know, as MCP writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Other(pub Object);

impl Query for Other {
    type Answer = Value;

    fn question(self) -> Result<Question> {
        Ok(Question::Other(self.0))
    }

    fn read(answer: Answer) -> Result<Self::Answer> {
        match answer {
            Answer::Other(value) => Ok(value),
            other => Err(other.unexpected("a result")),
        }
    }
}

/// Several questions, put at once: a tuple of up to six, or a `Vec`, of pairs of a key and a [`Query`].
pub trait Queries {
    /// The answers, in order.
    type Answers;

    /// The questions, each with its key.
    ///
    /// # Errors
    /// If one of them cannot be put.
    fn questions(self) -> Result<Vec<(String, Question)>>;

    /// Takes its answers from those of all questions.
    ///
    /// # Errors
    /// If one is missing or does not fit.
    fn read(answers: &mut dyn Iterator<Item = (String, Answer)>) -> Result<Self::Answers>;
}

fn question<Q: Query>(key: impl Into<String>, query: Q) -> Result<(String, Question)> {
    let key = key.into();
    match query.question() {
        Ok(question) => Ok((key, question)),
        Err(error) => Err(error.within(&format!("question `{key}`"))),
    }
}

fn read<Q: Query>(answers: &mut dyn Iterator<Item = (String, Answer)>) -> Result<Q::Answer> {
    let (key, answer) = answers.next().ok_or_else(|| Error::failed("the host gave too few answers"))?;
    Q::read(answer).map_err(|error| error.within(&format!("question `{key}`")))
}

macro_rules! tuples {
    ($($key:ident $query:ident),+) => {
        impl<$($key: Into<String>, $query: Query),+> Queries for ($(($key, $query),)+) {
            type Answers = ($($query::Answer,)+);

            #[allow(non_snake_case)]
            fn questions(self) -> Result<Vec<(String, Question)>> {
                let ($(($key, $query),)+) = self;
                Ok(vec![$(question($key, $query)?),+])
            }

            fn read(answers: &mut dyn Iterator<Item = (String, Answer)>) -> Result<Self::Answers> {
                Ok(($(read::<$query>(answers)?,)+))
            }
        }
    };
}

tuples!(K1 Q1);
tuples!(K1 Q1, K2 Q2);
tuples!(K1 Q1, K2 Q2, K3 Q3);
tuples!(K1 Q1, K2 Q2, K3 Q3, K4 Q4);
tuples!(K1 Q1, K2 Q2, K3 Q3, K4 Q4, K5 Q5);
tuples!(K1 Q1, K2 Q2, K3 Q3, K4 Q4, K5 Q5, K6 Q6);

impl<K: Into<String>, Q: Query> Queries for Vec<(K, Q)> {
    type Answers = Vec<Q::Answer>;

    fn questions(self) -> Result<Vec<(String, Question)>> {
        self.into_iter().map(|(key, query)| question(key, query)).collect()
    }

    fn read(answers: &mut dyn Iterator<Item = (String, Answer)>) -> Result<Self::Answers> {
        let mut answers = answers.peekable();
        let mut read_all = Vec::new();
        while answers.peek().is_some() {
            read_all.push(read::<Q>(&mut answers)?);
        }
        Ok(read_all)
    }
}

impl Context {
    /// Asks the client one question. `key` is unique in the call, and the same on each of its runs.
    ///
    /// # Errors
    /// - [`Error::Pending`] where there is no answer yet: hand it on at once, with `?`.
    /// - [`Error::Protocol`] if the client cannot be asked such a thing; a tool that cannot do without says so
    ///   with `needs(…)`, and is not called then.
    /// - [`Error::Refused`] if the client answered with an error.
    /// - [`Error::Failed`] if question or answer are of no use.
    pub fn ask<Q: Query>(&self, key: impl Into<String>, query: Q) -> Result<Q::Answer> {
        let (answer,) = self.ask_all(((key, query),))?;
        Ok(answer)
    }

    /// Asks several questions in one round. To ask one after the other takes a round for each.
    ///
    /// ```
    /// use pegboard_sdk::prelude::*;
    ///
    /// /// Greets the user from where they are.
    /// #[tool(needs("elicitation", "roots"))]
    /// fn greet(ctx: &Context) -> Result<String> {
    ///     let (name, roots) = ctx.ask_all((
    ///         ("name", Form::new("Who are you?").field("name", Text::new())),
    ///         ("roots", Roots),
    ///     ))?;
    ///     let name = name.accepted()?;
    ///     Ok(format!("Hello, {} in {}!", name["name"], roots.len()))
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn ask_all<Q: Queries>(&self, queries: Q) -> Result<Q::Answers> {
        let questions = queries.questions()?;
        let keys: Vec<String> = questions.iter().map(|(key, _)| key.clone()).collect();
        let answers = self.host.ask(questions)?;
        Q::read(&mut keys.into_iter().zip(answers))
    }
}

#[cfg(test)]
mod tests;
