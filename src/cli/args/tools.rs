//! The syntax of the commands beside the scans.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::{DiagnosisArgs, InputArgs, SelectArgs, When};
use crate::report::alert::System;

/// `tokscan explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Name of a rule, as reports give it: refresh-race; or a line of a log, PATH:LINE
    ///
    /// Of a line it says which token event it is, and which of its parts other lines of the file tell: whose it is, of
    /// which day, how it ended. A column behind the line is left aside.
    #[arg(value_name = "RULE|PATH:LINE")]
    pub rule: String,
    /// Zone of times that carry none, for a line
    #[arg(long, value_name = "ZONE", default_value = "UTC", allow_hyphen_values = true, help_heading = "Input")]
    pub tz: String,
    /// The server that the log is about, for a line
    #[arg(long, value_name = "ID", help_heading = "Input")]
    pub provider: Option<String>,
    /// Where a part of an event stands, for a line: client=app.name (repeatable)
    #[arg(long = "field", value_name = "PART=KEY", help_heading = "Input")]
    pub fields: Vec<String>,
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

/// `tokscan config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting with the place that it was set at
    Show,
    /// Write a commented default; a file that is there is left as it is
    Init(InitArgs),
}

/// `tokscan config init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// File to write; `-` prints it [default: tokscan.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write the user's own file instead of the project's
    #[arg(long, conflicts_with = "file")]
    pub user: bool,
}

/// `tokscan alert`.
#[derive(Debug, Args)]
#[allow(missing_docs, reason = "most fields are groups of options")]
pub struct AlertArgs {
    /// Name of a rule, or id of a finding or leak: refresh-race
    #[arg(value_name = "RULE|ID")]
    pub what: String,
    /// The monitoring system
    #[arg(
        long = "for",
        value_name = "SYSTEM",
        value_parser = PossibleValuesParser::new(System::ALL.map(System::name))
            .map(|name| System::from_name(&name).unwrap_or(System::Loki)),
    )]
    pub system: System,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub diagnosis: DiagnosisArgs,
    /// Show no progress bar
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,
}

/// `tokscan completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `tokscan man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// A command; without one, the page of the program
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// Write all pages into this folder, as packagers want them
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}
