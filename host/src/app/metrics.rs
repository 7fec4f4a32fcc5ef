//! Counters, as Prometheus reads them
//! ([format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format)).
//!
//! Written by hand: the numbers are counted where they belong, in each plugin's account, and a recorder would count
//! them a second time. A dozen families of counters and gauges need no more than lines; there are no histograms, and
//! no label has a character that must be escaped.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use crate::plugin::{Counters, Digest, Outcome, PluginId};

/// What is told of the plugins.
pub(super) struct Metrics {
    pub(super) ready: bool,
    pub(super) refused: usize,
    pub(super) pending: usize,
    /// What each plugin did since the start, those that are gone as well.
    pub(super) totals: BTreeMap<PluginId, Counters>,
    pub(super) served: Vec<Served>,
}

/// What is told of a plugin that is served.
pub(super) struct Served {
    pub(super) id: PluginId,
    pub(super) digest: Digest,
    pub(super) running: u64,
    pub(super) suspended: bool,
    /// For how many it is put aside.
    pub(super) put_aside: usize,
}

impl Metrics {
    pub(super) fn render(&self) -> String {
        let mut text = Text::default();
        text.family("pegboard_build_info", "gauge", "The version of the server.");
        text.sample("pegboard_build_info", &[("version", &env!("CARGO_PKG_VERSION"))], 1);
        text.family("pegboard_ready", "gauge", "Whether the files that were there at the start are dealt with.");
        text.sample("pegboard_ready", &[], u8::from(self.ready));
        text.family("pegboard_files_refused", "gauge", "Files in the drop directory that are not served as they are.");
        text.sample("pegboard_files_refused", &[], self.refused);
        text.family("pegboard_files_pending", "gauge", "Files in the drop directory that are being loaded.");
        text.sample("pegboard_files_pending", &[], self.pending);
        self.render_totals(&mut text);
        self.render_served(&mut text);
        text.0
    }

    fn render_totals(&self, text: &mut Text) {
        let name = "pegboard_plugin_calls_total";
        text.family(name, "counter", "Runs of a plugin on behalf of callers, by how they ended.");
        for (id, counters) in &self.totals {
            for outcome in Outcome::ALL.into_iter().filter(|outcome| counters.ended(*outcome) > 0) {
                text.sample(name, &[("plugin", id), ("outcome", &outcome.as_str())], counters.ended(outcome));
            }
        }
        let seconds = |us: u64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
        let mut each = |name: &str, kind, help, value: &dyn Fn(&Counters) -> String| {
            text.family(name, kind, help);
            for (id, counters) in &self.totals {
                text.sample(name, &[("plugin", id)], value(counters));
            }
        };
        each("pegboard_plugin_cpu_seconds_total", "counter", "CPU time of a plugin.", &|it| seconds(it.cpu_us));
        each("pegboard_plugin_call_seconds_total", "counter", "Time that its calls took.", &|it| seconds(it.wall_us));
        let memory = "Linear memory of its largest run.";
        each("pegboard_plugin_memory_peak_bytes", "gauge", memory, &|it| it.memory_peak_bytes.to_string());
        let arguments = "Arguments that it was given.";
        each("pegboard_plugin_argument_bytes_total", "counter", arguments, &|it| it.bytes_in.to_string());
        let results = "Contents that it gave.";
        each("pegboard_plugin_result_bytes_total", "counter", results, &|it| it.bytes_out.to_string());
        let denials = "How often it was refused something.";
        each("pegboard_plugin_denials_total", "counter", denials, &|it| it.denials.to_string());
        let listings = "How often it was asked what it offers.";
        each("pegboard_plugin_listings_total", "counter", listings, &|it| it.listings.to_string());
    }

    fn render_served(&self, text: &mut Text) {
        let name = "pegboard_plugin_info";
        text.family(name, "gauge", "The plugins that are served, by the SHA-256 of their files.");
        for served in &self.served {
            text.sample(name, &[("plugin", &served.id), ("digest", &served.digest)], 1);
        }
        let mut each = |name: &str, help, value: &dyn Fn(&Served) -> u64| {
            text.family(name, "gauge", help);
            for served in &self.served {
                text.sample(name, &[("plugin", &served.id)], value(served));
            }
        };
        each("pegboard_plugin_running", "Calls that run now.", &|it| it.running);
        each("pegboard_plugin_suspended", "Whether an operator has suspended it.", &|it| it.suspended.into());
        let aside = "For how many principals it is put aside.";
        each("pegboard_plugin_put_aside", aside, &|it| it.put_aside as u64);
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_follows_the_description_of_its_family() {
        let id = PluginId::parse("x").unwrap();
        let counters =
            Counters { calls: [(Outcome::Ok, 3), (Outcome::Trap, 1)].into(), cpu_us: 1_500_000, ..Counters::default() };
        let served = Served { id: id.clone(), digest: Digest([0; 32]), running: 2, suspended: true, put_aside: 0 };
        let metrics =
            Metrics { ready: true, refused: 1, pending: 0, totals: [(id, counters)].into(), served: vec![served] };
        let text = metrics.render();
        for line in [
            "pegboard_ready 1",
            "pegboard_files_refused 1",
            "pegboard_plugin_calls_total{plugin=\"x\",outcome=\"ok\"} 3",
            "pegboard_plugin_calls_total{plugin=\"x\",outcome=\"trap\"} 1",
            "pegboard_plugin_cpu_seconds_total{plugin=\"x\"} 1.500000",
            "pegboard_plugin_running{plugin=\"x\"} 2",
            "pegboard_plugin_suspended{plugin=\"x\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
        }
        let mut family = "";
        for line in text.lines() {
            if let Some(described) = line.strip_prefix("# TYPE ") {
                family = described.split(' ').next().unwrap();
            } else if !line.starts_with('#') {
                assert_eq!(line.split(['{', ' ']).next(), Some(family));
            }
        }
    }
}
