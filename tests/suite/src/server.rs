//! A server of one's own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::guests::{guest, root};
use crate::http::Request;
use crate::wait::until;

/// A running server. It ends, and its folder goes, when this is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    log: Arc<Mutex<String>>,
}

/// How a server is to be.
#[derive(Default)]
pub struct Setup {
    settings: String,
    plugins: Vec<(String, Vec<u8>)>,
    grants: Vec<(String, String)>,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Setup {
    /// Adds to its `pegboard.toml`.
    #[must_use]
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self.settings.push('\n');
        self
    }

    /// Hangs up the guest `name` before the start.
    #[must_use]
    pub fn guest(self, name: &str) -> Self {
        self.plugin(name, guest(name))
    }

    /// Hangs up these bytes as `name` before the start.
    #[must_use]
    pub fn plugin(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.plugins.push((name.to_owned(), bytes.into()));
        self
    }

    /// Grants this, the text of its grants file, to the plugin `name`, whatever version of it lies there.
    #[must_use]
    pub fn grants(mut self, name: &str, toml: &str) -> Self {
        self.grants.push((name.to_owned(), toml.to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a flag of the command line.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Starts it, and waits until the plugins that are there are loaded or refused.
    pub fn start(mut self) -> Server {
        let folder = tempfile::Builder::new().prefix("pegboard-suite-").tempdir().expect("a folder");
        let plugins = folder.path().join("plugins");
        fs::create_dir(&plugins).expect("a folder for plugins");
        for (name, bytes) in &self.plugins {
            fs::write(plugins.join(format!("{name}.wasm")), bytes).expect("a plugin");
        }
        let grants = folder.path().join("grants");
        fs::create_dir(&grants).expect("a folder for grants");
        for (name, text) in &self.grants {
            fs::write(grants.join(format!("{name}.toml")), text).expect("grants");
        }
        // A test that pins, or that decides about it itself, says so under [grants].
        if !self.grants.is_empty() && !self.settings.contains("[grants]") {
            self.settings.insert_str(0, "grants.unpinned = \"allow\"\n");
        }
        let settings = folder.path().join("settings.toml");
        fs::write(&settings, &self.settings).expect("settings");
        let mut child = command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--config".as_ref(), settings.as_os_str(), "--plugins".as_ref(), plugins.as_os_str()])
            .args(["--grants".as_ref(), grants.as_os_str()])
            .arg("--cache-dir")
            .arg(cache())
            .args(&self.flags)
            .envs(self.variables)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `tests/run host` builds it", binary().display()));
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().expect("it is piped");
        thread::spawn({
            let log = log.clone();
            move || keep(BufReader::new(stderr), &log)
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut url = String::new();
        stdout.read_line(&mut url).expect("the first line");
        // Nothing more is expected; what comes must not fill the pipe.
        thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let address = url.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/mcp"));
        let Some(address) = address.and_then(|address| address.parse().ok()) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the first line is no URL: {url:?}; the log:\n{}", text(&log));
        };
        let server = Server { child, address, folder, log };
        until("the server to be ready", || (server.get("/readyz").status == 200).then_some(()));
        server
    }
}

impl Server {
    /// A server with these guests, and defaults.
    pub fn start(guests: &[&str]) -> Self {
        guests.iter().fold(Self::setup(), |setup, name| setup.guest(name)).start()
    }

    /// One that is to be set up.
    pub fn setup() -> Setup {
        Setup::default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// A connection, for what is no HTTP as it should be.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(crate::wait::PATIENCE)).expect("a timeout");
        stream
    }

    /// What `path` answers.
    pub fn get(&self, path: &str) -> crate::Response {
        Request::new("GET", path).send(self)
    }

    /// The drop directory.
    pub fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    /// The file of the plugin `name`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.plugins().join(format!("{name}.wasm"))
    }

    /// The grants file of the plugin `name`.
    pub fn grants_file(&self, name: &str) -> PathBuf {
        self.folder.path().join("grants").join(format!("{name}.toml"))
    }

    /// What is called `name` in the folder that it was started in.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder of the test's own, which goes with the server.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Hangs up `bytes` as `name`, in one step, as one who knows does it.
    pub fn drop_in(&self, name: &str, bytes: &[u8]) {
        let half = self.plugins().join(format!(".{name}.half"));
        fs::write(&half, bytes).expect("a plugin");
        fs::rename(&half, self.file(name)).expect("a plugin in its place");
    }

    /// Takes the plugin `name` away.
    pub fn take_away(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("the plugin was there");
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// Waits for a line of log that has all of `parts`, and gives it.
    pub fn logged(&self, parts: &[&str]) -> String {
        until(&format!("a line of log with {parts:?}; the log:\n{}", self.log()), || {
            self.lines_with(parts).into_iter().next()
        })
    }

    /// The lines of log that have all of `parts`.
    pub fn lines_with(&self, parts: &[&str]) -> Vec<String> {
        let log = self.log();
        let has_all = |line: &&str| parts.iter().all(|part| line.contains(part));
        log.lines().filter(has_all).map(str::to_owned).collect()
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Asks it to read again what it may, as a service manager or a log rotation does.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("kill").success(), "the process is there");
    }

    /// Is the process there?
    pub fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Bytes of memory that are its own at the moment: not those of files that it has mapped.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process is there");
        let kilobytes = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux tells it");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
        };
        1024 * (kilobytes("RssAnon:") + kilobytes("RssShmem:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the log of the server:\n{}", self.log());
        }
    }
}

/// The program under test: the release build of this checkout, or what `PEGBOARD_BIN` names.
pub fn binary() -> PathBuf {
    std::env::var_os("PEGBOARD_BIN").map_or_else(|| root().join("target/release/pegboard"), PathBuf::from)
}

/// The program, without settings of the person at the keyboard.
pub fn command() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEGBOARD_")) {
        command.env_remove(name);
    }
    // Where servers would take the same socket for their administration.
    command.env_remove("XDG_RUNTIME_DIR");
    command
}

/// Compiled plugins, kept from one server to the next and from one run to the next.
fn cache() -> PathBuf {
    let cache = root().join("target/tests/compiled");
    fs::create_dir_all(cache.parent().unwrap_or(Path::new("."))).expect("a folder");
    match private_dir(&cache) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => panic!("{}: {error}", cache.display()),
        _ => cache,
    }
}

fn private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

fn keep(mut from: impl std::io::BufRead, log: &Mutex<String>) {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

fn text(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
