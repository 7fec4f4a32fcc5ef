//! What a plugin imports, one capability a file. Each of these gives a plugin what every one has and what it is
//! granted, and otherwise refuses, saying what was refused to whom.

mod client;
mod config;
mod filesystem;
mod http;
mod kv;
mod secrets;

use wasmtime::component::{HasSelf, Linker};

use super::net;
use super::store::State;
use super::wit::{Bindings, imports};

/// Links our interfaces and all of WASI 0.2, so that any toolchain's output loads. What a call may do is decided in
/// the functions, not by what is linked.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    net::sockets::link(linker)?;
    filesystem::link(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    Bindings::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

/// The packages that [`link`] provides, and the version that an import may ask of each.
pub(super) const LINKED: [(&str, &str); 8] = [
    ("pegboard:plugin/", "0.1."),
    ("wasi:cli/", "0.2."),
    ("wasi:clocks/", "0.2."),
    ("wasi:filesystem/", "0.2."),
    ("wasi:http/", "0.2."),
    ("wasi:io/", "0.2."),
    ("wasi:random/", "0.2."),
    ("wasi:sockets/", "0.2."),
];

impl imports::types::Host for State {}
