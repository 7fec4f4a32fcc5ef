//! The file of the audit trail.
//!
//! A thread writes it, so that no call waits for a disk. What is to be written is gathered for a moment first: a write
//! for each call would cost more than the call. Nothing is thrown away silently: where the disk does not keep up, or is
//! full, the lines that are lost are counted, in the log and in the file itself.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::mem;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

/// The most bytes that wait for the disk.
const WAITING: usize = 8 << 20;

/// How long lines are gathered.
const GATHERED: Duration = Duration::from_millis(20);

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened.
    #[error("audit.file: {} cannot be written: {source}; name a file in a directory that exists", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is a pipe, a device or a directory.
    #[error("audit.file: {} is not an ordinary file", .0.display())]
    NotAFile(PathBuf),
    /// Its lines could be forged.
    #[error("audit.file: others may write to {path}; take that from them with `chmod go-w {path}`", path = .0.display())]
    Writable(PathBuf),
    /// No thread.
    #[error("audit.file: no thread that writes it: {0}")]
    Thread(io::Error),
}

/// The file. What was given to it is written when this is dropped.
#[derive(Debug)]
pub(super) struct File {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    buffer: Mutex<Buffer>,
    news: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct Buffer {
    lines: Vec<u8>,
    /// Lines for which there was no room.
    lost: u64,
    reopen: bool,
    closed: bool,
    /// Lines are on their way to the disk.
    writing: bool,
}

impl Buffer {
    fn is_idle(&self) -> bool {
        self.lines.is_empty() && !self.reopen && !self.closed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File {
    /// Opens or makes the file, for its owner alone.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let file = open(path)?;
        let shared = Arc::new(Shared::default());
        let writer = Writer { path: path.to_owned(), file, failing: false };
        let write = {
            let shared = shared.clone();
            move || writer.run(&shared)
        };
        let writer = thread::Builder::new().name("audit".to_owned()).spawn(write).map_err(FileError::Thread)?;
        Ok(Self { shared, writer: Some(writer) })
    }

    /// Takes a whole line.
    pub(super) fn write(&self, line: &[u8]) {
        let mut buffer = self.shared.lock();
        if buffer.lines.len() + line.len() > WAITING {
            buffer.lost += 1;
            return;
        }
        let was_idle = buffer.is_idle();
        buffer.lines.extend_from_slice(line);
        drop(buffer);
        if was_idle {
            self.shared.news.notify_one();
        }
    }

    /// Waits until all lines are written.
    pub(super) fn flush(&self) {
        let has_lines = |buffer: &mut Buffer| buffer.writing || !buffer.lines.is_empty();
        drop(self.shared.written.wait_while(self.shared.lock(), has_lines));
    }

    pub(super) fn reopen(&self) {
        self.shared.lock().reopen = true;
        self.shared.news.notify_one();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.news.notify_one();
        if let Some(writer) = self.writer.take() {
            // It never panics, and if it did, there would be nobody to tell.
            let _ = writer.join();
        }
    }
}

/// What the thread has.
struct Writer {
    path: PathBuf,
    file: fs::File,
    /// The last write failed, and the log knows.
    failing: bool,
}

impl Writer {
    fn run(mut self, shared: &Shared) {
        let mut lost = 0;
        loop {
            let waited = shared.news.wait_while(shared.lock(), |buffer| buffer.is_idle());
            let mut buffer = waited.unwrap_or_else(PoisonError::into_inner);
            let lines = mem::take(&mut buffer.lines);
            lost += mem::take(&mut buffer.lost);
            let (reopen, closed) = (mem::take(&mut buffer.reopen), buffer.closed);
            buffer.writing = true;
            drop(buffer);
            if reopen {
                self.reopen();
            }
            lost = self.write(lines, lost);
            shared.lock().writing = false;
            shared.written.notify_all();
            if closed {
                return;
            }
            let gathered = shared.news.wait_timeout_while(shared.lock(), GATHERED, |buffer| !buffer.closed);
            drop(gathered);
        }
    }

    /// Writes the lines, and how many were lost before them. Gives how many are lost now.
    fn write(&mut self, mut lines: Vec<u8>, lost: u64) -> u64 {
        if lost > 0 {
            let time = humantime::format_rfc3339_micros(SystemTime::now());
            let note = format!("{{\"time\":\"{time}\",\"lost\":{lost}}}\n");
            lines.splice(..0, note.into_bytes());
        }
        let Err(error) = self.file.write_all(&lines) else {
            self.failing = false;
            return 0;
        };
        let more = lines.split_inclusive(|byte| *byte == b'\n').count() as u64;
        let lost = if lost > 0 { lost + more - 1 } else { more };
        if !mem::replace(&mut self.failing, true) {
            let path = self.path.display();
            tracing::error!(%path, %error, "the audit trail cannot be written; its lines are lost until it can");
        }
        lost
    }

    fn reopen(&mut self) {
        match open(&self.path) {
            Ok(file) => self.file = file,
            Err(error) => tracing::error!(%error, "the audit trail is not opened anew; it goes on where it was"),
        }
    }
}

fn open(path: &Path) -> Result<fs::File, FileError> {
    // Neither through a link that somebody put there, nor waiting for the other end of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path);
    let cannot = |source| FileError::Open { path: path.to_owned(), source };
    let file = file.map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile(path.to_owned()));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(FileError::Writable(path.to_owned()));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn file(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("audit.jsonl")
    }

    #[test]
    fn lines_are_appended_and_only_the_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder);
        for _ in 0..2 {
            let file = File::open(&path).unwrap();
            (0..100).for_each(|_| file.write(b"{}\n"));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}\n".repeat(200));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_was_moved_away_is_made_anew_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (file(&folder), folder.path().join("audit.1"));
        let trail = File::open(&path).unwrap();
        fs::rename(&path, &moved).unwrap();
        trail.reopen();
        trail.write(b"after\n");
        drop(trail);
        assert_eq!(fs::read_to_string(&path).unwrap(), "after\n");
        assert_eq!(fs::read_to_string(&moved).unwrap(), "");
    }

    #[test]
    fn what_could_be_forged_or_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder);
        fs::write(&path, "").unwrap();
        set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let message = File::open(&path).unwrap_err().to_string();
        assert!(message.contains("chmod go-w"), "{message}");
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(File::open(&link), Err(FileError::Open { .. })));
        assert!(matches!(File::open(folder.path()), Err(FileError::Open { .. })));
        assert!(matches!(File::open(Path::new("/dev/null")), Err(FileError::NotAFile(_))));
    }

    #[test]
    fn lines_that_find_no_room_are_counted_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder);
        let mut writer = Writer { path: path.clone(), file: open(&path).unwrap(), failing: false };
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let good = mem::replace(&mut writer.file, full);
        let lost = writer.write(b"one\ntwo\n".to_vec(), 0);
        let lost = writer.write(b"three\n".to_vec(), lost);
        assert_eq!(lost, 3);
        writer.file = good;
        assert_eq!(writer.write(b"four\n".to_vec(), lost), 0);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"lost\":3") && text.ends_with("four\n"), "{text}");
    }
}
