//! Lines that hold no trigger literal are never parsed: that must save time and lose nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokscan::report::render_events_jsonl;
use tokscan::scan::{ScanOptions, Unwatched, scan};

#[path = "../benches/support/mod.rs"]
#[allow(dead_code, reason = "shared with the benches")]
mod support;

use support::corpus::write_corpus;
use support::random::Random;
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

/// Words that events are told by, in lines that nobody wrote: joined and cased as logs do it.
#[test]
fn nothing_is_lost_in_random_wording() {
    const WORDS: &str = "refresh token rotated renewed failed grant issued consent granted authorization code exchanged redeemed \
        user session account signed in out logged login logout complete succeeded password changed reset clearing removed \
        stored saved loaded credential credentials from cache connection established reconnected please again required \
        reauthorized revoked revoking expired new access family marked broken unauthorized invalid_grant invalid_client \
        password implicit 401 400 200 /api/items /oauth2/logout /connect/token /token status=401 grant_type=password reuse";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut random = Random::new(5);
    let mut log = String::new();
    for number in 0..20_000 {
        let (case, joint) = (random.below(4), [" ", " ", "_", "-", "."][random.below(5) as usize]);
        let chosen: Vec<String> = (0..2 + random.below(5))
            .map(|place| cased(words[random.below(words.len() as u64) as usize], case, place))
            .collect();
        let text = chosen.join(if case == 3 { "" } else { joint });
        match number % 3 {
            0 => writeln!(log, "2026-03-02T12:00:00.123Z INFO {text} client=app-{number}").unwrap(),
            1 => writeln!(log, r#"{{"time":"2026-03-02T12:00:00Z","event":"{text}","user_id":"u{number}"}}"#).unwrap(),
            _ => writeln!(log, r#"{{"ts":1772452800,"path":"/v1/x","status":401,"sub":"u1","msg":"{text}"}}"#).unwrap(),
        }
    }
    let place = TempDir::new().unwrap();
    let path = place.path().join("random.log");
    std::fs::write(&path, log).unwrap();
    assert_nothing_lost(&[path], 8000);
}

/// All lower, all upper, the first word with a capital, or each with one (`TokenRefresh`).
fn cased(word: &str, case: u64, place: u64) -> String {
    let capital = || word[..1].to_uppercase() + &word[1..];
    match case {
        1 => word.to_uppercase(),
        2 if place == 0 => capital(),
        3 => capital(),
        _ => word.to_owned(),
    }
}
