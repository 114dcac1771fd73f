//! Every rule carries its proof: lines that it must report, and lines that it must not.

use super::{LeakHit, LeakScanner};
use crate::rules::{LeakRule, RuleError};

/// Runs the examples of all rules with all rules in force; an error for each line that says something else.
pub fn check_examples(rules: &[LeakRule]) -> Vec<RuleError> {
    let scanner = LeakScanner::new(rules);
    let mut errors = Vec::new();
    for rule in rules {
        for line in &rule.examples.matching {
            let hits = hits_of(&scanner, line);
            if !hits.iter().any(|hit| scanner.rule_id(hit.rule) == rule.id) {
                let others = named(&scanner, &hits);
                errors.push(wrong(
                    rule,
                    &format!("a `match` example is not reported by it (but by: {others})"),
                    &scanner,
                    line,
                ));
            }
        }
        for line in &rule.examples.ignore {
            let hits = hits_of(&scanner, line);
            if hits.iter().any(|hit| scanner.rule_id(hit.rule) == rule.id) {
                errors.push(wrong(rule, "an `ignore` example is reported", &scanner, line));
            }
        }
    }
    errors
}

fn hits_of(scanner: &LeakScanner, line: &str) -> Vec<LeakHit> {
    let mut hits = Vec::new();
    scanner.find(line.as_bytes(), &mut hits);
    hits
}

fn named(scanner: &LeakScanner, hits: &[LeakHit]) -> String {
    let names: Vec<&str> = hits.iter().map(|hit| scanner.rule_id(hit.rule)).collect();
    if names.is_empty() { "no rule".into() } else { names.join(", ") }
}

/// Examples are invented, and still masked: a user may have pasted a real line.
fn wrong(rule: &LeakRule, what: &str, scanner: &LeakScanner, line: &str) -> RuleError {
    let shown: String = scanner.mask(line).chars().take(160).collect();
    RuleError { path: rule.path.clone(), line: rule.line, message: format!("leak rule `{}`: {what}: {shown}", rule.id) }
}
