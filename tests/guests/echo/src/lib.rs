//! What tests and benchmarks call: an echo, and tools that take their time in one way each.

use std::thread::sleep as wait;
use std::time::Duration;

use pegboard_sdk::prelude::*;

pegboard_sdk::plugin!(echo, slow, sleep, spin, log_lines);

/// Returns the text it was given.
#[tool(read_only, idempotent, open_world = false)]
fn echo(text: String) -> String {
    text
}

/// Takes steps with a pause after each, and tells the progress of each before its pause.
#[tool(read_only, idempotent, open_world = false)]
fn slow(
    /// How many steps.
    steps: u32,
    /// Milliseconds of each pause.
    delay_ms: u32,
    ctx: &Context,
) -> String {
    for step in 1..=steps {
        ctx.progress(step, steps, &format!("step {step} of {steps}"));
        wait(Duration::from_millis(delay_ms.into()));
    }
    format!("{steps} steps")
}

/// Sleeps, and does nothing else.
#[tool(read_only, idempotent, open_world = false)]
fn sleep(
    /// For how many milliseconds.
    ms: u32,
) -> String {
    wait(Duration::from_millis(ms.into()));
    format!("slept {ms} ms")
}

/// Computes for ever.
#[tool(read_only, idempotent, open_world = false)]
fn spin() {
    let mut turns = 0u64;
    loop {
        // A loop without an effect would be taken out.
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

/// Logs lines at level info, numbered from 1.
#[tool(read_only, idempotent, open_world = false)]
fn log_lines(
    /// How many.
    n: u32,
    ctx: &Context,
) -> String {
    for line in 1..=n {
        ctx.info(format!("line {line}"));
    }
    format!("{n} lines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_tells_each_step() {
        let ctx = Context::test();
        assert_eq!(slow(3, 0, &ctx), "3 steps");
        let sent: Vec<_> = ctx.progress_sent().into_iter().map(|progress| (progress.done, progress.total)).collect();
        assert_eq!(sent, [(1.0, Some(3.0)), (2.0, Some(3.0)), (3.0, Some(3.0))]);
    }

    #[test]
    fn log_lines_logs_as_many_as_it_is_told() {
        let ctx = Context::test();
        log_lines(2, &ctx);
        assert_eq!(ctx.logged().into_iter().map(|message| message.data).collect::<Vec<_>>(), ["line 1", "line 2"]);
    }
}
