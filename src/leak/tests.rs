//! The rules' own examples, every shape in every carrier, and what must stay silent.

use super::{LeakHit, LeakScanner, check_examples};
use crate::rules::{embedded, load_leaks};

fn scanner() -> LeakScanner {
    LeakScanner::new(&load_leaks(&embedded()).unwrap())
}

fn find(scanner: &LeakScanner, line: &str) -> Vec<LeakHit> {
    let mut hits = Vec::new();
    scanner.find(line.as_bytes(), &mut hits);
    hits
}

#[test]
fn every_rule_proves_itself() {
    let rules = load_leaks(&embedded()).unwrap();
    let errors = check_examples(&rules);
    assert!(errors.is_empty(), "{}", errors.iter().map(|error| format!("\n{error}")).collect::<String>());
}

#[test]
fn what_one_rule_ignores_no_rule_reports() {
    let (scanner, rules) = (scanner(), load_leaks(&embedded()).unwrap());
    for rule in &rules {
        for line in &rule.examples.ignore {
            let names: Vec<_> = find(&scanner, line).iter().map(|hit| scanner.rule_id(hit.rule).to_owned()).collect();
            assert!(names.is_empty(), "{}: {line}: {names:?}", rule.id);
        }
    }
}

#[test]
fn literals_are_few_and_bare() {
    let literals = scanner().literals();
    for literal in &literals {
        assert!(literal.len() >= 3 && literal[0] != b'"', "{}", String::from_utf8_lossy(literal));
    }
    let names: Vec<_> = literals.iter().map(|literal| String::from_utf8_lossy(literal).into_owned()).collect();
    assert!(literals.len() <= 64, "{} {names:?}", literals.len());
}
