//! `tokscan report`: a saved report in another format.

use anyhow::Result;

use super::args::RenderArgs;
use super::output::{Kind, Outputs};
use super::pager::Pager;
use super::{Exit, saved};
use crate::model::{EventSet, Report};
use crate::report::{Format, Section};
use crate::scan::{ScanOutcome, rule_texts};

pub(super) fn run(args: &RenderArgs, pager: Pager) -> Result<Exit> {
    let mut report = saved::read(&args.report)?;
    let asked = args.format.map(Kind::Report);
    let section = section(&report);
    let kinds: Vec<Kind> = Format::of(section).map(Kind::Report).chain([Kind::Leaks]).collect();
    let outputs = Outputs::create(&args.output, &kinds, asked, section, args.evidence)?;
    let outputs = outputs.with_pictures(args.pictures.pictures)?.for_reader(pager, args.summary);
    if outputs.carry_rules() {
        report.rules = rule_texts(&report, &args.rule_paths)?;
    }
    outputs.write(&ScanOutcome { report, events: EventSet::default(), known_leaks: Vec::new(), complete: true })?;
    Ok(Exit::Clean)
}

/// What the run was for. Reports of versions that did not say: without findings although refreshes failed it is that of
/// a gate, which asked for leaks alone.
fn section(report: &Report) -> Section {
    let gate = report.findings.is_empty() && report.summary.refresh_failed > 0;
    let likely = if gate { Section::Leaks } else { Section::Triage };
    report.run.as_ref().and_then(|run| run.section).unwrap_or(likely)
}
