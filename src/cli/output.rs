//! Where results go: files that exist before the work starts, and standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::args::OutputArgs;
use super::config;
use super::pager::Pager;
use crate::model::{Notice, Trouble};
use crate::report::{Format, Section, Style, escape, headline, render_events_jsonl};
use crate::scan::ScanOutcome;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The report.
    Report(Format),
    /// The token events, as JSON lines.
    Events,
}

impl Kind {
    fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Report(format) => format.suffix(),
            Self::Events => Some("jsonl"),
        }
    }

    /// Writes what was found.
    fn write(self, outcome: &ScanOutcome, section: Section, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Report(format) => format.render(&outcome.report, section, style, out),
            Self::Events => render_events_jsonl(&outcome.events, out),
        }
    }
}

/// A file of `--output`.
struct Target {
    path: PathBuf,
    kind: Kind,
    out: BufWriter<File>,
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
            Ok(Target { path: path.clone(), kind, out: BufWriter::new(file) })
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

    /// Whether something will name the digests of the inputs.
    pub(super) fn name_digests(&self) -> bool {
        let kinds = self.files.iter().map(|target| target.kind).chain(self.stdout);
        kinds.into_iter().any(|kind| matches!(kind, Kind::Report(format) if format.is_document()))
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
                .kind
                .write(outcome, self.section, &self.file, &mut target.out)
                .and_then(|()| target.out.flush())
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
        let events_only = !self.files.is_empty() && self.files.iter().all(|target| target.kind == Kind::Events);
        if self.stdout.is_none() && !events_only {
            complain(&headline(report, self.section));
        }
    }
}

/// The kind that the end of a file's name asks for: the longest that fits.
fn kind_of(path: &Path, allowed: &[Kind]) -> Result<Kind> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let ends =
        |suffix: &str| name.strip_suffix(suffix).is_some_and(|stem| stem.is_empty() || stem.ends_with(['.', '-']));
    let fitting = allowed.iter().filter_map(|kind| Some((kind.suffix().filter(|suffix| ends(suffix))?.len(), *kind)));
    if let Some((_, kind)) = fitting.max_by_key(|(length, _)| *length) {
        return Ok(kind);
    }
    let known: Vec<String> =
        allowed.iter().filter_map(|kind| kind.suffix()).map(|suffix| format!(".{suffix}")).collect();
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
