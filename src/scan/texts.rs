//! What is said of the rules that a report names: for formats that carry the rules along.

use std::collections::BTreeSet;

use crate::model::{Report, RuleText};
use crate::rules::{Catalogue, DiagnosisRule, LeakRule};

/// What to do about any leak.
const MENDING: &str = "Revoke or rotate the value, if it is still alive. Mask it where the program logs it. `tokscan redact` \
                       replaces it in the logs that there are.";

/// The texts of the rules that findings and leaks name, sorted by id.
pub(super) fn of_report(catalogue: &Catalogue, leaks: &[LeakRule], report: &Report) -> Vec<RuleText> {
    let findings = report.findings.iter().map(|finding| finding.rule.as_str());
    let named: BTreeSet<&str> = findings.chain(report.leaks.iter().map(|leak| leak.rule.as_str())).collect();
    named
        .into_iter()
        .map(|id| {
            let diagnosis = catalogue.iter().find(|rule| rule.id == id).map(of_diagnosis);
            let leak = || leaks.iter().find(|rule| rule.id == id).map(of_leak);
            diagnosis.or_else(leak).unwrap_or_else(|| RuleText { id: id.to_owned(), ..RuleText::default() })
        })
        .collect()
}

fn of_diagnosis(rule: &DiagnosisRule) -> RuleText {
    let title = rule.summary.split(". ").next().unwrap_or(&rule.summary);
    let help = [&rule.summary, &rule.why].into_iter().chain(&rule.fix).cloned().collect();
    RuleText {
        id: rule.id.clone(),
        title: title.trim_end_matches('.').to_owned(),
        help,
        references: rule.references.clone(),
    }
}

fn of_leak(rule: &LeakRule) -> RuleText {
    let kind = rule.kind.name().replace('_', " ");
    let help = vec![
        format!("{}: readable in a log, whoever can read the log can use the {kind}.", rule.title),
        MENDING.to_owned(),
    ];
    RuleText { id: rule.id.clone(), title: rule.title.clone(), help, references: rule.references.clone() }
}
