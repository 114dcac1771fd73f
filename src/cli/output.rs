//! Where results go: files that exist before the work starts, and standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::args::{OutputArgs, Pictures};
use super::config;
use super::pager::Pager;
use crate::model::{Notice, Trouble};
#[cfg(feature = "parquet")]
use crate::report::render_events_parquet;
use crate::report::{
    Format, Section, Style, escape, headline, markdown_pictures, render_events_csv, render_events_jsonl,
    render_leaks_csv,
};
use crate::scan::ScanOutcome;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The report.
    Report(Format),
    /// The leaks of a report, as a table.
    Leaks,
    /// The token events.
    Events(Rows),
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    /// One JSON object a line.
    Jsonl,
    /// A table.
    Csv,
    /// A table with types, for query engines.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Kind {
    /// The ends of names that ask for it. A command that writes several tables knows them by longer ones.
    fn suffixes(self) -> impl Iterator<Item = &'static str> {
        let (suffix, longer) = match self {
            Self::Report(format) => (format.suffix(), None),
            Self::Leaks => (None, Some("leaks.csv")),
            Self::Events(Rows::Jsonl) => (Some("jsonl"), None),
            Self::Events(Rows::Csv) => (Some("csv"), Some("events.csv")),
            #[cfg(feature = "parquet")]
            Self::Events(Rows::Parquet) => (Some("parquet"), None),
        };
        suffix.into_iter().chain(longer)
    }

    /// Writes what was found.
    fn write(self, outcome: &ScanOutcome, section: Section, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Report(format) => format.render(&outcome.report, section, style, out),
            Self::Leaks => render_leaks_csv(&outcome.report, out),
            Self::Events(Rows::Jsonl) => render_events_jsonl(&outcome.events, out),
            Self::Events(Rows::Csv) => render_events_csv(&outcome.events, out),
            #[cfg(feature = "parquet")]
            Self::Events(Rows::Parquet) => render_events_parquet(&outcome.events, out),
        }
    }
}

/// A file of `--output`.
struct Target {
    path: PathBuf,
    kind: Kind,
    out: BufWriter<File>,
    /// The folder of its pictures, where they are files.
    pictures: Option<PathBuf>,
}

impl Target {
    fn write(&mut self, outcome: &ScanOutcome, section: Section, style: &Style) -> io::Result<()> {
        let name = |folder: &PathBuf| folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let style = Style { pictures: self.pictures.as_ref().and_then(name), ..style.clone() };
        self.kind.write(outcome, section, &style, &mut self.out)?;
        if let Some(folder) = &self.pictures {
            for file in markdown_pictures(&outcome.report)? {
                fs::write(folder.join(file.name), file.svg)?;
            }
        }
        self.out.flush()
    }
}

/// Everything that a run writes to.
pub(super) struct Outputs {
    files: Vec<Target>,
    /// What goes to standard output, if anything.
    stdout: Option<Kind>,
    section: Section,
    page: Style,
    file: Style,
    quiet: bool,
    verbose: bool,
    pager: Pager,
}

impl Outputs {
    /// Creates the files, so that a bad path fails before the work. With files and no `--format`,
    /// standard output stays empty.
    pub(super) fn create(
        args: &OutputArgs,
        allowed: &[Kind],
        asked: Option<Kind>,
        section: Section,
        evidence: Option<usize>,
    ) -> Result<Self> {
        let mut files = Vec::new();
        for path in &args.files {
            files.push((path, kind_of(path, allowed)?));
        }
        let files = files.into_iter().map(|(path, kind)| {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Target { path: path.clone(), kind, out: BufWriter::new(file), pictures: None })
        });
        let files = files.collect::<Result<Vec<_>>>()?;
        let default = if files.is_empty() { allowed.first().copied() } else { None };
        Ok(Self {
            files,
            stdout: asked.or(default),
            section,
            page: config::stdout_style(args, evidence)?,
            file: config::file_style(args, evidence),
            quiet: args.quiet,
            verbose: args.verbose,
            pager: Pager::default(),
        })
    }

    /// The same with the pictures of Markdown pages as they were asked for; folders for files are made, so that a bad
    /// path fails before the work.
    pub(super) fn with_pictures(mut self, pictures: Pictures) -> Result<Self> {
        if pictures == Pictures::Mermaid {
            return Ok(self);
        }
        let pages = self.files.iter_mut().filter(|target| target.kind == Kind::Report(Format::Markdown));
        let mut some = false;
        for target in pages {
            let stem = target.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let folder = target.path.with_file_name(format!("{stem}-pictures"));
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            target.pictures = Some(folder);
            some = true;
        }
        if !some {
            bail!("--pictures svg writes files beside a Markdown page: name one with --output, as in -o report.md");
        }
        Ok(self)
    }

    /// Whether something will name the digests of the inputs.
    pub(super) fn name_digests(&self) -> bool {
        self.formats().any(Format::is_document)
    }

    /// Whether token events themselves will be written.
    pub(super) fn write_events(&self) -> bool {
        let mut kinds = self.files.iter().map(|target| target.kind).chain(self.stdout);
        kinds.any(|kind| matches!(kind, Kind::Events(_)))
    }

    /// Whether something will carry the texts of the rules.
    pub(super) fn carry_rules(&self) -> bool {
        self.formats().any(Format::carries_rules)
    }

    /// The formats of the report that will be written.
    fn formats(&self) -> impl Iterator<Item = Format> + '_ {
        let kinds = self.files.iter().map(|target| target.kind).chain(self.stdout);
        kinds.filter_map(|kind| if let Kind::Report(format) = kind { Some(format) } else { None })
    }

    /// The same for a reader: long pages through the pager, and in ten lines if that is asked.
    pub(super) fn for_reader(mut self, pager: Pager, summary: bool) -> Self {
        self.pager = pager;
        (self.page.summary, self.file.summary) = (summary, summary);
        self
    }

    /// Writes all that was asked for. A closed pipe is no error: who closed it has read enough.
    pub(super) fn write(mut self, outcome: &ScanOutcome) -> Result<()> {
        let finished = config::now();
        self.file.run.finished = finished;
        self.page.run.finished = finished;
        for target in &mut self.files {
            target
                .write(outcome, self.section, &self.file)
                .with_context(|| format!("cannot write {}", target.path.display()))?;
        }
        match self.stdout {
            Some(kind @ Kind::Report(Format::Terminal)) => {
                self.pager.show(|out| kind.write(outcome, self.section, &self.page, out))?;
            }
            Some(kind) => to_stdout(|out| kind.write(outcome, self.section, &self.page, out))?,
            None => {}
        }
        if !self.quiet {
            self.say(outcome);
        }
        Ok(())
    }

    /// What people must hear on standard error when no page shows it to them.
    fn say(&self, outcome: &ScanOutcome) {
        let report = &outcome.report;
        let paged = self.stdout == Some(Kind::Report(Format::Terminal)) && !self.page.summary;
        let told = |notice: &&Notice| (!paged && notice.trouble == Trouble::Incomplete) || self.verbose;
        for notice in report.notices.iter().filter(told) {
            let place = notice.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
            // Escaped as a whole: a line end from a log must not begin a line that looks like ours.
            complain(&escape::terminal(&format!("{place}{}", notice.message)));
        }
        if self.verbose {
            for input in &report.inputs {
                let format = input.format.as_deref().unwrap_or("nothing recognised");
                let packed = input.compression.as_ref().map_or(String::new(), |packed| format!(" in {packed}"));
                let (lines, events) = (input.lines, input.token_events);
                complain(&format!("{}: {format}{packed}, {lines} lines, {events} token events", input.path));
            }
        }
        let events_only =
            !self.files.is_empty() && self.files.iter().all(|target| matches!(target.kind, Kind::Events(_)));
        if self.stdout.is_none() && !events_only {
            complain(&headline(report, self.section));
        }
    }
}

/// The kind that the end of a file's name asks for: the longest that fits, of equal ones the first.
fn kind_of(path: &Path, allowed: &[Kind]) -> Result<Kind> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let ends =
        |suffix: &str| name.strip_suffix(suffix).is_some_and(|stem| stem.is_empty() || stem.ends_with(['.', '-']));
    let offered = || allowed.iter().flat_map(|kind| kind.suffixes().map(|suffix| (suffix, *kind)));
    let mut fitting: Vec<(&str, Kind)> = offered().filter(|(suffix, _)| ends(suffix)).collect();
    fitting.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
    if let Some((_, kind)) = fitting.first().copied() {
        return Ok(kind);
    }
    if !cfg!(feature = "parquet") && ends("parquet") {
        bail!(
            "cannot write {}: this build writes no Parquet; build one that does with `cargo install --path . --features parquet`",
            path.display()
        );
    }
    let mut known: Vec<String> = Vec::new();
    for (suffix, _) in offered() {
        let suffix = format!(".{suffix}");
        if !known.contains(&suffix) {
            known.push(suffix);
        }
    }
    bail!(
        "invalid value '{}' for --output: the suffix says the format, and this command writes {}",
        path.display(),
        known.join(", ")
    )
}

/// Writes to standard output; a closed pipe is success.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer would be written again on drop, in vain.
            drop(out.into_parts());
            Ok(())
        }
        result => result.context("cannot write to standard output"),
    }
}

/// One line on standard error. Nothing can be done if that fails, so nothing is.
pub(super) fn complain(message: &str) {
    for line in message.lines() {
        to_stderr(&format!("tokscan: {line}"));
    }
}

/// The same without our name before it: a message as one line that an editor can follow to its place.
pub(super) fn to_stderr(message: &str) {
    drop(writeln!(io::stderr().lock(), "{}", escape::terminal(message)));
}
