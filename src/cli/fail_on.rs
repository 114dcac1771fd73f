//! `--fail-on`: when a run exits with 1.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::config::invalid;
use super::rulebook::{Rulebook, closest};
use crate::model::{Report, Severity};

const SEVERITIES: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// What a run is not forgiven.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bar {
    /// This severity or a graver one.
    Severity(Severity),
    /// This rule.
    Rule(String),
}

/// All that a run is not forgiven; nothing is `never`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FailOn(Vec<Bar>);

impl FailOn {
    /// Reads the values of the option; without one, `default` holds (`any` or `never`).
    pub(super) fn read(values: &[String], default: &str, rule_paths: &[PathBuf]) -> Result<Self> {
        let default = [default.to_owned()];
        let values = if values.is_empty() { &default } else { values };
        let mut bars = Vec::new();
        for value in values {
            let severity = SEVERITIES.into_iter().find(|severity| severity.name() == value);
            match value.as_str() {
                "never" if values.len() > 1 => bail!("--fail-on never cannot be combined with another --fail-on"),
                "never" => {}
                "any" => bars.push(Bar::Severity(Severity::Info)),
                _ if severity.is_some() => bars.extend(severity.map(Bar::Severity)),
                rule => {
                    Rulebook::load(rule_paths)?.check_reported(rule).map_err(|hint| {
                        let words = SEVERITIES.map(Severity::name).into_iter().chain(["any", "never"]);
                        let hint = closest(rule, words).map_or_else(
                            || format!("no severity, and {hint}"),
                            |near| format!("did you mean '{near}'?"),
                        );
                        invalid("--fail-on", rule, &hint)
                    })?;
                    bars.push(Bar::Rule(rule.to_owned()));
                }
            }
        }
        Ok(Self(bars))
    }

    /// How many findings and leaks of a report are not forgiven.
    pub(super) fn count(&self, report: &Report) -> usize {
        let findings = report.findings.iter().map(|finding| (finding.severity, &finding.rule));
        let leaks = report.leaks.iter().map(|leak| (leak.severity, &leak.rule));
        findings.chain(leaks).filter(|(severity, rule)| self.holds(*severity, rule)).count()
    }

    /// Whether something of a severity and a rule is not forgiven.
    pub(super) fn holds(&self, severity: Severity, rule: &str) -> bool {
        self.0.iter().any(|bar| match bar {
            Bar::Severity(bar) => severity <= *bar,
            Bar::Rule(name) => name == rule,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, FailOn, Severity};

    fn read(values: &[&str], default: &str) -> Result<FailOn, String> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        FailOn::read(&values, default, &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn severities_words_and_defaults() {
        assert_eq!(read(&[], "never"), Ok(FailOn::default()));
        assert_eq!(read(&[], "any"), Ok(FailOn(vec![Bar::Severity(Severity::Info)])));
        assert_eq!(read(&["high", "low"], "any").unwrap().0.len(), 2);
        assert!(read(&["never", "high"], "any").unwrap_err().contains("cannot be combined"));
        assert!(read(&["hihg"], "any").unwrap_err().contains("did you mean 'high'?"));
        assert!(read(&["no-such-rule-at-all"], "any").unwrap_err().contains("no severity, and no rule"));
    }
}
