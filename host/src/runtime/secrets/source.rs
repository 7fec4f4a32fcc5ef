//! Where one value comes from.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::policy::SecretName;

/// The most bytes of a value.
const MOST_BYTES: u64 = 64 << 10;

/// Where a value comes from: exactly one of the three. A line's end at its end is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum Source {
    /// A variable of the host's environment.
    Env(String),
    /// A file.
    File(PathBuf),
    /// What a program prints: the program and its arguments, started without a shell and with `PATH` alone in its
    /// environment.
    Command(Vec<String>, Duration),
}

/// As it is written.
#[derive(Deserialize)]
struct Keys {
    env: Option<String>,
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
    timeout_ms: Option<u64>,
}

impl TryFrom<Keys> for Source {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        match keys {
            Keys { env: Some(name), file: None, command: None, timeout_ms: None } => Ok(Self::Env(name)),
            Keys { env: None, file: Some(path), command: None, timeout_ms: None } => Ok(Self::File(path)),
            Keys { env: None, file: None, command: Some(line), timeout_ms } if !line.is_empty() => {
                Ok(Self::Command(line, Duration::from_millis(timeout_ms.unwrap_or(10_000))))
            }
            _ => Err(
                "a secret has one source: env = \"NAME\", file = \"/path\" or command = [\"program\", \"argument\"] \
                      (with timeout_ms, if need be)",
            ),
        }
    }
}

/// Why a secret has no value. Never holds one.
#[derive(Debug, Error)]
#[error("the secret `{}` has no value: {why}; correct [secrets.{}] in pegboard.toml", .name.as_str(), .name.as_str())]
pub struct SecretError {
    name: SecretName,
    why: String,
}

impl Source {
    pub(super) async fn read(&self, name: &SecretName) -> Result<Zeroizing<String>, SecretError> {
        let error = |why| SecretError { name: name.clone(), why };
        let mut value = match self {
            Self::Env(variable) => from_env(variable),
            Self::File(path) => from_file(path).await,
            Self::Command(line, time) => from_command(line, *time).await,
        }
        .map_err(error)?;
        let end = value.trim_end_matches(['\r', '\n']).len();
        value.truncate(end);
        if value.is_empty() { Err(error("it is empty".into())) } else { Ok(value) }
    }
}

fn from_env(variable: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var(variable) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {variable} is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable {variable} is not UTF-8")),
    }
}

async fn from_file(path: &std::path::Path) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let file = tokio::fs::File::open(path).await.map_err(|error| format!("cannot read {shown}: {error}"))?;
    read(file).await.map_err(|why| format!("{shown} {why}"))
}

async fn from_command(line: &[String], time: Duration) -> Result<Zeroizing<String>, String> {
    let Some((program, arguments)) = line.split_first() else { return Err("its command names no program".into()) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    // What it says on standard error may hold what it should not.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("cannot run {program}: {error}"))?;
    let printed = async {
        let out = child.stdout.take().ok_or_else(|| format!("{program} has no standard output"))?;
        let value = read(out).await.map_err(|why| format!("what {program} prints {why}"))?;
        let status = child.wait().await.map_err(|error| format!("cannot wait for {program}: {error}"))?;
        if status.success() { Ok(value) } else { Err(format!("{program} ended with {status}")) }
    };
    timeout(time, printed).await.unwrap_or_else(|_| Err(format!("{program} took longer than {} ms", time.as_millis())))
}

async fn read(from: impl AsyncRead + Unpin) -> Result<Zeroizing<String>, String> {
    // Room for all of it, so that no piece is left behind where it was before the buffer grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(MOST_BYTES + 1).unwrap_or_default()));
    let mut from = from.take(MOST_BYTES + 1);
    from.read_to_end(&mut bytes).await.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("has more than {MOST_BYTES} bytes"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8".to_owned())?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::name;
    use super::*;

    fn source(toml: &str) -> Result<Source, String> {
        toml::from_str(toml).map_err(|error| error.message().to_owned())
    }

    async fn read(toml: &str) -> Result<String, String> {
        let value = source(toml).unwrap().read(&name("token")).await;
        value.map(|value| value.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_has_exactly_one_source() {
        assert_eq!(source("env = \"A\""), Ok(Source::Env("A".into())));
        for wrong in ["", "env = \"A\"\nfile = \"/b\"", "command = []", "file = \"/b\"\ntimeout_ms = 1"] {
            assert!(source(wrong).unwrap_err().contains("one source"), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_value_comes_from_the_environment_a_file_or_a_program() {
        assert_eq!(read("env = \"CARGO_PKG_NAME\"").await.unwrap(), "pegboard");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "hunter2\r\n").unwrap();
        assert_eq!(read(&format!("file = {file:?}")).await.unwrap(), "hunter2");
        assert_eq!(read("command = [\"printf\", \"%s\\n\", \"$PATH; a b\"]").await.unwrap(), "$PATH; a b");
    }

    #[tokio::test]
    async fn a_program_sees_nothing_of_the_environment_but_the_path() {
        let printed = read("command = [\"env\"]").await.unwrap();
        assert!(printed.starts_with("PATH=") && printed.lines().count() == 1, "{printed}");
    }

    #[tokio::test]
    async fn a_missing_value_is_one_line_that_says_which_and_why() {
        let cases = [
            ("env = \"PEGBOARD_NO_SUCH_VARIABLE\"", "the environment variable PEGBOARD_NO_SUCH_VARIABLE is not set"),
            ("file = \"/no/such/file\"", "cannot read /no/such/file"),
            ("file = \"/dev/null\"", "it is empty"),
            ("file = \"/dev/zero\"", "has more than 65536 bytes"),
            ("command = [\"false\"]", "false ended with exit status: 1"),
            ("command = [\"/no/such/program\"]", "cannot run /no/such/program"),
            ("command = [\"sleep\", \"60\"]\ntimeout_ms = 10", "sleep took longer than 10 ms"),
        ];
        for (source, why) in cases {
            let error = read(source).await.unwrap_err();
            assert!(error.starts_with("the secret `token` has no value: ") && error.contains(why), "{error}");
            assert!(error.ends_with("correct [secrets.token] in pegboard.toml"), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }
}
