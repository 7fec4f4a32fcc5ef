//! Directories without a guest: what is refused, and what is counted.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::ledger::{Amount, Full};
use super::*;
use crate::policy::{Ceiling, Grants};

/// A directory on disk, as all plugins share it.
struct Place {
    disk: TempDir,
    known: Directories,
    directory: Arc<Directory>,
    at: Arc<File>,
}

const QUOTA: Quota = Quota { bytes: 1_000, files: 10 };
const CREATE: How =
    How { follow: true, read: true, write: true, create: true, exclusive: false, truncate: false, directory: false };
const READ: How = How { write: false, create: false, ..CREATE };

impl Place {
    fn new() -> Self {
        let disk = tempfile::tempdir().unwrap();
        let known = Directories::new(100);
        let found = known.open(disk.path()).unwrap();
        Self { disk, known, directory: found.directory, at: Arc::new(found.file) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.disk.path().join(name)
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Turn, &File) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let at = self.at.clone();
        self.directory.change(QUOTA, move |turn| change(turn, &at)).await
    }

    async fn create(&self, name: &'static str, bytes: usize) -> Result<File, Refused> {
        self.change(move |turn, at| {
            let file = turn.open(at, Path::new(name), CREATE)?;
            turn.write_all(&file, &vec![7; bytes], Target::At(0))?;
            Ok(file)
        })
        .await
    }

    fn open(&self, path: impl AsRef<Path>, how: How) -> Result<File, Refused> {
        open_existing(&self.at, path.as_ref(), how)
    }

    /// Is there room for so many bytes, and no more?
    async fn has_room_for(&self, bytes: u64) -> bool {
        self.change(move |turn, _| {
            let room = |bytes| turn.directory.ledger().room(Amount { bytes, files: 0 }, QUOTA).is_ok();
            Ok(room(bytes) && !room(bytes + 1))
        })
        .await
        .unwrap()
    }
}

fn is_full<T>(changed: &Result<T, Refused>, what: Full) -> bool {
    matches!(changed, Err(Refused::Full(full)) if *full == what)
}

#[tokio::test]
async fn no_path_leads_out() {
    let place = Place::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s").unwrap();
    fs::create_dir(place.path("sub")).unwrap();
    std::os::unix::fs::symlink(outside.path(), place.path("out")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", place.path("absolute")).unwrap();
    std::os::unix::fs::symlink("../..", place.path("sub/up")).unwrap();
    let long = "n".repeat(10_000);
    for path in [
        "..",
        "../x",
        "sub/../../x",
        "/etc/passwd",
        "out/secret",
        "absolute",
        "sub/up",
        "/proc/self/environ",
        &long,
        "a\0b",
        "",
    ] {
        assert!(place.open(path, READ).is_err(), "{path:?}");
        let owned = path.to_owned();
        let made = place.change(move |turn, at| turn.open(at, owned.as_ref(), CREATE)).await;
        assert!(made.is_err(), "{path:?}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_pipe_holds_no_thread_and_is_refused() {
    let place = Place::new();
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap();
    assert!(made.success());
    let refused = place.open("pipe", READ).unwrap_err();
    assert!(matches!(refused, Refused::Code(ErrorCode::NotPermitted)), "{refused:?}");
    assert!(place.open("pipe", How { write: true, read: false, ..READ }).is_err());
    assert!(place.create("pipe", 1).await.is_err());
}

#[tokio::test]
async fn links_lead_to_what_is_beside_or_beneath_them() {
    let place = Place::new();
    place.create("file", 1).await.unwrap();
    for target in ["/etc/passwd", "..", "sub/../../x", "./../x"] {
        let refused = place.change(move |turn, at| turn.symlink(target.as_ref(), at, "link".as_ref())).await;
        assert!(matches!(refused, Err(Refused::Code(ErrorCode::NotPermitted))), "{target}");
    }
    place.change(|turn, at| turn.symlink("./file".as_ref(), at, "link".as_ref())).await.unwrap();
    assert!(place.open("link", READ).is_ok());
    let refused = place.change(|turn, at| turn.link((at, "link".as_ref()), (at, "hard".as_ref()))).await;
    assert!(matches!(refused, Err(Refused::Code(ErrorCode::NotPermitted))));
    let refused = place.change(|turn, at| turn.link((at, "../file".as_ref()), (at, "hard".as_ref()))).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn what_is_there_already_counts_and_others_files_are_found_before_a_refusal() {
    let place = Place::new();
    fs::create_dir(place.path("sub")).unwrap();
    fs::write(place.path("sub/before"), [0; 400]).unwrap();
    fs::hard_link(place.path("sub/before"), place.path("again")).unwrap();
    assert!(place.has_room_for(600).await);
    assert!(is_full(&place.create("more", 601).await, Full::Bytes));
    fs::remove_file(place.path("again")).unwrap();
    fs::remove_file(place.path("sub/before")).unwrap();
    // What was measured shortly before is believed for a moment.
    let mut tries = 0;
    while let Err(refused) = place.create("more", 601).await {
        assert!(matches!(refused, Refused::Full(Full::Bytes)) && tries < 1_000, "{refused:?}");
        tries += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn every_way_to_grow_is_bounded() {
    let place = Place::new();
    let file = Arc::new(place.create("file", 900).await.unwrap());
    let clone = || file.clone();
    let (a, b, c, d) = (clone(), clone(), clone(), clone());
    assert!(is_full(&place.change(move |turn, _| turn.resize(&a, 1_001)).await, Full::Bytes));
    assert!(is_full(&place.change(move |turn, _| turn.write_all(&b, &[1; 101], Target::End)).await, Full::Bytes));
    assert!(is_full(&place.change(move |turn, _| turn.write(&c, &[1], Target::At(1_000))).await, Full::Bytes));
    let over = place.change(move |turn, _| turn.write(&d, &[1], Target::At(u64::MAX))).await;
    assert!(matches!(over, Err(Refused::Code(ErrorCode::FileTooLarge))));
    // Over what is there already nothing grows.
    let (a, b) = (clone(), clone());
    place.change(move |turn, _| turn.write_all(&a, &[1; 900], Target::At(0))).await.unwrap();
    place.change(move |turn, _| turn.write_all(&b, &[2; 100], Target::End)).await.unwrap();
    let bytes = fs::read(place.path("file")).unwrap();
    assert_eq!((bytes.len(), bytes[899], bytes[999]), (1_000, 1, 2));
    assert!(place.has_room_for(0).await);
    // Nine more names, of whatever kind.
    for name in ["1", "2", "3"] {
        place.create(name, 0).await.unwrap();
        let directory = format!("d{name}");
        place.change(move |turn, at| turn.create_directory(at, directory.as_ref())).await.unwrap();
        let link = format!("l{name}");
        place.change(move |turn, at| turn.link((at, "file".as_ref()), (at, link.as_ref()))).await.unwrap();
    }
    assert!(is_full(&place.create("4", 0).await, Full::Files));
    assert!(is_full(&place.change(|turn, at| turn.create_directory(at, "4".as_ref())).await, Full::Files));
    assert!(is_full(&place.change(|turn, at| turn.symlink("1".as_ref(), at, "4".as_ref())).await, Full::Files));
    assert!(is_full(&place.change(|turn, at| turn.link((at, "1".as_ref()), (at, "4".as_ref()))).await, Full::Files));
    // What is counted is what measuring finds.
    assert_eq!(measure::measure(&place.at), (Amount { bytes: 1_000, files: 10 }, true));
}

#[tokio::test]
async fn what_is_removed_or_replaced_makes_room() {
    let place = Place::new();
    drop((place.create("a", 400).await.unwrap(), place.create("b", 500).await.unwrap()));
    place.change(|turn, at| turn.rename((at, "a".as_ref()), (at, "b".as_ref()))).await.unwrap();
    assert!(place.has_room_for(600).await);
    place.change(|turn, at| turn.open(at, "b".as_ref(), How { truncate: true, ..CREATE })).await.unwrap();
    assert!(place.has_room_for(1_000).await);
    place.create("c", 1_000).await.unwrap();
    place.change(|turn, at| turn.remove_file(at, "c".as_ref())).await.unwrap();
    assert!(place.has_room_for(1_000).await);
    assert_eq!(measure::measure(&place.at), (Amount { bytes: 0, files: 1 }, true));
}

#[tokio::test]
async fn a_file_without_a_name_takes_its_room_while_it_is_open() {
    let place = Place::new();
    let file = place.create("a", 1_000).await.unwrap();
    let held = place.directory.hold(&file, place.known.place().unwrap()).unwrap();
    place.change(|turn, at| turn.remove_file(at, "a".as_ref())).await.unwrap();
    assert!(is_full(&place.create("b", 1).await, Full::Bytes));
    // Also if it was opened before, and is known only now.
    let second = place.directory.hold(&file, place.known.place().unwrap()).unwrap();
    drop(held);
    assert!(place.has_room_for(0).await);
    drop(second);
    assert!(place.has_room_for(1_000).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_at_the_same_time_never_exceed_it() {
    let place = Arc::new(Place::new());
    let writers: Vec<_> = (0..50u8)
        .map(|writer| {
            let place = place.clone();
            tokio::spawn(async move {
                let mut written = 0;
                for _ in 0..20 {
                    let name = if writer % 2 == 0 { "even".to_owned() } else { format!("odd{}", writer % 7) };
                    let wrote = place.change(move |turn, at| {
                        let file = turn.open(at, name.as_ref(), CREATE)?;
                        turn.write_all(&file, &[writer; 13], Target::End)?;
                        if writer % 5 == 0 {
                            turn.resize(&file, 3)?;
                        }
                        Ok(())
                    });
                    written += usize::from(wrote.await.is_ok());
                }
                written
            })
        })
        .collect();
    let watching = async {
        let mut most = 0;
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            most = most.max(measure::measure(&place.at).0.bytes);
            tokio::task::yield_now().await;
        }
        most
    };
    assert!(watching.await <= QUOTA.bytes);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    assert!(written > 50, "{written} of 1000 writes");
    let (found, complete) = measure::measure(&place.at);
    assert!(complete && found.bytes <= QUOTA.bytes, "{found:?}");
    assert!(place.has_room_for(QUOTA.bytes - found.bytes).await);
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_is_counted() {
    let place = Place::new();
    let change = place.change(|turn, at| {
        turn.create_directory(at, "made".as_ref())?;
        std::thread::sleep(Duration::from_millis(50));
        turn.create_directory(at, "made too".as_ref())
    });
    assert!(tokio::time::timeout(Duration::from_millis(5), change).await.is_err());
    for name in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        place.create(name, 0).await.unwrap();
    }
    assert!(is_full(&place.create("9", 0).await, Full::Files));
}

#[test]
fn a_tree_that_is_too_deep_to_follow_is_counted_as_far_as_it_goes() {
    let place = Place::new();
    let mut at = place.at.try_clone().unwrap();
    let name = "d".repeat(200);
    for _ in 0..30 {
        cap_primitives::fs::create_dir(&at, name.as_ref(), &cap_primitives::fs::DirOptions::new()).unwrap();
        at = cap_primitives::fs::open_dir(&at, name.as_ref()).unwrap();
    }
    let (found, complete) = measure::measure(&place.at);
    assert!(!complete && found.files > 10, "{found:?}");
}

fn permissions(grants: &str) -> Permissions {
    Permissions::new(
        Grants::parse(grants, Path::new("grants/x.toml")).unwrap(),
        Ceiling::default(),
        "grants/x.toml".into(),
    )
}

fn mounts(grants: &str) -> Result<Mounts, String> {
    Mounts::open(&permissions(grants), &Directories::new(10)).map_err(|error| error.to_string())
}

#[test]
fn a_directory_that_is_not_there_is_an_error_that_says_what_to_do() {
    let disk = tempfile::tempdir().unwrap();
    let missing = disk.path().join("none");
    let error = mounts(&format!("[filesystem]\n{missing:?} = {{ path = \"/x\" }}\n")).err().unwrap();
    assert!(error.contains(missing.to_str().unwrap()) && error.contains("grants/x.toml"), "{error}");
    assert!(error.contains("make that directory"), "{error}");
    fs::write(&missing, "a file").unwrap();
    assert!(mounts(&format!("[filesystem]\n{missing:?} = {{ path = \"/x\" }}\n")).is_err());
}

#[test]
fn the_stricter_of_two_holds_also_where_they_overlap_by_another_name() {
    let disk = tempfile::tempdir().unwrap();
    let real = disk.path().join("real");
    fs::create_dir_all(real.join("inner")).unwrap();
    let alias = disk.path().join("alias");
    std::os::unix::fs::symlink(&real, &alias).unwrap();
    let inner = real.join("inner");
    let text = format!(
        "[filesystem]\n{alias:?} = {{ path = \"/a\" }}\n{inner:?} = {{ path = \"/b\", access = \"read-write\" }}\n"
    );
    let mounts = mounts(&text).unwrap();
    assert!(mounts.iter().all(|mount| !mount.writable));
    let strict = mounts.iter().find(|mount| mount.path == "/b").unwrap();
    let sentence = strict.not_writable("write to", false, &permissions(&text)).to_string();
    assert!(sentence.contains("overlaps"), "{sentence}");
}

#[test]
fn a_refusal_names_the_line_that_would_allow_it() {
    let disk = tempfile::tempdir().unwrap();
    let text = format!("[filesystem]\n{:?} = {{ path = \"/docs\" }}\n", disk.path());
    let permissions = permissions(&text);
    let mounts = Mounts::open(&permissions, &Directories::new(10)).unwrap();
    let mount = mounts.iter().next().unwrap();
    let sentence = mount.not_writable("write to", false, &permissions).to_string();
    let line = format!("\"{}\" = {{ path = \"/docs\", access = \"read-write\" }}", disk.path().display());
    assert_eq!(sentence, format!("may not write to /docs; {line} under [filesystem] in grants/x.toml would allow it"));
    let sentence = mount.no_room(Full::Bytes, &permissions).to_string();
    assert!(sentence.starts_with("may not have more than 67108864 bytes in /docs; a larger quota_bytes"), "{sentence}");
}
