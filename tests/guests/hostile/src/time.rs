//! Time: computing without end, waiting without end, and what looks like neither.

use std::hint::black_box;
use std::io::Read as _;

use pegboard_sdk::prelude::*;
use wasip2::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasip2::io::poll::poll;

/// Computes without end.
#[tool]
pub fn compute() {
    let mut turns = 0u64;
    loop {
        // A loop without an effect would be taken out.
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Sleeps for ever.
#[tool]
pub fn oversleep() {
    loop {
        subscribe_instant(u64::MAX).block();
    }
}

/// Sleeps for no time at all, again and again: each of its turns is short, and it always waits.
#[tool]
pub fn nap() {
    loop {
        subscribe_duration(0).block();
    }
}

/// Reads the clock without end, as who measures what others do.
#[tool]
pub fn watch() {
    loop {
        black_box(now());
    }
}

/// Asks without end which of many is ready; one always is.
#[tool]
pub fn poll_without_end() {
    let timers: Vec<_> =
        (0..1_000).map(|n| if n == 0 { subscribe_duration(0) } else { subscribe_instant(u64::MAX) }).collect();
    let timers: Vec<_> = timers.iter().collect();
    loop {
        black_box(poll(&timers));
    }
}

/// Waits for a thousand timers, none of which ever comes.
#[tool]
pub fn poll_for_ever() {
    let timers: Vec<_> = (0..1_000).map(|_| subscribe_instant(u64::MAX)).collect();
    let timers: Vec<_> = timers.iter().collect();
    loop {
        poll(&timers);
    }
}

/// Reads what is typed into the server, if that can be.
#[tool]
pub fn wait_for_input() -> String {
    let mut typed = Vec::new();
    match std::io::stdin().read_to_end(&mut typed) {
        Ok(read) => format!("{read} bytes were typed"),
        Err(error) => format!("nothing was typed: {error}"),
    }
}
