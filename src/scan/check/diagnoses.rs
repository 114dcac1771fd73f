//! The examples of diagnoses: whole logs, read, extracted and diagnosed as a run would.

use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Serialize;

use super::{CLOCK, error_at};
use crate::input::{Counted, Discovery, Layout, Origin, Segment, Source, SourceRead, Weave};
use crate::model::Finding;
use crate::rules::{DiagnosisExample, RuleError};
use crate::scan::ScanOptions;
use crate::scan::finish::finish;
use crate::scan::prefilter::Prefilter;
use crate::scan::rule_set::RuleSet;
use crate::scan::worker::Workshop;

/// Runs the examples of all diagnoses.
pub(super) fn prove(rules: &RuleSet) -> Vec<RuleError> {
    let pipeline = Pipeline::new(rules);
    let mut errors = Vec::new();
    for (rule, source) in rules.catalogue.with_sources() {
        for example in &rule.examples.matches {
            if let Err(message) = compare(&pipeline.findings(&example.log), &rule.id, example) {
                errors.push(error_at(source, &example.log, message));
            }
        }
        for log in &rule.examples.ignore {
            let findings = pipeline.findings(log);
            if let Some(finding) = findings.iter().find(|finding| finding.rule == rule.id) {
                let message = format!("must not be {}, but is: {}", rule.id, finding.confidence_reason);
                errors.push(error_at(source, log, message));
            }
        }
    }
    errors
}

/// All stages of a run but the opening of files, with the settings that a run has by default.
struct Pipeline<'r> {
    rules: &'r RuleSet,
    workshop: Workshop<'r>,
    options: ScanOptions,
}

impl<'r> Pipeline<'r> {
    fn new(rules: &'r RuleSet) -> Self {
        let workshop = Workshop {
            rules,
            prefilter: Prefilter::new(rules),
            clocks: vec![CLOCK],
            events: OnceLock::new(),
            names: None,
            survey: false,
            excerpts: false,
            idle: Mutex::default(),
        };
        Self { rules, workshop, options: ScanOptions::default() }
    }

    /// The findings of a log, as if it were the only source.
    fn findings(&self, log: &str) -> Vec<Finding> {
        let bytes = log.as_bytes();
        let (layout, weave) = (Layout::Lines, Weave::default());
        let (heading, counted) = (&[], &Counted::default());
        self.workshop.visit(&Segment { source: 0, base: 0, bytes, layout, weave, heading, stored: false, counted });
        let harvests = std::mem::take(&mut *self.workshop.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let source = Source { path: "example".into(), origin: Origin::Stdin, size: None, modified: None, whole: None };
        let discovery = Discovery { sources: vec![source], notices: Vec::new() };
        finish(&self.options, self.rules, discovery, &[SourceRead::default()], harvests).report.findings
    }
}

fn compare(findings: &[Finding], rule: &str, example: &DiagnosisExample) -> Result<(), String> {
    let named: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
    if named.len() != example.findings {
        let found: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
        return Err(format!("must give {} of {rule}, but gives: {found}", example.findings));
    }
    named.into_iter().try_for_each(|finding| {
        same("failures", example.failures, finding.failures)?;
        same("aftermath", example.aftermath, finding.aftermath_failures)?;
        same("confidence", example.confidence, finding.confidence)?;
        same("outcome", example.outcome, finding.outcome)
    })
}

/// Compares a value with what the example says of it, if anything; both are told as reports spell them.
fn same<T: Copy + PartialEq + Serialize>(what: &str, wanted: Option<T>, got: T) -> Result<(), String> {
    let Some(wanted) = wanted.filter(|wanted| *wanted != got) else { return Ok(()) };
    let shown = |value: &T| serde_json::to_string(value).unwrap_or_default();
    Err(format!("`{what}` must be {}, but is {}", shown(&wanted), shown(&got)))
}
