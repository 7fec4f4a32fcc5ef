//! Where the sources are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The root of Pegboard's sources.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checkout(PathBuf);

impl Checkout {
    /// Looks upwards from the working directory, then from the program itself, which cargo puts below it.
    pub(super) fn find() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("cannot tell the working directory")?;
        let program = std::env::current_exe().ok();
        Self::around(&here).or_else(|| Self::around(program.as_deref()?)).with_context(|| {
            format!(
                "`dev` builds the bundled plugins, and {} is not inside a checkout of Pegboard; change into one, or \
                 use `pegboard serve --plugins DIR`",
                here.display()
            )
        })
    }

    fn around(path: &Path) -> Option<Self> {
        path.ancestors()
            .map(|folder| Self(folder.to_owned()))
            .find(|c| c.guests().is_file() && c.target_script().is_file())
    }

    /// What is granted to plugins.
    pub(super) fn grants(&self) -> PathBuf {
        self.0.join("grants")
    }

    /// The drop directory, which also holds the sources of the bundled plugins.
    pub(super) fn plugins(&self) -> PathBuf {
        self.0.join("plugins")
    }

    /// The workspace of the bundled plugins.
    pub(super) fn guests(&self) -> PathBuf {
        self.plugins().join("Cargo.toml")
    }

    /// Where cargo builds them, apart from the host: another target's settings would rebuild all of it.
    pub(super) fn guest_target_dir(&self) -> PathBuf {
        self.0.join("target/guests")
    }

    /// Makes the Rust target for plugins available.
    pub(super) fn target_script(&self) -> PathBuf {
        self.0.join("scripts/rust-guest-target.sh")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_from_any_folder_inside_and_not_from_outside() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(Checkout::around(&root.join("host/src")), Some(Checkout(root.to_owned())));
        assert_eq!(Checkout::around(root), Some(Checkout(root.to_owned())));
        assert_eq!(Checkout::around(tempfile::tempdir().unwrap().path()), None);
    }
}
