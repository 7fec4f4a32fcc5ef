//! The host's side, through the generated bindings.

use std::panic::PanicHookInfo;
use std::sync::Once;
use std::time::Duration;

use super::Host;
use crate::ask::{Answer, Question};
use crate::bindings::pegboard::plugin::{client, config, http, kv, secrets};
use crate::context::{Call, Change, LogLevel};
use crate::convert::{
    self,
    capabilities::{milliseconds, seconds},
};
use crate::error::Error;
use crate::http::{HttpError, Request, Response};
use crate::kv::{Entry, KeyPage, KvError};

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
        client::close_stream(retry.map(milliseconds));
    }

    fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        Ok(http::fetch(&request.into())?.into())
    }

    fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KvError> {
        Ok(kv::get(bucket, key)?.map(Into::into))
    }

    fn kv_set(&self, bucket: &str, key: &str, value: &[u8], time: Option<Duration>) -> Result<(), KvError> {
        Ok(kv::set(bucket, key, value, time.map(seconds))?)
    }

    fn kv_swap(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        value: &[u8],
        time: Option<Duration>,
    ) -> Result<bool, KvError> {
        Ok(kv::swap(bucket, key, version, value, time.map(seconds))?)
    }

    fn kv_delete(&self, bucket: &str, key: &str) -> Result<(), KvError> {
        Ok(kv::delete(bucket, key)?)
    }

    fn kv_keys(&self, bucket: &str, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvError> {
        Ok(kv::keys(bucket, prefix, cursor)?.into())
    }

    fn config(&self, key: &str) -> Option<String> {
        config::get(key)
    }

    fn config_all(&self) -> String {
        config::all()
    }

    fn secret(&self, name: &str) -> Option<String> {
        secrets::get(name)
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
