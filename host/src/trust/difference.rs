//! What has changed since something was approved, in words.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use crate::policy::{Grants, Limits};

/// Characters of a value that are shown; the rest is cut off.
const SHOWN: usize = 160;

/// How the definitions differ, a line each.
pub(super) fn definitions_differ(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, definition) in now {
        match before.get(name) {
            None => lines.push(format!("{name}: new: {}", excerpt(description(definition).as_str()))),
            Some(old) if old != definition => members_differ(name, old, definition, &mut lines),
            Some(_) => {}
        }
    }
    lines.extend(before.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("{name}: gone")));
    lines
}

fn description(definition: &str) -> String {
    let definition: Value = serde_json::from_str(definition).unwrap_or_default();
    definition["description"].as_str().unwrap_or_default().to_owned()
}

fn members_differ(name: &str, before: &str, now: &str, lines: &mut Vec<String>) {
    let parse = |text: &str| serde_json::from_str::<BTreeMap<String, Value>>(text).unwrap_or_default();
    let (before, now) = (parse(before), parse(now));
    let null = Value::Null;
    let keys: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key).unwrap_or(&null), now.get(key).unwrap_or(&null));
        if old != new {
            lines.push(format!("{name}: {key} was {}, is {}", excerpt(&old.to_string()), excerpt(&new.to_string())));
        }
    }
}

/// What `now` grants that `before` did not, a line each. What it no longer grants is no reason to ask anybody.
pub(super) fn grants_widen(before: &Grants, now: &Grants) -> Vec<String> {
    let mut lines = Vec::new();
    let mut more = |section: &str, what: &dyn Display| lines.push(format!("grants: {section}: {what}"));
    for (directory, mount) in &now.filesystem.0 {
        let within = before.filesystem.0.get(directory).is_some_and(|old| {
            old.path == mount.path
                && old.access >= mount.access
                && old.quota_bytes >= mount.quota_bytes
                && old.quota_files >= mount.quota_files
        });
        if !within {
            more("filesystem", &format!("{} as {}", directory.path().display(), json(mount)));
        }
    }
    for host in now.network.allow.iter().filter(|host| !before.network.allow.contains(host)) {
        more("network", &json(host));
    }
    let bounds = |grants: &Grants| {
        let mut network = grants.network.clone();
        network.allow = Vec::new();
        json(&network)
    };
    if !now.network.allow.is_empty() && bounds(before) != bounds(now) {
        more("network", &format!("bounds were {}, are {}", bounds(before), bounds(now)));
    }
    for name in now.env.names.difference(&before.env.names) {
        more("env", &name.as_str());
    }
    for (key, value) in now.config.iter().filter(|(key, value)| before.config.get(*key) != Some(value)) {
        more("config", &format!("{key} = {value}"));
    }
    for (name, bucket) in &now.kv.0 {
        let within = before.kv.0.get(name).is_some_and(|old| {
            old.access >= bucket.access && old.quota_bytes >= bucket.quota_bytes && old.quota_keys >= bucket.quota_keys
        });
        if !within {
            more("kv", &format!("{} as {}", name.as_str(), json(bucket)));
        }
    }
    for name in now.secrets.read.difference(&before.secrets.read) {
        more("secrets", &format!("may read {}", name.as_str()));
    }
    for (name, hosts) in &now.secrets.send {
        let old = before.secrets.send.get(name).map(Vec::as_slice).unwrap_or_default();
        if hosts.iter().any(|host| !old.contains(host)) {
            more("secrets", &format!("may send {} to {}", name.as_str(), json(hosts)));
        }
    }
    for kind in now.client.ask.difference(&before.client.ask) {
        more("client", &format!("may ask: {}", kind.name()));
    }
    if widens(&before.limits, &now.limits) {
        more("limits", &format!("were {}, are {}", json(&before.limits), json(&now.limits)));
    }
    lines.into_iter().map(|line| excerpt(&line)).collect()
}

/// Is some bound of `now` wider than that of `before`? What was left to the settings of all may have become anything.
fn widens(before: &Limits, now: &Limits) -> bool {
    *now != *before && now.stricter(before) != *now
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Its beginning, fit for a terminal.
fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn grants(text: &str) -> Grants {
        Grants::parse(text, Path::new("x.toml")).unwrap()
    }

    fn widened(before: &str, now: &str) -> Vec<String> {
        grants_widen(&grants(before), &grants(now))
    }

    #[test]
    fn each_kind_of_grant_that_is_wider_is_a_line() {
        let narrow = r#"
            [filesystem]
            "/srv" = { path = "/srv" }
            [kv]
            notes = { access = "read" }
            [client]
            ask = ["elicit"]
            [limits]
            cpu_time_ms = 10
        "#;
        let wide = r#"
            [filesystem]
            "/srv" = { path = "/srv", access = "read-write" }
            "/etc" = { path = "/etc" }
            [network]
            allow = ["https://example.com"]
            [env]
            names = ["TZ"]
            [config]
            language = "de"
            [kv]
            notes = {}
            [secrets]
            read = ["key"]
            [client]
            ask = ["elicit", "roots"]
            [limits]
            cpu_time_ms = 20
        "#;
        let lines = widened(narrow, wide);
        for section in [
            "filesystem: /etc",
            "filesystem: /srv",
            "network: ",
            "env: TZ",
            "config: language",
            "kv: notes",
            "secrets: may read key",
            "client: may ask: roots",
            "limits: were",
        ] {
            assert!(lines.iter().any(|line| line.contains(&format!("grants: {section}"))), "{section}: {lines:?}");
        }
        assert!(widened(wide, narrow).is_empty(), "{:?}", widened(wide, narrow));
        assert!(widened(wide, wide).is_empty());
    }

    #[test]
    fn a_definition_that_differs_is_told_member_by_member() {
        let offers = |text: &str| BTreeMap::from([("tool t".to_owned(), text.to_owned())]);
        let lines =
            definitions_differ(&offers(r#"{"description":"a","title":"T"}"#), &offers(r#"{"description":"b"}"#));
        assert_eq!(lines, [r#"tool t: description was "a", is "b""#, r#"tool t: title was "T", is null"#]);
        assert_eq!(definitions_differ(&offers("{}"), &BTreeMap::new()), ["tool t: gone"]);
    }
}
