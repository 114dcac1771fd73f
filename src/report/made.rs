//! How the report was made: what it takes to get it again.

use super::shown::{clip, second};
use super::words::span;
use crate::model::{Report, RunInfo, Timestamp};

/// Names and values, in the order in which they are shown.
pub(super) fn made(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Program", version(report))];
    facts.extend(report.run.iter().flat_map(of_run));
    facts
}

pub(super) fn version(report: &Report) -> String {
    clip(&format!("{} {}", report.tool.name, report.tool.version), 60)
}

fn of_run(run: &RunInfo) -> Vec<(&'static str, String)> {
    let added = if run.rule_paths.is_empty() { String::new() } else { format!(", with {}", listed(&run.rule_paths)) };
    let rules = if run.rules.is_empty() { "all rules".into() } else { listed(&run.rules) };
    vec![
        ("Rules", format!("{} files, version {}{added}", run.rule_files, clip(&run.rules_digest, 16))),
        ("Window", span(i64::try_from(run.window_ms).unwrap_or(i64::MAX))),
        ("Zone of times without one", clip(&run.tz, 60)),
        ("From", bound(run.since)),
        ("Until", bound(run.until)),
        ("Clients", if run.clients.is_empty() { "all".into() } else { listed(&run.clients) }),
        ("Asked for", format!("{rules}, confidence at least {}", run.min_confidence.name())),
        ("Evidence kept", format!("{} events a finding", run.evidence)),
    ]
}

fn listed(names: &[String]) -> String {
    clip(&names.join(", "), 400)
}

fn bound(bound: Option<Timestamp>) -> String {
    bound.map_or_else(|| "not bounded".into(), second)
}
