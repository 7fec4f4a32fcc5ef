//! The imports of the interface, as a [`Context`](crate::Context) uses them: the host's on `wasm32`, a double
//! anywhere else. Which it is, is known at compile time, so that a component imports just what it calls.

#[cfg(target_arch = "wasm32")]
mod imports;

#[cfg(target_arch = "wasm32")]
pub use imports::{Imports as Current, say_panics_on_one_line};

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::Double as Current;

use std::time::Duration;

use crate::ask::{Answer, Question};
use crate::context::{Call, Change, LogLevel};
use crate::error::Error;

/// The imports. Text that is JSON is so by the caller's word.
pub trait Host {
    fn log(&self, level: LogLevel, logger: Option<&str>, data: &str);
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>);
    fn call(&self) -> Call;
    fn ask(&self, questions: Vec<(String, Question)>) -> Result<Vec<Answer>, Error>;
    fn announce(&self, change: Change);
    fn close_stream(&self, retry: Option<Duration>);
}

/// A test wants its panics as they are.
#[cfg(not(target_arch = "wasm32"))]
pub fn say_panics_on_one_line() {}
