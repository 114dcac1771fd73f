//! The command line: arguments (syntax only), validated options, one file per command.
//!
//! Nothing here that a user of the library would miss: commands call [`crate::scan`] and
//! [`crate::report`], and map what came of it to an exit code.

mod args;
mod config;
mod events;
mod explain;
mod fail_on;
mod formats;
mod leaks;
mod output;
mod progress;
mod rulebook;
mod rules;
mod scan;
mod values;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::{Command, command_first};
use output::complain;

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Nothing that fails the run.
    Clean,
    /// Findings or leaks at or above `--fail-on`.
    Found,
    /// Something could not be read.
    Trouble,
    /// No path, and nothing on standard input: a usage error.
    NothingNamed,
}

/// Runs the program: everything but the process itself.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::set_hook(Box::new(|info| {
        // Only where, never what: the payload may hold text of a log.
        let place = info.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        complain(&format!("internal error{place}; please report"));
    }));
    let code = panic::catch_unwind(AssertUnwindSafe(|| guarded(arguments)));
    ExitCode::from(code.unwrap_or(2))
}

/// Parses, runs, and maps what came of it to an exit code.
fn guarded(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(command_first(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, with exit code 0. A closed pipe is no trouble.
            drop(error.print());
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    match dispatch(&cli) {
        Ok(Exit::Clean) => 0,
        Ok(Exit::Found) => 1,
        Ok(Exit::Trouble) => 2,
        Ok(Exit::NothingNamed) => {
            let help = Cli::command().render_help();
            drop(write!(std::io::stderr(), "tokscan: nothing to read: name a path, or pipe a log in\n\n{help}"));
            2
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            2
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Exit> {
    match &cli.command {
        None => scan::run(&cli.scan),
        Some(Command::Scan(args)) => scan::run(args),
        Some(Command::Leaks(args)) => leaks::run(args),
        Some(Command::Events(args)) => events::run(args),
        Some(Command::Formats(args)) => formats::run(args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Rules(args)) => rules::run(args),
    }
}
