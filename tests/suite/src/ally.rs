//! A server that a guest may reach, and that does its worst to who asks it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// It answers until the process of the test ends.
pub struct Ally {
    address: String,
}

impl Ally {
    /// Begins to listen. `elsewhere` is an address to which it leads those who ask for that.
    pub fn new(elsewhere: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let address = listener.local_addr().expect("an address").to_string();
        let elsewhere = elsewhere.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let elsewhere = elsewhere.clone();
                // It ends when the other side has closed, which is what its errors say.
                thread::spawn(move || answer(stream, &elsewhere));
            }
        });
        Self { address }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.clone()
    }
}

fn answer(mut stream: TcpStream, elsewhere: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let much = "x".repeat(64 << 10);
    match request.split(' ').nth(1).unwrap_or_default() {
        // Nothing comes, until the other side has had enough.
        "/silent" => reader.read_line(&mut line).map(drop),
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(much.as_bytes())?;
            }
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"x-more: and more\r\n")?;
            }
        }
        "/slowly" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(b"x")?;
                thread::sleep(Duration::from_millis(50));
            }
        }
        "/away" => write!(stream, "HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n"),
        "/round" => write!(stream, "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"),
        _ => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
    }
}
