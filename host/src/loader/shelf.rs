//! What is served and what was refused, under each file's name; and the lines in the log that tell of it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::load::{Inputs, Rejection, Version};
use super::status::{Loaded, Refused};
use crate::plugin::{Digest, PluginId};
use crate::registry::Admitted;

/// What is served and what was refused.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<OsString, File>);

#[derive(Debug, Default)]
struct File {
    served: Option<Version>,
    /// Of the file as it is now.
    rejection: Option<Rejection>,
    /// How often it was refused in a row for reasons that may pass.
    tries: u32,
    /// Why the plugin could not be asked again, the last time that it announced something.
    unanswered: Option<String>,
}

impl Shelf {
    /// What decided about what is served from `name`.
    pub(super) fn inputs(&self, name: &OsStr) -> Option<Inputs> {
        self.0.get(name)?.served.as_ref().map(|version| version.inputs)
    }

    /// What is served, in the order of the files' names.
    pub(super) fn served(&self) -> impl Iterator<Item = &Arc<Admitted>> {
        self.0.values().filter_map(|file| file.served.as_ref()).map(|version| &version.admitted)
    }

    /// How many files were refused as they are now.
    pub(super) fn refusals(&self) -> usize {
        self.0.values().filter(|file| file.rejection.is_some()).count()
    }

    /// What is served as `id`.
    pub(super) fn plugin(&self, id: &PluginId) -> Option<&Arc<Admitted>> {
        self.version(id).map(|version| &version.admitted)
    }

    /// The version that is served as `id`.
    pub(super) fn version(&self, id: &PluginId) -> Option<&Version> {
        let mut versions = self.0.values().filter_map(|file| file.served.as_ref());
        versions.find(|version| version.admitted.plugin().id() == id)
    }

    /// Serves `version` from `name` from now on.
    pub(super) fn serve(&mut self, name: &OsStr, version: Version) {
        let id = version.admitted.plugin().id().clone();
        let (digest, tools, cached) = (short(&version.inputs.digest), version.admitted.tools().len(), version.cached);
        let elapsed_ms = u64::try_from(version.elapsed.as_millis()).unwrap_or(u64::MAX);
        for warning in version.admitted.warnings() {
            tracing::warn!(%id, "{warning}");
        }
        let previous = self.0.insert(name.to_owned(), File { served: Some(version), ..File::default() });
        if let Some(before) = previous.and_then(|file| file.served) {
            let before = short(&before.inputs.digest);
            tracing::info!(%id, digest, before, tools, cached, elapsed_ms, "plugin replaced");
        } else {
            tracing::info!(%id, digest, tools, cached, elapsed_ms, "plugin loaded");
        }
    }

    /// The file `name` is what is served already.
    pub(super) fn unchanged(&mut self, name: &OsStr) {
        if let Some(file) = self.0.get_mut(name) {
            (file.rejection, file.tries) = (None, 0);
        }
    }

    /// Keeps what is served from `name`, if anything, and remembers why the file is not. Gives how often that
    /// happened before, in a row, for reasons that may pass.
    pub(super) fn reject(&mut self, name: &OsStr, rejection: Rejection) -> u32 {
        let file = self.0.entry(name.to_owned()).or_default();
        let tries = file.tries;
        file.tries = if rejection.may_pass { tries.saturating_add(1) } else { 0 };
        let previous_served = file.served.is_some();
        let (shown, reason) = (printable(name), rejection.reason.as_str());
        if file.rejection.as_ref() == Some(&rejection) {
            tracing::debug!(file = shown, reason, "plugin refused again");
        } else if previous_served {
            tracing::error!(file = shown, reason, "plugin refused; its previous version stays");
        } else {
            tracing::error!(file = shown, reason, "plugin refused");
        }
        file.rejection = Some(rejection);
        tries
    }

    /// Forgets `name`; gives whose plugin was served from it.
    pub(super) fn remove(&mut self, name: &OsStr) -> Option<PluginId> {
        let version = self.0.remove(name)?.served?;
        let id = version.admitted.plugin().id().clone();
        tracing::info!(%id, digest = short(&version.inputs.digest), tools = version.admitted.tools().len(), "plugin removed");
        Some(id)
    }

    /// Puts what a plugin lists now in the place of what it listed before. Gives `false` if `before` is not served
    /// any more.
    pub(super) fn relisted(&mut self, before: &Arc<Admitted>, now: Option<Arc<Admitted>>) -> bool {
        let Some((id, file)) = self.find(before) else { return false };
        file.unanswered = None;
        if let (Some(version), Some(now)) = (&mut file.served, now) {
            tracing::info!(%id, tools = now.tools().len(), "plugin lists other tools now");
            version.admitted = now;
        }
        true
    }

    /// A plugin announced a change and could not be asked about it; what it listed before stays. Gives `false` if
    /// `before` is not served any more.
    pub(super) fn not_relisted(&mut self, before: &Arc<Admitted>, reason: String) -> bool {
        let Some((id, file)) = self.find(before) else { return false };
        if file.unanswered.as_ref() == Some(&reason) {
            tracing::debug!(%id, reason, "plugin announced a change again");
        } else {
            tracing::error!(%id, reason, "plugin announced a change; what it listed before stays");
        }
        file.unanswered = Some(reason);
        true
    }

    fn find(&mut self, admitted: &Arc<Admitted>) -> Option<(PluginId, &mut File)> {
        let serves = |file: &File| file.served.as_ref().is_some_and(|v| Arc::ptr_eq(&v.admitted, admitted));
        let file = self.0.values_mut().find(|file| serves(file))?;
        Some((admitted.plugin().id().clone(), file))
    }

    /// For people: what is served, by id, and what was refused, by name.
    pub(super) fn report(&self) -> (Vec<Loaded>, Vec<Refused>) {
        let loaded = |version: &Version| Loaded {
            id: version.admitted.plugin().id().clone(),
            digest: version.inputs.digest,
            tools: version.admitted.tools().iter().map(|tool| tool.spec.name.clone()).collect(),
            signer: version.signer.clone(),
            permissions: version.permissions.clone(),
            cached: version.cached,
            elapsed: version.elapsed,
        };
        let mut served: Vec<_> = self.0.values().filter_map(|file| file.served.as_ref()).map(loaded).collect();
        served.sort_by(|a, b| a.id.cmp(&b.id));
        let refused = |(name, file): (&OsString, &File)| {
            let reason = file.rejection.as_ref()?.reason.clone();
            Some(Refused { file: printable(name), reason, previous_served: file.served.is_some() })
        };
        (served, self.0.iter().filter_map(refused).collect())
    }
}

/// A file's name, without what would break a line or a terminal.
pub(super) fn printable(name: &OsStr) -> String {
    name.to_string_lossy().escape_debug().to_string()
}

/// Enough of a digest to tell versions apart.
fn short(digest: &Digest) -> String {
    digest.0[..4].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
