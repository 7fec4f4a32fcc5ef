//! The `pegboard` program.

use std::process::ExitCode;

use pegboard::loader::compile::{COMPILE_ARGUMENT, compile_child_main};

fn main() -> ExitCode {
    // Before anything else: this process may have to bound itself.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == COMPILE_ARGUMENT) {
        return compile_child_main();
    }
    ExitCode::SUCCESS
}
