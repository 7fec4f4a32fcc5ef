//! Too much of what a plugin may do a little of.

use std::hint::black_box;
use std::io::Write as _;

use pegboard_sdk::bindings::pegboard::plugin::client;
use pegboard_sdk::prelude::*;
use wasip2::random::random::get_random_bytes;

const DULL: &str = "all work and no play makes a plugin dull";

/// Prints without end.
#[tool]
pub fn print() {
    loop {
        println!("{}", black_box(DULL));
    }
}

/// Writes to standard error without end.
#[tool]
pub fn complain() {
    loop {
        eprintln!("{}", black_box(DULL));
    }
}

/// Prints one line without end, a megabyte at a time: gigabytes, if it is let.
#[tool]
pub fn line() {
    let much = vec![b'x'; 1 << 20];
    let mut out = std::io::stdout().lock();
    loop {
        let _ = out.write_all(&much);
    }
}

/// Logs without end.
#[tool]
pub fn log(ctx: &Context) {
    loop {
        ctx.info(DULL);
    }
}

/// Logs one message of so many bytes.
#[tool]
pub fn long_log(bytes: u32) {
    let data = "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX));
    client::log(client::LogLevel::Error, None, &data);
}

/// Logs JSON that is nested a million levels deep, without end.
#[tool]
pub fn deep_log() {
    let data = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    loop {
        client::log(client::LogLevel::Error, Some("deep"), &data);
    }
}

/// Tells progress without end.
#[tool]
pub fn progress(ctx: &Context) {
    let mut done = 0.0;
    loop {
        done += 1.0;
        ctx.progress(done, None, "not there yet");
    }
}

/// Tells progress that no JSON can say, and that goes back, without end.
#[tool]
pub fn backwards() {
    loop {
        for done in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3.0, 2.0, -1.0, f64::MAX] {
            client::progress(done, Some(f64::NAN), Some("back again"));
        }
    }
}

/// Announces without end that its tools have changed.
#[tool]
pub fn announce() {
    loop {
        client::announce(&client::Change::Tools);
    }
}

/// Announces without end that a resource has changed, another each time.
#[tool]
pub fn announce_each() {
    let mut number = 0u64;
    loop {
        number += 1;
        client::announce(&client::Change::ResourceUpdated(format!("flood://{number}/{}", "x".repeat(4_096))));
    }
}

/// Closes its stream without end.
#[tool]
pub fn close_stream() {
    loop {
        client::close_stream(Some(0));
    }
}

/// Asks its user without end, whatever comes back.
#[tool]
pub fn ask() {
    loop {
        let _ = client::ask(&[form("again", "Again?")]);
    }
}

/// Asks its user ten thousand questions at once.
#[tool]
pub fn ask_much() -> Result<String> {
    let questions: Vec<_> = (0..10_000).map(|n| form(&n.to_string(), "And this?")).collect();
    handed_on(client::ask(&questions))
}

/// Asks its user one question that is longer than any book.
#[tool]
pub fn ask_for_much(bytes: u32) -> Result<String> {
    let message = "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX));
    handed_on(client::ask(&[form("long", &message)]))
}

fn form(key: &str, message: &str) -> client::Question {
    let schema = r#"{"type":"object","properties":{"word":{"type":"string"}}}"#.into();
    client::Question { key: key.into(), query: client::Query::Form(client::Form { message: message.into(), schema }) }
}

fn handed_on(
    asked: std::result::Result<Vec<client::Answer>, pegboard_sdk::bindings::pegboard::plugin::types::CallError>,
) -> Result<String> {
    use pegboard_sdk::bindings::pegboard::plugin::types::CallError;
    match asked {
        Ok(answers) => Ok(format!("{} answers", answers.len())),
        Err(CallError::Pending) => Err(Error::Pending),
        Err(CallError::Protocol(error)) => Err(Error::failed(error.message)),
        Err(other) => Err(Error::failed(format!("{other:?}"))),
    }
}

/// Takes randomness without end, as much at a time as it is given.
#[tool]
pub fn random(bytes: u64) {
    loop {
        black_box(get_random_bytes(bytes));
    }
}

/// Asks without end who calls.
#[tool]
pub fn who() {
    loop {
        black_box(client::context());
    }
}
