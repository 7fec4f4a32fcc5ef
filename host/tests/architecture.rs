//! The arrows between modules, and which module knows which library: read off the sources, so that they stay true.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Every source file, by its path within `src`.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(SOURCES), &mut found);
    let relative = |path: &Path| path.strip_prefix(SOURCES).unwrap().to_owned();
    found.iter().map(|path| (relative(path), code(&fs::read_to_string(path).unwrap()))).collect()
}

/// The text without comments: those may speak of anything.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Is the file the module at `place` (`loader/watch`), or within it?
fn within(file: &Path, place: &str) -> bool {
    file.with_extension("") == Path::new(place) || file.starts_with(place)
}

/// Does the code name the path `prefix`, as `prefix::` or in a `use prefix`?
fn names(code: &str, prefix: &str) -> bool {
    code.match_indices(prefix).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + prefix.len()..];
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        begins && (after.starts_with("::") || after.starts_with(';'))
    })
}

#[test]
fn a_library_is_known_only_where_it_belongs() {
    let rules: [(&str, &[&str]); 9] = [
        ("wasmtime", &["runtime", "loader/compile", "loader/cache"]),
        ("wasmtime_wasi", &["runtime"]),
        ("axum", &["transport", "app"]),
        ("hyper", &["transport", "runtime/net"]),
        ("rustls", &["runtime/net"]),
        ("notify", &["loader/watch"]),
        ("jsonschema", &["schema"]),
        ("icu_properties", &["registry/clean"]),
        ("anstream", &["registry/clean"]),
    ];
    let sources = sources();
    for (library, places) in rules {
        let knowing: Vec<_> = sources.iter().filter(|(_, code)| names(code, library)).map(|(file, _)| file).collect();
        assert!(!knowing.is_empty(), "{library}: the rule is out of date, nobody uses it");
        for file in knowing {
            assert!(places.iter().any(|place| within(file, place)), "{} must not know {library}", file.display());
        }
    }
}

#[test]
fn no_arrow_points_back() {
    // What a module may use of the others. `app`, the command line and tests may use everything.
    let allowed: [(&str, &[&str]); 16] = [
        ("plugin", &[]),
        ("toml_file", &[]),
        ("policy", &["plugin", "toml_file"]),
        ("schema", &[]),
        ("telemetry", &[]),
        ("stamp", &[]),
        ("registry", &["plugin", "policy", "schema"]),
        ("kv", &["plugin"]),
        ("runtime", &["kv", "plugin", "policy"]),
        ("session", &["plugin"]),
        ("trust", &["plugin", "policy", "stamp", "toml_file"]),
        ("loader", &["plugin", "policy", "registry", "runtime", "schema", "stamp", "trust"]),
        ("task", &["plugin", "session"]),
        ("audit", &["plugin"]),
        ("protocol", &["audit", "plugin", "registry", "schema", "session", "task"]),
        ("transport", &["plugin", "protocol", "session"]),
    ];
    let modules: Vec<_> = allowed.iter().map(|(module, _)| *module).chain(["app", "config"]).collect();
    let sources = sources();
    for (module, may_use) in allowed {
        let own = sources.iter().filter(|(file, _)| within(file, module) && !file.to_string_lossy().contains("test"));
        for (file, code) in own {
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for other in modules.iter().filter(|other| **other != module && !may_use.contains(other)) {
                let points_back = names(code, &format!("crate::{other}"));
                assert!(!points_back, "{} must not use crate::{other}", file.display());
            }
        }
    }
}

#[test]
fn unsafe_code_is_in_one_crate() {
    let library = fs::read_to_string(Path::new(SOURCES).join("lib.rs")).unwrap();
    assert!(library.contains("#![forbid(unsafe_code)]"));
    for (file, code) in sources() {
        assert!(!names(&code, "unsafe") && !code.contains("unsafe {"), "{}", file.display());
    }
}
