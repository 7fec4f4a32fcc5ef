//! What the server tells its operator: one line of log an event, on standard error.

mod lines;

use std::io::{IsTerminal as _, stderr};

use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How a line of log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// How the server logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// How a line looks.
    pub format: Format,
    /// What is logged: a level (`info`), or directives such as `info,pegboard::transport=debug`.
    pub level: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { format: Format::default(), level: "info".to_owned() }
    }
}

/// Why logging could not begin.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The level is none.
    #[error("the log level {level:?} cannot be used: {message}; give one such as `info` or `pegboard=debug,warn`")]
    Level {
        /// What was given.
        level: String,
        /// What is wrong with it.
        message: String,
    },
    /// Another logger is at work in this process.
    #[error("logging cannot begin: {0}")]
    Taken(#[from] tracing_subscriber::util::TryInitError),
}

/// Begins to log on standard error, for the whole process. A panic becomes one line of log as well.
///
/// # Errors
/// [`TelemetryError::Level`] if the level is none, [`TelemetryError::Taken`] if this process logs already.
pub fn init(config: &Config) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder()
        .parse(&config.level)
        .map_err(|error| TelemetryError::Level { level: config.level.clone(), message: error.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_timer(SystemTime).with_writer(lines::Stderr);
    match config.format {
        Format::Text => builder.with_ansi(stderr().is_terminal()).finish().try_init()?,
        Format::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "the server panicked: {message}");
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_named() {
        let config = Config { level: "info,=loud=".to_owned(), ..Config::default() };
        let message = init(&config).unwrap_err().to_string();
        assert!(message.contains("info,=loud="), "{message}");
    }
}
