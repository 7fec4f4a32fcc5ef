//! The compiler as a child process, seen from its parent.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::LoadError;
use super::child::{COMPILE_ARGUMENT, REFUSED};
use crate::runtime::excerpt;

/// What the child may use. It bounds its own memory and CPU time, as its first act; the time on the clock is its
/// parent's to watch.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Seconds of CPU time.
    pub cpu_time_s: u64,
    /// From beginning to end.
    pub wall_time: Duration,
}

/// Bytes of compiled code that are taken from the child; its input is bounded, and the code is a few times larger.
const MOST_COMPILED: u64 = 1 << 30;

/// Bytes of complaints that are read.
const MOST_COMPLAINTS: u64 = 16 << 10;

/// What a program says whose memory is used up: Rust's allocator, an `io::Error`, the system.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of", "out of memory", "Cannot allocate memory"];

/// Compiles `component` in a process of the program `exe`.
pub(super) async fn compile(exe: &Path, bounds: &Bounds, component: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut child =
        spawn(exe, bounds).map_err(|error| LoadError::Compiler(format!("cannot run {}: {error}", exe.display())))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(LoadError::Compiler("it has no pipes".into()));
    };
    // Where the time is over, `child` is dropped, and with it killed.
    match timeout(bounds.wall_time, talk(child, stdin, stdout, stderr, component)).await {
        Ok(Ok(ended)) => result(ended, bounds),
        Ok(Err(error)) => Err(LoadError::Compiler(error.to_string())),
        Err(_) => Err(LoadError::TooCostly(format!("more than compile.wall_time_s = {}", bounds.wall_time.as_secs()))),
    }
}

/// No environment, no working directory of ours, and pipes for all it says.
fn spawn(exe: &Path, bounds: &Bounds) -> io::Result<Child> {
    Command::new(exe)
        .arg0("pegboard")
        .arg(COMPILE_ARGUMENT)
        .arg(bounds.memory_bytes.to_string())
        .arg(bounds.cpu_time_s.to_string())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

struct Ended {
    status: ExitStatus,
    compiled: Vec<u8>,
    complaints: Vec<u8>,
}

async fn talk(
    mut child: Child,
    mut stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    component: &[u8],
) -> io::Result<Ended> {
    let send = async {
        // A child that died early says why on its standard error.
        let _ = stdin.write_all(component).await;
        drop(stdin);
    };
    let ((), compiled, complaints) = tokio::join!(send, read(stdout, MOST_COMPILED), read(stderr, MOST_COMPLAINTS));
    let (compiled, complaints) = (compiled?, complaints?);
    Ok(Ended { status: child.wait().await?, compiled, complaints })
}

async fn read(pipe: impl AsyncRead + Unpin, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What the way that the child ended means.
fn result(ended: Ended, bounds: &Bounds) -> Result<Vec<u8>, LoadError> {
    if ended.status.success() {
        return Ok(ended.compiled);
    }
    let complaints = String::from_utf8_lossy(&ended.complaints);
    // A refusal is one line; a panic has its place in the first and its message in the second.
    let said: Vec<&str> = complaints.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    let said = excerpt(&said.join(" "), 1_024);
    if ended.status.code() == Some(REFUSED.into()) {
        return Err(LoadError::Invalid(said));
    }
    let signal = ended.status.signal();
    if signal == Some(Signal::XCPU.as_raw()) {
        return Err(LoadError::TooCostly(format!("more than compile.cpu_time_s = {}", bounds.cpu_time_s)));
    }
    if OUT_OF_MEMORY.iter().any(|sign| complaints.contains(sign)) {
        return Err(LoadError::TooCostly(format!("more than compile.memory_bytes = {}", bounds.memory_bytes)));
    }
    let how = match signal {
        Some(signal) => format!("the compiler died of signal {signal}"),
        None => format!("the compiler failed ({})", ended.status),
    };
    Err(LoadError::Compiler(if said.is_empty() { how } else { format!("{how}: {said}") }))
}
