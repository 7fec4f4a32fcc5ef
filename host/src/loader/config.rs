//! What an operator decides about loading.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// How changes in the directory are noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchMode {
    /// By notifications; by looking where they cannot be relied on, such as on a network mount.
    #[default]
    Auto,
    /// By notifications; where there are none, starting fails.
    Notify,
    /// By looking, every [`Config::poll_ms`].
    Poll,
}

/// What an operator decides about loading. Times are in milliseconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The drop directory.
    pub directory: PathBuf,
    /// How changes are noticed.
    pub watch: WatchMode,
    /// From the first news of a change to the look at the directory, so that news which belongs together is
    /// acted on together.
    pub debounce_ms: u64,
    /// A file that nobody was seen to close is taken when its size and times have stood still for so long.
    pub still_ms: u64,
    /// The same for a file that was written to and not closed, as far as was told.
    pub open_still_ms: u64,
    /// Between two looks where notifications do not work, and while the directory is missing.
    pub poll_ms: u64,
    /// Between two looks where notifications work: what they missed is found then.
    pub safety_poll_ms: u64,
    /// The largest file that is read, in bytes.
    pub max_file_bytes: u64,
    /// The most plugins that are loaded at the same time.
    pub max_plugins: usize,
    /// Bytes of the files that may be in memory at the same time, while they are built; one file always may.
    pub loading_bytes: u64,
    /// The longest that reading one file, and again building it, may take. A last resort: compiling and listing have
    /// bounds of their own, but files may wait for each other to be compiled.
    pub load_timeout_ms: u64,
    /// The longest that being ready waits for the files that were there at the start.
    pub ready_within_ms: u64,
    /// The least time between two answers to what one plugin announces; what comes in between is answered once.
    pub announce_interval_ms: u64,
    /// Before a file is tried again that was refused for a reason which may pass; doubled each time.
    pub retry_ms: u64,
    /// The longest that such a file waits to be tried again.
    pub max_retry_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            directory: "plugins".into(),
            watch: WatchMode::Auto,
            debounce_ms: 20,
            still_ms: 200,
            open_still_ms: 10_000,
            poll_ms: 1_000,
            safety_poll_ms: 2_000,
            max_file_bytes: 64 * 1024 * 1024,
            max_plugins: 1_000,
            loading_bytes: 256 * 1024 * 1024,
            load_timeout_ms: 600_000,
            ready_within_ms: 10_000,
            announce_interval_ms: 1_000,
            retry_ms: 1_000,
            max_retry_ms: 60_000,
        }
    }
}

impl Config {
    /// Checks that no value would make the loader spin or stand still; gives the key that does, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let zero = "it must be at least 1";
        for (key, value) in [
            ("poll_ms", self.poll_ms),
            ("safety_poll_ms", self.safety_poll_ms),
            ("max_file_bytes", self.max_file_bytes),
            ("max_plugins", self.max_plugins as u64),
            ("load_timeout_ms", self.load_timeout_ms),
            ("announce_interval_ms", self.announce_interval_ms),
            ("retry_ms", self.retry_ms),
        ] {
            if value == 0 {
                return Err((key, zero));
            }
        }
        let day = Duration::from_hours(24);
        for (key, value) in [
            ("debounce_ms", self.debounce_ms),
            ("still_ms", self.still_ms),
            ("open_still_ms", self.open_still_ms),
            ("poll_ms", self.poll_ms),
            ("safety_poll_ms", self.safety_poll_ms),
            ("load_timeout_ms", self.load_timeout_ms),
            ("ready_within_ms", self.ready_within_ms),
            ("announce_interval_ms", self.announce_interval_ms),
            ("retry_ms", self.retry_ms),
            ("max_retry_ms", self.max_retry_ms),
        ] {
            if Duration::from_millis(value) > day {
                return Err((key, "it must be at most a day (86400000)"));
            }
        }
        Ok(())
    }

    /// Before the `attempt`th further try, counted from 0.
    pub(super) fn retry_after(&self, attempt: u32) -> Duration {
        let ms = self.retry_ms.saturating_mul(1 << attempt.min(16));
        Duration::from_millis(ms.min(self.max_retry_ms.max(self.retry_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass_and_a_value_that_would_spin_is_named() {
        assert_eq!(Config::default().check(), Ok(()));
        assert_eq!(Config { poll_ms: 0, ..Config::default() }.check().unwrap_err().0, "poll_ms");
        assert_eq!(Config { still_ms: u64::MAX, ..Config::default() }.check().unwrap_err().0, "still_ms");
        assert_eq!(Config { max_plugins: 0, ..Config::default() }.check().unwrap_err().0, "max_plugins");
    }

    #[test]
    fn tries_get_rarer_up_to_the_longest_wait() {
        let config = Config { retry_ms: 10, max_retry_ms: 50, ..Config::default() };
        let waits: Vec<_> = [0, 1, 2, 3, u32::MAX].map(|n| config.retry_after(n).as_millis()).into();
        assert_eq!(waits, [10, 20, 40, 50, 50]);
    }
}
