//! `tokscan config`: what holds and where it was set, and a file to begin with.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use unicode_width::UnicodeWidthStr;

use super::Exit;
use super::args::{Cli, ConfigCommand, InitArgs};
use super::output::to_stdout;
use super::rulebook::Rulebook;
use super::settings::{FILE_NAME, Kind, Origin, SETTINGS, Setting, Settings, Whose, has_option, of_project, of_user};
use crate::report::{escape, wrap};

/// Columns of the comments in a file that we write.
const WIDTH: usize = 100;
/// No command's name: what holds for all that have no table of their own.
const ALL: &str = "";

pub(super) fn run(command: &ConfigCommand, settings: &Settings) -> Result<Exit> {
    match command {
        ConfigCommand::Show => show(settings),
        ConfigCommand::Init(args) => init(args),
    }
}

/// Every setting as TOML, with the place that it was set at.
fn show(settings: &Settings) -> Result<Exit> {
    let mut rows = files(settings);
    rows.push(Row::default());
    for setting in SETTINGS {
        let (values, origin) = settings.value(ALL, setting);
        rows.push(row(setting, &values, &origin));
    }
    for command in Cli::command().get_subcommands().map(clap::Command::get_name) {
        let own: Vec<Row> = SETTINGS
            .iter()
            .map(|setting| (setting, settings.value(command, setting)))
            .filter(|(setting, own)| own.1 != Origin::Default && *own != settings.value(ALL, setting))
            .map(|(setting, (values, origin))| row(setting, &values, &origin))
            .collect();
        if !own.is_empty() {
            rows.extend([Row::default(), Row::head(format!("[{command}]"))]);
            rows.extend(own);
        }
    }
    thresholds(settings, &mut rows)?;
    let widest =
        rows.iter().filter(|row| !row.origin.is_empty()).map(|row| row.text.width()).max().unwrap_or(0).min(60);
    settings.pager.show(|out| rows.iter().try_for_each(|row| row.write(widest, out)))?;
    Ok(Exit::Clean)
}

/// A line of `config show`.
#[derive(Debug, Default)]
struct Row {
    text: String,
    origin: String,
}

impl Row {
    fn head(text: String) -> Self {
        Self { text, origin: String::new() }
    }

    fn write(&self, widest: usize, out: &mut dyn Write) -> io::Result<()> {
        let text = escape::terminal(&self.text);
        if self.origin.is_empty() {
            return writeln!(out, "{text}");
        }
        let gap = " ".repeat(widest.saturating_sub(text.width()));
        writeln!(out, "{text}{gap}  # {}", escape::terminal(&self.origin))
    }
}

/// Which files were read, and which would be.
fn files(settings: &Settings) -> Vec<Row> {
    let read =
        |whose: Whose| settings.files.iter().find(|file| file.whose == whose).map(|file| file.source.path.clone());
    if let Some(path) = read(Whose::Named) {
        return vec![Row::head(format!("# named file    {path}"))];
    }
    let user = of_user().map_or("no folder is known".into(), |path| path.display().to_string());
    let user = if read(Whose::User).is_some() { user } else { format!("{user} (not read)") };
    let project = of_project().map(|path| path.display().to_string());
    let project = match (read(Whose::Project), project) {
        (Some(path), _) => path,
        (None, Some(path)) => format!("{path} (not read)"),
        (None, None) => format!("no {FILE_NAME} from here upward"),
    };
    vec![Row::head(format!("# project file  {project}")), Row::head(format!("# user file     {user}"))]
}

/// `window = "1s"  # tokscan.toml:3`; what is not set stands behind a `#`.
fn row(setting: &Setting, values: &[String], origin: &Origin) -> Row {
    let default = default_of(setting);
    let text = match (origin, default) {
        (Origin::Default, Some(default)) => format!("{} = {default}", setting.key),
        (Origin::Default, None) => format!("# {}: {}", setting.key, setting.unset),
        _ => format!("{} = {}", setting.key, as_toml(setting.kind, values)),
    };
    Row { text, origin: origin.to_string() }
}

/// The value of an option that nobody gives, as TOML.
fn default_of(setting: &Setting) -> Option<String> {
    if setting.kind == Kind::Switch {
        return Some(setting.unset.to_owned());
    }
    let cli = Cli::command();
    let value = argument(&cli, setting)?.get_default_values().first()?.to_string_lossy().into_owned();
    Some(as_toml(setting.kind, &[value]))
}

/// The option that a setting gives: of the default command, or of the first other that has it.
fn argument<'c>(cli: &'c clap::Command, setting: &Setting) -> Option<&'c clap::Arg> {
    let option = setting.option();
    let mut options = std::iter::once(cli).chain(cli.get_subcommands()).flat_map(clap::Command::get_arguments);
    options.find(|known| known.get_long() == Some(option.as_str()))
}

fn as_toml(kind: Kind, values: &[String]) -> String {
    let text = |value: &String| toml::Value::String(value.clone()).to_string();
    match (kind, values) {
        (Kind::List | Kind::Paths, _) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", ")),
        (Kind::Number | Kind::Switch, [value]) => value.clone(),
        (_, [value]) => text(value),
        _ => String::new(),
    }
}

/// The numbers of all diagnoses, those of a file in the place of the built-in ones.
fn thresholds(settings: &Settings, rows: &mut Vec<Row>) -> Result<()> {
    let rules = Setting::of("rules").map(|rules| settings.value(ALL, rules).0).unwrap_or_default();
    let book = Rulebook::load(&rules.into_iter().map(PathBuf::from).collect::<Vec<_>>())?;
    let set = settings.thresholds(&book)?;
    for entry in book.entries() {
        let Some(numbers) = entry.thresholds() else { continue };
        rows.extend([Row::default(), Row::head(format!("[thresholds.{}]", entry.id))]);
        for (name, default) in numbers {
            let own = set.iter().find(|(own, _)| own.rule == entry.id && own.name == *name);
            let (value, origin) = match own {
                Some((own, origin)) => (own.value.to_string(), origin.clone()),
                None => (default.to_string(), Origin::Default),
            };
            rows.push(Row { text: format!("{name} = {value}"), origin: origin.to_string() });
        }
    }
    Ok(())
}

/// Writes a commented default, never over a file that is there.
fn init(args: &InitArgs) -> Result<Exit> {
    let text = template()?;
    let path = match (&args.file, args.user) {
        (Some(path), _) if path.as_os_str() == "-" => {
            to_stdout(|out| out.write_all(text.as_bytes()))?;
            return Ok(Exit::Clean);
        }
        (Some(path), _) => path.clone(),
        (None, true) => of_user().context("no folder for the user's settings is known: set HOME or XDG_CONFIG_HOME")?,
        (None, false) => PathBuf::from(FILE_NAME),
    };
    create(&path, &text)?;
    to_stdout(|out| {
        writeln!(out, "wrote {}; `tokscan config show` says what holds", escape::terminal(&path.display().to_string()))
    })?;
    Ok(Exit::Clean)
}

fn create(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already and is left as it is; `tokscan config init -` prints a default", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// Every setting, explained in the words of the help and commented out.
fn template() -> Result<String> {
    let mut lines = comment(
        "Settings of tokscan. A key is the name of an option; `tokscan --help` says more of each. The command line wins \
         over TOKSCAN_* variables, those over the tokscan.toml of a project, that over the user's own file. \
         `tokscan config show` says what holds and where it was set.",
    );
    let cli = Cli::command();
    for setting in SETTINGS {
        lines.push(String::new());
        lines.extend(explained(&cli, setting));
    }
    let has_settings = |command: &&clap::Command| SETTINGS.iter().any(|setting| has_option(command, &setting.option()));
    let commands = cli.get_subcommands().filter(has_settings).map(clap::Command::get_name);
    let commands: Vec<&str> = commands.filter(|name| Setting::of(name).is_none()).collect();
    lines.push(String::new());
    lines.extend(comment(&format!("For one command alone, in a table of its name: {}.", commands.join(", "))));
    lines.extend(["# [leaks]", "# fail-on = [\"high\"]", ""].map(str::to_owned));
    lines.extend(comment("The numbers of the diagnoses, by rule; `tokscan rules show NAME` says what each means."));
    for entry in Rulebook::load(&[])?.entries() {
        let Some(numbers) = entry.thresholds() else { continue };
        lines.push(format!("# [thresholds.{}]", entry.id));
        lines.extend(numbers.iter().map(|(name, value)| format!("# {name} = {value}")));
    }
    Ok(lines.join("\n") + "\n")
}

/// What a setting does, and the line that sets it.
fn explained(cli: &clap::Command, setting: &Setting) -> Vec<String> {
    let help = argument(cli, setting).and_then(clap::Arg::get_help).map(ToString::to_string).unwrap_or_default();
    let mut lines = match setting.kind {
        Kind::Switch => comment(&format!("Whether to show it: {}.", setting.key)),
        _ => comment(&format!("{}.", plain(&help))),
    };
    if default_of(setting).is_none() {
        lines.extend(comment(&format!("Without it: {}.", setting.unset)));
    }
    let value = default_of(setting).unwrap_or_else(|| setting.example.into());
    lines.push(format!("# {} = {value}", setting.key));
    lines
}

fn comment(words: &str) -> Vec<String> {
    wrap(words, WIDTH - 2).iter().map(|line| format!("# {line}")).collect()
}

/// The first line of an option's help without what only a command line needs.
fn plain(help: &str) -> &str {
    let end = [" (repeatable)", " [default"].iter().filter_map(|part| help.find(part)).min();
    &help[..end.unwrap_or(help.len())]
}
