//! The bundled plugins: built by cargo, put where the server looks.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::checkout::Checkout;
use super::progress::{Step, without_colours};

/// A plugin that cargo has built.
#[derive(Debug, PartialEq, Eq)]
struct Artifact {
    /// The name of its folder.
    id: String,
    file: PathBuf,
}

/// Builds them all, and puts each into `plugins` as `<id>.wasm`.
pub(super) fn build(checkout: &Checkout, compiler: Option<&Path>, plugins: &Path) -> anyhow::Result<()> {
    let mut step = Step::begin("Building the bundled plugins (the first time this takes a minute or two)");
    let ran = step
        .run(&mut cargo(checkout, compiler))
        .context("cannot run cargo; install Rust from https://rustup.rs and see that its `bin` directory is in PATH");
    step.close();
    let ran = ran?;
    if !ran.status.success() {
        bail!("{}. cargo said:\n\n{}", likely_cause(&ran.stderr), what_matters(&ran.stderr));
    }
    for artifact in artifacts(&ran.stdout) {
        put(&artifact, plugins).with_context(|| {
            format!(
                "cannot put the plugin {} into {}; does that directory exist, and may you write there?",
                artifact.id,
                plugins.display()
            )
        })?;
    }
    step.done();
    Ok(())
}

fn cargo(checkout: &Checkout, compiler: Option<&Path>) -> Command {
    // `cargo run` says which cargo it is; a program started otherwise takes the one in PATH.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--target", "wasm32-wasip2", "--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(checkout.guests())
        .arg("--target-dir")
        .arg(checkout.guest_target_dir())
        // Flags for this machine's processor mean nothing to a plugin.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if io::stderr().is_terminal() {
        cargo.args(["--color", "always"]);
    }
    if let Some(compiler) = compiler {
        cargo.env("RUSTC", compiler);
    }
    cargo
}

/// The plugins among what cargo reports, a JSON object a line.
fn artifacts(report: &str) -> Vec<Artifact> {
    let messages = report.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter(|m| m["reason"] == "compiler-artifact");
    built.filter_map(|m| artifact(&m)).collect()
}

fn artifact(message: &Value) -> Option<Artifact> {
    let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
    let file = files.into_iter().find(|file| file.extension().is_some_and(|e| e == "wasm"))?;
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    Some(Artifact { id: folder.file_name()?.to_str()?.to_owned(), file })
}

/// By rename, so that the server never sees half of it; what is there already stays untouched.
fn put(artifact: &Artifact, plugins: &Path) -> io::Result<()> {
    let bytes = fs::read(&artifact.file)?;
    let place = plugins.join(format!("{}.wasm", artifact.id));
    if fs::read(&place).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let beside = plugins.join(format!(".{}.wasm.new", artifact.id));
    fs::write(&beside, bytes)?;
    fs::rename(&beside, &place)
}

fn likely_cause(said: &str) -> &'static str {
    let causes = [
        ("No space left on device", "The bundled plugins did not build: the disk is full"),
        (
            "linker `cc` not found",
            "The bundled plugins did not build: there is no C linker (on Debian and Ubuntu: apt-get install gcc)",
        ),
        (
            "can't find crate for `core`",
            "The bundled plugins did not build: the Rust target wasm32-wasip2 is not whole; remove it and add it again with rustup",
        ),
        ("failed to download", "The bundled plugins did not build: crates could not be fetched; is there a network?"),
        ("failed to get", "The bundled plugins did not build: crates could not be fetched; is there a network?"),
        (
            "is not supported by the following package",
            "The bundled plugins did not build: this Rust is too old; run `rustup update`",
        ),
        ("requires rustc", "The bundled plugins did not build: this Rust is too old; run `rustup update`"),
    ];
    let known = causes.iter().find(|(sign, _)| said.contains(sign));
    known.map_or("The bundled plugins did not build: there is a mistake in their source, most likely", |(_, cause)| {
        cause
    })
}

/// What cargo said without its progress.
fn what_matters(said: &str) -> String {
    const PROGRESS: [&str; 7] = ["Compiling", "Downloading", "Downloaded", "Updating", "Locking", "Blocking", "Adding"];
    let matters = |line: &&str| {
        let plain = without_colours(line);
        plain.split_whitespace().next().is_none_or(|word| !PROGRESS.contains(&word))
    };
    said.lines().filter(matters).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugins_are_found_among_what_cargo_reports() {
        let report = r#"{"reason":"compiler-artifact","manifest_path":"/x/sdk/Cargo.toml","filenames":["/t/libsdk.rlib"]}
not json
{"reason":"compiler-artifact","manifest_path":"/x/plugins/my-time/Cargo.toml","filenames":["/t/libmy_time.rlib","/t/my_time.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(artifacts(report), [Artifact { id: "my-time".into(), file: "/t/my_time.wasm".into() }]);
    }

    #[test]
    fn a_plugin_is_put_in_place_and_the_same_one_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built.wasm");
        fs::write(&built, "one").unwrap();
        let artifact = Artifact { id: "time".into(), file: built.clone() };
        put(&artifact, folder.path()).unwrap();
        let place = folder.path().join("time.wasm");
        assert_eq!(fs::read(&place).unwrap(), b"one");
        let file = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
        let first = file(&place);
        put(&artifact, folder.path()).unwrap();
        assert_eq!(file(&place), first);
        fs::write(&built, "two").unwrap();
        put(&artifact, folder.path()).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_likely_cause_stands_above_what_cargo_said_without_its_progress() {
        let said = "   Compiling x v1.0.0\n\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m y\nerror: failed to download `z`\n";
        assert!(likely_cause(said).contains("network"));
        assert_eq!(what_matters(said), "error: failed to download `z`");
        assert!(likely_cause("error[E0425]: cannot find value").contains("mistake in their source"));
    }
}
