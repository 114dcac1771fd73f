//! The command line: arguments (syntax only), validated options, one file per command.
//!
//! Nothing here that a user of the library would miss: commands call [`crate::scan`] and
//! [`crate::report`], and map what came of it to an exit code.

mod alert;
mod args;
mod command_first;
mod config;
mod configure;
mod diff;
mod events;
mod explain;
mod explain_event;
mod explain_line;
mod fail_on;
mod files;
mod formats;
mod gate;
mod generate;
mod hyperlinks;
mod leaks;
mod live;
mod output;
mod pager;
mod progress;
mod redact;
mod report;
mod rulebook;
mod rules;
mod saved;
mod scan;
mod settings;
mod unknown;
mod values;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::error::ContextKind;
use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::Command;
use command_first::command_first;
use config::Invalid;
use output::complain;
use pager::Pager;
use rulebook::closest;
use settings::{Settings, warn_of_unknown_variables};

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
    let arguments = command_first(arguments);
    let matches = match Cli::command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&unknown::helpful(error, &Cli::command())),
    };
    let mut settings = match Settings::read(&matches) {
        Ok(settings) => settings,
        Err(errors) => {
            for error in errors {
                complain(&error.to_string());
            }
            return 2;
        }
    };
    warn_of_unknown_variables();
    let cli = match Cli::try_parse_from(settings.complete(arguments, &matches)) {
        Ok(cli) => cli,
        Err(error) => return misplaced(&error, &settings),
    };
    settings.pager = Pager { wanted: !cli.pager.no_pager };
    match dispatch(&cli, &settings) {
        Ok(Exit::Clean) => 0,
        Ok(Exit::Found) => 1,
        Ok(Exit::Trouble) => 2,
        Ok(Exit::NothingNamed) => {
            let help = Cli::command().render_help();
            drop(write!(std::io::stderr(), "tokscan: nothing to read: name a path, or pipe a log in\n\n{help}"));
            2
        }
        Err(error) => {
            let message = format!("{error:#}");
            complain(&match error.downcast_ref::<Invalid>() {
                Some(invalid) => settings.located(&invalid.option, &invalid.value, &message),
                None => message,
            });
            2
        }
    }
}

/// Help and version are errors to clap, with exit code 0. A closed pipe is no trouble.
fn usage(error: &clap::Error) -> u8 {
    drop(error.print());
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// A value that clap does not take and that was typed nowhere: the message names the place that it was set at.
fn misplaced(error: &clap::Error, settings: &Settings) -> u8 {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let option = context(ContextKind::InvalidArg);
    let option = option.split([' ', '=']).next().unwrap_or_default();
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    complain(&settings.located(option, &context(ContextKind::InvalidValue), &message));
    2
}

/// A first path that is not there and reads like a command was most likely meant as one.
fn hint_at_command(paths: &[PathBuf]) {
    let Some(first) = paths.first().filter(|path| !path.exists()).and_then(|path| path.to_str()) else { return };
    let cli = Cli::command();
    if let Some(near) = closest(first, cli.get_subcommands().map(clap::Command::get_name)) {
        complain(&format!("there is no file '{first}'; did you mean the command `tokscan {near}`?"));
    }
}

fn dispatch(cli: &Cli, settings: &Settings) -> Result<Exit> {
    match &cli.command {
        None => {
            hint_at_command(&cli.scan.input.paths);
            scan::run(&cli.scan, settings)
        }
        Some(Command::Scan(args)) => scan::run(args, settings),
        Some(Command::Leaks(args)) => leaks::run(args, settings),
        Some(Command::Redact(args)) => redact::run(args),
        Some(Command::Events(args)) => events::run(args, settings),
        Some(Command::Formats(args)) => formats::run(args, settings),
        Some(Command::Explain(args)) => explain::run(args, settings),
        Some(Command::Rules(args)) => rules::run(args, settings.pager),
        Some(Command::Report(args)) => report::run(args, settings.pager),
        Some(Command::Diff(args)) => diff::run(args),
        Some(Command::Config(command)) => configure::run(command, settings),
        Some(Command::Alert(args)) => alert::run(args, settings),
        Some(Command::Completions(args)) => generate::completions(args),
        Some(Command::Man(args)) => generate::man(args),
    }
}
