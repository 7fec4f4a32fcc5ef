//! A long step, shown while it runs: a spinner on a terminal, plain lines elsewhere.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a step without a terminal says that it is still at work.
const STILL: Duration = Duration::from_secs(15);
/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A step that is under way.
pub(super) struct Step {
    title: &'static str,
    began: Instant,
    bar: Option<ProgressBar>,
    said: Instant,
}

/// What a program did.
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    /// All that it said on standard error.
    pub(super) stderr: String,
}

impl Step {
    /// Begins, with a spinner if somebody watches.
    pub(super) fn begin(title: &'static str) -> Self {
        let mut step = Self::plain_silent(title);
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner().with_message(title);
            // The template is ours and right; were it not, the default would do.
            if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim} {prefix:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            step.bar = Some(bar);
        } else {
            line(title);
        }
        step
    }

    /// Begins, without a spinner: others write to standard error meanwhile.
    pub(super) fn plain(title: &'static str) -> Self {
        line(title);
        Self::plain_silent(title)
    }

    fn plain_silent(title: &'static str) -> Self {
        let now = Instant::now();
        Self { title, began: now, bar: None, said: now }
    }

    /// What it is doing just now.
    pub(super) fn note(&mut self, note: &str) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(note.trim().chars().take(60).collect::<String>());
        } else if self.said.elapsed() >= STILL {
            self.said = Instant::now();
            line(&format!("{}: {}", self.title, note.trim()));
        }
    }

    /// Ends well.
    pub(super) fn done(self) {
        let seconds = self.began.elapsed().as_secs_f32();
        self.close();
        line(&format!("{}: done in {seconds:.1} s", self.title));
    }

    /// Ends; what comes next on standard error says how.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Runs a program without input; each line that it says on standard error is a note.
    pub(super) fn run(&mut self, command: &mut Command) -> std::io::Result<Ran> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut out = child.stdout.take().expect("standard output is piped");
        let out = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
        });
        let mut stderr = String::new();
        for said in BufReader::new(child.stderr.take().expect("standard error is piped")).split(b'\n') {
            let said = String::from_utf8_lossy(&said?).into_owned();
            self.note(&without_colours(&said));
            stderr.push_str(&said);
            stderr.push('\n');
        }
        let stdout = out.join().expect("reading does not panic")?;
        Ok(Ran { status: child.wait()?, stdout, stderr })
    }
}

#[allow(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn line(text: &str) {
    eprintln!("pegboard: {text}");
}

/// `text` without the escape sequences that colour it.
pub(super) fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.find(|c: char| c.is_ascii_alphabetic()).map_or("", |end| &after[end + 1..]);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_run_to_its_end_with_all_that_it_says() {
        let mut step = Step::begin("Testing");
        let ran = step.run(Command::new("sh").args(["-c", "echo result; echo said >&2; exit 3"])).unwrap();
        assert_eq!((ran.status.code(), &*ran.stdout, &*ran.stderr), (Some(3), "result\n", "said\n"));
    }

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(without_colours("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m x"), "   Compiling x");
        assert_eq!(without_colours("plain \u{1b}["), "plain ");
    }
}
