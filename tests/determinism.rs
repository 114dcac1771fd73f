//! The report is the same bytes however the work was cut, and whatever the log is packed in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokscan::report::{render_events_jsonl, render_json};
use tokscan::scan::{ScanOptions, Unwatched, scan};

#[path = "../benches/support/mod.rs"]
#[allow(dead_code, reason = "shared with the benches")]
mod support;

use support::corpus::write_corpus;
use support::truth::Kind;

/// Bytes of each generated log.
const BYTES: u64 = 640 << 10;

/// Generated logs of several kinds, one of them twice with another seed.
fn corpora(folder: &Path) -> Vec<PathBuf> {
    let logs = [(Kind::Traffic, 1), (Kind::Traffic, 2), (Kind::Rare, 3), (Kind::Logfmt, 4), (Kind::Dense, 5)];
    let write = |(kind, seed): (Kind, u64)| {
        let path = folder.join(format!("{}-{seed}.log", kind.name()));
        write_corpus(kind, BYTES, seed, &mut File::create(&path).unwrap()).unwrap();
        path
    };
    logs.into_iter().map(write).collect()
}

/// The report and the events, as they are written.
fn bytes(paths: &[PathBuf], threads: usize, segment_bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let options = ScanOptions { paths: paths.to_vec(), threads, segment_bytes, ..ScanOptions::default() };
    let outcome = scan(&options, &Unwatched).unwrap();
    let (mut report, mut events) = (Vec::new(), Vec::new());
    render_json(&outcome.report, &mut report).unwrap();
    render_events_jsonl(&outcome.events, &mut events).unwrap();
    (report, events)
}

/// Where two texts part, without printing megabytes.
fn assert_same(got: &[u8], wanted: &[u8], how: &str) {
    if got != wanted {
        let at = got.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        let around = |text: &[u8]| {
            String::from_utf8_lossy(&text[at.saturating_sub(200).min(text.len())..(at + 200).min(text.len())])
                .into_owned()
        };
        panic!("{how}: differs at byte {at}:\n{}\n--- but was\n{}", around(got), around(wanted));
    }
}

#[test]
fn threads_segments_and_the_order_of_paths_leave_no_trace() {
    let place = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = corpora(place.path());
    paths.extend([root.join("samples"), root.join("tests/cases")]);
    let backwards: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    // Again from the middle, and one of them named twice.
    let mut turned = [&paths[3..], &paths[..3]].concat();
    turned.push(paths[0].clone());

    let (report, events) = bytes(&paths, 1, 0);
    let summary: Value = serde_json::from_slice::<Value>(&report).unwrap()["summary"].take();
    assert!(summary["refresh_failed"].as_u64().unwrap() > 300 && summary["bytes"].as_u64().unwrap() > 3 << 20);
    for threads in [1, 2, 4] {
        for segment_bytes in [0, 4 << 10, 64 << 10] {
            for (order, paths) in [("as given", &paths), ("backwards", &backwards), ("turned", &turned)] {
                let how = format!("{threads} threads, {segment_bytes} bytes a segment, {order}");
                let got = bytes(paths, threads, segment_bytes);
                assert_same(&got.0, &report, &how);
                assert_same(&got.1, &events, &how);
            }
        }
    }
}

/// Runs the program on a log in a folder.
fn report_of(place: &Path, path: &str, stdin: Stdio) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let output = command.args(["-f", "json", path]).current_dir(place).stdin(stdin).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Takes away what names the place of a log: paths, what it is packed in, and the ids made of them.
fn without_place(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !["path", "compression", "size", "id"].contains(&key.as_str()));
            fields.values_mut().for_each(without_place);
        }
        Value::Array(values) => values.iter_mut().for_each(without_place),
        _ => {}
    }
}

/// A stream says that it cannot be read again; nothing is known of these logs by that.
fn without_second_look(report: &mut Value) {
    const CODE: &str = "identity-not-looked-for";
    report["notices"].as_array_mut().unwrap().retain(|notice| notice["code"] != CODE);
    let of_input = report["inputs"][0]["notices"].as_array_mut().unwrap();
    of_input.retain(|notice| !notice.as_str().unwrap().starts_with(CODE));
}

#[test]
fn plain_packed_or_piped_a_log_says_the_same() {
    let place = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, sample) in [
        ("rotation.log", "samples/rotation-never-stored/ledger-bridge.clef"),
        ("leaks.log", "samples/debug-log-leaks/crm-api.jsonl"),
        ("tenant.json", "samples/auth0-stolen-token/tenant-log.json"),
        ("dirty.log", "tests/cases/dirty-lines/input.log"),
    ] {
        let log = fs::read(root.join(sample)).unwrap();
        fs::write(place.path().join(name), &log).unwrap();
        let packed = format!("{name}.gz");
        let file = File::create(place.path().join(&packed)).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        encoder.write_all(&log).unwrap();
        encoder.finish().unwrap();

        let mut plain = report_of(place.path(), name, Stdio::null());
        let mut gzip = report_of(place.path(), &packed, Stdio::null());
        let mut piped = report_of(place.path(), "-", File::open(place.path().join(name)).unwrap().into());
        assert_eq!(gzip["inputs"][0]["compression"], "gzip");
        assert_eq!((&plain["inputs"][0]["path"], &piped["inputs"][0]["path"]), (&name.into(), &"-".into()));
        [&mut plain, &mut gzip, &mut piped].into_iter().for_each(without_place);
        without_second_look(&mut piped);
        assert!(plain["summary"]["token_events"].as_u64().unwrap() > 0, "{name}");
        assert_eq!(gzip, plain, "{name} as gzip");
        assert_eq!(piped, plain, "{name} as a stream");
    }
}

/// A user's refresh and the failures after it.
fn story_of(user: &str) -> String {
    let record = |time: &str, rest: &str| {
        format!(r#"{{"ts":"2026-03-02T{time}Z","event":"token_refresh",{rest},"client_id":"app","user_id":"{user}"}}"#)
    };
    let failed = r#""outcome":"failure","error":"invalid_grant""#;
    let failures = ["12:00:00.100", "12:10:00.000", "12:20:00.000"].map(|time| record(time, failed));
    [record("12:00:00.000", r#""outcome":"success""#), failures.join("\n")].join("\n") + "\n"
}

#[test]
fn files_whose_names_are_masked_alike_show_their_own_records() {
    let place = TempDir::new().unwrap();
    let names = ["ghp_5ubbbPIa84yRnBUbHoWC8FJowoRoWD8s7bA1", "ghp_iK2ZWeqhFWCEPyYngFb51yBMWXaSCrUZoL8g"];
    for (name, user) in names.iter().zip(["user-one", "user-two"]) {
        let story = story_of(user);
        fs::write(place.path().join(format!("{name}.log")), &story).unwrap();
        let file = File::create(place.path().join(format!("{name}.log.gz"))).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        encoder.write_all(story.as_bytes()).unwrap();
        encoder.finish().unwrap();
    }
    for ending in ["log", "log.gz"] {
        let paths: Vec<PathBuf> = names.iter().map(|name| place.path().join(format!("{name}.{ending}"))).collect();
        let report: Value = serde_json::from_slice(&bytes(&paths, 2, 0).0).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 2, "{ending}");
        for finding in findings {
            let user = finding["subject"].as_str().unwrap();
            let evidence = finding["evidence"].as_array().unwrap();
            assert_eq!(evidence.len(), 4, "{ending} {user}");
            for piece in evidence {
                let excerpt = piece["excerpt"].as_str().unwrap();
                assert!(excerpt.starts_with("{\"ts\"") && excerpt.contains(user), "{ending} {user}");
            }
        }
    }
}
