//! What is set outside of the command line: files and the environment.
//!
//! The command line wins over `TOKSCAN_*` variables, those over the project's `tokscan.toml`, that over the
//! user's own. What is set becomes an argument before those that were typed, so that an option means the
//! same wherever it comes from, and every message about a value names the place that it was read from.

mod file;
mod known;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};

use super::args::Cli;
use super::output::complain;
use super::pager::Pager;
use super::rulebook::{Rulebook, closest};
use crate::model::{Notice, Trouble};
use crate::rules::RuleError;
pub(super) use file::{ConfigFile, FILE_NAME, Threshold, Whose, has_option, of_project, of_user};
pub(super) use known::{CONFIG_VARIABLE, Kind, SETTINGS, Setting, VARIABLES};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing is set.
    Default,
    /// This variable.
    Environment(String),
    /// This line of this file.
    File { path: String, line: usize },
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::Environment(variable) => out.write_str(variable),
            Self::File { path, line } => write!(out, "{path}:{line}"),
        }
    }
}

/// A value that was handed to the command as an argument.
#[derive(Debug)]
struct Handed {
    option: String,
    value: String,
    origin: Origin,
}

/// Everything that is set outside of the command line.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The weakest first.
    pub(super) files: Vec<ConfigFile>,
    handed: Vec<Handed>,
    /// The command that runs.
    command: String,
    /// How long pages are shown.
    pub(super) pager: Pager,
}

impl Settings {
    /// Reads the files that hold for these arguments.
    pub(super) fn read(matches: &ArgMatches) -> Result<Self, Vec<RuleError>> {
        // A new file is wanted just when the old one is broken.
        if matches.subcommand().is_some_and(|(name, inner)| name == "config" && inner.subcommand_name() == Some("init"))
        {
            return Ok(Self::default());
        }
        let command = matches.subcommand_name().unwrap_or("scan").to_owned();
        let deepest = chain(matches).last().unwrap_or(matches);
        let named = deepest.get_one::<PathBuf>("config").cloned();
        let named = named.or_else(|| env::var_os(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from));
        let files = match named {
            _ if deepest.get_flag("no_config") => Vec::new(),
            Some(path) => vec![(path, Whose::Named)],
            None => {
                let user = of_user().filter(|path| path.is_file()).map(|path| (path, Whose::User));
                let project = of_project().map(|path| (path, Whose::Project));
                user.into_iter().chain(project).collect()
            }
        };
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for (path, whose) in files {
            match ConfigFile::read(&path, whose) {
                Ok(file) => read.push(file),
                Err(more) => errors.extend(more),
            }
        }
        if errors.is_empty() { Ok(Self { files: read, command, ..Self::default() }) } else { Err(errors) }
    }

    /// The values of a setting for a command, and where they come from.
    pub(super) fn value(&self, command: &str, setting: &Setting) -> (Vec<String>, Origin) {
        let variable = setting.variable();
        if let Some(values) = env::var_os(&variable).filter(|value| !value.is_empty()) {
            let values = match setting.kind {
                Kind::Paths => env::split_paths(&values).map(|path| path.to_string_lossy().into_owned()).collect(),
                Kind::List => {
                    let values = values.to_string_lossy().into_owned();
                    values.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
                }
                _ => vec![values.to_string_lossy().trim().to_owned()],
            };
            return (values, Origin::Environment(variable));
        }
        let in_files = self.files.iter().rev().find_map(|file| Some((file, file.value(command, setting)?)));
        in_files.map_or((Vec::new(), Origin::Default), |(file, entry)| {
            (entry.values.clone(), Origin::File { path: file.source.path.clone(), line: entry.line })
        })
    }

    /// The arguments with what is set put before what was typed; an option that was typed stands alone.
    pub(super) fn complete(&mut self, mut arguments: Vec<OsString>, matches: &ArgMatches) -> Vec<OsString> {
        let cli = Cli::command();
        let (command, after) = match matches.subcommand_name() {
            Some(name) => (cli.find_subcommand(name).unwrap_or(&cli), 2),
            None => (&cli, 1),
        };
        for setting in SETTINGS {
            let option = setting.option();
            let named = |option: &str| {
                let global = cli.get_arguments().filter(|known| known.is_global_set());
                command.get_arguments().chain(global).find(|known| known.get_long() == Some(option))
            };
            let Some(known) = named(&option) else { continue };
            let typed = |known: &clap::Arg| {
                chain(matches).any(|level| {
                    level.try_contains_id(known.get_id().as_str()).is_ok()
                        && level.value_source(known.get_id().as_str()) == Some(ValueSource::CommandLine)
                })
            };
            let opposite = named(setting.key).filter(|_| setting.kind == Kind::Switch);
            if typed(known) || opposite.is_some_and(typed) {
                continue;
            }
            let (values, origin) = self.value(&self.command, setting);
            for value in values.into_iter().filter(|value| !is_of_another_command(&cli, known, value)) {
                let origin = origin.clone();
                self.handed.push(Handed { option: option.clone(), value, origin });
            }
        }
        let handed = self.handed.iter().filter_map(Handed::argument);
        arguments.splice(after.min(arguments.len())..after.min(arguments.len()), handed.collect::<Vec<_>>());
        arguments
    }

    /// A message about an option with the place before it that the value comes from.
    pub(super) fn located(&self, option: &str, value: &str, message: &str) -> String {
        let option = option.trim_start_matches('-');
        let handed = self.handed.iter().filter(|handed| handed.option == option);
        let origin = handed.clone().find(|handed| handed.value == value).map(|handed| &handed.origin);
        origin.map_or(message.to_owned(), |origin| format!("{origin}: {message}"))
    }

    /// The thresholds that files set, by rule and name, with the place of each.
    pub(super) fn thresholds(&self, book: &Rulebook) -> Result<Vec<(Threshold, Origin)>, RuleError> {
        let mut set: BTreeMap<(String, String), (Threshold, Origin)> = BTreeMap::new();
        for file in &self.files {
            for threshold in &file.thresholds {
                let path = file.source.path.clone();
                book.check_threshold(&threshold.rule, &threshold.name).map_err(|message| RuleError {
                    path: path.clone(),
                    line: threshold.line,
                    message,
                })?;
                let origin = Origin::File { path, line: threshold.line };
                set.insert((threshold.rule.clone(), threshold.name.clone()), (threshold.clone(), origin));
            }
        }
        Ok(set.into_values().collect())
    }

    /// What a project's file, which nobody named, changes in what is found or fails the run: said in every
    /// report, because whoever wrote the logs may have written that file too.
    pub(super) fn notice(&self) -> Option<Notice> {
        let file = self.files.iter().find(|file| file.whose == Whose::Project)?;
        let of_file = |origin: &Origin| matches!(origin, Origin::File { path, .. } if *path == file.source.path);
        let narrowed = |handed: &&Handed| {
            of_file(&handed.origin) && Setting::of(&handed.option).is_some_and(|setting| setting.narrows)
        };
        let mut keys: Vec<&str> = self.handed.iter().filter(narrowed).map(|handed| handed.option.as_str()).collect();
        keys.extend((!file.thresholds.is_empty()).then_some("thresholds"));
        keys.dedup();
        let message = format!(
            "this project file decides what is found or fails the run ({}); --no-config leaves it out",
            keys.join(", ")
        );
        (!keys.is_empty()).then(|| Notice::new("project-config", Some(&file.source.path), message, Trouble::Note))
    }
}

impl Handed {
    /// `--window=1s`; a switch that is on is the default and needs none.
    fn argument(&self) -> Option<OsString> {
        match Setting::of(self.option.strip_prefix("no-").unwrap_or(&self.option)) {
            Some(setting) if setting.kind == Kind::Switch => match switch(&self.value) {
                Some(true) => None,
                Some(false) => Some(format!("--{}", self.option).into()),
                // clap says that the option takes no value; the place is put before it.
                None => Some(format!("--{}={}", self.option, self.value).into()),
            },
            _ => Some(format!("--{}={}", self.option, self.value).into()),
        }
    }
}

/// `true`, `1`, `yes`, `on` and their opposites.
fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The matches of a command and of the commands below it.
fn chain(matches: &ArgMatches) -> impl Iterator<Item = &ArgMatches> {
    std::iter::successors(Some(matches), |matches| matches.subcommand().map(|(_, inner)| inner))
}

/// Whether only another command knows the value: a format of `scan` is no mistake in `events`.
fn is_of_another_command(cli: &clap::Command, option: &clap::Arg, value: &str) -> bool {
    let takes = |option: &clap::Arg| option.get_possible_values().iter().any(|known| known.matches(value, true));
    let same = |other: &&clap::Arg| other.get_long() == option.get_long();
    !option.get_possible_values().is_empty()
        && !takes(option)
        && std::iter::once(cli)
            .chain(cli.get_subcommands())
            .filter_map(|other| other.get_arguments().find(same))
            .any(takes)
}

/// Variables that look like ours and are none are most likely misspelt: a gate must not lose its bar that way.
pub(super) fn warn_of_unknown_variables() {
    let known: Vec<String> = SETTINGS.iter().map(Setting::variable).chain([CONFIG_VARIABLE.to_owned()]).collect();
    let mut names: Vec<String> = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    for name in names.iter().filter(|name| name.starts_with(VARIABLES) && !known.contains(name)) {
        let bare = |name: &str| name.trim_start_matches(VARIABLES).to_lowercase().replace('_', "-");
        let keys: Vec<String> = known.iter().map(|name| bare(name)).collect();
        if let Some(near) = closest(&bare(name), keys.iter().map(String::as_str)) {
            let near = format!("{VARIABLES}{}", near.to_uppercase().replace('-', "_"));
            complain(&format!("{name} is not known and is left out; did you mean {near}?"));
        }
    }
}
