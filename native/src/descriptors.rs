//! Descriptors that a process did not open itself.

use std::fs;
use std::io;
use std::os::fd::RawFd;

/// Closes every descriptor but the three standard ones: those that some ancestor left open across its `exec`.
///
/// Call it first thing in `main` of a process that opens its own files later. Whatever Rust has opened by then is
/// lost; at that point the standard library has opened nothing.
///
/// # Errors
/// If the list of open descriptors cannot be read.
pub fn close_inherited() -> io::Result<()> {
    let mut inherited = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        if let Some(fd) = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()) {
            inherited.push(fd);
        }
    }
    // The list has the descriptor it was read through, which is closed by now.
    for fd in inherited.into_iter().filter(|fd| *fd > 2) {
        if fs::exists(format!("/proc/self/fd/{fd}"))? {
            // SAFETY: it is open, and by the contract above nothing in this process owns it.
            unsafe { rustix::io::close(fd) };
        }
    }
    Ok(())
}
