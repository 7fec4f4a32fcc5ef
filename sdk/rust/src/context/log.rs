//! Log messages for the client and the operator.

use serde::Serialize;

use super::Context;
use crate::host::{Current, Host};

/// Levels of [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1), least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

/// Logs under a name: [`Context::logger`].
#[derive(Debug, Clone, Copy)]
pub struct Logger<'a> {
    host: &'a Current,
    name: Option<&'a str>,
}

impl Logger<'_> {
    /// Logs any value that can be JSON, text among them; one that cannot is logged as the reason why.
    pub fn log(&self, level: LogLevel, data: impl Serialize) {
        let data = serde_json::to_string(&data).unwrap_or_else(|error| {
            serde_json::Value::String(format!("a log message that cannot be JSON: {error}")).to_string()
        });
        self.host.log(level, self.name, &data);
    }
}

impl Context {
    /// Logs any value that can be JSON: to the client if it wants this level, and to the host's log.
    pub fn log(&self, level: LogLevel, data: impl Serialize) {
        Logger { host: &self.host, name: None }.log(level, data);
    }

    /// Logs under a name of the plugin's choice.
    #[must_use]
    pub fn logger<'a>(&'a self, name: &'a str) -> Logger<'a> {
        Logger { host: &self.host, name: Some(name) }
    }
}

macro_rules! levels {
    ($($method:ident $level:ident $what:literal;)*) => {
        impl Context { $(
            #[doc = $what]
            pub fn $method(&self, data: impl Serialize) {
                self.log(LogLevel::$level, data);
            }
        )* }

        impl Logger<'_> { $(
            #[doc = $what]
            pub fn $method(&self, data: impl Serialize) {
                self.log(LogLevel::$level, data);
            }
        )* }
    };
}

levels! {
    debug Debug "Logs detail for whoever looks for a fault.";
    info Info "Logs what goes as it should.";
    notice Notice "Logs what is normal but worth a look.";
    warning Warning "Logs what may become a fault.";
    error Error "Logs a fault.";
    critical Critical "Logs a fault that a part does not survive.";
    alert Alert "Logs what somebody must act upon now.";
    emergency Emergency "Logs that nothing works any more.";
}
