//! The kept corpus of `fuzz/`, run through the functions that the fuzz targets run.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use pegboard::fuzz::TARGETS;

/// What is kept for `target`, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut kept: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
        })
        .collect();
    kept.sort();
    kept
}

fn replay(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let kept = corpus(name);
    assert!(kept.len() >= 10, "the corpus of {name} has but {} files", kept.len());
    for (file, bytes) in kept {
        let result = catch_unwind(AssertUnwindSafe(|| target(&bytes)));
        assert!(result.is_ok(), "fuzz/corpus/{name}/{file} panics");
    }
}

#[test]
fn the_kept_json_rpc_messages_do_no_harm() {
    replay("jsonrpc");
}

#[test]
fn the_kept_grants_files_do_no_harm() {
    replay("grants");
}

#[test]
fn the_kept_schemas_do_no_harm() {
    replay("schema");
}

#[test]
fn the_kept_components_do_no_harm() {
    replay("component");
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let folders = fs::read_dir(fuzz.join("corpus")).unwrap().count();
    assert_eq!(folders, TARGETS.len());
    for (name, _) in TARGETS {
        assert!(!corpus(name).is_empty());
        let program = fs::read_to_string(fuzz.join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(program.contains(&format!("pegboard::fuzz::{name}(bytes)")), "{program}");
        assert!(manifest.contains(&format!("name = \"{name}\"")));
    }
}

/// Pieces that lead somewhere.
const PIECES: [&[u8]; 24] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\n",
    b"1e999",
    b"-0",
    b"null",
    b"\"$ref\":\"#\"",
    b"\"pattern\":\"(a+)+\"",
    b"\"id\":1",
    b"\"method\":\"ping\"",
    b"= ",
    b"[tools]",
    b"[network]\nallow = [\"https://*.a\"]",
    b"\0asm\x0d\0\x01\0",
    b"\xe2\x80\xae",
    b"\xf3\xa0\x81\x81",
    b"\x80\x80\x80\x80\x10",
    b"\x00\x01\x7f",
];

/// Numbers without end, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % sides.max(1)
    }

    /// Some part of `bytes`.
    fn part<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let begin = self.roll(bytes.len() + 1);
        let most = (bytes.len() - begin).min(64);
        &bytes[begin..begin + self.roll(most + 1)]
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.roll(bytes.len() + 1);
        let end = (at + self.roll(16)).min(bytes.len());
        let put = |bytes: &mut Vec<u8>, part: &[u8]| drop(bytes.splice(at..at, part.iter().copied()));
        match self.roll(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.roll(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.roll(5)],
            2 => drop(bytes.drain(at..end)),
            3 => put(bytes, self.part(&bytes.clone())),
            4 => put(bytes, self.part(other)),
            _ => put(bytes, PIECES[self.roll(PIECES.len())]),
        }
    }
}

#[test]
#[ignore = "runs for PEGBOARD_FUZZ_SECONDS, each target for its share"]
#[expect(clippy::print_stderr, reason = "a person waits for it")]
fn changed_inputs_do_no_harm() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds: u32 = number("PEGBOARD_FUZZ_SECONDS").unwrap_or(10).try_into().unwrap();
    let seed = number("PEGBOARD_FUZZ_SEED").unwrap_or_else(|| RandomState::new().hash_one(1) | 1);
    let only = std::env::var("PEGBOARD_FUZZ_TARGET").ok();
    let targets: Vec<_> =
        TARGETS.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|it| it == *name)).collect();
    assert!(!targets.is_empty(), "PEGBOARD_FUZZ_TARGET is none of the targets");
    let share = Duration::from_secs(seconds.into()) / u32::try_from(targets.len()).unwrap();
    for (name, target) in targets {
        let kept = corpus(name);
        let (mut dice, mut runs, started) = (Dice(seed), 0u64, Instant::now());
        let mut slowest = Duration::ZERO;
        while started.elapsed() < share {
            let mut bytes = kept[dice.roll(kept.len())].1.clone();
            let other = &kept[dice.roll(kept.len())].1;
            for _ in 0..=dice.roll(8) {
                dice.change(&mut bytes, other);
            }
            let begun = Instant::now();
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                let path = std::env::temp_dir().join(format!("pegboard-fuzz-{name}"));
                fs::write(&path, &bytes).unwrap();
                panic!("{name} panics with {} (seed {seed}, run {runs})", path.display());
            }
            slowest = slowest.max(begun.elapsed());
            runs += 1;
        }
        eprintln!("{name}: {runs} runs in {:?}, the slowest {slowest:?}, seed {seed}", started.elapsed());
    }
}
