//! Write [Pegboard](https://modelcontextprotocol.io) plugins in Rust: functions become tools that any MCP
//! client can call.
//!
//! ```
//! use pegboard_sdk::prelude::*;
//!
//! /// Adds two numbers.
//! #[tool(read_only, idempotent, open_world = false)]
//! fn add(a: f64, b: f64) -> f64 {
//!     a + b
//! }
//!
//! pegboard_sdk::plugin!(add);
//! # fn main() {}
//! ```
//!
//! That is a whole plugin: `cargo build --release --target wasm32-wasip2` makes a component of it, if its
//! `Cargo.toml` says `crate-type = ["cdylib"]`. The README beside this crate goes on from here.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`macro@tool`], [`macro@tools`], [`macro@prompt`] | what functions become, |
//! | [`macro@resource`], [`macro@resource_template`] | by an attribute on them |
//! | [`plugin!`], [`Plugin`] | what they are together |
//! | [`content`] | the pieces that results and messages are made of |
//! | [`error`] | [`Error`], with a case for each way in which a call can fail |
//! | [`result`] | [`ToolResult`], [`Json`], and what else a tool may return |
//! | [`context`] | [`Context`]: progress, logs, and who is calling |
//! | [`prompt`](mod@prompt), [`resource`](mod@resource), [`completion`] | what those return |
//! | [`ask`] | questions to the client: forms, sampling, roots |
//! | [`http`], [`kv`] | requests to other systems, and what outlives a call |
//! | [`testing`] | the host's double, for tests without WebAssembly |
//!
//! # What runs where
//!
//! On `wasm32` a [`Context`] speaks to the host through the interface `pegboard:plugin`. Anywhere else it
//! speaks to [`testing::TestContext`], so that `cargo test` needs no sandbox and no host.

// Generated code for the canonical ABI is the one place that cannot do without.
#![deny(unsafe_code)]
#![warn(missing_docs)]

// The attributes write `::pegboard_sdk::…`, in this crate's own tests too.
extern crate self as pegboard_sdk;

#[doc(hidden)]
pub mod __private;
mod arguments;
#[doc(hidden)]
#[allow(unsafe_code, missing_docs, clippy::all, clippy::pedantic)]
pub mod bindings;
mod convert;
mod host;
mod schema;
mod tool;

pub mod ask;
pub mod completion;
pub mod content;
pub mod context;
pub mod error;
pub mod http;
pub mod kv;
pub mod plugin;
pub mod prelude;
pub mod prompt;
pub mod resource;
pub mod result;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use arguments::Arguments;
pub use content::{Content, Object};
pub use context::Context;
pub use error::{Error, Result};
pub use pegboard_sdk_macros::{input, output, plugin, prompt, resource, resource_template, tool, tools};
pub use plugin::Plugin;
pub use result::{Json, ToolResult};
pub use tool::{TaskSupport, Tool, ToolAnnotations};
pub use {schemars, serde, serde_json};

/// The code in the README is compiled, and run where it is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
