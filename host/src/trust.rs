//! Under which terms a file becomes a plugin: the grants that an operator wrote for it, and whose signature it bears.
//!
//! A plugin is a function of its file and of these terms. Both are read by the loader: when either changes, the plugin
//! is made anew, and what is served meanwhile stays until the new one can take its place.
//!
//! | module | holds |
//! |---|---|
//! | `signature` | keys, and who signed a file |
//! | `lock`, `difference` | what was approved, and what has changed since |
//! | `files` | the grants files, as they lie in their directory |
//! | `keeper` | the task that keeps [`Trust`] true to the files |
//!
//! What holds: no file of the drop directory decides about itself. Grants that cannot be read are none that are less:
//! the file that they are for is refused, so that a mistake in them neither gives nor takes silently.

mod difference;
mod files;
mod keeper;
pub mod lock;
pub mod signature;

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::plugin::{Digest, PluginId};
use crate::policy::{self, Grants, Permissions, Unpinned};
use files::Files;
use lock::{Approved, Lock};
use signature::Keys;

pub use keeper::{Keeper, StartError};

/// What an operator has decided, at one moment. Never changes.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    config: policy::Config,
    keys: Arc<Keys>,
    files: Files,
    lock: Lock,
}

/// Tells apart what was decided about a plugin at two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(Digest);

impl Trust {
    /// Whose signature `contents` bear, according to `signature`, the text of the file beside it.
    ///
    /// # Errors
    /// The signature is none, or nobody's whose key is known; or there is none where one is required.
    pub fn signer(&self, contents: &[u8], signature: Option<&[u8]>) -> Result<Option<Arc<str>>, String> {
        self.keys.signer(contents, signature)
    }

    /// What plugin `id` may do, if its file has this `digest` and was signed by `signer`.
    ///
    /// # Errors
    /// The grants cannot be used; says where and why.
    pub fn permissions(&self, id: &PluginId, digest: Digest, signer: Option<&str>) -> Result<Permissions, String> {
        let path = self.grants_file(id);
        let ceiling = self.config.ceiling.clone();
        let Some(file) = self.files.get(id) else {
            return Ok(Permissions::new(self.config.defaults.clone(), ceiling, path));
        };
        let grants = file.outcome.as_ref().map_err(|reason| format!("its grants cannot be used: {reason}"))?;
        if !grants.is_pinned() && self.config.unpinned == Unpinned::Refuse && grants.gives_rights() {
            let path = path.display();
            return Err(format!(
                "its grants are for any file of its name; write sha256 = \"{digest}\" at the top of {path}, or \
                 signer = the name of one of [[signatures.keys]] (grants.unpinned = \"allow\" does without)"
            ));
        }
        if let Some(why) = mismatch(grants, digest, signer) {
            return Ok(Permissions::withheld(grants, ceiling, path, why));
        }
        Ok(Permissions::new(self.config.defaults.with(grants), ceiling, path))
    }

    /// May plugin `id` be served as it is? `now` says what it is; it is asked only where something must be approved.
    ///
    /// # Errors
    /// It is not what was approved; says how it differs, and what to do.
    pub fn approved(&self, id: &PluginId, now: impl FnOnce() -> Approved) -> Result<(), String> {
        self.lock.check(id, now)
    }

    /// Must what is served be approved?
    #[must_use]
    pub fn is_locked(&self) -> bool {
        !matches!(self.lock, Lock::Off)
    }

    /// Changes whenever something was decided anew about `id`.
    #[must_use]
    pub fn mark(&self, id: &PluginId) -> Mark {
        let mut digest = Sha256::new();
        if let Some(file) = self.files.get(id) {
            digest.update(b"grants");
            digest.update(file.digest.0);
        }
        self.lock.mark(id, &mut digest);
        Mark(Digest(digest.finalize().into()))
    }

    fn grants_file(&self, id: &PluginId) -> PathBuf {
        self.config.directory.join(format!("{id}.toml"))
    }
}

/// Why `grants` are not for the file with this digest and signer.
fn mismatch(grants: &Grants, digest: Digest, signer: Option<&str>) -> Option<String> {
    if !grants.sha256.is_empty() && grants.sha256.iter().all(|pin| pin.0 != digest) {
        return Some(format!("they are for another version of it; this one is sha256 = \"{digest}\""));
    }
    let wanted = grants.signer.as_deref()?;
    if signer == Some(wanted) {
        return None;
    }
    let by = signer.map_or("nobody".to_owned(), |signer| format!("`{signer}`"));
    Some(format!("they are for what `{wanted}` signed, and this version was signed by {by}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const THIS: Digest = Digest([0xab; 32]);

    fn trust(grants: &str, unpinned: Unpinned) -> Trust {
        let config = policy::Config { unpinned, ..policy::Config::default() };
        let mut files = Files::default();
        files.put(&id(), grants, Path::new("grants/x.toml"));
        Trust { config, files, ..Trust::default() }
    }

    fn id() -> PluginId {
        PluginId::parse("x").unwrap()
    }

    fn permissions(grants: &str, signer: Option<&str>) -> Result<Permissions, String> {
        trust(grants, Unpinned::Refuse).permissions(&id(), THIS, signer)
    }

    #[test]
    fn without_a_file_nothing_is_granted() {
        let permissions = Trust::default().permissions(&id(), THIS, None).unwrap();
        assert_eq!(permissions.granted(), &Grants::default());
        assert_eq!(permissions.file(), Path::new("grants/x.toml"));
    }

    #[test]
    fn grants_for_any_file_are_refused_with_the_line_that_pins_them() {
        let refused = permissions("[env]\nnames = [\"TZ\"]\n", None).unwrap_err();
        assert!(refused.contains(&format!("write sha256 = \"{THIS}\" at the top of grants/x.toml")), "{refused}");
        let allowed = trust("[env]\nnames = [\"TZ\"]\n", Unpinned::Allow).permissions(&id(), THIS, None).unwrap();
        assert_eq!(allowed.granted().env.names.len(), 1);
    }

    #[test]
    fn what_only_takes_away_needs_no_pin() {
        assert!(permissions("[tools]\ndeny = [\"*\"]\n[limits]\ncpu_time_ms = 5\n", None).is_ok());
    }

    #[test]
    fn a_swapped_file_inherits_nothing_but_what_was_taken_away() {
        let grants = format!("sha256 = \"{}\"\n[env]\nnames = [\"TZ\"]\n[tools]\ndeny = [\"x\"]\n", "00".repeat(32));
        let permissions = permissions(&grants, None).unwrap();
        assert!(permissions.granted().env.names.is_empty());
        assert_eq!(permissions.granted().tools.deny, ["x"]);
        let why = permissions.why_withheld().unwrap();
        assert!(why.contains(&format!("this one is sha256 = \"{THIS}\"")), "{why}");
    }

    #[test]
    fn grants_for_a_signer_are_for_its_files_alone() {
        let grants = "signer = \"alice\"\n[env]\nnames = [\"TZ\"]\n";
        assert!(permissions(grants, Some("alice")).unwrap().why_withheld().is_none());
        assert!(permissions(grants, Some("bob")).unwrap().why_withheld().unwrap().contains("by `bob`"));
        assert!(permissions(grants, None).unwrap().why_withheld().unwrap().contains("by nobody"));
    }

    #[test]
    fn grants_that_cannot_be_read_say_where() {
        let refused = permissions("\n[environment]\n", None).unwrap_err();
        assert!(refused.contains("grants/x.toml") && refused.contains("environment (line 2)"), "{refused}");
    }

    #[test]
    fn the_mark_changes_with_the_grants() {
        let mark = |grants: &str| trust(grants, Unpinned::Refuse).mark(&id());
        assert_eq!(mark("a"), mark("a"));
        assert_ne!(mark("a"), mark("b"));
        assert_ne!(mark(""), Trust::default().mark(&id()));
    }
}
