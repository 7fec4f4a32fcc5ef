//! What a client hears while a call runs, and beside it.

use std::thread::sleep;
use std::time::Duration;

use pegboard_sdk::prelude::*;

/// Between two of what a tool sends: long enough to see that they come one by one.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells its progress three times.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_tool_with_progress(ctx: &Context) -> &'static str {
    for done in [0, 50, 100] {
        ctx.progress(done, 100, "");
        sleep(PAUSE);
    }
    "Told its progress three times"
}

/// Logs three times.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_tool_with_logging(ctx: &Context) -> &'static str {
    for text in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        ctx.info(text);
        sleep(PAUSE);
    }
    "Logged three times"
}

/// Logs at every level, also for clients that want no logs and must get none.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_logging_tool(ctx: &Context) -> &'static str {
    ctx.debug("Detail");
    ctx.info("As it should be");
    ctx.warning("Worth a look");
    ctx.error("A fault");
    "Logged at every level"
}

/// Closes the stream of its response before there is one, so that the client comes back for it.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_reconnection(ctx: &Context) -> &'static str {
    ctx.close_stream(Duration::from_millis(500));
    sleep(2 * PAUSE);
    "Ended after its stream was closed"
}

/// Says that the list of tools has changed.
#[tool(open_world = false)]
pub fn test_trigger_tool_change(ctx: &Context) -> &'static str {
    ctx.announce(Change::Tools);
    "Announced a change of the tools"
}

/// Says that the list of prompts has changed.
#[tool(open_world = false)]
pub fn test_trigger_prompt_change(ctx: &Context) -> &'static str {
    ctx.announce(Change::Prompts);
    "Announced a change of the prompts"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_ends_at_its_total() {
        let ctx = Context::test();
        test_tool_with_progress(&ctx);
        let sent: Vec<_> = ctx.progress_sent().into_iter().map(|progress| (progress.done, progress.total)).collect();
        assert_eq!(sent, [(0.0, Some(100.0)), (50.0, Some(100.0)), (100.0, Some(100.0))]);
    }

    #[test]
    fn the_stream_is_closed_once() {
        let ctx = Context::test();
        test_reconnection(&ctx);
        assert_eq!(ctx.streams_closed(), [Some(Duration::from_millis(500))]);
    }
}
