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
use crate::http::{HttpError, Request, Response};
use crate::kv::{Entry, KeyPage, KvError};

/// The imports. Text that is JSON is so by the caller's word.
pub trait Host {
    fn log(&self, level: LogLevel, logger: Option<&str>, data: &str);
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>);
    fn call(&self) -> Call;
    fn ask(&self, questions: Vec<(String, Question)>) -> Result<Vec<Answer>, Error>;
    fn announce(&self, change: Change);
    fn close_stream(&self, retry: Option<Duration>);
    fn fetch(&self, request: Request) -> Result<Response, HttpError>;
    fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KvError>;
    fn kv_set(&self, bucket: &str, key: &str, value: &[u8], time: Option<Duration>) -> Result<(), KvError>;
    fn kv_swap(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        value: &[u8],
        time: Option<Duration>,
    ) -> Result<bool, KvError>;
    fn kv_delete(&self, bucket: &str, key: &str) -> Result<(), KvError>;
    fn kv_keys(&self, bucket: &str, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvError>;
    fn config(&self, key: &str) -> Option<String>;
    fn config_all(&self) -> String;
    fn secret(&self, name: &str) -> Option<String>;
}

/// A test wants its panics as they are.
#[cfg(not(target_arch = "wasm32"))]
pub fn say_panics_on_one_line() {}
