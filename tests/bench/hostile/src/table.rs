//! What is printed.

use std::time::Duration;

use crate::row::Measured;

/// Bytes that a server may keep: caches of the allocator, buffers of connections.
pub const SLACK: u64 = 24 << 20;

/// The 99th percentile may be so many times what it is while it is quiet,
const TIMES: u32 = 5;
/// or so long, if that is more.
const ANYWAY: Duration = Duration::from_millis(10);

/// One line for each, and how many were within their bounds.
pub fn print(measured: &[(&str, Measured)]) {
    let heads = ["theme", "guest", "quiet p99", "p99 during", "ratio", "echoes", "memory MB", ""].map(str::to_owned);
    let mut lines = vec![heads];
    lines.extend(measured.iter().map(|(theme, row)| line(theme, row)));
    let widths: Vec<_> = (0..8).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0)).collect();
    for line in &lines {
        let padded: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    }
    let good = measured.iter().filter(|(_, row)| verdict(row).is_empty()).count();
    println!(
        "\n{good} of {} within their bounds: the larger of {TIMES} times its quiet value and {ANYWAY:?}, and memory",
        measured.len()
    );
    println!("back to what it was and {} MB", SLACK >> 20);
}

fn line(theme: &str, row: &Measured) -> [String; 8] {
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    let [before, most, after] = row.memory.map(|bytes| bytes >> 20);
    [
        theme.to_owned(),
        row.name.to_owned(),
        ms(row.quiet),
        ms(row.during),
        format!("{:.1}", row.during.as_secs_f64() / row.quiet.as_secs_f64().max(1e-9)),
        row.echoes.to_string(),
        format!("{before} > {most} > {after}"),
        verdict(row).join(", "),
    ]
}

/// What is over its bound.
fn verdict(row: &Measured) -> Vec<&'static str> {
    let slow = row.during > (row.quiet * TIMES).max(ANYWAY);
    let kept = row.memory[2] > row.memory[0] + SLACK;
    [(slow, "TOO SLOW"), (kept, "MEMORY KEPT")].into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
}

/// The machine's, over one, five and fifteen minutes.
pub fn load_average() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').take(3).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(quiet_us: u64, during_us: u64, after: u64) -> Measured {
        let [quiet, during] = [quiet_us, during_us].map(Duration::from_micros);
        Measured { name: "x", quiet, during, echoes: 1, memory: [0, after, after] }
    }

    #[test]
    fn the_bound_is_the_larger_of_both() {
        assert!(verdict(&row(100, 9_000, 0)).is_empty(), "many times, but short");
        assert!(verdict(&row(4_000, 19_000, 0)).is_empty(), "long, but not many times");
        assert_eq!(verdict(&row(4_000, 21_000, 0)), ["TOO SLOW"]);
    }

    #[test]
    fn memory_that_stays_is_told() {
        assert_eq!(verdict(&row(1, 1, SLACK + 1)), ["MEMORY KEPT"]);
    }
}
