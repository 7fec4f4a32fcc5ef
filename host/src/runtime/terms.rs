//! What holds for one version of a plugin, in each of its runs.

use std::sync::Arc;

use super::LoadError;
use super::account::Account;
use super::cpu::Manners;
use super::denials::Denials;
use super::filesystem::{Directories, Mounts};
use super::limits::{Config, WASM_PAGE};
use super::net::Quota;
use super::rate::Rates;
use crate::plugin::PluginId;
use crate::policy::{Denial, Permissions, VariableName};

/// What holds for one version of a plugin.
pub(super) struct Terms {
    pub(super) plugin: PluginId,
    pub(super) permissions: Arc<Permissions>,
    /// Those of all plugins, with the plugin's own over them.
    pub(super) limits: Config,
    pub(super) denials: Denials,
    pub(super) rates: Rates,
    /// How its calls behave towards those of others.
    pub(super) manners: Manners,
    pub(super) account: Arc<Account>,
    /// What it may use of the network.
    pub(super) quota: Quota,
    /// The directories that it may see.
    pub(super) mounts: Mounts,
    /// The variables that it may see, as this process was started with them.
    pub(super) environment: Vec<(String, String)>,
}

impl Terms {
    /// Opens what is granted; `known` are the directories of all plugins.
    pub(super) fn new(
        plugin: PluginId,
        permissions: Arc<Permissions>,
        limits: &Config,
        known: &Directories,
        account: Arc<Account>,
    ) -> Result<Self, LoadError> {
        let limits = limits.for_plugin(&permissions.granted().limits);
        let quota = Quota::new(&permissions.granted().network);
        let mounts = Mounts::open(&permissions, known)?;
        let environment = environment(&permissions)?;
        Ok(Self {
            plugin,
            permissions,
            limits,
            denials: Denials::default(),
            rates: Rates::default(),
            manners: Manners::new(),
            account,
            quota,
            mounts,
            environment,
        })
    }

    /// Counts a refusal, logs it the first time, and gives the sentence for the guest.
    pub(super) fn denied(&self, denial: &Denial) -> String {
        self.account.denied();
        self.denials.record(&self.plugin, denial)
    }
}

/// The variables that are granted and set.
fn environment(permissions: &Permissions) -> Result<Vec<(String, String)>, LoadError> {
    let names = permissions.granted().env.names.iter().map(VariableName::as_str);
    let set = names.filter_map(|name| Some((name, std::env::var_os(name)?)));
    set.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name.to_owned(), value)),
        Err(_) => Err(LoadError::Variable { name: name.to_owned(), file: permissions.file().to_owned() }),
    })
    .collect()
}

impl Config {
    /// These limits, with those that are granted to one plugin in their place; what the pool has room for bounds them.
    fn for_plugin(&self, own: &crate::policy::Limits) -> Self {
        let over = |own: Option<u64>, all: u64| own.unwrap_or(all).max(1);
        Self {
            cpu_time_ms: over(own.cpu_time_ms, self.cpu_time_ms),
            wall_time_ms: over(own.wall_time_ms, self.wall_time_ms),
            task_cpu_time_ms: over(own.task_cpu_time_ms, self.task_cpu_time_ms),
            task_wall_time_ms: over(own.task_wall_time_ms, self.task_wall_time_ms),
            memory_bytes: over(own.memory_bytes, self.memory_bytes).clamp(WASM_PAGE, self.pooled_memory_bytes()),
            table_elements: over(own.table_elements, self.table_elements).min(self.table_elements),
            output_bytes: over(own.output_bytes, self.output_bytes),
            log_messages: own.log_messages.unwrap_or(self.log_messages),
            stdio_bytes: own.stdio_bytes.unwrap_or(self.stdio_bytes),
            concurrent_calls_per_plugin: own.concurrent_calls.unwrap_or(self.concurrent_calls_per_plugin).max(1),
            queued_calls_per_plugin: own.queued_calls.unwrap_or(self.queued_calls_per_plugin),
            calls_per_minute: own.calls_per_minute.or(self.calls_per_minute),
            ..self.clone()
        }
    }
}
