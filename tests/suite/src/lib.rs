//! Drives the real server from outside: what tests of it are written with.
//!
//! | module | holds |
//! |---|---|
//! | [`server`] | a server of one's own, with its folders and its log |
//! | [`guests`] | the plugins that are built from `tests/guests` and `plugins` |
//! | [`granted`] | the guest that uses what it was granted |
//! | [`component`] | plugins made on the spot: with these tools, or with this fault |
//! | [`ally`] | somebody whom guests may reach, and who does their worst |
//! | [`corpus`] | the hostile guests, in one table |
//! | [`http`] | requests, also malformed ones, and replies as they arrive |
//! | [`sse`] | the frames of an event stream, in their order |
//! | [`mcp`] | clients of both eras |
//! | [`rules`] | what each revision has in its messages, as data |
//! | [`wait`] | until something holds |
//!
//! Everything here blocks, and fails by panicking: a test is read from top to bottom. Nothing waits for a time to
//! pass; what never comes ends a test after [`wait::PATIENCE`].

#![allow(clippy::missing_panics_doc, reason = "all of it panics when the test fails")]
#![allow(clippy::must_use_candidate, reason = "noise in tests")]
#![allow(clippy::needless_pass_by_value, reason = "`json!(…)` as an argument reads better without `&`")]

pub mod ally;
pub mod component;
pub mod corpus;
pub mod granted;
pub mod guests;
pub mod http;
pub mod mcp;
pub mod rules;
pub mod server;
pub mod sse;
pub mod wait;

pub use http::{Request, Response};
pub use mcp::{Legacy, Modern};
pub use server::Server;
pub use wait::until;
