//! Guests that misbehave, fifty at a time: each ends as it should, the others do not notice, and what they took comes
//! back. What they are and what is done with them is a table, `pegboard_suite::corpus`; here is a test for each row.

mod storm;

use std::collections::BTreeSet;

use pegboard_suite::corpus::{ALL, File};
use pegboard_suite::guests::root;

/// A test for each row of a theme, and one that none is missing.
macro_rules! each {
    ($theme:ident: $($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::suite::hostile::storm::storm(pegboard_suite::corpus::named(stringify!($name)));
            }
        )*

        #[test]
        fn each_of_the_corpus_has_its_test() {
            let rows: Vec<_> = pegboard_suite::corpus::$theme::ALL.iter().map(|row| row.name).collect();
            assert_eq!(rows, [$(stringify!($name)),*]);
        }
    };
}
use each;

mod escapes;
mod floods;
mod granted;
mod handles;
mod listings;
mod loading;
mod memory;
mod results;
mod time;
mod together;

#[test]
fn the_corpus_is_large_and_has_no_name_twice() {
    let names: Vec<_> = ALL.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.name)).collect();
    assert!(names.len() >= 40, "{} rows", names.len());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn every_guest_of_the_tests_is_used() {
    // What other tests are written with, they hang up by its name.
    let tests = std::fs::read_dir(root().join("tests/suite/tests/suite")).expect("the tests");
    let tests = tests.map(|entry| entry.expect("a test").path()).filter(|path| path.is_file());
    let tests: String = tests.map(|path| std::fs::read_to_string(path).expect("a test")).collect();
    let rows = ALL.iter().flat_map(|(_, rows)| rows.iter());
    let used: BTreeSet<_> =
        rows.filter_map(|row| if let File::Guest(name) = row.file { Some(name) } else { None }).collect();
    let folders = std::fs::read_dir(root().join("tests/guests")).expect("the guests");
    for folder in folders.map(|entry| entry.expect("a folder").path()).filter(|path| path.join("Cargo.toml").exists()) {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(
            used.contains(name) || tests.contains(&format!("guest(\"{name}\")")),
            "no test uses tests/guests/{name}"
        );
    }
}

#[test]
fn every_tool_of_the_hostile_guest_is_called() {
    let server = pegboard_suite::Server::start(&["hostile"]);
    let listed: BTreeSet<_> = pegboard_suite::Modern::new(&server).tools().into_iter().collect();
    let rows = ALL.iter().flat_map(|(_, rows)| rows.iter());
    let called = rows.filter(|row| matches!(row.file, File::Guest("hostile"))).filter_map(|row| row.tool);
    assert_eq!(listed, called.map(str::to_owned).collect());
}
