//! One event, one line: a plugin's text must not be able to forge a line of log.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Standard error, an event at a time.
pub(super) struct Stderr;

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Lines<io::StderrLock<'static>>;

    fn make_writer(&'a self) -> Self::Writer {
        Lines(io::stderr().lock())
    }
}

/// Takes one whole event a write, as the formatter gives it: every line break but the last is escaped, and
/// so are the other control characters. ESC stays: the formatter itself uses it for colours, and escapes it
/// in what it is given.
pub(super) struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let body = event.strip_suffix(b"\n").unwrap_or(event);
        if body.iter().any(|&byte| must_escape(byte)) {
            let mut line = Vec::with_capacity(event.len() + 16);
            for &byte in body {
                if must_escape(byte) {
                    line.extend(byte.escape_ascii());
                } else {
                    line.push(byte);
                }
            }
            line.extend(&event[body.len()..]);
            self.0.write_all(&line)?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn must_escape(byte: u8) -> bool {
    byte.is_ascii_control() && byte != 0x1b && byte != b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &str) -> String {
        let mut lines = Lines(Vec::new());
        lines.write_all(event.as_bytes()).unwrap();
        String::from_utf8(lines.0).unwrap()
    }

    #[test]
    fn a_line_break_inside_an_event_is_escaped_and_the_last_is_not() {
        assert_eq!(written("a\nERROR forged\r\u{7}é\n"), "a\\nERROR forged\\r\\x07é\n");
        assert_eq!(written("plain\tline\n"), "plain\tline\n");
    }

    #[test]
    fn colours_of_the_formatter_pass_and_escapes_of_a_guest_do_not() {
        #[derive(Clone, Default)]
        struct Buffer(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
        impl<'a> MakeWriter<'a> for Buffer {
            type Writer = Lines<Self>;
            fn make_writer(&'a self) -> Self::Writer {
                Lines(self.clone())
            }
        }
        impl Write for Buffer {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let buffer = Buffer::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(true).with_writer(buffer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(text = "\u{1b}[2Jx\nforged", "said \u{1b}[31mred\nforged");
        });
        let line = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(line.lines().count(), 1, "{line:?}");
        assert!(line.contains("\u{1b}["), "the formatter's own colours are gone: {line:?}");
        assert!(!line.contains("\u{1b}[2J") && !line.contains("\u{1b}[31m"), "{line:?}");
    }
}
