//! Handles of the host: taken, and never given back.

use std::hint::black_box;

use pegboard_sdk::prelude::*;
use wasip2::cli::stdout::get_stdout;
use wasip2::clocks::monotonic_clock::{subscribe_duration, subscribe_instant};
use wasip2::http::types::{Fields, OutgoingRequest};
use wasip2::io::poll::poll;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

/// Takes without end. What says no once says so again.
fn hoard<T>(take: impl Fn() -> T) -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(take()));
    }
}

/// Sets timers, and keeps all of them.
#[tool]
pub fn timers() {
    hoard(|| subscribe_instant(u64::MAX));
}

/// Waits for ten thousand things at once, again and again: one timer, named so many times.
#[tool]
pub fn poll_many() {
    let timer = subscribe_duration(0);
    let many = vec![&timer; 10_000];
    loop {
        black_box(poll(&many));
    }
}

/// Waits for two million things at once.
#[tool]
pub fn poll_too_many() {
    let timer = subscribe_instant(u64::MAX);
    let many = vec![&timer; 2_000_000];
    black_box(poll(&many));
}

/// Opens standard output, again and again, and keeps all of them.
#[tool]
pub fn streams() {
    hoard(get_stdout);
}

/// Makes a header of HTTP that never ends.
#[tool]
pub fn headers() -> String {
    let fields = Fields::new();
    for number in 0.. {
        if let Err(error) = fields.append("x-more", &[b'x'; 1_000]) {
            return format!("{error:?} after {number} times");
        }
    }
    String::new()
}

/// Makes requests, and keeps all of them without sending one.
#[tool]
pub fn requests() {
    hoard(|| OutgoingRequest::new(Fields::new()));
}

/// Makes sockets, and keeps all of them.
#[tool]
pub fn sockets() -> Result<String> {
    let mut kept = Vec::new();
    loop {
        match create_tcp_socket(IpAddressFamily::Ipv4) {
            Ok(socket) => kept.push(socket),
            Err(error) => return Err(Error::failed(format!("{error:?} after {} sockets", kept.len()))),
        }
    }
}

/// Looks up names, and keeps all that was begun.
#[tool]
pub fn lookups() -> Result<String> {
    let network = instance_network();
    let mut kept = Vec::new();
    loop {
        match resolve_addresses(&network, "localhost") {
            Ok(lookup) => kept.push(lookup),
            Err(error) => return Err(Error::failed(format!("{error:?} after {} lookups", kept.len()))),
        }
    }
}
