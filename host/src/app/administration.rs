//! What an operator sees and does while the server runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::App;
use super::metrics::{self, Metrics};
use super::report::{LoadedReport, Names, PluginReport, RefusedReport, Served, StatusReport, ToolReport};
use crate::loader::Status;
use crate::plugin::{Outcome, PluginId, Standing};
use crate::protocol;
use crate::registry::{Admitted, Lookup, Snapshot, Tool};
use crate::runtime::secrets::Secrets;
use crate::transport::admin::{Administration, Unknown};

/// How alike two names are, from 0 to 1, for the one to be suggested for the other.
const ALIKE: f64 = 0.8;
/// The most names that are suggested.
const SUGGESTED: usize = 3;

impl Administration for App {
    fn status(&self) -> Value {
        let (status, snapshot) = (self.now(), self.registry.snapshot());
        let loaded = snapshot.plugins().map(|admitted| loaded(&snapshot, admitted)).collect();
        let refused = status.refused.iter().map(|refused| RefusedReport {
            file: refused.file.clone(),
            reason: refused.reason.clone(),
            previous_served: refused.previous_served,
        });
        json!(StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            refused: refused.collect(),
            directory: status.directory,
            missing: status.missing,
            trouble: status.trouble,
            ready: status.ready,
            loaded,
            pending: status.pending,
            warnings: snapshot.imitations().iter().map(ToString::to_string).collect(),
        })
    }

    fn readiness(&self) -> (bool, Value) {
        let status = self.now();
        let ready = *self.registry.ready().borrow();
        let details = json!({
            "ready": ready, "plugins": status.loaded.len(), "refused": status.refused.len(),
            "pending": status.pending, "missing": status.missing, "trouble": status.trouble,
        });
        (ready, details)
    }

    fn metrics(&self) -> String {
        let (status, snapshot) = (self.now(), self.registry.snapshot());
        let served = snapshot.plugins().map(|admitted| {
            let plugin = admitted.plugin();
            let standing = plugin.standing().unwrap_or_default();
            metrics::Served {
                id: plugin.id().clone(),
                digest: *plugin.digest(),
                running: standing.running,
                suspended: standing.breaker.suspended,
                put_aside: standing.breaker.put_aside.len(),
            }
        });
        let metrics = Metrics {
            ready: *self.registry.ready().borrow(),
            refused: status.refused.len(),
            pending: status.pending.len(),
            totals: self.runtime.totals(),
            served: served.collect(),
        };
        metrics.render()
    }

    fn plugin(&self, name: &str) -> Result<Value, Unknown> {
        self.plugin_report(name).map(|report| json!(report)).ok_or_else(|| self.unknown("plugin", name))
    }

    fn tool(&self, name: &str) -> Result<Value, Unknown> {
        let snapshot = self.registry.snapshot();
        match snapshot.tools().lookup(name) {
            Lookup::Found(tool) => Ok(json!(self.tool_report(tool))),
            Lookup::Ambiguous(names) => {
                let message = format!("several plugins offer {name}: ask for one of {}", names.join(", "));
                Err(Unknown(message))
            }
            Lookup::Unknown => Err(self.unknown("tool", name)),
        }
    }

    fn suspend(&self, name: &str) -> Result<Value, Unknown> {
        let known = PluginId::parse(name).is_ok_and(|id| self.runtime.suspend(&id));
        if !known {
            return Err(self.unknown("plugin", name));
        }
        tracing::warn!(plugin = name, "suspended by the operator");
        Ok(json!({"plugin": name, "suspended": true}))
    }

    fn resume(&self, name: &str) -> Result<Value, Unknown> {
        let known = PluginId::parse(name).is_ok_and(|id| self.runtime.resume(&id));
        if !known {
            return Err(self.unknown("plugin", name));
        }
        tracing::info!(plugin = name, "resumed by the operator");
        Ok(json!({"plugin": name, "suspended": false}))
    }

    fn reload(&self) -> Value {
        tracing::info!("looking at files again, as the operator asks");
        Self::reload(self);
        let (runtime, secrets) = (self.runtime.clone(), self.secrets.clone());
        tokio::spawn(async move {
            match Secrets::load(&secrets).await {
                Ok(secrets) => runtime.set_secrets(secrets),
                Err(error) => tracing::warn!("{error}; all secrets stay as they were"),
            }
        });
        json!({"reloading": true})
    }
}

impl App {
    fn now(&self) -> Status {
        self.loader.status().borrow().clone()
    }

    fn tool_report(&self, tool: &Tool) -> ToolReport {
        let id = tool.plugin().id().as_str();
        ToolReport {
            names: Names { listed: tool.name.to_string(), own: tool.entry.own_name.to_string() },
            tool: protocol::listed(tool),
            access: tool.entry.access,
            plugin: self.plugin_report(id).unwrap_or_else(|| absent(id, &self.now().directory)),
        }
    }

    fn plugin_report(&self, name: &str) -> Option<PluginReport> {
        let (status, snapshot) = (self.now(), self.registry.snapshot());
        let id = PluginId::parse(name).ok()?;
        let file = format!("{id}.wasm");
        let refused = status.refused.iter().find(|refused| refused.file == file).map(|it| it.reason.clone());
        let pending = status.pending.contains(&file);
        let served = snapshot
            .plugin(&id)
            .map(|admitted| served(&snapshot, admitted, &status, self.keeper.trust().borrow().is_locked()));
        let is_known = served.is_some() || refused.is_some() || pending;
        is_known.then(|| PluginReport { refused, pending, served, ..absent(name, &status.directory) })
    }

    /// Says what there is instead.
    fn unknown(&self, kind: &str, name: &str) -> Unknown {
        let (status, snapshot) = (self.now(), self.registry.snapshot());
        let mut names: BTreeSet<String> = snapshot.plugins().map(|it| it.plugin().id().to_string()).collect();
        names.extend(status.refused.iter().map(|refused| refused.file.trim_end_matches(".wasm").to_owned()));
        if kind == "tool" {
            names.extend(snapshot.tools().items().iter().map(|tool| tool.name.to_string()));
        }
        let suggested = nearest(name, &names);
        let name: String = name.chars().take(100).collect();
        Unknown(match suggested.as_slice() {
            [] => format!("there is no {kind} {name:?}; `pegboard status` shows what there is"),
            names => format!("there is no {kind} {name:?}; did you mean {}?", names.join(" or ")),
        })
    }
}

fn absent(id: &str, directory: &Path) -> PluginReport {
    let file = directory.join(format!("{id}.wasm"));
    PluginReport { id: id.to_owned(), file, refused: None, pending: false, served: None }
}

fn loaded(snapshot: &Snapshot, admitted: &Arc<Admitted>) -> LoadedReport {
    let plugin = admitted.plugin();
    let Standing { counters, breaker, .. } = plugin.standing().unwrap_or_default();
    let failures = Outcome::ALL.into_iter().filter(|outcome| outcome.is_failure());
    LoadedReport {
        id: plugin.id().to_string(),
        digest: plugin.digest().to_string(),
        tools: tools(snapshot, plugin.id()).map(|tool| tool.name.to_string()).collect(),
        calls: counters.all_calls(),
        failures: failures.map(|outcome| counters.ended(outcome)).sum(),
        denials: counters.denials,
        suspended: breaker.suspended,
        put_aside: !breaker.put_aside.is_empty(),
    }
}

fn served(snapshot: &Snapshot, admitted: &Arc<Admitted>, status: &Status, is_locked: bool) -> Served {
    let plugin = admitted.plugin();
    let loaded = status.loaded.iter().find(|loaded| loaded.id == *plugin.id());
    let of_plugin = |id: &PluginId| id == plugin.id();
    let prompts = snapshot.prompts().items().iter().filter(|prompt| of_plugin(prompt.plugin().id()));
    Served {
        digest: plugin.digest().to_string(),
        signer: loaded.and_then(|loaded| loaded.signer.as_deref()).map(str::to_owned),
        // What differs from what was approved is refused, and says how.
        approved: is_locked,
        tools: tools(snapshot, plugin.id())
            .map(|tool| Names { listed: tool.name.to_string(), own: tool.entry.own_name.to_string() })
            .collect(),
        prompts: prompts
            .map(|prompt| Names { listed: prompt.name.to_string(), own: prompt.entry.own_name.to_string() })
            .collect(),
        resource_templates: admitted.resource_templates().iter().map(|it| it.spec.uri_template.clone()).collect(),
        warnings: admitted.warnings().iter().map(ToString::to_string).collect(),
        standing: plugin.standing().unwrap_or_default(),
    }
}

fn tools<'a>(snapshot: &'a Snapshot, id: &'a PluginId) -> impl Iterator<Item = &'a Tool> {
    snapshot.tools().items().iter().filter(move |tool| tool.plugin().id() == id)
}

/// The names that are most like `name`.
fn nearest(name: &str, names: &BTreeSet<String>) -> Vec<String> {
    let mut alike: Vec<_> = names.iter().map(|other| (strsim::jaro_winkler(name, other), other)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    alike.into_iter().take(SUGGESTED).map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_mistyped_finds_its_like() {
        let names = ["average", "average_all", "fetch", "files"].map(str::to_owned).into();
        assert_eq!(nearest("avrage", &names), ["average"]);
        assert_eq!(nearest("zzz", &names), Vec::<String>::new());
    }
}
