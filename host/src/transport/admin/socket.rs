//! How the administration's socket comes into the file system, and goes.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as Probe;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

/// A socket that is listened on. It goes from the file system when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// The inode, so that another server's socket is not taken away.
    inode: (u64, u64),
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another server's.
    #[error(
        "another server's administration answers at {}; give this one a socket of its own with \
         `--admin-socket PATH` (`admin.socket`)",
        .0.display()
    )]
    Taken(PathBuf),
    /// Something else is there.
    #[error("{} is there, and is no socket; it stays as it is: name another path with `--admin-socket PATH`", .0.display())]
    NotASocket(PathBuf),
    /// It cannot be made.
    #[error("no socket for administration at {}: {source}; name another path with `--admin-socket PATH`", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Somebody else's user id.
pub(super) struct Stranger(pub(super) u32);

impl Socket {
    /// Makes the socket. What a server that has crashed left there is replaced; what answers, or is no socket, is not.
    ///
    /// # Errors
    /// [`SocketError`]. Must be called within a tokio runtime.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |source| SocketError::Io { path: path.to_owned(), source };
        match fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => return Err(SocketError::NotASocket(path.to_owned())),
            Ok(_) if Probe::connect(path).is_ok() => return Err(SocketError::Taken(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // A socket has the mode that the umask leaves it, and can be connected to at once. So it is made where nobody
        // else gets, and comes to its place when its mode is right.
        let private = Private::make(path).map_err(failed)?;
        let made = private.0.join("s");
        let listener = UnixListener::bind(&made).map_err(failed)?;
        fs::set_permissions(&made, Permissions::from_mode(0o600)).map_err(failed)?;
        let inode = inode(&fs::symlink_metadata(&made).map_err(failed)?);
        fs::rename(&made, path).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), inode })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection, if it is by the user whom this process runs as, or by root.
    pub(super) async fn accept(&self) -> io::Result<Result<UnixStream, Stranger>> {
        let (stream, _) = self.listener.accept().await?;
        let peer = stream.peer_cred()?.uid();
        let allowed = peer == geteuid().as_raw() || peer == 0;
        Ok(if allowed { Ok(stream) } else { Err(Stranger(peer)) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|there| inode(&there) == self.inode) {
            // Fails only where somebody was quicker.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// A directory for this user alone, beside where the socket is to be, so that it can be moved there in one step.
struct Private(PathBuf);

impl Private {
    fn make(beside: &Path) -> io::Result<Self> {
        let parent = beside.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        // Short: a socket's path has a hundred characters at most.
        let path = parent.join(format!(".pb{:08x}", u32::from_ne_bytes(random)));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.join("s"));
        let _ = fs::remove_dir(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.collect()
    }

    #[tokio::test]
    async fn only_its_owner_may_use_it_and_nothing_else_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let socket = Socket::bind(&path).unwrap();
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["admin.sock"]);
        let (_client, accepted) = tokio::join!(UnixStream::connect(&path), socket.accept());
        assert!(accepted.unwrap().is_ok(), "this user may");
        drop(socket);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn what_a_crash_left_is_replaced_and_what_answers_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "it is still there, and nobody listens");
        let first = Socket::bind(&path).unwrap();
        assert!(matches!(Socket::bind(&path), Err(SocketError::Taken(_))));
        assert!(Probe::connect(&path).is_ok(), "the first one is as it was");
        drop(first);
    }

    #[tokio::test]
    async fn a_file_in_its_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(Socket::bind(&path), Err(SocketError::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        let error = Socket::bind(&folder.path().join("none/admin.sock")).unwrap_err().to_string();
        assert!(error.contains("none/admin.sock") && error.contains("--admin-socket"), "{error}");
    }

    #[tokio::test]
    async fn a_server_does_not_take_away_the_socket_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let first = Socket::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let second = Socket::bind(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}
