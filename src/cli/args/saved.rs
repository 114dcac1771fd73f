//! Commands that read saved reports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OutputArgs, PictureArgs, formats};
use crate::report::{Format, Section};

/// `tokscan report`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are groups of options")]
pub struct RenderArgs {
    /// A report that --format json wrote; - is standard input
    #[arg(value_name = "REPORT.json")]
    pub report: PathBuf,
    /// Evidence shown per finding on the page
    #[arg(long, value_name = "N")]
    pub evidence: Option<usize>,
    /// Rule files or folders that the run was given, for formats that carry the texts of rules (repeatable)
    #[arg(long = "rules", value_name = "DIR|FILE", help_heading = "Input")]
    pub rule_paths: Vec<PathBuf>,
    /// Format of what goes to standard output [default: terminal]
    ///
    /// gitlab and jsonl have the leaks alone.
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output", value_parser = formats(Section::Leaks))]
    pub format: Option<Format>,
    /// The page in ten lines
    #[arg(long, help_heading = "Output")]
    pub summary: bool,
    #[command(flatten)]
    pub pictures: PictureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `tokscan diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The report of the earlier run
    #[arg(value_name = "BEFORE.json")]
    pub before: PathBuf,
    /// The report of the later run
    #[arg(value_name = "AFTER.json")]
    pub after: PathBuf,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "terminal")]
    pub format: DiffFormat,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 if incidents became more frequent, or a leak is new
    #[arg(long)]
    pub fail_if_worse: bool,
}

/// `tokscan diff --format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DiffFormat {
    Terminal,
    Markdown,
    Json,
}
