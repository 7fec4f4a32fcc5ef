//! What holds for one version of a plugin, in each of its runs.

use std::sync::Arc;

use super::account::Account;
use super::cpu::Manners;
use super::denials::Denials;
use super::limits::{Config, WASM_PAGE};
use super::net::Quota;
use super::rate::Rates;
use crate::plugin::PluginId;
use crate::policy::{Denial, Permissions};

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
}

impl Terms {
    pub(super) fn new(plugin: PluginId, permissions: Arc<Permissions>, limits: &Config, account: Arc<Account>) -> Self {
        let limits = limits.for_plugin(&permissions.granted().limits);
        let quota = Quota::new(&permissions.granted().network);
        Self {
            plugin,
            permissions,
            limits,
            denials: Denials::default(),
            rates: Rates::default(),
            manners: Manners::new(),
            account,
            quota,
        }
    }

    /// Counts a refusal, logs it the first time, and gives the sentence for the guest.
    pub(super) fn denied(&self, denial: &Denial) -> String {
        self.account.denied();
        self.denials.record(&self.plugin, denial)
    }
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
