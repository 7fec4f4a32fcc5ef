//! The interface `pegboard:plugin@0.1.0` as Rust types, and their conversion to and from the [vocabulary](crate::plugin).
//!
//! This is the only place that knows both. A guest's JSON text becomes a value here, so nothing unparsed gets further.

mod client;
mod content;
mod json;
mod tools;

use crate::plugin::CallError;

pub(super) use bindings::Plugin as Bindings;
pub(super) use bindings::exports::pegboard::plugin as exports;
pub(super) use bindings::pegboard::plugin as imports;
pub(super) use client::{change, context, level, log_message};
pub(super) use tools::{listing, output};

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
