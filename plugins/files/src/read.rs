//! `read_file` and `read_bytes`

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pegboard_sdk::prelude::*;

use crate::roots::{failed, resolve};

/// Lines that are read if it is not said how many.
const LINES: u32 = 2_000;

/// Bytes of text that one call gives.
const TEXT_BYTES: usize = 256 << 10;

/// Bytes that one call gives in base64.
const BYTES: u32 = 192 << 10;

/// Reads a text file (UTF-8), whole or from one line on. Returns the text alone; if that is not all of it, a last line
/// in brackets says how to read on.
#[tool(title = "Read a text file", read_only, destructive = false, idempotent, open_world = false)]
pub fn read_file(
    /// The file.
    path: &str,
    /// The first line to read, counted from 1; 1 if not given.
    line: Option<u32>,
    /// How many lines to read at most; 2000 if not given.
    lines: Option<u32>,
) -> Result<String, Error> {
    let path = resolve(path)?;
    let first = line.unwrap_or(1).max(1);
    let most = lines.unwrap_or(LINES);
    let cannot = |error: &io::Error| failed("read", &path, error);
    let mut reader = BufReader::new(File::open(&path).map_err(|error| cannot(&error))?);
    for _ in 1..first {
        if skip_line(&mut reader).map_err(|error| cannot(&error))? == 0 {
            return Err(Error::invalid_arguments(format!("line: {path} has fewer than {first} lines")));
        }
    }
    let mut text: Vec<u8> = Vec::new();
    let mut read = 0;
    let (mut is_all, mut is_cut) = (false, false);
    while read < most {
        let before = text.len();
        let room = (TEXT_BYTES - before) as u64 + 1;
        let bytes = reader.by_ref().take(room).read_until(b'\n', &mut text).map_err(|error| cannot(&error))?;
        if bytes == 0 {
            is_all = true;
            break;
        }
        if text.len() > TEXT_BYTES {
            text.truncate(before);
            is_cut = true;
            break;
        }
        read += 1;
    }
    is_all = is_all || !is_cut && reader.fill_buf().map_err(|error| cannot(&error))?.is_empty();
    if read == 0 && is_cut {
        return Err(Error::failed(format!(
            "line {first} of {path} is longer than {TEXT_BYTES} bytes; read it piece by piece with read_bytes"
        )));
    }
    let mut text = String::from_utf8(text).map_err(|_| {
        Error::failed(format!("{path} is not UTF-8 text (lines {first} and on); get its bytes with read_bytes"))
    })?;
    if !is_all {
        let next = first.saturating_add(read);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let _ = write!(text, "[there is more: read on with line = {next}]");
    }
    Ok(text)
}

/// Reads past the end of a line, however long; gives how many bytes that were.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let bytes = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(bytes);
        skipped += bytes as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

/// Some bytes of a file.
#[output]
#[derive(Debug, PartialEq)]
pub struct Bytes {
    /// The bytes, in base64.
    pub base64: String,
    /// Where the first of them is in the file.
    pub offset: u64,
    /// How many they are.
    pub length: usize,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Reads bytes of any file, such as an image, in base64. For text use `read_file`.
#[tool(title = "Read bytes of a file", read_only, destructive = false, idempotent, open_world = false)]
pub fn read_bytes(
    /// The file.
    path: &str,
    /// The first byte to read, counted from 0; 0 if not given.
    offset: Option<u64>,
    /// How many bytes to read; at most 196608, and that if not given.
    length: Option<u32>,
) -> Result<Bytes, Error> {
    let path = resolve(path)?;
    let cannot = |error: io::Error| failed("read", &path, &error);
    let mut file = File::open(&path).map_err(cannot)?;
    let size = file.metadata().map_err(cannot)?.len();
    let offset = offset.unwrap_or(0);
    file.seek(SeekFrom::Start(offset)).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(length.unwrap_or(BYTES).min(BYTES).into()).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(Bytes { base64: STANDARD.encode(&bytes), offset, length: bytes.len(), size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Granted;

    #[test]
    fn a_text_comes_whole_or_by_lines() {
        let _granted = Granted::with(&[("a", "one\ntwo\nthree"), ("empty", "")]);
        assert_eq!(read_file("a", None, None).as_deref(), Ok("one\ntwo\nthree"));
        assert_eq!(read_file("a", Some(2), Some(1)).as_deref(), Ok("two\n[there is more: read on with line = 3]"));
        assert_eq!(read_file("a", Some(3), Some(1)).as_deref(), Ok("three"));
        assert_eq!(read_file("empty", None, None).as_deref(), Ok(""));
        let error = read_file("a", Some(9), None).expect_err("no such line");
        assert!(error.to_string().contains("fewer than 9 lines"), "{error}");
    }

    #[test]
    fn a_large_text_is_cut_between_lines() {
        let line = format!("{}\n", "ü".repeat(500));
        let _granted = Granted::with(&[("large", &line.repeat(1_000)), ("long", &"x".repeat(TEXT_BYTES + 1))]);
        let text = read_file("large", None, None).expect("a text");
        let whole = TEXT_BYTES / line.len();
        assert_eq!(text, format!("{}[there is more: read on with line = {}]", line.repeat(whole), whole + 1));
        let error = read_file("long", None, None).expect_err("too long a line");
        assert!(error.to_string().contains("read_bytes"), "{error}");
    }

    #[test]
    fn what_is_no_text_is_had_as_bytes() {
        let granted = Granted::new();
        std::fs::write(granted.root().join("b"), [0, 255, 7, 8]).expect("a file");
        assert!(read_file("b", None, None).expect_err("no text").to_string().contains("read_bytes"));
        let bytes = read_bytes("b", Some(1), Some(2)).expect("bytes");
        assert_eq!(bytes, Bytes { base64: "/wc=".into(), offset: 1, length: 2, size: 4 });
        assert_eq!(read_bytes("b", Some(9), None).expect("none").length, 0);
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        let granted = Granted::new();
        let error = read_file("none", None, None).expect_err("no file");
        assert_eq!(
            error.to_string(),
            format!("cannot read {}: there is no such file or directory", granted.path("none"))
        );
    }
}
