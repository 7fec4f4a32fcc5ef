//! The compiler as a child process, seen from inside.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

use crate::runtime::compiling_engine;

/// The first argument of a `pegboard` that is to compile.
pub const COMPILE_ARGUMENT: &str = "compile-component";

/// The exit code for a component that is refused; anything else that is not zero is the compiler's own failure.
pub(super) const REFUSED: u8 = 3;

/// Bytes of address space that each thread of the compiler reserves beside the memory it uses: its stack, and an arena
/// of the allocator.
const PER_THREAD: u64 = 80 << 20;

/// Compiles the component on standard input to standard output, as `pegboard compile-component MEMORY CPU`: bytes of
/// memory and seconds of CPU time.
///
/// A program calls this at the very beginning of its `main`, before it has opened anything, if its first argument
/// is [`COMPILE_ARGUMENT`].
#[must_use]
pub fn compile_child_main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(2).collect();
    match confine(&arguments).and_then(|()| read()) {
        Ok(component) => compile(&component),
        Err(error) => fail(&format!("{error:#}"), ExitCode::FAILURE),
    }
}

/// Gives up what it does not need, before it has seen a byte of the component.
fn confine(arguments: &[OsString]) -> anyhow::Result<()> {
    let number = |index: usize| -> anyhow::Result<u64> {
        let text = arguments.get(index).and_then(|argument| argument.to_str());
        text.and_then(|text| text.parse().ok())
            .with_context(|| format!("{COMPILE_ARGUMENT} is not for people: it wants two numbers"))
    };
    let (memory, cpu_time) = (number(0)?, number(1)?);
    pegboard_native::close_inherited().context("closing inherited descriptors")?;
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking to end with the parent")?;
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Data, memory, memory)?;
    let address_space = memory.saturating_add(threads.saturating_mul(PER_THREAD));
    limit(Resource::As, address_space, address_space)?;
    // At the first it is told, at the second killed.
    limit(Resource::Cpu, cpu_time, cpu_time.saturating_add(1))
}

/// Lowers a limit; one that is lower already stays.
fn limit(resource: Resource, soft: u64, hard: u64) -> anyhow::Result<()> {
    let now = rustix::process::getrlimit(resource);
    let lower = |now: Option<u64>, wanted: u64| Some(now.map_or(wanted, |now| now.min(wanted)));
    let limits = Rlimit {
        current: lower(now.maximum, lower(now.current, soft).unwrap_or(soft)),
        maximum: lower(now.maximum, hard),
    };
    setrlimit(resource, limits).with_context(|| format!("limiting {resource:?}"))
}

fn read() -> anyhow::Result<Vec<u8>> {
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component).context("reading the component")?;
    Ok(component)
}

fn compile(component: &[u8]) -> ExitCode {
    let engine = match compiling_engine() {
        Ok(engine) => engine,
        Err(error) => return fail(&one_line(&error), ExitCode::FAILURE),
    };
    match engine.precompile_component(component) {
        Ok(compiled) => match io::stdout().lock().write_all(&compiled) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("handing over the result: {error}"), ExitCode::FAILURE),
        },
        Err(error) => fail(&one_line(&error), ExitCode::from(REFUSED)),
    }
}

fn fail(line: &str, code: ExitCode) -> ExitCode {
    // Where standard error is gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
    code
}

/// An error and its causes on one line.
pub(super) fn one_line(error: &wasmtime::Error) -> String {
    let mut line = String::new();
    for (index, cause) in error.chain().enumerate() {
        let _ = write!(line, "{}{}", if index == 0 { "" } else { ": " }, cause.to_string().replace('\n', " "));
    }
    line
}
