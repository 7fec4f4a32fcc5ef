//! Misbehaves, in one way a tool. What one of these does must stay with its call.

use std::hint::black_box;

use pegboard_sdk::prelude::*;

pegboard_sdk::plugin!(spin, allocate, print, log, progress, giant, recurse, trap, panic, exit);

/// Computes without end.
#[tool]
fn spin() {
    let mut turns = 0u64;
    loop {
        // A loop without an effect would be taken out.
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes memory without end, and uses it.
#[tool]
fn allocate() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![0xa5u8; 1 << 20]));
    }
}

/// Prints without end.
#[tool]
fn print() {
    loop {
        println!("{}", black_box("all work and no play makes a plugin dull"));
    }
}

/// Logs without end.
#[tool]
fn log(ctx: &Context) {
    loop {
        ctx.info("all work and no play makes a plugin dull");
    }
}

/// Tells progress without end.
#[tool]
fn progress(ctx: &Context) {
    let mut done = 0.0;
    loop {
        done += 1.0;
        ctx.progress(done, None, "not there yet");
    }
}

/// Returns a text of so many bytes.
#[tool]
fn giant(bytes: u32) -> String {
    "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Calls itself without end.
#[tool]
fn recurse() -> String {
    deeper(0).to_string()
}

fn deeper(depth: u64) -> u64 {
    // What is done after the call keeps it from becoming a loop.
    black_box(if black_box(depth) == u64::MAX { depth } else { deeper(depth + 1) + 1 })
}

/// Aborts without a word.
#[tool]
fn trap() {
    std::process::abort();
}

/// Panics.
#[tool]
fn panic() {
    panic!("the plugin panics, as it was told");
}

/// Ends its process, as far as it has one.
#[tool]
fn exit() {
    std::process::exit(7);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_giant_is_as_large_as_it_is_told() {
        assert_eq!(giant(3), "xxx");
    }
}
