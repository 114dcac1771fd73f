//! (B) From log text to the report: the same truth, through every dialect.

use std::path::Path;

use tempfile::TempDir;
use tokscan::model::Report;
use tokscan::scan::{ScanOptions, Unwatched, scan};

use crate::clients::{Entry, Spread, World};
use crate::dialects::{Dialect, text};
use crate::scenarios::{Wording, forgetful, good, neighbours, racing, revoked};
use crate::score::causes;
use crate::server::Rotation;
use crate::truth::{incidents, refreshed, refused};

const RACING: [&str; 3] = ["threads", "processes", "hosts"];

fn report(path: &Path, threads: usize, segment_bytes: usize) -> Report {
    let options = ScanOptions { paths: vec![path.to_owned()], threads, segment_bytes, ..ScanOptions::default() };
    let outcome = scan(&options, &Unwatched).expect("the scan starts");
    assert!(outcome.complete, "{:?}", outcome.report.notices);
    outcome.report
}

fn logged(dialect: Dialect, rotation: Rotation, wording: Wording) -> (TempDir, World) {
    let world = logged_world(11, rotation);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(dialect.file_name()), text(&world.entries, dialect, wording, 11)).unwrap();
    (folder, world)
}

/// A run for logs as text: the failures whose texts every dialect can write.
fn logged_world(seed: u64, rotation: Rotation) -> World {
    let mut world = World::new(seed, rotation);
    good(&mut world);
    for (client, spread) in [("threads", Spread::Threads), ("processes", Spread::Processes), ("hosts", Spread::Hosts)] {
        racing(&mut world, client, spread);
    }
    revoked(&mut world, "revoked", Wording::Ambiguous);
    neighbours(&mut world, 40, true);
    forgetful(&mut world);
    world.entries.sort_by_key(|entry| (entry.at, entry.request));
    world
}

/// Race findings of a client, both kinds.
fn races(report: &Report, client: &str) -> usize {
    causes(&report.findings)
        .filter(|finding| finding.rule.starts_with("refresh-race") && finding.client.as_deref() == Some(client))
        .count()
}

fn true_races(entries: &[Entry], client: &str) -> usize {
    incidents(entries, client, "refresh-race") + incidents(entries, client, "refresh-race-revoked")
}

fn check(dialect: Dialect, rotation: Rotation, wording: Wording) {
    let (folder, world) = logged(dialect, rotation, wording);
    let report = report(folder.path(), 1, 0);
    let context = format!("{dialect:?} {rotation:?} {wording:?}");
    assert_eq!(report.summary.refresh_failed, refused(&world.entries), "{context}: failures");
    assert_eq!(report.summary.refresh_ok, refreshed(&world.entries), "{context}: successes");
    for client in RACING {
        assert_eq!(races(&report, client), true_races(&world.entries, client), "{context}: races of {client}");
    }
    for client in ["good", "revoked", "neighbours", "forgetful"] {
        assert_eq!(races(&report, client), 0, "{context}: {client} never races");
    }
    assert_eq!(report.leaks.len(), 0, "{context}: {:?}", report.leaks.first());
}

#[test]
fn json_lines_of_an_application() {
    check(Dialect::Pino, Rotation::Reject, Wording::Ambiguous);
    check(Dialect::Pino, Rotation::RevokeFamily, Wording::Explicit);
}

#[test]
fn json_lines_inside_docker_and_cri() {
    check(Dialect::Docker, Rotation::Reject, Wording::Ambiguous);
    check(Dialect::Cri, Rotation::RevokeFamily, Wording::Ambiguous);
}

#[test]
fn json_lines_whose_error_is_an_object() {
    check(Dialect::ErrorObject, Rotation::Reject, Wording::Ambiguous);
    check(Dialect::ErrorObject, Rotation::RevokeFamily, Wording::Explicit);
}

#[test]
fn logfmt_with_the_error_of_the_go_library() {
    check(Dialect::Logfmt, Rotation::Reject, Wording::Ambiguous);
    check(Dialect::Logfmt, Rotation::RevokeFamily, Wording::Explicit);
}

#[test]
fn keycloak_events() {
    check(Dialect::Keycloak, Rotation::RevokeFamily, Wording::Explicit);
}

#[test]
fn okta_system_log() {
    check(Dialect::Okta, Rotation::Reject, Wording::Ambiguous);
}

/// The tenant log names no user on failures, so only what it does name is asked of it.
#[test]
fn auth0_tenant_log() {
    let (folder, world) = logged(Dialect::Auth0, Rotation::RevokeFamily, Wording::Ambiguous);
    let report = report(folder.path(), 1, 0);
    assert_eq!(report.summary.refresh_failed, refused(&world.entries));
    assert_eq!(report.summary.refresh_ok, refreshed(&world.entries));
    for client in RACING {
        assert_eq!(races(&report, client), true_races(&world.entries, client), "races of {client}");
    }
    assert_eq!(races(&report, "good"), 0);
}

/// Whole seconds, no client, no user: failures are counted, and nothing is proven.
#[test]
fn an_access_log_alone() {
    let (folder, world) = logged(Dialect::Access, Rotation::Reject, Wording::Ambiguous);
    let report = report(folder.path(), 1, 0);
    assert_eq!(report.summary.refresh_failed, refused(&world.entries));
    for finding in causes(&report.findings).filter(|finding| finding.rule.starts_with("refresh-race")) {
        assert_eq!(finding.confidence, tokscan::model::Confidence::Possible, "{}", finding.title);
    }
}

#[test]
fn the_report_is_the_same_however_the_work_is_cut() {
    let world = logged_world(11, Rotation::RevokeFamily);
    let folder = tempfile::tempdir().unwrap();
    for dialect in Dialect::ALL {
        let text = text(&world.entries, dialect, Wording::Explicit, 11);
        std::fs::write(folder.path().join(dialect.file_name()), text).unwrap();
    }
    let first = serde_json::to_string(&report(folder.path(), 1, 0)).unwrap();
    for (threads, segment_bytes) in [(2, 0), (1, 4_096), (2, 4_096), (2, 333)] {
        let again = serde_json::to_string(&report(folder.path(), threads, segment_bytes)).unwrap();
        assert!(again == first, "{threads} threads, segments of {segment_bytes} bytes");
    }
}
