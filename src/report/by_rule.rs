//! The findings summed up by rule, causes before behaviours, the gravest first.

use std::collections::{BTreeMap, BTreeSet};

use super::shown::{self, clip, maybe_time};
use crate::model::{Finding, Severity};

/// All findings of one rule.
pub(super) struct RuleRow {
    pub(super) rule: String,
    pub(super) class: &'static str,
    pub(super) colour: &'static str,
    pub(super) severity: &'static str,
    pub(super) rank: u8,
    pub(super) findings: usize,
    pub(super) failures: u64,
    pub(super) clients: usize,
    pub(super) forced: u64,
    pub(super) first: String,
}

pub(super) fn by_rule(findings: &[Finding]) -> Vec<RuleRow> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(&finding.rule).or_default().push(finding);
    }
    let mut rows: Vec<RuleRow> = groups.into_iter().map(|(rule, found)| rule_row(rule, &found)).collect();
    rows.sort_by(|a, b| {
        let behaviour = |row: &RuleRow| row.class != "cause";
        let grave = behaviour(a).cmp(&behaviour(b)).then(a.rank.cmp(&b.rank));
        grave.then(b.failures.cmp(&a.failures)).then(a.rule.cmp(&b.rule))
    });
    rows
}

fn rule_row(rule: &str, found: &[&Finding]) -> RuleRow {
    let worst = found.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Info);
    let clients: BTreeSet<_> = found.iter().map(|finding| (&finding.provider, &finding.client)).collect();
    RuleRow {
        rule: clip(rule, 60),
        class: found.first().map_or("", |finding| shown::class(finding.class)),
        colour: shown::cause_class(rule),
        severity: worst.name(),
        rank: shown::severity_rank(worst),
        findings: found.len(),
        failures: found.iter().map(|finding| finding.failures + finding.aftermath_failures).sum(),
        clients: clients.len(),
        forced: found.iter().map(|finding| finding.impact.forced_sign_ins).sum(),
        first: maybe_time(found.iter().filter_map(|finding| finding.start).min()),
    }
}
