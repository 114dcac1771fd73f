//! `tokscan scan`: the triage run. What `leaks` and `events` share with it is here too.

use anyhow::Result;
use clap::ValueEnum;

use super::args::{OutputArgs, ScanArgs};
use super::fail_on::FailOn;
use super::output::{Kind, Outputs, Rows};
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, config};
use crate::report::{Format, Section};
use crate::scan::{ScanOptions, ScanOutcome, scan};

pub(super) fn run(args: &ScanArgs, settings: &Settings) -> Result<Exit> {
    let Some(mut options) = config::read(&args.input, &args.select, settings)? else { return Ok(Exit::NothingNamed) };
    config::rules(&mut options, &args.rules)?;
    config::diagnosis(&mut options, &args.diagnosis)?;
    let fail_on = FailOn::read(&args.fail.fail_on, "never", &options.rule_paths)?;
    let mut kinds: Vec<Kind> = Format::of(Section::Triage).map(Kind::Report).collect();
    kinds.push(Kind::Leaks);
    kinds.extend(Rows::value_variants().iter().copied().map(Kind::Events));
    let asked = args.format.format.map(Kind::Report);
    let outputs = Outputs::create(&args.output, &kinds, asked, Section::Triage, args.diagnosis.evidence)?;
    let outputs = outputs.with_pictures(args.format.pictures.pictures)?.for_reader(settings.pager, args.format.summary);
    options.digests = outputs.name_digests();
    options.keep_events = outputs.write_events();
    let outcome = watched(&options, &args.output, settings)?;
    outputs.write(&outcome)?;
    Ok(exit(&outcome, &fail_on, 0))
}

/// Scans behind a progress bar. What a project's file decided stands in the report.
pub(super) fn watched(options: &ScanOptions, output: &OutputArgs, settings: &Settings) -> Result<ScanOutcome> {
    behind(&Bar::new(!output.no_progress && !output.quiet), options, settings)
}

/// Scans behind this bar.
pub(super) fn behind(bar: &Bar, options: &ScanOptions, settings: &Settings) -> Result<ScanOutcome> {
    let outcome = scan(options, bar);
    bar.clear();
    let mut outcome = outcome?;
    outcome.report.notices.splice(0..0, settings.notice());
    Ok(outcome)
}

/// The exit code of a run that is forgiven so many findings and leaks: that something could not be read outweighs
/// what was found.
pub(super) fn exit(outcome: &ScanOutcome, fail_on: &FailOn, forgiven: usize) -> Exit {
    match (outcome.complete, fail_on.count(&outcome.report) > forgiven) {
        (false, _) => Exit::Trouble,
        (true, true) => Exit::Found,
        (true, false) => Exit::Clean,
    }
}
