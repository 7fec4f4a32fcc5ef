//! The host's side, through the generated bindings.

use std::panic::PanicHookInfo;
use std::sync::Once;
use std::time::Duration;

use super::Host;
use crate::ask::{Answer, Question};
use crate::bindings::pegboard::plugin::client;
use crate::context::{Call, Change, LogLevel};
use crate::convert;
use crate::error::Error;

/// Nothing to hold: the host knows which call an instance is in.
#[derive(Debug, Clone, Default)]
pub struct Imports;

impl Host for Imports {
    fn log(&self, level: LogLevel, logger: Option<&str>, data: &str) {
        client::log(level.into(), logger, data);
    }

    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        client::progress(done, total, message);
    }

    fn call(&self) -> Call {
        client::context().into()
    }

    fn ask(&self, questions: Vec<(String, Question)>) -> Result<Vec<Answer>, Error> {
        let questions: Vec<_> = questions.into_iter().map(Into::into).collect();
        let answers = client::ask(&questions).map_err(convert::error)?;
        Ok(answers.into_iter().map(Into::into).collect())
    }

    fn announce(&self, change: Change) {
        client::announce(&change.into());
    }

    fn close_stream(&self, retry: Option<Duration>) {
        client::close_stream(retry.map(in_milliseconds));
    }
}

/// As the interface counts time; more than it can hold is the most that it can.
fn in_milliseconds(time: Duration) -> u32 {
    time.as_millis().try_into().unwrap_or(u32::MAX)
}

/// A panic traps, and a trap says nothing of why. What is last on stderr does: the host logs it under the
/// plugin's name. So it is one line, with the place and without advice about environment variables.
pub fn say_panics_on_one_line() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(say)));
}

fn say(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message").replace('\n', " ");
    match panic.location() {
        Some(place) => eprintln!("panicked at {place}: {message}"),
        None => eprintln!("panicked: {message}"),
    }
}
