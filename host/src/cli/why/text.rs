//! The screen.

use std::time::{Duration, UNIX_EPOCH};

use pegboard::app::report::{Names, PluginReport, Served, ToolReport};
use pegboard::plugin::{Access, Breaker, Counters, JsonObject, Standing};
use serde_json::Value;

use crate::cli::inspect::{arguments, promises};
use crate::cli::lines::Lines;

/// The most imports that are shown; `--json` has all.
const IMPORTS: usize = 24;

/// All that is known of a tool.
pub(super) fn tool(report: &ToolReport) -> String {
    let mut lines = Lines::new(WIDTH);
    lines.line("tool", &named(&report.names));
    let tool = &report.tool;
    if let Some(title) = tool["title"].as_str() {
        lines.line("title", title);
    }
    lines.lines("says", tool["description"].as_str().unwrap_or_default().lines());
    lines.line("arguments", &or_none(arguments(&tool["inputSchema"])));
    lines.line("effects", &or_none(promises(&tool["annotations"])));
    lines.lines("enforced", enforced(report.access));
    plugin_lines(&mut lines, &report.plugin);
    lines.into()
}

/// All that is known of a plugin.
pub(super) fn plugin(report: &PluginReport) -> String {
    let mut lines = Lines::new(WIDTH);
    plugin_lines(&mut lines, report);
    lines.into()
}

const WIDTH: usize = 10;

fn plugin_lines(lines: &mut Lines, report: &PluginReport) {
    lines.line("plugin", &report.id);
    lines.line("file", &report.file.display().to_string());
    if report.pending {
        lines.line("", "(is being loaded)");
    }
    if let Some(reason) = &report.refused {
        lines.line("refused", reason);
    }
    match &report.served {
        Some(served) => served_lines(lines, served),
        None => lines.line("served", "no"),
    }
}

fn served_lines(lines: &mut Lines, served: &Served) {
    lines.line("digest", &format!("sha256:{}", served.digest));
    lines.line("signer", served.signer.as_deref().unwrap_or("nobody that is known here"));
    lines.line("approved", if served.approved { "as it is" } else { "nobody asks for that (no lock file is set)" });
    lines.line("offers", &offers(served));
    let Standing { imports, grants, grants_file, grants_withheld, ceiling, limits, .. } = &served.standing;
    let more = imports.len().saturating_sub(IMPORTS);
    lines.lines("asks for", imports.iter().take(IMPORTS));
    if more > 0 {
        lines.line("", &format!("and {more} more"));
    }
    let granted = toml(grants);
    let granted: Vec<_> = granted.lines().collect();
    if granted.is_empty() {
        lines.line("granted", &format!("nothing ({} would grant)", grants_file.display()));
    } else {
        lines.line("granted", &format!("by {}, less what the ceiling takes away:", grants_file.display()));
        lines.lines("", granted);
    }
    if let Some(why) = grants_withheld {
        lines.line("withheld", why);
    }
    lines.lines("ceiling", toml(ceiling).lines());
    lines.line("limits", &flat(limits));
    standing_lines(lines, &served.standing);
    lines.lines("warnings", &served.warnings);
}

fn standing_lines(lines: &mut Lines, standing: &Standing) {
    let Standing { counters, failures, denials, breaker, running, .. } = standing;
    lines.line("calls", &calls(counters, *running));
    lines.line("used", &used(counters));
    lines.line("denials", &counters.denials.to_string());
    lines.lines("", denials.iter().map(|denied| format!("{}× {}", denied.times, denied.what)));
    if failures.is_empty() {
        lines.line("failures", "none");
    }
    for (index, failure) in failures.iter().rev().enumerate() {
        let at = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(failure.at_ms));
        let reason = failure.reason.lines().next().unwrap_or_default();
        let line = format!("{at} {} {}: {reason}", failure.method, failure.name);
        lines.line(if index == 0 { "failures" } else { "" }, &line);
    }
    lines.lines("called", breaker_lines(breaker));
}

fn breaker_lines(breaker: &Breaker) -> Vec<String> {
    let mut lines = Vec::new();
    if breaker.suspended {
        lines.push("no: suspended by an operator".to_owned());
    }
    lines.extend(breaker.put_aside.iter().map(|aside| {
        let whom = aside.principal.as_deref().unwrap_or("everybody without a name");
        let (failures, seconds) = (aside.failures, aside.for_ms.div_ceil(1_000));
        format!("not for {whom}, for {seconds} s more: {failures} calls in a row failed (the last: {})", aside.reason)
    }));
    if lines.is_empty() {
        lines.push("yes".to_owned());
    }
    lines
}

fn offers(served: &Served) -> String {
    let names = |names: &[Names]| names.iter().map(|names| names.listed.clone()).collect::<Vec<_>>();
    let kinds = [
        ("tools", names(&served.tools)),
        ("prompts", names(&served.prompts)),
        ("resource templates", served.resource_templates.clone()),
    ];
    let offered = kinds.iter().filter(|(_, names)| !names.is_empty());
    let offered: Vec<_> = offered.map(|(kind, names)| format!("{kind}: {}", names.join(", "))).collect();
    or_none(offered.join("; "))
}

fn calls(counters: &Counters, running: u64) -> String {
    let ended = counters.calls.iter().map(|(outcome, count)| format!("{count} {}", outcome.as_str()));
    let ended: Vec<_> = ended.collect();
    let ended = if ended.is_empty() { String::new() } else { format!(": {}", ended.join(", ")) };
    format!("{}{ended}; {running} running", counters.all_calls())
}

fn used(counters: &Counters) -> String {
    let seconds = |us: u64| Duration::from_micros(us).as_secs_f64();
    format!(
        "{:.3} s of CPU time in {:.3} s; at most {} KiB of memory; {} bytes in, {} bytes out",
        seconds(counters.cpu_us),
        seconds(counters.wall_us),
        counters.memory_peak_bytes >> 10,
        counters.bytes_in,
        counters.bytes_out
    )
}

/// What the sandbox sees to, whatever the plugin says.
fn enforced(access: Access) -> Vec<&'static str> {
    let mut lines = Vec::new();
    if access.read_only {
        lines.push("it changes nothing: directories and buckets are read-only, GET and HEAD alone go out");
    }
    if !access.network {
        lines.push("it reaches no host");
    }
    if lines.is_empty() {
        lines.push("it may do all that its plugin may");
    }
    lines
}

fn named(names: &Names) -> String {
    if names.listed == names.own {
        names.own.clone()
    } else {
        format!("{} (its own name is {})", names.listed, names.own)
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

/// What is said in an object, as TOML; what is empty is left out.
fn toml(object: &JsonObject) -> String {
    let Some(Value::Object(mut said)) = said(&Value::Object(object.clone())) else { return String::new() };
    // Bounds of what is not granted.
    if said.get("network").is_some_and(|network| network.get("allow").is_none()) && said.contains_key("network") {
        said.remove("network");
    }
    toml::to_string(&said)
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n")
}

fn said(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Object(members) => {
            let said: JsonObject = members.iter().filter_map(|(k, v)| Some((k.clone(), said(v)?))).collect();
            (!said.is_empty()).then_some(Value::Object(said))
        }
        other => Some(other.clone()),
    }
}

/// `a 1, b 2, c.d 3`
fn flat(object: &JsonObject) -> String {
    fn add(prefix: &str, object: &JsonObject, parts: &mut Vec<String>) {
        for (key, value) in object {
            match value {
                Value::Object(members) => add(&format!("{prefix}{key}."), members, parts),
                other => parts.push(format!("{prefix}{key} {other}")),
            }
        }
    }
    let mut parts = Vec::new();
    add("", object, &mut parts);
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use pegboard::plugin::{Denied, Failure, Outcome, PutAside};
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> JsonObject {
        let Value::Object(object) = value else { panic!("an object") };
        object
    }

    fn report() -> ToolReport {
        let standing = Standing {
            imports: vec!["wasi:http/outgoing-handler@0.2.6".into()],
            grants: object(json!({
                "sha256": [], "signer": null, "network": {"allow": ["https://example.com"]}, "env": {"names": []},
                "limits": {"cpu_time_ms": 100, "reuse": null},
            })),
            grants_file: "/etc/grants/fetch.toml".into(),
            grants_withheld: None,
            ceiling: object(json!({"network": null, "limits": {"cpu_time_ms": null}})),
            limits: object(json!({"cpu_time_ms": 100, "breaker": {"failures": 5}})),
            running: 2,
            counters: Counters {
                calls: [(Outcome::Ok, 3), (Outcome::Trap, 1)].into(),
                cpu_us: 1_500_000,
                wall_us: 2_000_000,
                memory_peak_bytes: 2 << 20,
                denials: 4,
                ..Counters::default()
            },
            failures: vec![Failure {
                at_ms: 1_000,
                method: "tools/call".into(),
                name: "fetch".into(),
                outcome: Outcome::Trap,
                reason: "the plugin crashed: it aborted\nlast words".into(),
            }],
            denials: vec![Denied { what: "plugin `fetch` may not x; y would allow it".into(), times: 4 }],
            breaker: Breaker {
                suspended: false,
                put_aside: vec![PutAside {
                    principal: Some("alice".into()),
                    failures: 5,
                    for_ms: 1_500,
                    reason: "boom".into(),
                }],
            },
        };
        let names = Names { listed: "web_fetch".into(), own: "fetch".into() };
        ToolReport {
            names: names.clone(),
            tool: json!({
                "title": "Fetch", "description": "Gets a page.\n\u{1b}[2JReally.",
                "inputSchema": {"properties": {"url": {}, "max": {}}, "required": ["url"]},
                "annotations": {"readOnlyHint": true, "openWorldHint": true},
            }),
            access: Access { read_only: true, network: true },
            plugin: PluginReport {
                id: "fetch".into(),
                file: "/srv/plugins/fetch.wasm".into(),
                refused: None,
                pending: false,
                served: Some(Served {
                    digest: "ab".repeat(32),
                    signer: Some("example".into()),
                    approved: true,
                    tools: vec![names],
                    prompts: vec![],
                    resource_templates: vec![],
                    warnings: vec!["mind this".into()],
                    standing,
                }),
            },
        }
    }

    #[test]
    fn everything_is_on_one_screen() {
        let digest = "ab".repeat(32);
        let expected = format!(
            "tool       web_fetch (its own name is fetch)\n\
             title      Fetch\n\
             says       Gets a page.\n           \u{fffd}[2JReally.\n\
             arguments  url, [max]\n\
             effects    read-only, reaches beyond itself\n\
             enforced   it changes nothing: directories and buckets are read-only, GET and HEAD alone go out\n\
             plugin     fetch\n\
             file       /srv/plugins/fetch.wasm\n\
             digest     sha256:{digest}\n\
             signer     example\n\
             approved   as it is\n\
             offers     tools: web_fetch\n\
             asks for   wasi:http/outgoing-handler@0.2.6\n\
             granted    by /etc/grants/fetch.toml, less what the ceiling takes away:\n           \
             [network]\n           allow = [\"https://example.com\"]\n           [limits]\n           cpu_time_ms = 100\n\
             limits     cpu_time_ms 100, breaker.failures 5\n\
             calls      4: 3 ok, 1 trap; 2 running\n\
             used       1.500 s of CPU time in 2.000 s; at most 2048 KiB of memory; 0 bytes in, 0 bytes out\n\
             denials    4\n           4× plugin `fetch` may not x; y would allow it\n\
             failures   1970-01-01T00:00:01Z tools/call fetch: the plugin crashed: it aborted\n\
             called     not for alice, for 2 s more: 5 calls in a row failed (the last: boom)\n\
             warnings   mind this\n"
        );
        assert_eq!(tool(&report()), expected);
    }

    #[test]
    fn a_plugin_that_is_not_served_says_why() {
        let plugin_report = PluginReport { refused: Some("it is no plugin".into()), served: None, ..report().plugin };
        let text = plugin(&plugin_report);
        assert!(text.contains("refused    it is no plugin\nserved     no\n"), "{text}");
    }

    #[test]
    fn a_plugin_without_grants_says_which_file_would_grant() {
        let mut report = report().plugin;
        if let Some(served) = &mut report.served {
            served.standing.grants = object(json!({"network": {"allow": [], "timeout_ms": 30_000}, "kv": {}}));
            served.standing.breaker = Breaker { suspended: true, put_aside: vec![] };
        }
        let text = plugin(&report);
        assert!(text.contains("granted    nothing (/etc/grants/fetch.toml would grant)\n"), "{text}");
        assert!(text.contains("called     no: suspended by an operator\n"), "{text}");
    }
}
