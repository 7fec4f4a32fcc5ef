//! Memory that was used and is not any more goes back to the system.

use std::fs;
use std::time::Duration;

use pegboard_native::give_back_free_memory;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Bytes over the least that was seen: less is not worth the trouble, since who has it again has a page fault for each
/// page.
const MUCH: u64 = 16 << 20;
/// Bytes: a process whose memory changes by less from one look to the next is doing little.
const STEADY: u64 = 1 << 20;
/// The most looks without doing anything, while what is there is in use.
const MOST_PASSED_OVER: u32 = 30;

/// Sees to it from now on, until what it gives is dropped.
pub(crate) fn give_back() -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen::default();
        loop {
            looks.tick().await;
            // Where the system does not tell, nothing is done.
            let Some(now) = resident() else { return };
            if seen.is_much(now) {
                let _ = spawn_blocking(give_back_free_memory).await;
                seen.kept(resident().unwrap_or(now));
            }
        }
    }))
}

/// What the looks have seen, in bytes.
#[derive(Default)]
struct Seen {
    least: Option<u64>,
    last: u64,
    /// Looks that are passed over still, and how many there were the last time.
    left: u32,
    passed_over: u32,
}

impl Seen {
    /// Is there much, and is it now quiet?
    fn is_much(&mut self, now: u64) -> bool {
        let least = self.least.map_or(now, |least| least.min(now));
        let steady = now.abs_diff(self.last) < STEADY;
        (self.least, self.last) = (Some(least), now);
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        steady && now > least + MUCH
    }

    /// So much is left now that it was given back. Where that is as much as before it is in use, and what is in use will
    /// be free some time, which no look can see.
    fn kept(&mut self, now: u64) {
        let was_of_use = now + STEADY < self.last;
        self.passed_over = if was_of_use { 0 } else { (2 * self.passed_over + 1).min(MOST_PASSED_OVER) };
        (self.left, self.last) = (self.passed_over, now);
    }
}

/// Bytes of memory that are this process's own.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn it_waits_until_memory_is_steady() {
        let mut seen = Seen::default();
        assert_eq!([10, 10, 100, 300].map(|mb| seen.is_much(mb * MB)), [false; 4]);
        assert!(seen.is_much(300 * MB));
        seen.kept(12 * MB);
        assert_eq!([12, 20, 20, 12].map(|mb| seen.is_much(mb * MB)), [false; 4]);
    }

    #[test]
    fn what_is_in_use_is_tried_again_more_and_more_rarely() {
        let mut seen = Seen::default();
        seen.is_much(10 * MB);
        seen.is_much(100 * MB);
        let tries: Vec<_> = (0..200)
            .filter(|_| {
                let much = seen.is_much(100 * MB);
                if much {
                    seen.kept(100 * MB);
                }
                much
            })
            .collect();
        assert_eq!(tries[..5], [0, 2, 6, 14, 30], "{tries:?}");
        assert!(tries.len() > 8, "and is never given up: {tries:?}");
    }

    #[test]
    fn the_system_tells_what_is_resident() {
        assert!(resident().is_some_and(|bytes| bytes > 0));
    }
}
