//! The command line: what can be said, and how a failure is told.
//!
//! Every failure is one line on standard error, what happened, where and what to do, and a status that is
//! not zero: 2 where the command line itself is wrong, 1 otherwise. Standard output holds results alone.

mod approve;
mod ask;
mod dev;
mod inspect;
mod lines;
mod memory;
mod options;
mod serve;
mod shutdown;
mod stdio;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

/// An MCP server whose tools are WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "pegboard", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the plugins of a directory to MCP clients.
    Serve(options::Options),
    /// Serve the client that starts this program, over standard input and output.
    Stdio(options::Common),
    /// Build the bundled plugins of a checkout, and serve them.
    Dev(options::Options),
    /// Show what a file is, its tools, and whether it would be served.
    Inspect(inspect::Options),
    /// Show what has changed about a plugin since it was approved, and approve it as it is.
    Approve(approve::Options),
    /// Show all that a running server knows of a tool, or a plugin.
    Why(why::Options),
    /// Show what a running server serves, and what it does not.
    Status(ask::All),
    /// Have a running server refuse all calls of a plugin.
    Suspend(ask::One),
    /// Let a plugin be called again that was suspended, or put aside since its calls failed.
    Resume(ask::One),
    /// Have a running server look at its files again: plugins, grants, tokens, the lock.
    Reload(ask::Target),
}

/// Does what the process's arguments say.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &arguments),
    };
    let done = match cli.command {
        Command::Serve(options) => serve::run(&options),
        Command::Stdio(options) => stdio::run(&options),
        Command::Dev(options) => dev::run(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Approve(options) => approve::run(&options),
        Command::Why(options) => why::run(&options),
        Command::Status(options) => ask::status(&options),
        Command::Suspend(options) => ask::suspend(&options),
        Command::Resume(options) => ask::resume(&options),
        Command::Reload(options) => ask::reload(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes, less those that its message holds already.
fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// One line for the person at the terminal.
#[allow(clippy::print_stderr, reason = "the one place that speaks to the person rather than to the log")]
fn say(message: &str) {
    eprintln!("pegboard: {}", message.trim_end());
}

/// Help and version go out as clap writes them; a mistake becomes one line.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Fails only where nobody reads it.
        let _ = error.print();
        return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    }
    say(&one_line(error, arguments));
    ExitCode::from(2)
}

fn one_line(error: &clap::Error, arguments: &[OsString]) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.trim_start_matches("error:").split_whitespace().collect();
    let from = variable(error, arguments).map(|name| format!(" (from the environment variable {name})"));
    format!("{}{}; `pegboard --help` shows the options", words.join(" "), from.unwrap_or_default())
}

/// The environment variable that the bad value came from, unless the flag was given.
fn variable(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(usage)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = usage.split([' ', '=']).next()?;
    let given = arguments.iter().any(|a| a.to_str().is_some_and(|a| a == flag || a.starts_with(&format!("{flag}="))));
    let command = Cli::command();
    let commands = command.get_subcommands().filter(|c| arguments.iter().any(|a| a == c.get_name()));
    let mut options = commands.flat_map(clap::Command::get_arguments);
    let option = options.find(|a| a.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long)))?;
    let name = option.get_env()?.to_str()?;
    (!given && std::env::var_os(name).is_some()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(arguments: &[&str]) -> String {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        one_line(&Cli::try_parse_from(&arguments).unwrap_err(), &arguments)
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no space").context("cannot write: no space; free some").context("starting");
        assert_eq!(chain(&error), "starting: cannot write: no space; free some");
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_can_be_given_by_the_environment_under_its_own_name() {
        for command in Cli::command().get_subcommands() {
            for option in command.get_arguments().filter(|a| a.get_env().is_some()) {
                let expected = format!("PEGBOARD_{}", option.get_long().unwrap().replace('-', "_").to_uppercase());
                let name = option.get_env().unwrap().to_str().unwrap();
                assert!(name == expected || name == expected.clone() + "S", "{name} for {expected}");
            }
        }
    }

    #[test]
    fn a_mistake_is_one_line_that_names_flag_and_value() {
        let line = mistake(&["pegboard", "serve", "--listen", "nowhere"]);
        assert!(line.contains("'nowhere'") && line.contains("--listen"), "{line}");
        assert!(line.contains("such as 127.0.0.1:8080"), "{line}");
        assert_eq!(line.lines().count(), 1);
        let line = mistake(&["pegboard", "serve", "--lisen", "127.0.0.1:0"]);
        assert!(line.contains("'--lisen'"), "{line}");
    }
}
