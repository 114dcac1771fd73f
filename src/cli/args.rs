//! The syntax of the command line, and nothing else: what the words mean is in `config`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::Confidence;
use crate::report::Format;

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
    /// Print the normalised token events, one JSON object per line
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
    pub format: ReportArgs,
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
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output", value_parser = ["jsonl"])]
    pub format: Option<String>,
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
    /// Directories are searched whole. Compressed files (gzip, zstd, bzip2, xz) are known by their content. A
    /// file that is named like a command is given as `./scan`. Without a path, standard input is read if it
    /// is a pipe or a file.
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
pub struct ReportArgs {
    /// Format of what goes to standard output [default: terminal]
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name))
            .map(|name| Format::from_name(&name).unwrap_or(Format::Terminal)),
    )]
    pub format: Option<Format>,
}

/// Where results go, and how much is said beside them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Write to a file, in the format of its suffix (repeatable): .txt, .json, .jsonl (events)
    ///
    /// Standard output then stays empty unless --format is given as well.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Columns of the page, whatever the terminal has
    #[arg(long, value_name = "N", hide = true)]
    pub width: Option<usize>,
    /// Show no progress bar
    #[arg(long)]
    pub no_progress: bool,
    /// Print no notices and no summary on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Say on standard error what was read
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// `tokscan explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Name of a rule, as reports give it: refresh-race
    #[arg(value_name = "RULE")]
    pub rule: String,
    #[allow(missing_docs, reason = "the fields are options")]
    #[command(flatten)]
    pub place: RulePlaceArgs,
}

/// `tokscan rules`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "the fields are a command and a group of options")]
pub struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
    #[command(flatten)]
    pub place: RulePlaceArgs,
}

/// `tokscan rules …`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List all rules: id, kind, title
    List,
    /// Print the file of a rule
    Show {
        /// Id of a rule
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Run every rule's own examples: the built-in rules, and those named here or with --rules
    Check {
        /// Rule files or folders
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// Where rules come from, for commands that read no logs.
#[derive(Debug, Args)]
pub struct RulePlaceArgs {
    /// Rule files or folders that extend or replace the built-in ones (repeatable)
    #[arg(long = "rules", value_name = "DIR|FILE", help_heading = "Input", global = true)]
    pub rule_paths: Vec<PathBuf>,
    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output", global = true)]
    pub color: When,
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

/// Puts the name of a command before the options that precede it, where clap looks for it:
/// `tokscan --window 1s scan logs` is `tokscan scan --window 1s logs`. Only the first word that is
/// neither an option nor an option's value can be a command; whatever else it is, it is a path.
pub(super) fn command_first(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let root = <Cli as clap::CommandFactory>::command();
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut index = 1;
    while let Some(word) = arguments.get(index).map(|word| word.to_string_lossy().into_owned()) {
        if word == "--" {
            break;
        }
        if word.len() > 1 && word.starts_with('-') {
            index += if takes_next(&root, &word) { 2 } else { 1 };
            continue;
        }
        if root.find_subcommand(&word).is_some() {
            let command = arguments.remove(index);
            arguments.insert(1, command);
        }
        break;
    }
    arguments
}

/// Whether the value of an option is the next word.
fn takes_next(root: &clap::Command, word: &str) -> bool {
    let takes_value = |option: &clap::Arg| option.get_action().takes_values();
    if let Some(long) = word.strip_prefix("--") {
        return root.get_arguments().any(|option| option.get_long() == Some(long) && takes_value(option));
    }
    // In `-qj4` the value follows at once, in `-qj 4` it is the next word.
    let mut letters = word[1..].chars();
    while let Some(letter) = letters.next() {
        if root.get_arguments().any(|option| option.get_short() == Some(letter) && takes_value(option)) {
            return letters.next().is_none();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::{CommandFactory, Parser};

    use super::{Cli, Command, command_first};

    fn moved(line: &str) -> String {
        let words = command_first(line.split(' ').map(OsString::from));
        words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_may_follow_options_but_not_paths() {
        assert_eq!(moved("tokscan --window 1s leaks a"), "tokscan leaks --window 1s a");
        assert_eq!(moved("tokscan --window=1s -qj 4 scan a"), "tokscan scan --window=1s -qj 4 a");
        assert_eq!(moved("tokscan -j4 scan"), "tokscan scan -j4");
        assert_eq!(moved("tokscan --since -3h events a"), "tokscan events --since -3h a");
        assert_eq!(moved("tokscan --client scan a"), "tokscan --client scan a");
        for same in ["tokscan a scan", "tokscan -- scan", "tokscan ./scan", "tokscan explain.log", "tokscan - scan"] {
            assert_eq!(moved(same), same);
        }
    }

    #[test]
    fn a_path_that_is_no_command_is_scanned() {
        let cli = Cli::try_parse_from(["tokscan", "--window", "1s", "explain.log", "scan"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.scan.input.paths.len(), 2);
        let cli = Cli::try_parse_from(["tokscan", "scan", "--since", "-3h", "--tz", "-05:00", "x"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Scan(scan)) if scan.select.since.as_deref() == Some("-3h")));
    }
}
