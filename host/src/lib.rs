//! Pegboard: an MCP server whose tools are WebAssembly components.
//!
//! # The map, in reading order
//!
//! | module | holds |
//! |---|---|
//! | [`app`] | the composition root: a whole server |
//! | [`config`] | all settings, nested by module, read from TOML |
//! | [`toml_file`] | files that an operator writes, read with the place of every mistake |
//! | [`policy`] | what a plugin may do: grants, their ceiling, and what follows from them |
//! | [`plugin`] | the vocabulary: what a plugin lists, what a call takes and gives |
//! | [`schema`] | JSON Schema, compiled once, checked in bounded time |
//! | [`registry`] | which plugins are loaded, and under which names clients see their tools |
//! | [`runtime`] | runs plugins, each call in a fresh instance, within limits |
//! | [`loader`] | watches the drop directory, and publishes what can be loaded from it |
//! | [`trust`] | under which terms a file becomes a plugin: grants files, signatures |
//! | [`kv`] | what plugins store in buckets, behind a store |
//! | [`session`] | sessions of legacy clients, behind a store |
//! | [`task`] | calls that go on after they were answered, behind a store |
//! | [`audit`] | one line a call: who called what, how it ended, what was used |
//! | [`protocol`] | MCP: one message in, a reply out, on every revision |
//! | [`transport`] | HTTP: the endpoint, its checks, streams that are never buffered |
//! | [`telemetry`] | what the server tells its operator |
#![forbid(unsafe_code)]

pub mod app;
pub mod audit;
pub mod config;
#[doc(hidden)]
pub mod fuzz;
pub mod kv;
pub mod loader;
pub mod plugin;
pub mod policy;
pub mod protocol;
pub mod registry;
pub mod runtime;
pub mod schema;
pub mod session;
mod stamp;
pub mod task;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod toml_file;
pub mod transport;
pub mod trust;

pub use app::App;
pub use config::Config;
pub use loader::compile::Compiler;
