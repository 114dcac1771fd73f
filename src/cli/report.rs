//! `tokscan report`: a saved report in another format.

use anyhow::Result;

use super::args::RenderArgs;
use super::output::{Kind, Outputs};
use super::{Exit, saved};
use crate::model::{EventSet, Report};
use crate::report::{Format, Section};
use crate::scan::ScanOutcome;

pub(super) fn run(args: &RenderArgs) -> Result<Exit> {
    let report = saved::read(&args.report)?;
    let asked = args.format.format.map(Kind::Report);
    let section = section(&report);
    let kinds: Vec<Kind> = Format::of(section).map(Kind::Report).collect();
    let outputs = Outputs::create(&args.output, &kinds, asked, section, args.evidence)?;
    outputs.write(&ScanOutcome { report, events: EventSet::default(), known_leaks: Vec::new(), complete: true })?;
    Ok(Exit::Clean)
}

/// A report without findings although refreshes failed is that of a gate: it asked for leaks alone.
fn section(report: &Report) -> Section {
    let gate = report.findings.is_empty() && report.summary.refresh_failed > 0;
    if gate { Section::Leaks } else { Section::Triage }
}
