//! `[limits]`: bounds of one plugin, over those that all have.

use serde::{Deserialize, Serialize};

/// Bounds; what is absent is as `[limits]` in `pegboard.toml` says, under the same name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Milliseconds that one call may compute.
    pub cpu_time_ms: Option<u64>,
    /// Milliseconds from a call's beginning to its end.
    pub wall_time_ms: Option<u64>,
    /// As `cpu_time_ms`, for a run of a task.
    pub task_cpu_time_ms: Option<u64>,
    /// As `wall_time_ms`, for a run of a task.
    pub task_wall_time_ms: Option<u64>,
    /// Bytes of memory of one instance.
    pub memory_bytes: Option<u64>,
    /// Elements of all tables of one instance.
    pub table_elements: Option<u64>,
    /// Bytes that a guest may hand to the host at once.
    pub output_bytes: Option<u64>,
    /// Log messages of one call.
    pub log_messages: Option<u32>,
    /// Bytes of standard output and standard error of one call.
    pub stdio_bytes: Option<u64>,
    /// Calls that run at the same time.
    pub concurrent_calls: Option<u32>,
    /// Calls that wait for their turn.
    pub queued_calls: Option<u32>,
    /// Calls a minute of one principal; anonymous callers are one together.
    pub calls_per_minute: Option<u32>,
    /// Microseconds: how finely clocks tell the time.
    pub clock_resolution_us: Option<u64>,
    /// Whether an instance may serve more than one call.
    pub reuse: Option<Reuse>,
}

/// Which calls an instance may serve, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// One.
    #[default]
    Never,
    /// Those of one principal.
    Principal,
    /// Any: what a call leaves in memory is there for the next, whoever makes it.
    Shared,
}

impl Limits {
    /// These, and those of `defaults` where these say nothing.
    #[must_use]
    pub fn over(&self, defaults: &Self) -> Self {
        Self {
            cpu_time_ms: self.cpu_time_ms.or(defaults.cpu_time_ms),
            wall_time_ms: self.wall_time_ms.or(defaults.wall_time_ms),
            task_cpu_time_ms: self.task_cpu_time_ms.or(defaults.task_cpu_time_ms),
            task_wall_time_ms: self.task_wall_time_ms.or(defaults.task_wall_time_ms),
            memory_bytes: self.memory_bytes.or(defaults.memory_bytes),
            table_elements: self.table_elements.or(defaults.table_elements),
            output_bytes: self.output_bytes.or(defaults.output_bytes),
            log_messages: self.log_messages.or(defaults.log_messages),
            stdio_bytes: self.stdio_bytes.or(defaults.stdio_bytes),
            concurrent_calls: self.concurrent_calls.or(defaults.concurrent_calls),
            queued_calls: self.queued_calls.or(defaults.queued_calls),
            calls_per_minute: self.calls_per_minute.or(defaults.calls_per_minute),
            clock_resolution_us: self.clock_resolution_us.or(defaults.clock_resolution_us),
            reuse: self.reuse.or(defaults.reuse),
        }
    }

    /// Of two bounds the stricter holds.
    #[must_use]
    pub fn stricter(&self, other: &Self) -> Self {
        fn least<T: Ord + Copy>(a: Option<T>, b: Option<T>) -> Option<T> {
            a.into_iter().chain(b).min()
        }
        Self {
            cpu_time_ms: least(self.cpu_time_ms, other.cpu_time_ms),
            wall_time_ms: least(self.wall_time_ms, other.wall_time_ms),
            task_cpu_time_ms: least(self.task_cpu_time_ms, other.task_cpu_time_ms),
            task_wall_time_ms: least(self.task_wall_time_ms, other.task_wall_time_ms),
            memory_bytes: least(self.memory_bytes, other.memory_bytes),
            table_elements: least(self.table_elements, other.table_elements),
            output_bytes: least(self.output_bytes, other.output_bytes),
            log_messages: least(self.log_messages, other.log_messages),
            stdio_bytes: least(self.stdio_bytes, other.stdio_bytes),
            concurrent_calls: least(self.concurrent_calls, other.concurrent_calls),
            queued_calls: least(self.queued_calls, other.queued_calls),
            calls_per_minute: least(self.calls_per_minute, other.calls_per_minute),
            // The coarser clock is the stricter.
            clock_resolution_us: self.clock_resolution_us.max(other.clock_resolution_us),
            reuse: least(self.reuse, other.reuse),
        }
    }
}
