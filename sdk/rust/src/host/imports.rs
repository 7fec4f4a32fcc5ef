//! The host's side, through the generated bindings.

use std::panic::PanicHookInfo;
use std::sync::Once;

use super::Host;
use crate::bindings::pegboard::plugin::client;
use crate::context::{Call, LogLevel};

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
