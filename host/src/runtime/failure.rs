//! Why a guest ended without a result: the engine's error as a [`CallError`].

use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use super::cpu::CpuTimeExceeded;
use super::jobs::OtherInterface;
use super::limits::REASON_BYTES;
use super::output::excerpt;
use super::store::Exceeded;
use crate::plugin::{CallError, Limit, PluginId};

/// The text of an error whose type wasmtime keeps to itself; a test pins it.
const HOSTCALL_FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// What a caller is told. Only what the guest did and said: the WebAssembly backtrace goes to the log.
pub(super) fn explain(
    error: &wasmtime::Error,
    plugin: &PluginId,
    budget: &Budget,
    last_words: Option<String>,
) -> CallError {
    if error.is::<CpuTimeExceeded>() {
        return CallError::Limit(Limit::CpuTime(budget.cpu_time_ms));
    }
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return CallError::Limit(match *exceeded {
            Exceeded::Memory(bytes) => Limit::Memory(bytes),
            Exceeded::Tables(elements) => Limit::TableElements(elements),
        });
    }
    if let Some(other) = error.downcast_ref::<OtherInterface>() {
        return CallError::Invalid(other.to_string());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return CallError::Unavailable("all instances are in use; try again in a moment".into());
    }
    let cause = error.root_cause().to_string();
    if cause.contains(HOSTCALL_FUEL) {
        return CallError::Limit(Limit::Output(budget.output_bytes));
    }
    let reason = if let Some(exit) = error.downcast_ref::<I32Exit>() {
        format!("it ended itself with exit code {}", exit.0)
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        trap_reason(*trap)
    } else {
        excerpt(cause.lines().next().unwrap_or_default(), REASON_BYTES)
    };
    let detail = excerpt(&format!("{error:?}").replace('\n', "; "), 4 * REASON_BYTES);
    // Who called says that it failed; this is for who writes plugins.
    tracing::debug!(target: "pegboard::plugin", %plugin, detail, "a call crashed: {reason}");
    CallError::Trap(match last_words {
        Some(words) => format!("{reason}; the last it wrote to standard error:\n{words}"),
        None => reason,
    })
}

/// What one run may use, as far as an explanation may have to name it.
pub(super) struct Budget {
    pub(super) cpu_time_ms: u64,
    pub(super) wall_time_ms: u64,
    pub(super) output_bytes: u64,
}

fn trap_reason(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "it aborted (a panic or an unreachable instruction)".to_owned(),
        Trap::StackOverflow => "its call stack is exhausted (a recursion without end?)".to_owned(),
        other => other.to_string().trim_start_matches("wasm trap: ").to_owned(),
    }
}
