//! `tokscan redact`: the same logs, safe to share.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::args::When;
use super::output::complain;
use super::progress::Bar;
use super::{Exit, config};
use crate::model::Trouble;
use crate::report::escape;
use crate::scan::{RedactOptions, RedactTo, Redacted, ScanError, redact};

/// `tokscan redact`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RedactArgs {
    /// Files, directories, globs, or `-` for standard input
    ///
    /// Compressed files (gzip, zstd, bzip2, xz) are compressed again. Without a path, standard input is read if it is
    /// a pipe or a file.
    #[arg(value_name = "PATH", help_heading = "Input")]
    pub paths: Vec<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Input")]
    pub threads: Option<usize>,
    /// Rule files or folders that extend or replace the built-in ones (repeatable)
    #[arg(long = "rules", value_name = "DIR|FILE", help_heading = "Input")]
    pub rule_paths: Vec<PathBuf>,
    /// Folder for the results, each under the name of its input; without it one input goes to standard output
    #[arg(short = 'o', long = "output", value_name = "DIR", help_heading = "Output")]
    pub folder: Option<PathBuf>,
    /// Replace each file by its result, in one step
    #[arg(long, help_heading = "Output", conflicts_with = "folder")]
    pub in_place: bool,
    /// Show no progress bar
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,
    /// Say nothing but what went wrong
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// Name every input and what was replaced in it
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,
    /// Whether to colour; there is nothing to colour here, and the option is taken all the same
    #[arg(long, value_name = "WHEN", default_value = "auto", hide = true)]
    pub color: When,
}

pub(super) fn run(args: &RedactArgs) -> Result<Exit> {
    let paths = match args.paths.as_slice() {
        [] if config::stdin_has_data() => vec![PathBuf::from("-")],
        [] => return Ok(Exit::NothingNamed),
        paths => paths.to_vec(),
    };
    let to = match &args.folder {
        _ if args.in_place => RedactTo::InPlace,
        Some(folder) => RedactTo::Folder(folder.clone()),
        None => RedactTo::Writer,
    };
    let options = RedactOptions {
        paths,
        threads: args.threads.unwrap_or(0),
        segment_bytes: 0,
        rule_paths: args.rule_paths.clone(),
        to,
    };
    let bar = Bar::new(!args.no_progress && !args.quiet);
    let mut out = BufWriter::new(io::stdout());
    let done = redact(&options, &mut out, &bar);
    bar.clear();
    let done = match done {
        // Who closed the pipe has read enough.
        Err(ScanError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            drop(out.into_parts());
            return Ok(Exit::Clean);
        }
        done => done?,
    };
    out.flush().context("cannot write to standard output")?;
    say(&done, args);
    Ok(if done.complete { Exit::Clean } else { Exit::Trouble })
}

/// What was done, on standard error: standard output has the log.
fn say(done: &Redacted, args: &RedactArgs) {
    for notice in &done.notices {
        if notice.trouble == Trouble::Incomplete || !args.quiet {
            let place = notice.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
            complain(&escape::terminal(&format!("{place}{}", notice.message)));
        }
    }
    if args.verbose {
        for input in &done.inputs {
            complain(&escape::terminal(&format!("{}: {} replaced", input.path, input.replaced)));
        }
    }
    if !args.quiet {
        let kinds: Vec<String> = done.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let all: u64 = done.kinds.values().sum();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let inputs = done.inputs.len();
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        complain(&format!("{all} value{} replaced in {inputs} input{}{kinds}", plural(all), plural(inputs as u64)));
    }
}
