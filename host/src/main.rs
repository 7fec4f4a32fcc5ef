//! The `pegboard` program: arguments → settings → telemetry → application → run → drain.

mod cli;

use std::process::ExitCode;

use pegboard::loader::compile::{COMPILE_ARGUMENT, compile_child_main};
use pegboard_native::give_back_large_blocks;

fn main() -> ExitCode {
    // Before anything else: the child that compiles bounds itself.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == COMPILE_ARGUMENT) {
        return compile_child_main();
    }
    give_back_large_blocks();
    cli::main()
}
