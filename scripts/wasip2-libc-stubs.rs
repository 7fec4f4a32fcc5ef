//! What std for `wasm32-wasip2` calls and Debian 12's wasi-libc does not have: sockets, threads, and a few calls on files.
//!
//! `rust-guest-target.sh` adds it to that library. Each function fails with ENOTSUP, so that a plugin sees an
//! `io::Error` rather than a trap. The signatures are those of the callers, by number of arguments: wasm-ld
//! replaces a call whose signature differs by a trap.
#![no_std]
#![feature(thread_local)]
#![allow(non_upper_case_globals)]

use core::ffi::{c_char, c_int};

const ENOTSUP: c_int = 58;
const EAI_FAIL: c_int = -4;

unsafe extern "C" {
    #[thread_local]
    static mut errno: c_int;
}

/// What a function that reports through `errno` gives back.
fn not_supported() -> c_int {
    unsafe { errno = ENOTSUP };
    -1
}

macro_rules! stubs {
    ($($name:ident($($argument:ty),*) = $result:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($(_: $argument),*) -> c_int {
                $result
            }
        )*
    };
}

stubs! {
    socket(i32, i32, i32) = not_supported();
    connect(i32, i32, i32) = not_supported();
    bind(i32, i32, i32) = not_supported();
    listen(i32, i32) = not_supported();
    getsockname(i32, i32, i32) = not_supported();
    getpeername(i32, i32, i32) = not_supported();
    setsockopt(i32, i32, i32, i32, i32) = not_supported();
    recvfrom(i32, i32, i32, i32, i32, i32) = not_supported();
    sendto(i32, i32, i32, i32, i32, i32) = not_supported();
    getaddrinfo(i32, i32, i32, i32) = EAI_FAIL;
    chmod(i32, i32) = not_supported();
    fchmod(i32, i32) = not_supported();
    realpath(i32, i32) = { not_supported(); 0 };
    pthread_create(i32, i32, i32, i32) = ENOTSUP;
    pthread_join(i32, i32) = ENOTSUP;
    pthread_detach(i32) = ENOTSUP;
    pthread_attr_init(i32) = 0;
    pthread_attr_setstacksize(i32, i32) = 0;
    pthread_attr_destroy(i32) = 0;
}

#[unsafe(no_mangle)]
pub extern "C" fn freeaddrinfo(_: i32) {}

#[unsafe(no_mangle)]
pub extern "C" fn gai_strerror(_: i32) -> *const c_char {
    c"sockets are not supported".as_ptr()
}
