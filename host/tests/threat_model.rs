//! The threat model names the test that shows each of its claims; here those names are looked for in the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every attack, with the tests that are named for it.
fn attacks() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let sections = text.split("\n### ").skip(1).map(|section| section.split("\n## ").next().unwrap_or_default());
    let named = |section: &str| {
        let (_, shown) = section.split_once("Shown by: ").unwrap_or_default();
        let shown = shown.split("\n\n").next().unwrap_or_default();
        shown.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    sections.map(|section| (section.lines().next().unwrap_or_default().to_owned(), named(section))).collect()
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests: functions under an attribute that ends in `test`, and what the suite makes a test of each of.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for directory in ["host/src", "host/tests", "native/src", "tests/suite/tests"] {
        sources(&root().join(directory), &mut files);
    }
    let mut tests = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let function = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            if line.starts_with("#[") {
                is_test |=
                    line.trim_end_matches(')').split('(').next().unwrap().trim_end_matches(']').ends_with("test");
            } else if let Some(function) = function {
                if is_test {
                    tests.insert(function.split('(').next().unwrap_or_default().to_owned());
                }
                is_test = false;
            }
        }
        // The corpus of hostile guests has a test for each of its rows.
        let rows = if file.ends_with("threat_model.rs") { "" } else { text.as_str() };
        for row in rows.split("each! {").skip(1).filter_map(|rows| rows.split('}').next()) {
            let names = row.split_once(':').map_or("", |(_, names)| names);
            tests.extend(names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
        }
    }
    tests
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let tests = tests();
    let missing: Vec<_> = attacks()
        .into_iter()
        .flat_map(|(attack, named)| named.into_iter().map(move |name| (attack.clone(), name)))
        .filter(|(_, name)| !tests.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_attack_has_a_test_that_shows_what_stops_it() {
    let attacks = attacks();
    assert!(attacks.len() > 20, "the page is read wrongly: {attacks:?}");
    for (attack, named) in attacks {
        assert!(!named.is_empty(), "nothing shows what stops this: {attack}");
    }
}
