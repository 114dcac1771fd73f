//! The bench corpora hold what their truth says: counted again by other means.
#![allow(clippy::unwrap_used, reason = "a test may fail that way")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[path = "../benches/support/mod.rs"]
mod support;

use support::corpus::write_corpus;
use support::truth::{Kind, Truth};

fn made(kind: Kind, seed: u64) -> (String, Truth) {
    let mut bytes = Vec::new();
    let truth = write_corpus(kind, 6 << 20, seed, &mut bytes).unwrap();
    (String::from_utf8(bytes).unwrap(), truth)
}

/// One refresh, by another reader than tokscan's.
struct Refresh {
    at: i64,
    failed: bool,
}

fn timelines(log: &str) -> BTreeMap<(String, String), Vec<Refresh>> {
    let mut timelines: BTreeMap<_, Vec<Refresh>> = BTreeMap::new();
    for line in log.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        if record["event"] == "token_refresh" {
            let text = |key: &str| record[key].as_str().unwrap().to_owned();
            let at = chrono::DateTime::parse_from_rfc3339(&text("ts")).unwrap().timestamp_millis();
            let failed = record["outcome"] == "failure";
            timelines.entry((text("client_id"), text("user_id"))).or_default().push(Refresh { at, failed });
        }
    }
    timelines
}

/// Successes with at least two failures within 200 ms, and the pairs that no corpus may have.
fn races(timelines: &BTreeMap<(String, String), Vec<Refresh>>) -> u64 {
    let mut races = 0;
    for refreshes in timelines.values() {
        for winner in refreshes.iter().filter(|refresh| !refresh.failed) {
            let near = |other: &&Refresh| (other.at - winner.at).abs() <= 200;
            let losers = refreshes.iter().filter(|other| other.failed).filter(near).count();
            let winners = refreshes.iter().filter(|other| !other.failed).filter(near).count();
            assert_eq!(winners, 1, "two successes in one window");
            assert_ne!(losers, 1, "a cluster that was not planted");
            races += u64::from(losers > 1);
        }
    }
    races
}

#[test]
fn the_truth_of_a_json_corpus_is_what_stands_in_it() {
    for kind in [Kind::Traffic, Kind::Rare, Kind::Dense] {
        let (log, truth) = made(kind, 7);
        let timelines = timelines(&log);
        let refreshes = || timelines.values().flatten();
        assert_eq!(truth.bytes, log.len() as u64);
        assert_eq!(truth.lines, log.lines().count() as u64);
        assert_eq!(truth.token_events, refreshes().count() as u64);
        assert_eq!(truth.failures, refreshes().filter(|refresh| refresh.failed).count() as u64);
        assert_eq!(truth.races, races(&timelines));
        assert_eq!(truth.leaks > 0, kind == Kind::Rare);
        assert!(kind == Kind::Rare || truth.races > 2, "{truth:?}");
    }
}

#[test]
fn lines_are_in_the_order_of_time() {
    let (log, _) = made(Kind::Traffic, 3);
    let stamps: Vec<&str> = log.lines().map(|line| &line[7..31]).collect();
    assert!(stamps.is_sorted());
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    assert_eq!(made(Kind::Traffic, 5), made(Kind::Traffic, 5));
    assert_ne!(made(Kind::Traffic, 5).0, made(Kind::Traffic, 6).0);
}

#[test]
fn logfmt_says_the_same_as_json() {
    let (logfmt, json) = (made(Kind::Logfmt, 9), made(Kind::Traffic, 9));
    let events = |log: &str, mark: &str| log.lines().filter(|line| line.contains(mark)).count() as u64;
    assert_eq!(logfmt.1.token_events, events(&logfmt.0, "event=token_refresh "));
    assert_eq!(logfmt.1.failures, events(&logfmt.0, "error=invalid_grant "));
    assert_eq!(json.1.failures, events(&json.0, "\"error\":\"invalid_grant\""));
}

#[test]
fn leaked_values_are_distinct_and_only_where_they_were_planted() {
    let (log, truth) = made(Kind::Rare, 11);
    let carriers = log.lines().filter(|line| line.contains("\"event\":\"exchange\""));
    let distinct: BTreeSet<&str> = carriers.collect();
    assert_eq!(truth.leaks, distinct.len() as u64);
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}
