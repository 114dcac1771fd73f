//! How well a diagnosis agrees with the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tokscan::diagnose::Diagnosis;
use tokscan::model::{Finding, FindingClass};

use crate::truth::Tally;

/// All failures that cause findings own: must be all failures there are.
pub(crate) fn owned(findings: &[Finding]) -> u64 {
    causes(findings).map(|finding| finding.failures + finding.aftermath_failures).sum()
}

pub(crate) fn causes(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.class == FindingClass::Cause)
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    /// Failures that the finding and the truth agree on.
    pub(crate) right: u64,
    pub(crate) found: u64,
    pub(crate) truth: u64,
}

impl Score {
    pub(crate) fn precision(self) -> f64 {
        ratio(self.right, self.found)
    }

    pub(crate) fn recall(self) -> f64 {
        ratio(self.right, self.truth)
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Scores by rule, over any number of runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scores(pub(crate) BTreeMap<String, Score>);

impl Scores {
    /// Adds one run. Findings do not list every failure, so counts are compared: first those of
    /// a subject with that subject's, then what names no subject with what the client has left.
    pub(crate) fn add(&mut self, truth: &Tally, findings: &[Finding]) {
        for ((_, _, rule), count) in truth {
            self.0.entry(rule.clone()).or_default().truth += count;
        }
        let mut left = truth.clone();
        let mut pools: Vec<&Finding> = causes(findings).collect();
        pools.sort_by_key(|finding| (finding.client.is_none(), finding.subject.is_none()));
        for finding in pools {
            let count = finding.failures + finding.aftermath_failures;
            let mut open = count;
            for ((client, subject, rule), rest) in &mut left {
                let fits = *rule == finding.rule
                    && finding.client.as_ref().is_none_or(|named| named == client)
                    && finding.subject.as_ref().is_none_or(|named| named == subject);
                if fits {
                    let taken = open.min(*rest);
                    open -= taken;
                    *rest -= taken;
                }
            }
            let score = self.0.entry(finding.rule.clone()).or_default();
            score.found += count;
            score.right += count - open;
        }
    }

    /// Adds the behaviours of one run, which are so many of a client, however often it shows them.
    pub(crate) fn add_behaviours(&mut self, truth: &BTreeSet<(&str, &str)>, findings: &[Finding]) {
        let found: BTreeSet<(&str, &str)> = findings
            .iter()
            .filter(|finding| finding.class == FindingClass::Behaviour)
            .map(|finding| (finding.client.as_deref().unwrap_or_default(), finding.rule.as_str()))
            .collect();
        for (_, rule) in truth {
            self.0.entry((*rule).to_owned()).or_default().truth += 1;
        }
        for behaviour in found {
            let score = self.0.entry(behaviour.1.to_owned()).or_default();
            score.found += 1;
            score.right += u64::from(truth.contains(&behaviour));
        }
    }

    pub(crate) fn table(&self, title: &str) -> String {
        let mut table = format!(
            "{title}\n{:<26}{:>9}{:>9}{:>9}{:>11}{:>9}\n",
            "rule", "truth", "found", "right", "precision", "recall"
        );
        for (rule, score) in &self.0 {
            let (precision, recall) = (score.precision(), score.recall());
            writeln!(
                table,
                "{rule:<26}{:>9}{:>9}{:>9}{precision:>11.4}{recall:>9.4}",
                score.truth, score.found, score.right
            )
            .unwrap();
        }
        table
    }

    /// The rules that fall short, told with their numbers.
    pub(crate) fn below(&self, least: f64) -> Vec<String> {
        self.0
            .iter()
            .filter(|(_, score)| score.precision() < least || score.recall() < least)
            .map(|(rule, score)| format!("{rule}: {score:?}"))
            .collect()
    }
}

/// What must hold of every diagnosis, whatever the logs were.
pub(crate) fn assert_balance(diagnosis: &Diagnosis, context: &str) {
    assert_eq!(owned(&diagnosis.findings), diagnosis.refresh_failed, "{context}: each failure has exactly one cause");
    let by_client: u64 = diagnosis.clients.iter().map(|client| client.refresh_failed).sum();
    assert_eq!(by_client, diagnosis.refresh_failed, "{context}: the clients' failures add up");
    let by_cause: u64 = diagnosis.clients.iter().flat_map(|client| client.causes.values()).sum();
    assert_eq!(by_cause, diagnosis.refresh_failed, "{context}: the clients' causes add up");
}
