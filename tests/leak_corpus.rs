//! The labelled corpus of leaks: what is planted is found at its place, and ordinary lines are silent.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail that way")]

use std::collections::BTreeMap;
use std::fmt::Write;

use tokscan::leak::{LeakHit, LeakScanner};
use tokscan::rules::{embedded, load_leaks};

#[path = "../benches/support/leaks/mod.rs"]
mod leaks;

use leaks::{FORMATS, Planted, Random, ordinary_line, planted};

/// Ordinary lines that are read: so that one false alarm is the most there may be.
const ORDINARY: usize = 100_000;

fn hits(scanner: &LeakScanner, line: &str) -> Vec<LeakHit> {
    let mut hits = Vec::new();
    scanner.find(line.as_bytes(), &mut hits);
    hits
}

/// Whether one hit is the planted value: all of it, and no more around it than padding and signs.
fn found(planted: &Planted, hits: &[LeakHit]) -> bool {
    let (start, end) = (planted.marked.start, planted.marked.end);
    hits.iter().any(|hit| hit.start <= start && hit.end >= end && start - hit.start <= 4 && hit.end - end <= 4)
}

/// Counts by a name, the most first; values are invented, but are not shown all the same.
fn table(missed: &[&Planted], name: impl Fn(&Planted) -> String) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for planted in missed {
        *counts.entry(name(planted)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    rows.iter().take(60).fold(String::new(), |mut text, (name, count)| {
        let _ = write!(text, "\n  {count} {name}");
        text
    })
}

#[test]
fn what_is_planted_is_found_whole_and_at_its_place() {
    let scanner = LeakScanner::new(&load_leaks(&embedded()).unwrap());
    let all = planted(1);
    let missed: Vec<&Planted> =
        all.iter().filter(|planted| !found(planted, &hits(&scanner, &planted.marked.text))).collect();
    let recall = 1.0 - missed.len() as f64 / all.len() as f64;
    assert!(
        recall >= 0.99,
        "recall {recall:.4}: {} of {} missed\nby encoding{}\nby carrier{}\nby shape{}",
        missed.len(),
        all.len(),
        table(&missed, |planted| planted.encoding.to_owned()),
        table(&missed, |planted| planted.carrier.to_owned()),
        table(&missed, |planted| planted.shape.to_owned()),
    );
}

#[test]
fn ordinary_lines_are_silent() {
    let scanner = LeakScanner::new(&load_leaks(&embedded()).unwrap());
    let mut random = Random::new(2);
    let mut alarms = Vec::new();
    for at in 0..ORDINARY {
        let line = ordinary_line(at % FORMATS.len(), &mut random);
        for hit in hits(&scanner, &line) {
            let shown: String = line.chars().take(400).collect();
            alarms.push(format!("{}: {shown} @{}..{}", scanner.rule_id(hit.rule), hit.start, hit.end));
        }
    }
    assert!(
        alarms.len() <= ORDINARY / 100_000,
        "{} false alarms\n{}",
        alarms.len(),
        alarms[..alarms.len().min(40)].join("\n")
    );
}
