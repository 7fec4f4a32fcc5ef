//! Memory and stack.

use std::hint::black_box;

use pegboard_sdk::prelude::*;

/// Takes memory without end, and uses it.
#[tool]
pub fn allocate() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![0xa5u8; 1 << 20]));
    }
}

/// Takes memory without end, a few bytes at a time: millions of them.
#[tool]
pub fn crumbs() {
    let mut kept: Option<Box<Crumb>> = None;
    loop {
        kept = Some(Box::new(Crumb { _before: black_box(kept) }));
    }
}

struct Crumb {
    _before: Option<Box<Crumb>>,
}

/// Calls itself without end.
#[tool]
pub fn recurse() -> String {
    deeper(0).to_string()
}

fn deeper(depth: u64) -> u64 {
    // What is done after the call keeps it from becoming a loop.
    black_box(if black_box(depth) == u64::MAX { depth } else { deeper(depth + 1) + 1 })
}

/// Two that call each other without end, each by a pointer to the other.
#[tool]
pub fn recurse_in_turns() -> String {
    ping(0).to_string()
}

fn ping(depth: u64) -> u64 {
    let other: fn(u64) -> u64 = black_box(pong);
    other(depth + 1) + 1
}

fn pong(depth: u64) -> u64 {
    let other: fn(u64) -> u64 = black_box(ping);
    other(depth + 2) + 2
}

/// Calls itself without end, with much on the stack each time.
#[tool]
pub fn recurse_widely() -> String {
    wider(0).to_string()
}

fn wider(depth: u64) -> u64 {
    let mut room = [depth; 2_000];
    black_box(&mut room);
    // Never true, which the compiler does not know.
    if room[0] == u64::MAX { depth } else { wider(depth + 1) + room[1] }
}
