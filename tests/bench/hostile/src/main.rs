//! What callers of an echo tool notice of each hostile guest: the corpus of the suite, row by row, many of each at the
//! same time, with the limits that a server has by default.
//!
//! ```text
//! pegboard-bench-hostile                    every row, a quarter of an hour
//! pegboard-bench-hostile spin giant         the rows with one of these in their theme or name
//! pegboard-bench-hostile --seconds 5        measures each for longer
//! pegboard-bench-hostile --smoke            some rows, for a moment: shows that it works, measures nothing
//! ```
//!
//! An echo is called on one connection, one call after the other: first while nothing else goes on, then while the
//! hostile guest runs. Its 99th percentile may grow to the larger of five times what it was and 10 ms. Nothing is
//! asserted: what came out stands beside what should.

mod probe;
mod row;
mod storm;
mod table;

use std::time::Duration;

use anyhow::{Context as _, bail};
use pegboard_suite::corpus::{ALL, Hostile};

use row::Times;

fn main() -> anyhow::Result<()> {
    let (mut times, mut smoke, mut wanted) = (Times::default(), false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--smoke" => (smoke, times) = (true, Times::smoke()),
            "--seconds" => {
                let seconds = arguments.next().context("--seconds wants a number")?;
                times.during = Duration::from_secs(seconds.parse().context("--seconds wants a number")?);
            }
            flag if flag.starts_with('-') => bail!("there is no {flag}: --smoke, --seconds N, parts of names"),
            part => wanted.push(part.to_owned()),
        }
    }
    let rows = rows(&wanted, smoke);
    if rows.is_empty() {
        bail!("no row of the corpus has one of {wanted:?} in its theme or name");
    }
    let before = table::load_average();
    let mut measured = Vec::new();
    for (number, (theme, hostile)) in rows.iter().enumerate() {
        eprintln!("{}/{}: {theme}: {}", number + 1, rows.len(), hostile.name);
        measured.push((*theme, row::measure(hostile, &times)?));
    }
    table::print(&measured);
    println!("load average when it began: {before}, when it ended: {}", table::load_average());
    Ok(())
}

/// The rows that are asked for, with their themes.
fn rows(wanted: &[String], smoke: bool) -> Vec<(&'static str, &'static Hostile)> {
    /// Of each theme, where nothing is measured.
    const SMOKED: usize = 2;
    let is_wanted = |theme: &str, row: &Hostile| {
        wanted.is_empty() || wanted.iter().any(|part| theme.contains(part) || row.name.contains(part))
    };
    let of_theme = |(theme, rows): &(&'static str, &'static [Hostile])| {
        let (theme, rows): (&'static str, &'static [Hostile]) = (theme, rows);
        let rows = rows.iter().filter(move |row| is_wanted(theme, row));
        rows.take(if smoke { SMOKED } else { usize::MAX }).map(move |row| (theme, row)).collect::<Vec<_>>()
    };
    ALL.iter().flat_map(of_theme).collect()
}
