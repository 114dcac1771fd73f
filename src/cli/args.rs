//! The syntax of the command line, and nothing else: what the words mean is in `config`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::gate::GateArgs;
use super::output::Rows;
use super::redact::RedactArgs;
use crate::model::Confidence;
use crate::report::{Format, Section};

mod pictures;
mod saved;
mod settings;
mod tools;

pub(super) use pictures::{PictureArgs, Pictures};
pub(super) use saved::{DiffArgs, DiffFormat, RenderArgs};
pub(super) use settings::{PagerArgs, SettingsArgs};
pub(super) use tools::{
    AlertArgs, CompletionsArgs, ConfigCommand, ExplainArgs, InitArgs, ManArgs, RulesArgs, RulesCommand,
};

const EXAMPLES: &str = "\
Examples:
  tokscan logs/*.jsonl                        were those races, or are the grants gone?
  kubectl logs deploy/sync | tokscan          the same of a stream
  tokscan --since -3h --client crm logs/      the last three hours of one client
  tokscan -f json logs/ | jq .summary         for other programs
  tokscan leaks logs/                         fails if a token is readable in a log
  tokscan explain refresh-race                what a rule means and how to fix it";

const EXIT_CODES: &str = "\
Exit codes:
  0  the run is clean at the asked level
  1  findings or leaks at or above --fail-on (scan: off unless asked; leaks: any)
  2  usage, unreadable input or a bad rule; what could be read is still reported";

/// Tells refresh races from revoked grants in OAuth logs, and finds tokens that leaked into them
///
/// Reads the logs of OAuth 2.0 clients and servers and says of every failed refresh why it failed: a race
/// between workers, a grant that is gone, a rotated token that was not stored. Without a command it scans.
#[derive(Debug, Parser)]
#[command(
    name = "tokscan",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 110,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
)]
pub struct Cli {
    /// What to do; `scan` where nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the default command.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Whether long pages go through a pager.
    #[command(flatten)]
    pub pager: PagerArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Diagnose failed refreshes and find leaked tokens (the default)
    #[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
    Scan(Box<ScanArgs>),
    /// Find token values that are readable in the logs; for a pipeline
    ///
    /// Exits with 1 if there is any, so that no log with a token in it leaves the job.
    #[command(after_long_help = EXIT_CODES)]
    Leaks(Box<LeaksArgs>),
    /// Write the same logs with a pseudonym in the place of every secret
    ///
    /// Equal values have equal pseudonyms, so that a redacted log gives the same diagnosis, and can be shared.
    Redact(Box<RedactArgs>),
    /// Print the normalised token events: one JSON object per line, or a table
    Events(Box<EventsArgs>),
    /// Say what was recognised in each source, and what looked like a token event and was not
    ///
    /// Formats, providers, the keys that clients, users and errors were read from, and of the lines that no rule
    /// read the first ones, each with a rule that would. Logs of your own are read after a minute of that.
    Formats(Box<FormatsArgs>),
    /// Say what a rule detects, why it matters and how to fix it
    Explain(ExplainArgs),
    /// Show the rules
    Rules(RulesArgs),
    /// Render a saved JSON report in another format
    Report(RenderArgs),
    /// Compare two saved JSON reports: did the fix help?
    Diff(DiffArgs),
    /// Show the settings that hold and where they were set, or write a file to begin with
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a script that completes commands, options and values in a shell
    ///
    /// bash: `tokscan completions bash > ~/.local/share/bash-completion/completions/tokscan`, zsh: a file named
    /// _tokscan in a folder of $fpath, fish: ~/.config/fish/completions/tokscan.fish.
    Completions(CompletionsArgs),
    /// Print a query or rule for a monitoring system that would have fired
    ///
    /// With logs or a saved report (`-o report.json`) it asks for your own fields and values, as they were
    /// recognised there; without, for usual ones.
    Alert(Box<AlertArgs>),
    /// Print a manual page: `tokscan man | man -l -`
    Man(ManArgs),
}

/// `tokscan scan`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are groups of options")]
pub struct ScanArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub diagnosis: DiagnosisArgs,
    #[command(flatten)]
    pub fail: FailArgs,
    #[command(flatten)]
    pub format: ReportArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `tokscan leaks`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are groups of options")]
pub struct LeaksArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub fail: FailArgs,
    #[command(flatten)]
    pub gate: GateArgs,
    /// Say of one line what each rule saw in it, and why that is a leak or none; no value is shown
    ///
    /// The line is named as reports name it, PATH:LINE; a column behind that is left aside.
    #[arg(
        long,
        value_name = "PATH:LINE",
        help_heading = "Gate",
        allow_hyphen_values = true,
        conflicts_with_all = ["paths", "files", "format", "summary", "write_baseline", "pass_through"],
    )]
    pub explain: Option<String>,
    /// Format of what goes to standard output [default: terminal]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output", value_parser = formats(Section::Leaks))]
    pub format: Option<Format>,
    /// The page in ten lines
    #[arg(long, help_heading = "Output")]
    pub summary: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `tokscan events`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are groups of options")]
pub struct EventsArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Format of what goes to standard output
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Rows>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `tokscan formats`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are groups of options")]
pub struct FormatsArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Format of what goes to standard output [default: terminal]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output", value_parser = ["terminal", "json"])]
    pub format: Option<String>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is read, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Files, directories, globs, or `-` for standard input
    ///
    /// Directories are searched whole. Compressed files (gzip, zstd, bzip2, xz) are known by their content, and so are
    /// zip and tar archives, of which every text is read. A file that is named like a command is given as `./scan`.
    /// Without a path, standard input is read if it is a pipe or a file.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<usize>,
    /// Zone of times that carry none: UTC, Europe/Berlin, +02:00 or local
    #[arg(long, value_name = "ZONE", default_value = "UTC", allow_hyphen_values = true)]
    pub tz: String,
    /// Rule files or folders that extend or replace the built-in ones (repeatable)
    #[arg(long = "rules", value_name = "DIR|FILE")]
    pub rule_paths: Vec<PathBuf>,
    /// The server that all of these logs are about; `tokscan rules list` names them
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Where a part of an event stands: client=app.name (repeatable)
    ///
    /// Parts are client, subject, grant, request, presented, issued, error, description, status, address, host,
    /// process, thread and the others of rule files. `tokscan formats` shows which keys were used.
    #[arg(long = "field", value_name = "PART=KEY")]
    pub fields: Vec<String>,
}

/// Which events count.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Only events at or after this time
    ///
    /// RFC 3339 (2026-01-02T03:04:05Z), `2026-01-02`, `2026-01-02 03:04[:05]` (in --tz), `today`, `yesterday`,
    /// `now`, or back from now: `-3h`, `3h`, `2d ago`, `1h30m`. Units are s, m, h, d and w.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only events before this time
    ///
    /// Written like --since; a date means its first moment.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only events of this client (repeatable)
    #[arg(long = "client", value_name = "CLIENT")]
    pub clients: Vec<String>,
}

/// Which findings and leaks are shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub struct RuleArgs {
    /// Only findings and leaks of this rule (repeatable); `tokscan rules list` names them
    #[arg(long = "rule", value_name = "RULE")]
    pub rules: Vec<String>,
    /// Only findings and leaks that are at least this sure
    #[arg(long, value_name = "LEVEL", default_value = "possible")]
    pub min_confidence: Level,
}

/// How the timelines are judged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Diagnosis")]
pub struct DiagnosisArgs {
    /// Attempts within this time of a success compete with it: 200ms, 1s, 1.5s; a bare number is milliseconds
    #[arg(long, value_name = "DURATION", default_value = "200ms", allow_hyphen_values = true)]
    pub window: String,
    /// Correct the times of hosts whose clocks are apart, as requests show that two hosts logged under one id
    ///
    /// Without it the skew is estimated and reported, and only what the tokens themselves prove is allowed for.
    #[arg(long)]
    pub align_clocks: bool,
    /// Events shown per finding; the counts are never cut [default: 12, on a page 5]
    #[arg(long, value_name = "N")]
    pub evidence: Option<usize>,
}

/// When the exit code is 1.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct FailArgs {
    /// Exit with 1 on findings or leaks of at least this severity, or of this rule (repeatable)
    ///
    /// critical, high, medium, low, info, any, never, or the name of a rule. Default: never; `leaks`: any.
    #[arg(long, value_name = "LEVEL|RULE")]
    pub fail_on: Vec<String>,
}

/// The format of a report.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[allow(missing_docs, reason = "a field is a group of options")]
pub struct ReportArgs {
    /// Format of what goes to standard output [default: terminal]
    #[arg(short, long, value_name = "FORMAT", value_parser = formats(Section::Triage))]
    pub format: Option<Format>,
    /// The page in ten lines
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    pub pictures: PictureArgs,
}

/// The formats of a section, by name.
fn formats(section: Section) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::of(section).map(Format::name))
        .map(|name| Format::from_name(&name).unwrap_or(Format::Terminal))
}

/// Where results go, and how much is said beside them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct OutputArgs {
    /// Write to a file, in the format of its suffix (repeatable): .html, .md, .json, .csv, .sarif, .xml (JUnit), .txt, .jsonl
    ///
    /// .csv has the findings (of `leaks` and `events`, these); a scan's names that end in leaks.csv or events.csv ask
    /// for the leaks and the token events. .jsonl has the leaks of `leaks`, and the token events of other commands. A
    /// file of `leaks` may be named gl-secret-detection-report.json. Standard output then stays empty unless --format
    /// is given as well.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Where a `path:line` on a page leads: auto, none, file, kitty, vscode, vscodium, cursor, textmate
    ///
    /// Or a format with {path}, {line}, {column} and {host}: `my-editor://{path}?line={line}`. Links are written
    /// only to a terminal and with colours; `auto`: if the terminal is known to follow them.
    #[arg(long, value_name = "FORMAT", default_value = "auto", hide_short_help = true)]
    pub hyperlink_format: String,
    /// Columns of the page, whatever the terminal has
    #[arg(long, value_name = "N", hide = true)]
    pub width: Option<usize>,
    /// Show no progress bar
    #[arg(long)]
    pub no_progress: bool,
    /// Show the bar after all, where a settings file does without
    #[arg(long, hide = true, overrides_with = "no_progress")]
    pub progress: bool,
    /// Print no notices and no summary on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Say on standard error what was read
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// If standard output is a terminal that can, and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `--min-confidence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the values are those of Confidence")]
pub enum Level {
    Possible,
    Likely,
    Proven,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Possible => Self::Possible,
            Level::Likely => Self::Likely,
            Level::Proven => Self::Proven,
        }
    }
}
