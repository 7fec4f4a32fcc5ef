//! Clocks that tell the time no finer than they are told to: a plugin that may not measure short times cannot tell by
//! them what runs beside it. Timers run as ever, and may come late by one step.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// A clock of this resolution.
pub(super) struct Coarse {
    step: Duration,
    begun: Instant,
}

impl Coarse {
    pub(super) fn new(step: Duration) -> Self {
        Self { step: step.max(Duration::from_nanos(1)), begun: Instant::now() }
    }

    /// The last full step.
    fn floor(&self, time: Duration) -> Duration {
        let over = time.as_nanos() % self.step.as_nanos();
        time.saturating_sub(Duration::from_nanos(u64::try_from(over).unwrap_or(u64::MAX)))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl HostMonotonicClock for Coarse {
    fn resolution(&self) -> u64 {
        nanos(self.step)
    }

    fn now(&self) -> u64 {
        nanos(self.floor(self.begun.elapsed()))
    }
}

impl HostWallClock for Coarse {
    fn resolution(&self) -> Duration {
        self.step
    }

    fn now(&self) -> Duration {
        // Before 1970 it is 1970, as for wasmtime's own clock.
        self.floor(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_goes_in_steps() {
        let clock = Coarse::new(Duration::from_millis(100));
        assert_eq!(clock.floor(Duration::from_micros(299_999)), Duration::from_millis(200));
        assert_eq!(clock.floor(Duration::from_millis(300)), Duration::from_millis(300));
        assert_eq!(HostMonotonicClock::now(&clock) % 100_000_000, 0);
        assert_eq!(HostWallClock::now(&clock).as_nanos() % 100_000_000, 0);
        assert_eq!(HostMonotonicClock::resolution(&clock), 100_000_000);
        // No resolution is none.
        assert_eq!(Coarse::new(Duration::ZERO).floor(Duration::from_nanos(7)), Duration::from_nanos(7));
        // The longest that can be asked for.
        assert_eq!(HostWallClock::now(&Coarse::new(Duration::from_micros(u64::MAX))), Duration::ZERO);
    }
}
