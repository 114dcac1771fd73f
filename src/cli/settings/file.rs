//! `tokscan.toml`: where it is found, what it may hold, and each mistake by path and line.

use std::borrow::Cow;
use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::known::{Kind, SETTINGS, Setting};
use crate::cli::args::Cli;
use crate::cli::rulebook::closest;
use crate::rules::{RuleError, RuleSource};
use crate::triage::{Allow, GateError, read_allow};

/// The name of the file, in a project and in the user's folder.
pub(in crate::cli) const FILE_NAME: &str = "tokscan.toml";
/// The table of thresholds, by diagnosis and name. Tables that are no command stand here.
const THRESHOLDS: &str = "thresholds";
/// The list of what may stay readable in a log; its form is that of the triage layer.
const ALLOW: &str = "allow";
/// A longer file is none of ours.
const LONGEST: u64 = 1 << 20;

/// Who chose a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Whose {
    /// The user's own.
    User,
    /// Found upward from the working directory: whoever wrote the repository wrote it.
    Project,
    /// Named with `--config` or `TOKSCAN_CONFIG`.
    Named,
}

/// One value of a file.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Entry {
    /// The command whose table it stands in; `None` holds for every command.
    pub(in crate::cli) command: Option<String>,
    pub(in crate::cli) setting: &'static Setting,
    /// As the option takes them.
    pub(in crate::cli) values: Vec<String>,
    pub(in crate::cli) line: usize,
}

/// A number that replaces a diagnosis's own.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Threshold {
    pub(in crate::cli) rule: String,
    pub(in crate::cli) name: String,
    pub(in crate::cli) value: f64,
    pub(in crate::cli) line: usize,
}

/// A file that was read.
#[derive(Debug)]
pub(in crate::cli) struct ConfigFile {
    pub(in crate::cli) whose: Whose,
    pub(in crate::cli) source: RuleSource,
    pub(in crate::cli) entries: Vec<Entry>,
    pub(in crate::cli) thresholds: Vec<Threshold>,
    pub(in crate::cli) allow: Vec<Allow>,
}

impl ConfigFile {
    /// Reads and checks a file; all its mistakes are told at once.
    pub(in crate::cli) fn read(path: &Path, whose: Whose) -> Result<Self, Vec<RuleError>> {
        let shown = path.display().to_string();
        let unreadable = |why: &str| {
            vec![RuleError {
                path: shown.clone(),
                line: 1,
                message: format!("cannot be read: {why}; or use --no-config"),
            }]
        };
        let text = text_of(path).map_err(|error| unreadable(&error.to_string()))?;
        let source = RuleSource { path: shown.clone(), text: Cow::Owned(text) };
        let mut reading = Reading {
            source: &source,
            whose,
            folder: folder_of(path),
            entries: Vec::new(),
            thresholds: Vec::new(),
            allow: Vec::new(),
            errors: Vec::new(),
        };
        reading.file();
        let Reading { entries, thresholds, allow, errors, .. } = reading;
        if errors.is_empty() { Ok(Self { whose, source, entries, thresholds, allow }) } else { Err(errors) }
    }

    /// The value for a command: what stands in its table goes before what holds for all.
    pub(in crate::cli) fn value(&self, command: &str, setting: &Setting) -> Option<&Entry> {
        let of = |wanted: Option<&str>| {
            self.entries.iter().find(|entry| entry.setting.key == setting.key && entry.command.as_deref() == wanted)
        };
        of(Some(command)).or_else(|| of(None))
    }
}

/// The project's file: the nearest one upward from the working directory.
pub(in crate::cli) fn of_project() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let levels = here.ancestors().count();
    (0..levels).map(|up| Path::new(&"../".repeat(up)).join(FILE_NAME)).find(|path| path.is_file())
}

/// Where the user's file is, or would be: <https://specifications.freedesktop.org/basedir-spec>.
pub(in crate::cli) fn of_user() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = if cfg!(windows) {
        absolute("APPDATA")
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
    };
    Some(folder?.join("tokscan").join(FILE_NAME))
}

/// The text of a regular file of a sane size: a link to a device must not hang the run.
fn text_of(path: &Path) -> std::io::Result<String> {
    let other = |why: &str| std::io::Error::other(why.to_owned());
    if !fs::metadata(path)?.is_file() {
        return Err(other("it is no regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(other("it is longer than 1 MiB"));
    }
    Ok(text)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file while it is checked.
struct Reading<'a> {
    source: &'a RuleSource,
    whose: Whose,
    folder: &'a Path,
    entries: Vec<Entry>,
    thresholds: Vec<Threshold>,
    allow: Vec<Allow>,
    errors: Vec<RuleError>,
}

type Key<'t> = Spanned<Cow<'t, str>>;

impl Reading<'_> {
    fn file(&mut self) {
        let source = self.source;
        let table = match DeTable::parse(&source.text) {
            Ok(table) => table,
            Err(error) => return self.error(error.span().map_or(0, |span| span.start), error.message().to_owned()),
        };
        let cli = Cli::command();
        for (key, value) in table.get_ref() {
            let setting = Setting::of(key.get_ref());
            let command = cli.find_subcommand(key.get_ref().as_ref());
            match (value.get_ref(), setting, command) {
                (_, Some(setting), _) => self.setting(None, setting, key, value),
                (DeValue::Table(inner), None, _) if key.get_ref() == THRESHOLDS => self.thresholds(inner),
                (DeValue::Array(_), None, _) if key.get_ref() == ALLOW => self.allow(),
                (DeValue::Table(inner), None, Some(command)) => self.command(command, inner),
                _ => self.unknown(key, cli.get_subcommands().map(clap::Command::get_name).chain([THRESHOLDS, ALLOW])),
            }
        }
        self.entries.sort_by_key(|entry| entry.line);
        self.errors.sort_by_key(|error| error.line);
    }

    /// A command's own table.
    fn command(&mut self, command: &clap::Command, table: &DeTable<'_>) {
        for (key, value) in table {
            let has = |setting: &&Setting| has_option(command, &setting.option());
            match Setting::of(key.get_ref()) {
                Some(setting) if has(&setting) => self.setting(Some(command.get_name()), setting, key, value),
                Some(setting) => {
                    let message = format!("`tokscan {}` has no option --{}", command.get_name(), setting.option());
                    self.error(key.span().start, message);
                }
                None => self.unknown(key, std::iter::empty()),
            }
        }
    }

    fn setting(
        &mut self,
        command: Option<&str>,
        setting: &'static Setting,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(mut values) = texts(setting.kind, value.get_ref()) else {
            return self.error(value.span().start, setting.form());
        };
        if matches!(setting.kind, Kind::Path | Kind::Paths) {
            values = values.iter().filter_map(|path| self.path(path, value.span().start)).collect();
        }
        if self.whose == Whose::Project && !values.iter().all(|value| setting.is_for_projects(value)) {
            let message = format!("a project's file names a {} and writes none of its own", setting.key);
            return self.error(value.span().start, message);
        }
        let line = self.source.line_of(key.span().start);
        self.entries.push(Entry { command: command.map(str::to_owned), setting, values, line });
    }

    /// A path of the file, from its folder. A project's file names only what lies in the project: it is
    /// written by whoever wrote the repository.
    fn path(&mut self, text: &str, at: usize) -> Option<String> {
        let path = if text.is_empty() { PathBuf::new() } else { self.folder.join(text) };
        let message = match fs::canonicalize(&path) {
            Err(error) => format!("'{text}' cannot be read: {error}"),
            Ok(_) if self.whose != Whose::Project => return Some(path.to_string_lossy().into_owned()),
            Ok(real) if fs::canonicalize(self.folder).is_ok_and(|folder| real.starts_with(folder)) => {
                return Some(path.to_string_lossy().into_owned());
            }
            Ok(_) => format!(
                "'{text}' lies outside of the project, and a project's file may not name it; name it on the command \
                 line, or use --config to name this file"
            ),
        };
        self.error(at, message);
        None
    }

    /// `[thresholds.retry-storm]`; the names are checked where the rules are known.
    fn thresholds(&mut self, table: &DeTable<'_>) {
        for (rule, numbers) in table {
            let DeValue::Table(numbers) = numbers.get_ref() else {
                self.error(rule.span().start, "a threshold stands below its rule: `[thresholds.retry-storm]`".into());
                continue;
            };
            for (name, value) in numbers {
                let number = match value.get_ref() {
                    DeValue::Integer(number) => number.to_string().parse::<f64>().ok(),
                    DeValue::Float(number) => number.to_string().parse::<f64>().ok(),
                    _ => None,
                };
                let Some(number) = number.filter(|number| number.is_finite() && *number >= 0.0) else {
                    self.error(value.span().start, format!("the threshold {} is a number from 0 up", name.get_ref()));
                    continue;
                };
                let line = self.source.line_of(name.span().start);
                let (rule, name) = (rule.get_ref().to_string(), name.get_ref().to_string());
                self.thresholds.push(Threshold { rule, name, value: number, line });
            }
        }
    }

    /// `[[allow]]`
    fn allow(&mut self) {
        match read_allow(&self.source.path, &self.source.text) {
            Ok(rules) => self.allow = rules,
            Err(errors) => {
                let errors = errors.into_iter();
                self.errors.extend(errors.map(|GateError { path, line, message }| RuleError { path, line, message }));
            }
        }
    }

    fn unknown<'n>(&mut self, key: &Key<'_>, others: impl Iterator<Item = &'n str>) {
        let known = SETTINGS.iter().map(|setting| setting.key).chain(others);
        let hint = closest(key.get_ref(), known)
            .map_or("`tokscan config init -` shows all keys".into(), |near| format!("did you mean '{near}'?"));
        self.error(key.span().start, format!("unknown key '{}'; {hint}", key.get_ref()));
    }

    fn error(&mut self, at: usize, message: String) {
        self.errors.push(RuleError { path: self.source.path.clone(), line: self.source.line_of(at), message });
    }
}

/// Whether a command has an option of this long name.
pub(in crate::cli) fn has_option(command: &clap::Command, long: &str) -> bool {
    command.get_arguments().any(|option| option.get_long() == Some(long))
}

/// A value as the option takes it; `None` where it is of another kind.
fn texts(kind: Kind, value: &DeValue<'_>) -> Option<Vec<String>> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    match (kind, value) {
        (Kind::Switch, DeValue::Boolean(on)) => Some(vec![on.to_string()]),
        (Kind::Number | Kind::Text, DeValue::Integer(number)) => {
            number.to_string().parse::<u32>().ok().map(|number| vec![number.to_string()])
        }
        (Kind::Text | Kind::List | Kind::Path | Kind::Paths, DeValue::String(text)) => Some(vec![text.to_string()]),
        (Kind::List | Kind::Paths, DeValue::Array(items)) => items.iter().map(|item| one(item.get_ref())).collect(),
        _ => None,
    }
}
