//! Every limit on a guest, with its default. This is the one place to look them up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RuntimeError, breaker};

/// What a guest may use. All sizes are in bytes, all times in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Milliseconds that one call may compute. Waiting (for the client, for a timer) is not computing.
    pub cpu_time_ms: u64,
    /// Milliseconds from a call's beginning to its end, the wait for a free place included.
    pub wall_time_ms: u64,
    /// Bytes of linear memory of one instance, all its memories together. Keep it small: a single bulk memory
    /// instruction is not interrupted, so this also bounds how long one can hold a thread.
    pub memory_bytes: u64,
    /// Elements of all tables of one instance together.
    pub table_elements: u64,
    /// Bytes that a guest may hand to the host at once: a call's result, or the arguments of one host function.
    pub output_bytes: u64,
    /// Calls that run at the same time, all plugins together.
    pub concurrent_calls: u32,
    /// Calls of one plugin that run at the same time.
    pub concurrent_calls_per_plugin: u32,
    /// Calls that may wait for a free place; one more is refused at once.
    pub queued_calls: u32,
    /// Of those the most that wait for one plugin.
    pub queued_calls_per_plugin: u32,
    /// Calls a minute of one principal to one plugin; anonymous callers are one together. Absent: not bounded.
    pub calls_per_minute: Option<u32>,
    /// Instances that may be kept for further calls, all plugins together; only those of plugins whose grants say
    /// `reuse` are.
    pub kept_instances: u32,
    /// Milliseconds that such an instance may be idle.
    pub kept_idle_ms: u64,
    /// Milliseconds that a call waits for a free place before it is refused.
    pub queue_time_ms: u64,
    /// Log messages that one call may send; further ones are dropped.
    pub log_messages: u32,
    /// Bytes of standard output and standard error, together, that one call may put into the host's log.
    pub stdio_bytes: u64,
    /// As `cpu_time_ms`, for a run of a task.
    pub task_cpu_time_ms: u64,
    /// As `wall_time_ms`, for a run of a task.
    pub task_wall_time_ms: u64,
    /// As `cpu_time_ms`, while a plugin is asked for what it offers.
    pub list_cpu_time_ms: u64,
    /// As `wall_time_ms`, while a plugin is asked for what it offers.
    pub list_wall_time_ms: u64,
    /// When a plugin whose calls fail is put aside.
    pub breaker: breaker::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_time_ms: 5_000,
            wall_time_ms: 60_000,
            memory_bytes: 64 << 20,
            table_elements: 100_000,
            output_bytes: 16 << 20,
            concurrent_calls: 256,
            concurrent_calls_per_plugin: 64,
            queued_calls: 256,
            queued_calls_per_plugin: 256,
            calls_per_minute: None,
            kept_instances: 64,
            kept_idle_ms: 60_000,
            queue_time_ms: 2_000,
            log_messages: 1_000,
            stdio_bytes: 64 << 10,
            task_cpu_time_ms: 60_000,
            task_wall_time_ms: 1_800_000,
            list_cpu_time_ms: 2_000,
            list_wall_time_ms: 5_000,
            breaker: breaker::Config::default(),
        }
    }
}

/// The unit in which WebAssembly memory grows.
pub(super) const WASM_PAGE: u64 = 64 << 10;

/// Bytes of address space, not of memory, that each place has for a linear memory.
const POOLED_MEMORY: u64 = 1 << 30;

/// Milliseconds between two looks at a running guest: how finely time is shared and how late a limit is noticed.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// Ticks without any guest after which the ticking stops until the next call.
pub(super) const IDLE_TICKS: u32 = 100;

/// CPU time that every call gets without asking: most calls need less, and never meet the gate.
pub(super) const FREE_CPU: Duration = Duration::from_millis(1);

/// Up to this much CPU time a call queues with its like, so that it need not wait behind the long ones.
pub(super) const SHORT_CPU: Duration = Duration::from_millis(20);

/// A guest that is on a thread for longer than this, several ticks, did not let others in when it was to.
pub(super) const LONG_HOLD: Duration = Duration::from_millis(5);

/// For so long the calls of its plugin get no CPU time without asking.
pub(super) const UNRULY_FOR: Duration = Duration::from_secs(10);

/// Bytes of stack for WebAssembly code.
pub(super) const WASM_STACK: usize = 1 << 20;

/// Bytes of the stack on which a guest and the host functions that it calls run: what is over [`WASM_STACK`] is the
/// host's, which must not run out, since that would end the process.
pub(super) const FIBER_STACK: usize = 2 << 20;

/// Plugins that are asked for what they offer at the same time. They have places of their own, so that a server full
/// of calls can still load a plugin.
pub(super) const CONCURRENT_LISTINGS: u32 = 4;

/// Instances of one plugin that are kept for further calls.
pub(super) const KEPT_PER_PLUGIN: usize = 16;

/// Linear memories of one component.
pub(super) const MEMORIES_PER_COMPONENT: u32 = 4;

/// Tables of one component.
pub(super) const TABLES_PER_COMPONENT: u32 = 16;

/// Core instances of one component; the dynamically linked ones of Python need some dozens.
pub(super) const CORE_INSTANCES_PER_COMPONENT: u32 = 128;

/// Bytes of bookkeeping for one component instance, its core instances included.
pub(super) const INSTANCE_BYTES: usize = 4 << 20;

/// Bytes that a place keeps in memory after a call: of each memory and table. The next call there is spared
/// the page faults; the price is this much idle memory for each place that was in use at the same time as others.
pub(super) const KEEP_RESIDENT: usize = 64 << 10;

/// The same for the stack. It is zeroed with each call, and few calls need more.
pub(super) const STACK_KEEP_RESIDENT: usize = 16 << 10;

/// Handles (streams, pollables, descriptors) that a guest may hold.
pub(super) const HANDLES: usize = 4_096;

/// Files and directories that a guest may have open.
pub(super) const OPEN_FILES: usize = 256;

/// Entries of directories that a guest may be reading: the host holds them until they are read.
pub(super) const DIRECTORY_ENTRIES: usize = 100_000;

/// Writes to files that a guest may have under way at the same time.
pub(super) const FILE_WRITES: usize = 64;

/// Bytes of one such write.
pub(super) const FILE_CHUNK_BYTES: usize = 64 << 10;

/// Bytes that are read from a file before the guest takes them, for each of its streams.
pub(super) const FILE_READ_AHEAD_BYTES: usize = 4 << 10;

/// Bytes of randomness in one host call.
pub(super) const RANDOM_BYTES: u64 = 1 << 20;

/// Connections of all plugins together.
pub(super) const CONNECTIONS: usize = 256;

/// How long the host waits for one address to take a connection.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Addresses of one name that are looked at.
pub(super) const ADDRESSES: usize = 16;

/// Bytes of a host's name.
pub(super) const HOST_NAME_BYTES: usize = 253;

/// Sockets that an instance has at the same time.
pub(super) const SOCKETS: usize = 16;

/// Sockets that an instance makes. A stream of a closed one holds its descriptor.
pub(super) const SOCKETS_MADE: u32 = 64;

/// Addresses of names that an instance has looked up, and may therefore connect to.
pub(super) const LOOKED_UP: usize = 256;

/// Bytes of a URL that a guest names.
pub(super) const URL_BYTES: usize = 16 << 10;

/// Headers of one HTTP message.
pub(super) const HTTP_FIELDS: usize = 100;

/// Bytes of a response's head.
pub(super) const HTTP_HEAD_BYTES: usize = 64 << 10;

/// Bytes of HTTP header fields that a guest may build.
pub(super) const HTTP_FIELDS_BYTES: usize = 64 << 10;

/// Bytes of one line in the log; a longer one is broken.
pub(super) const LOG_LINE_BYTES: usize = 2 << 10;

/// Bytes at the end of standard error that go into the message of a crash.
pub(super) const LAST_WORDS_BYTES: usize = 2 << 10;

/// Bytes of an error message of the engine that go to a client.
pub(super) const REASON_BYTES: usize = 512;

impl Config {
    /// Bytes that the pool has room for in one memory: more than [`Self::memory_bytes`], so that a grant may give more
    /// to one plugin.
    pub(super) fn pooled_memory_bytes(&self) -> u64 {
        self.memory_bytes.max(POOLED_MEMORY)
    }

    /// Places for instances: those of calls, those of listings, and those that are kept.
    pub(super) fn places(&self) -> u32 {
        self.concurrent_calls + CONCURRENT_LISTINGS + self.kept_instances
    }

    /// Refuses what cannot work, naming the key.
    pub(super) fn check(&self) -> Result<(), RuntimeError> {
        let ranges = [
            ("cpu_time_ms", self.cpu_time_ms, 1, 86_400_000),
            ("wall_time_ms", self.wall_time_ms, 1, 86_400_000),
            ("memory_bytes", self.memory_bytes, WASM_PAGE, 4 << 30),
            ("table_elements", self.table_elements, 1, 10_000_000),
            ("output_bytes", self.output_bytes, 1_024, 4 << 30),
            ("concurrent_calls", self.concurrent_calls.into(), 1, 4_000),
            ("concurrent_calls_per_plugin", self.concurrent_calls_per_plugin.into(), 1, 4_000),
            ("kept_instances", self.kept_instances.into(), 0, 4_000),
            ("kept_idle_ms", self.kept_idle_ms, 1, 86_400_000),
            ("queue_time_ms", self.queue_time_ms, 0, 3_600_000),
            ("task_cpu_time_ms", self.task_cpu_time_ms, 1, 86_400_000),
            ("task_wall_time_ms", self.task_wall_time_ms, 1, 86_400_000),
            ("list_cpu_time_ms", self.list_cpu_time_ms, 1, 3_600_000),
            ("list_wall_time_ms", self.list_wall_time_ms, 1, 3_600_000),
            ("breaker.first_ms", self.breaker.first_ms, 1, 86_400_000),
            ("breaker.longest_ms", self.breaker.longest_ms, self.breaker.first_ms, 86_400_000),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(RuntimeError::Limit { key, value, least, most });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_ranges() {
        assert!(Config::default().check().is_ok());
    }

    #[test]
    fn a_limit_that_cannot_work_is_refused_by_its_key() {
        let config = Config { memory_bytes: 1, ..Config::default() };
        let error = config.check().unwrap_err().to_string();
        assert_eq!(error, "limits.memory_bytes is 1: it must be from 65536 to 4294967296");
    }

    #[test]
    fn missing_keys_have_their_defaults() {
        let config: Config = toml::from_str("cpu_time_ms = 7").unwrap();
        assert_eq!(config.cpu_time_ms, 7);
        assert_eq!(config.memory_bytes, Config::default().memory_bytes);
    }
}
