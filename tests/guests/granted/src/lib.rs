//! Uses what it was granted: files, variables, settings and buckets, step by step as its arguments say.

#![allow(clippy::needless_pass_by_value, reason = "a tool owns its arguments")]

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::time::Instant;

use pegboard_sdk::prelude::*;

pegboard_sdk::plugin!(steps, steps_read_only);

/// One thing to do.
#[input]
struct Step {
    /// What.
    act: Act,
    /// The file, variable, setting or bucket.
    #[serde(default)]
    name: String,
    /// The other file, or the key.
    #[serde(default)]
    to: String,
    /// What to write.
    #[serde(default)]
    text: String,
    /// How much, or how often.
    #[serde(default)]
    count: u64,
}

/// What can be done.
#[input]
#[derive(Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Act {
    Read,
    ReadOften,
    Write,
    Append,
    Fill,
    SetLen,
    Truncate,
    Many,
    List,
    Kind,
    MakeDirectory,
    RemoveDirectory,
    Remove,
    HoldRemoved,
    Link,
    Symlink,
    Rename,
    Variable,
    Variables,
    Arguments,
    Setting,
    Settings,
    Get,
    Set,
    SetFor,
    SwapOld,
    Count,
    Delete,
    Keys,
    SmallestTick,
    Sleep,
}

/// Does these steps, and tells what came of each: "ok: …", or "failed: …".
#[tool]
fn steps(ctx: &Context, steps: Vec<Step>) -> Done {
    done(ctx, &steps)
}

/// The same, but promises to change nothing.
#[tool(read_only)]
fn steps_read_only(ctx: &Context, steps: Vec<Step>) -> Done {
    done(ctx, &steps)
}

/// What came of them.
#[output]
struct Done {
    /// In their order.
    results: Vec<String>,
}

fn done(ctx: &Context, steps: &[Step]) -> Done {
    // Kept open until all is done.
    let mut held = Vec::new();
    let results = steps.iter().map(|step| match act(ctx, step, &mut held) {
        Ok(text) => format!("ok: {text}"),
        Err(error) => format!("failed: {error}"),
    });
    Done { results: results.collect() }
}

fn text(result: Result<impl Display, impl Display>) -> Result<String, String> {
    result.map(|value| value.to_string()).map_err(|error| error.to_string())
}

fn nothing(result: Result<(), impl Display>) -> Result<String, String> {
    text(result.map(|()| ""))
}

fn act(ctx: &Context, step: &Step, held: &mut Vec<File>) -> Result<String, String> {
    let Step { act, name, to, text: written, count } = step;
    match act {
        Act::Read => text(fs::read_to_string(name)),
        Act::ReadOften => Ok(read_often(name, *count)),
        Act::Write => nothing(fs::write(name, written)),
        Act::Append => nothing(append(name, written)),
        Act::Fill => Ok(fill(name, *count)),
        Act::SetLen => nothing(OpenOptions::new().write(true).open(name).and_then(|file| file.set_len(*count))),
        Act::Truncate => text(File::create(name).map(|_| "")),
        Act::Many => Ok(many(name, *count)),
        Act::List => text(fs::read_dir(name).and_then(listed)),
        Act::Kind => text(fs::symlink_metadata(name).map(|metadata| format!("{:?}", metadata.file_type()))),
        Act::MakeDirectory => nothing(fs::create_dir(name)),
        Act::RemoveDirectory => nothing(fs::remove_dir(name)),
        Act::Remove => nothing(fs::remove_file(name)),
        Act::HoldRemoved => nothing(File::open(name).and_then(|file| {
            held.push(file);
            fs::remove_file(name)
        })),
        Act::Link => nothing(fs::hard_link(name, to)),
        #[cfg(target_os = "wasi")]
        Act::Symlink => nothing(symlink(to, name)),
        #[cfg(not(target_os = "wasi"))]
        Act::Symlink => nothing(std::os::unix::fs::symlink(to, name)),
        Act::Rename => nothing(fs::rename(name, to)),
        Act::Variable => text(std::env::var(name)),
        Act::Variables => Ok(std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().join(" ")),
        Act::Arguments => Ok(std::env::args().collect::<Vec<_>>().join(" ")),
        Act::Setting => ctx.config(name).ok_or_else(|| "not set".to_owned()),
        Act::Settings => text(ctx.config_all::<Value>()),
        act => kv(ctx, *act, step),
    }
}

#[cfg(target_os = "wasi")]
fn symlink(to: &str, name: &str) -> io::Result<()> {
    use wasip2::filesystem::preopens::get_directories;
    // std has no stable function for it on this target.
    let found = get_directories().into_iter().find_map(|(directory, path)| {
        let inner = name.strip_prefix(&path)?.trim_start_matches('/').to_owned();
        Some((directory, inner))
    });
    let (directory, inner) = found.ok_or(io::ErrorKind::NotFound)?;
    directory.symlink_at(to, &inner).map_err(|code| io::Error::other(code.name()))
}

fn append(name: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(name)?.write_all(text.as_bytes())
}

/// Everything that was read from a file that changes meanwhile.
fn read_often(name: &str, times: u64) -> String {
    let mut seen = BTreeSet::new();
    for _ in 0..times {
        seen.insert(fs::read_to_string(name).unwrap_or_else(|error| error.kind().to_string()));
    }
    seen.into_iter().collect::<Vec<_>>().join("|")
}

/// Writes so many bytes, a thousand at a time, and tells how far it came.
fn fill(name: &str, bytes: u64) -> String {
    let mut written = 0;
    let filled = OpenOptions::new().append(true).create(true).open(name).and_then(|mut file| {
        while written < bytes {
            file.write_all(&[b'x'; 1_000])?;
            written += 1_000;
        }
        Ok(())
    });
    match filled {
        Ok(()) => format!("{written}"),
        Err(error) => format!("{written}, then {error}"),
    }
}

/// Makes so many files, and tells how far it came.
fn many(name: &str, files: u64) -> String {
    for index in 0..files {
        if let Err(error) = fs::write(format!("{name}{index}"), "") {
            return format!("{index}, then {error}");
        }
    }
    files.to_string()
}

fn listed(entries: fs::ReadDir) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join(" "))
}

fn kv(ctx: &Context, act: Act, step: &Step) -> Result<String, String> {
    let Step { name, to: key, text: value, count, .. } = step;
    let bucket = ctx.kv(name);
    match act {
        Act::Get => match bucket.get(key).map_err(|error| error.to_string())? {
            Some(value) => text(String::from_utf8(value)),
            None => Err("nothing there".to_owned()),
        },
        Act::Set => nothing(bucket.set(
            key,
            if *count > 0 { "x".repeat(usize::try_from(*count).unwrap_or(usize::MAX)) } else { value.clone() },
        )),
        Act::SetFor => nothing(bucket.set_for(key, value, std::time::Duration::from_secs(*count))),
        Act::SwapOld => text(bucket.swap(key, Some("an older version"), value)),
        Act::Count => text(bucket.update::<u64>(key, |old| old.unwrap_or_default() + 1)),
        Act::Delete => nothing(bucket.delete(key)),
        Act::Keys => {
            let keys: Result<Vec<String>, _> = bucket.keys(key).collect();
            text(keys.map(|mut keys| {
                keys.sort();
                keys.join(" ")
            }))
        }
        Act::SmallestTick => Ok(smallest_tick().to_string()),
        Act::Sleep => {
            std::thread::sleep(std::time::Duration::from_millis(*count));
            Ok(String::new())
        }
        _ => Err("that is done elsewhere".to_owned()),
    }
}

/// Nanoseconds between two times that differ.
fn smallest_tick() -> u128 {
    let begun = Instant::now();
    loop {
        let passed = begun.elapsed().as_nanos();
        if passed > 0 {
            return passed;
        }
    }
}
