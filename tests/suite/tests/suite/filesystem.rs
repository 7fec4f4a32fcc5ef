//! Directories, variables and settings that a plugin was granted: what it reaches, and what it does not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pegboard_suite::granted::{run, run_tool};
use pegboard_suite::{Modern, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A directory of the host, beside one that nobody granted.
struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let disk = tempfile::tempdir().expect("a folder");
        fs::create_dir(disk.path().join("granted")).expect("a folder");
        fs::create_dir(disk.path().join("outside")).expect("a folder");
        fs::write(disk.path().join("outside/secret"), "a secret").expect("a file");
        Self(disk)
    }

    fn granted(&self, name: &str) -> PathBuf {
        self.0.path().join("granted").join(name)
    }

    fn outside(&self) -> PathBuf {
        self.0.path().join("outside")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.granted(name), text).expect("a file");
    }

    fn grant(&self, how: &str) -> String {
        format!("[filesystem]\n\"{}\" = {{ path = \"/in\"{how} }}\n", self.granted("").display())
    }

    /// A server whose plugin may do this here.
    fn serve(&self, how: &str) -> Server {
        Server::setup().guest("granted").grants("granted", &self.grant(how)).start()
    }

    /// Bytes of all files, and how many there are.
    fn amount(&self) -> (u64, usize) {
        let files = fs::read_dir(self.granted("")).expect("it is there");
        let sizes: Vec<u64> = files.map(|file| file.and_then(|file| file.metadata()).expect("a file").len()).collect();
        (sizes.iter().sum(), sizes.len())
    }
}

const WRITE: &str = ", access = \"read-write\"";

fn step(act: &str, name: &str) -> Value {
    json!({"act": act, "name": name})
}

fn two(act: &str, name: &str, to: &str) -> Value {
    json!({"act": act, "name": name, "to": to})
}

fn write(name: &str, text: &str) -> Value {
    json!({"act": "write", "name": name, "text": text})
}

fn counting(act: &str, name: &str, count: u64) -> Value {
    json!({"act": act, "name": name, "count": count})
}

fn one(server: &Server, step: Value) -> String {
    run(server, &[step]).remove(0)
}

fn all_fail(server: &Server, steps: &[Value]) {
    for (step, result) in steps.iter().zip(run(server, steps)) {
        assert!(result.starts_with("failed: "), "{step}: {result}");
    }
}

#[test]
fn a_granted_directory_is_read_and_without_a_grant_nothing_is() {
    let disk = Disk::new();
    disk.write("a", "text");
    let server = disk.serve("");
    assert_eq!(run(&server, &[step("read", "/in/a"), step("list", "/in")]), ["ok: text", "ok: a"]);
    assert_eq!(run_tool(&server, "steps_read_only", &[step("read", "/in/a")]), ["ok: text"]);
    let without = Server::start(&["granted"]);
    all_fail(&without, &[step("read", "/in/a"), step("list", "/"), step("list", "."), write("/in/a", "x")]);
    assert_eq!(disk.amount(), (4, 1));
}

#[test]
fn no_path_leads_out_of_a_directory() {
    let disk = Disk::new();
    disk.write("a", "text");
    symlink(disk.outside(), disk.granted("link")).expect("a link");
    symlink("../outside/secret", disk.granted("relative")).expect("a link");
    symlink("/proc/self/environ", disk.granted("proc")).expect("a link");
    let server = disk.serve(WRITE);
    let outside = disk.outside().join("secret");
    let long = format!("/in/{}", "n".repeat(10_000));
    let out = [
        "/in/../outside/secret",
        "/in/./../../etc/passwd",
        "../outside/secret",
        outside.to_str().expect("UTF-8"),
        "/etc/passwd",
        "/proc/self/environ",
        "/in/link/secret",
        "/in/relative",
        "/in/proc",
        &long,
        "/in/a\u{0}b",
        "",
    ];
    for path in out {
        all_fail(
            &server,
            &[step("read", path), write(path, "x"), step("truncate", path), step("remove", &format!("{path}/."))],
        );
    }
    let above = "/in/../outside";
    all_fail(
        &server,
        &[
            two("link", "/in/link/secret", "/in/hard"),
            two("link", &format!("{above}/secret"), "/in/hard"),
            two("rename", "/in/a", &format!("{above}/a")),
            two("rename", &format!("{above}/secret"), "/in/b"),
            two("symlink", "/in/s", "/etc/passwd"),
            two("symlink", "/in/s", "../outside/secret"),
            step("make-directory", &format!("{above}/new")),
            step("make-directory", "/in/link/new"),
        ],
    );
    assert_eq!(fs::read_dir(disk.outside()).expect("it is there").count(), 1);
    assert_eq!(fs::read_to_string(outside).expect("it is there"), "a secret");
}

#[test]
fn a_link_that_is_swapped_meanwhile_leads_nowhere_else() {
    let disk = Disk::new();
    disk.write("good", "inside");
    let server = disk.serve("");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for target in [Path::new("good"), &disk.outside().join("secret"), Path::new("../outside/secret")] {
                    symlink(target, disk.granted("next")).expect("a link");
                    fs::rename(disk.granted("next"), disk.granted("file")).expect("its place");
                }
            }
        });
        let reading: Vec<_> =
            (0..4).map(|_| scope.spawn(|| one(&server, counting("read-often", "/in/file", 1_000)))).collect();
        let seen: Vec<String> = reading.into_iter().map(|reading| reading.join().expect("it ends")).collect();
        done.store(true, Ordering::Relaxed);
        assert!(seen.iter().all(|seen| !seen.contains("a secret")), "{seen:?}");
        assert!(seen.iter().any(|seen| seen.contains("inside")), "{seen:?}");
    });
}

#[test]
fn a_directory_for_reading_is_not_written_to_and_the_operator_learns_the_line() {
    let disk = Disk::new();
    disk.write("a", "text");
    let server = disk.serve("");
    let changes = [
        write("/in/a", "x"),
        write("/in/new", "x"),
        step("truncate", "/in/a"),
        counting("set-len", "/in/a", 0),
        json!({"act": "append", "name": "/in/a", "text": "x"}),
        step("make-directory", "/in/new"),
        step("remove", "/in/a"),
        two("rename", "/in/a", "/in/b"),
        two("link", "/in/a", "/in/b"),
        two("symlink", "/in/s", "a"),
    ];
    all_fail(&server, &changes);
    let line = server.logged(&["plugin `granted` may not write to /in", "access = ", "read-write", "granted.toml"]);
    assert_eq!(server.lines_with(&["may not write to /in"]).len(), 1, "{line}");
    assert_eq!(fs::read_to_string(disk.granted("a")).expect("it is there"), "text");
    assert_eq!(disk.amount(), (4, 1));
}

#[test]
fn a_tool_that_says_it_only_reads_is_held_to_it() {
    let disk = Disk::new();
    disk.write("a", "text");
    let server = disk.serve(WRITE);
    let steps = [write("/in/a", "x"), step("make-directory", "/in/d"), step("remove", "/in/a"), step("read", "/in/a")];
    let results = run_tool(&server, "steps_read_only", &steps);
    assert!(results[..3].iter().all(|result| result.starts_with("failed: ")), "{results:?}");
    assert_eq!(results[3], "ok: text");
    server.logged(&["may not write to /in", "readOnlyHint"]);
    assert_eq!(one(&server, write("/in/a", "x")), "ok: ");
}

#[test]
fn a_quota_holds_for_every_way_to_write() {
    let disk = Disk::new();
    let server = disk.serve(", access = \"read-write\", quota_bytes = 10000, quota_files = 5");
    // What goes through a stream of WASI fails without a code of its own: the guest's library makes an I/O error of it.
    // The log has why.
    let full = |result: String, expected: &str| {
        let told = result.contains("uota") || result.contains("I/O error");
        assert!(result.starts_with(expected) && told, "{result}");
    };
    full(one(&server, counting("fill", "/in/a", 1_000_000)), "ok: 10000, then ");
    full(one(&server, write("/in/b", "x")), "failed: ");
    full(one(&server, counting("set-len", "/in/a", 10_001)), "failed: ");
    assert_eq!(disk.amount(), (10_000, 2));
    // What is given back can be used again.
    assert_eq!(run(&server, &[counting("set-len", "/in/a", 1_000), step("remove", "/in/b")]), ["ok: ", "ok: "]);
    full(one(&server, counting("set-len", "/in/a", 10_001)), "failed: ");
    full(one(&server, counting("many", "/in/m", 100)), "ok: 4, then ");
    full(one(&server, step("make-directory", "/in/d")), "failed: ");
    full(one(&server, two("link", "/in/a", "/in/l")), "failed: ");
    assert_eq!(disk.amount(), (1_000, 5));
    server.logged(&["may not have more than 10000 bytes in /in", "quota_bytes"]);
    server.logged(&["may not have more than 5 files in /in", "quota_files"]);
}

#[test]
fn a_file_that_is_removed_but_held_open_takes_its_room() {
    let disk = Disk::new();
    let server = disk.serve(", access = \"read-write\", quota_bytes = 10000");
    let fill = |name: &str| counting("fill", name, 10_000);
    let results = run(&server, &[fill("/in/a"), step("hold-removed", "/in/a"), fill("/in/b")]);
    assert!(results[1] == "ok: " && results[2].starts_with("ok: 0, then "), "{results:?}");
    // The call has ended, and with it its handles.
    assert_eq!(one(&server, fill("/in/b")), "ok: 10000");
}

#[test]
fn fifty_writers_at_the_same_time_stay_within_a_quota() {
    let disk = Disk::new();
    let server = disk.serve(", access = \"read-write\", quota_bytes = 300000, quota_files = 20");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let (bytes, files) = disk.amount();
                most = (bytes.max(most.0), files.max(most.1));
            }
            most
        });
        let writing: Vec<_> = (0..50)
            .map(|writer| {
                let (name, server) = (format!("/in/{}", writer % 25), &server);
                scope.spawn(move || one(server, counting("fill", &name, 20_000)))
            })
            .collect();
        let results: Vec<String> = writing.into_iter().map(|writing| writing.join().expect("it ends")).collect();
        done.store(true, Ordering::Relaxed);
        assert!(results.iter().any(|result| result.contains("then")), "{results:?}");
        let (bytes, files) = watching.join().expect("it ends");
        assert!(bytes <= 300_000 && files <= 20, "{bytes} bytes, {files} files");
    });
    let (bytes, files) = disk.amount();
    assert!(bytes <= 300_000 && files <= 20, "{bytes} bytes, {files} files");
}

#[test]
fn a_directory_that_goes_away_is_an_error_of_the_call_and_one_that_is_missing_of_the_plugin() {
    let disk = Disk::new();
    let server = disk.serve(WRITE);
    fs::remove_dir_all(disk.granted("")).expect("it was there");
    all_fail(&server, &[write("/in/a", "x"), step("read", "/in/a")]);
    assert_eq!(server.get("/healthz").text(), "ok\n");
    let other = disk.serve(WRITE);
    let granted = disk.granted("");
    let name = granted.to_str().expect("UTF-8").trim_end_matches('/');
    other.logged(&["granted", name, "make that directory"]);
    assert!(Modern::new(&other).tools().is_empty());
}

#[test]
fn a_pipe_in_a_directory_is_refused_at_once() {
    let disk = Disk::new();
    let made = std::process::Command::new("mkfifo").arg(disk.granted("pipe")).status().expect("mkfifo");
    assert!(made.success());
    let server = disk.serve(WRITE);
    all_fail(&server, &[step("read", "/in/pipe"), write("/in/pipe", "x")]);
}

#[test]
fn a_plugin_sees_the_variables_and_settings_that_it_was_granted_and_no_others() {
    // The path is set wherever tests run; a server inherits it.
    let grants = "[env]\nnames = [\"PATH\", \"PEGBOARD_SURELY_NOT_SET\"]\n[config]\nlanguage = \"de\"\nlimit = 7\n";
    let server = Server::setup().guest("granted").grants("granted", grants).start();
    let steps = [
        step("variables", ""),
        step("variable", "PATH"),
        step("variable", "HOME"),
        step("arguments", ""),
        step("setting", "language"),
        step("setting", "limit"),
        step("setting", "other"),
        step("settings", ""),
    ];
    let results = run(&server, &steps);
    assert_eq!(results[0], "ok: PATH");
    assert_eq!(results[1], format!("ok: {}", std::env::var("PATH").expect("it is set")));
    assert!(results[2].starts_with("failed: "), "{results:?}");
    assert_eq!(results[3], "ok: ");
    assert_eq!(results[4..6], ["ok: de", "ok: 7"]);
    assert!(results[6].starts_with("failed: "), "{results:?}");
    assert_eq!(results[7], "ok: {\"language\":\"de\",\"limit\":7}");
    let without = run(&Server::start(&["granted"]), &steps);
    assert_eq!((without[0].as_str(), without[7].as_str()), ("ok: ", "ok: {}"));
}

#[test]
fn a_plugin_tells_the_time_as_coarsely_as_it_is_told_to_and_still_sleeps() {
    let grants = "[limits]\nclock_resolution_us = 50000\n";
    let server = Server::setup().guest("granted").grants("granted", grants).start();
    let results = run(&server, &[step("smallest-tick", ""), counting("sleep", "", 20)]);
    let tick: u64 = results[0].trim_start_matches("ok: ").parse().expect("a number");
    assert!(tick > 0 && tick.is_multiple_of(50_000_000), "{tick}");
    assert_eq!(results[1], "ok: ");
}
