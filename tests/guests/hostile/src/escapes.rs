//! A way out: what is not there, and what is not allowed.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};

use pegboard_sdk::bindings::pegboard::plugin::{config, secrets};
use pegboard_sdk::http::Request;
use pegboard_sdk::prelude::*;
use wasip2::filesystem::preopens::get_directories;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

/// Looks for what a process has of its surroundings: environment, arguments, directories, terminals, settings.
#[tool]
pub fn probe() -> String {
    let terminals = [
        wasip2::cli::terminal_stdin::get_terminal_stdin().is_some(),
        wasip2::cli::terminal_stdout::get_terminal_stdout().is_some(),
        wasip2::cli::terminal_stderr::get_terminal_stderr().is_some(),
    ];
    let found = json!({
        "environment": std::env::vars().collect::<Vec<_>>(),
        "arguments": std::env::args().collect::<Vec<_>>(),
        "directories": get_directories().into_iter().map(|(_, name)| name).collect::<Vec<_>>(),
        "working directory": wasip2::cli::environment::initial_cwd(),
        "terminals": terminals.into_iter().filter(|there| *there).count(),
        "settings": config::all(),
    });
    found.to_string()
}

/// Reads a file.
#[tool]
pub fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::failed(format!("{path}: {error}")))
}

/// Writes a file.
#[tool]
pub fn write(path: &str) -> Result<String> {
    std::fs::write(path, "was here").map_err(|error| Error::failed(format!("{path}: {error}")))?;
    Ok(format!("{path} is written"))
}

/// Connects to an address.
#[tool]
pub fn connect(address: &str) -> Result<String> {
    let denied = |error| Error::failed(format!("{address}: {error}"));
    let mut stream = TcpStream::connect(address).map_err(denied)?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").map_err(denied)?;
    Ok(format!("{address} is connected"))
}

/// Sends a datagram to an address.
#[tool]
pub fn send(address: &str) -> Result<String> {
    let denied = |error| Error::failed(format!("{address}: {error}"));
    let socket = UdpSocket::bind("0.0.0.0:0").map_err(denied)?;
    socket.send_to(b"was here", address).map_err(denied)?;
    Ok(format!("sent to {address}"))
}

/// Listens on an address.
#[tool]
pub fn listen(address: &str) -> Result<String> {
    TcpListener::bind(address).map_err(|error| Error::failed(format!("{address}: {error}")))?;
    Ok(format!("listens on {address}"))
}

/// Looks up a name.
#[tool]
pub fn resolve(name: &str) -> Result<String> {
    let found = (name, 80).to_socket_addrs().map_err(|error| Error::failed(format!("{name}: {error}")))?;
    Ok(found.map(|address| address.to_string()).collect::<Vec<_>>().join(", "))
}

/// Sends a request by `wasi:http`, without end: each is denied.
#[tool]
pub fn request(authority: &str, again: bool) -> Result<String> {
    loop {
        let request = OutgoingRequest::new(Fields::new());
        let told = request
            .set_scheme(Some(&Scheme::Http))
            .and_then(|()| request.set_authority(Some(authority)))
            .and_then(|()| request.set_path_with_query(Some("/")));
        told.map_err(|()| Error::failed(format!("{authority} is no authority")))?;
        let response = handle(request, None).map_err(|error| Error::failed(format!("{error:?}")))?;
        response.subscribe().block();
        match response.get() {
            Some(Ok(Ok(response))) => return Ok(format!("status {}", response.status())),
            Some(Ok(Err(error))) if !again => return Err(Error::failed(format!("{error:?}"))),
            None | Some(Err(())) => return Err(Error::failed("there is no response")),
            Some(Ok(Err(_))) => {}
        }
    }
}

/// Fetches a URL.
#[tool]
pub fn fetch(url: &str, ctx: &Context) -> Result<String> {
    match ctx.fetch(Request::get(url)) {
        Ok(response) => Ok(format!("status {}", response.status)),
        Err(error) => Err(Error::failed(error.to_string())),
    }
}

/// Fetches without end, from another host each time.
#[tool]
pub fn fetch_from_many(ctx: &Context) {
    let mut number = 0u64;
    loop {
        number += 1;
        let _ = ctx.fetch(Request::get(format!("http://host-{number}.example/")));
    }
}

/// Asks for secrets without end, for another each time.
#[tool]
pub fn pry() {
    let mut number = 0u64;
    loop {
        number += 1;
        if let Some(secret) = secrets::get(&format!("secret-{number}")) {
            println!("{secret}");
        }
    }
}

/// Looks into buckets without end, into another each time.
#[tool]
pub fn buckets(ctx: &Context) {
    let mut number = 0u64;
    loop {
        number += 1;
        let bucket = format!("bucket-{number}");
        let _ = ctx.kv(&bucket).get("key");
    }
}

/// Fetches a URL without end, whatever comes back.
#[tool]
pub fn fetch_again(url: &str, ctx: &Context) {
    loop {
        let _ = ctx.fetch(Request::get(url));
    }
}

/// Connects to an address without end, and keeps all connections.
#[tool]
pub fn connect_again(address: &str) {
    let mut kept = Vec::new();
    loop {
        kept.push(TcpStream::connect(address));
    }
}
