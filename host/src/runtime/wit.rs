//! The interface `pegboard:plugin@0.1.0` as Rust types, and their conversion to and from the [vocabulary](crate::plugin).
//!
//! This is the only place that knows both. A guest's JSON text becomes a value here, so nothing unparsed gets further.

mod answers;
mod client;
mod completions;
mod content;
mod json;
mod prompts;
mod questions;
mod resources;
mod tools;
pub(super) mod weight;

use crate::plugin::CallError;

pub(super) use answers::{answers, to_call_error};
pub(super) use bindings::Plugin as Bindings;
pub(super) use bindings::exports::pegboard::plugin as exports;
pub(super) use bindings::pegboard::plugin as imports;
pub(super) use client::{change, context, level, log_message};
pub(super) use questions::questions;

/// What a family's functions gave, as the vocabulary has it.
pub(super) mod from_guest {
    pub(in crate::runtime) use super::completions::completion;
    pub(in crate::runtime) use super::prompts::{output as prompt_output, specs as prompts};
    pub(in crate::runtime) use super::resources::{list as resources, output as read_output, templates};
    pub(in crate::runtime) use super::tools::{output as tool_output, specs as tools};
}

/// What they are given.
pub(super) mod to_guest {
    pub(in crate::runtime) use super::completions::{argument, arguments, target};
}

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1.0",
        world: "plugin",
        imports: {
            "pegboard:plugin/client.log": async,
            "pegboard:plugin/client.progress": async,
            "pegboard:plugin/client.announce": async,
            "pegboard:plugin/http.fetch": async,
            "pegboard:plugin/kv": async,
        },
        exports: { default: async },
    });
}
