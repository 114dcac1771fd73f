//! Lines that hold no trigger literal are never parsed: that must save time and lose nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokscan::report::render_events_jsonl;
use tokscan::scan::{ScanOptions, Unwatched, scan};

#[path = "../benches/support/mod.rs"]
#[allow(dead_code, reason = "shared with the benches")]
mod support;

use support::corpus::write_corpus;
use support::truth::Kind;

/// Every event, and every leak with its place, a line each.
fn found(paths: &[PathBuf], unfiltered: bool) -> BTreeSet<String> {
    let options = ScanOptions { paths: paths.to_vec(), unfiltered, ..ScanOptions::default() };
    let outcome = scan(&options, &Unwatched).unwrap();
    let mut events = Vec::new();
    render_events_jsonl(&outcome.events, &mut events).unwrap();
    let mut found: BTreeSet<String> = String::from_utf8(events).unwrap().lines().map(str::to_owned).collect();
    found.extend(outcome.report.leaks.iter().map(|leak| serde_json::to_string(leak).unwrap()));
    found
}

/// Fails with what the prefilter lost, and what it found that is not there without it.
fn assert_nothing_lost(paths: &[PathBuf], at_least: usize) {
    let (slow, fast) = (found(paths, true), found(paths, false));
    let lost: Vec<&String> = slow.difference(&fast).take(20).collect();
    let more: Vec<&String> = fast.difference(&slow).take(20).collect();
    assert!(lost.is_empty() && more.is_empty(), "lost by the prefilter: {lost:#?}\nonly with it: {more:#?}");
    assert!(slow.len() >= at_least, "only {} events and leaks", slow.len());
}

#[test]
fn nothing_is_lost_in_samples_and_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_nothing_lost(&[root.join("samples"), root.join("tests/cases")], 700);
}

#[test]
fn nothing_is_lost_in_generated_logs() {
    let place = TempDir::new().unwrap();
    let write = |kind: Kind| {
        let path = place.path().join(kind.name());
        write_corpus(kind, 1 << 20, 17, &mut File::create(&path).unwrap()).unwrap();
        path
    };
    assert_nothing_lost(&Kind::ALL.map(write), 1000);
}
