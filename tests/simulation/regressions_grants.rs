//! Small timelines, each named after what it must not be taken for: how grants end and begin.

use tokscan::diagnose::Policies;
use tokscan::model::{CauseClass, EventKind, ReusePolicy, RotationPolicy};

use crate::by_hand::{HOUR, Log, only, rules};

#[test]
fn a_reuse_error_in_the_cluster_and_then_a_sign_in_is_a_revoked_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 40, "u1", CauseClass::Reuse);
    log.event(EventKind::GrantIssued, 3 * HOUR + 60_000, "u1");
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race-revoked", 1));
}

#[test]
fn a_sign_in_after_a_race_at_a_server_that_leaves_the_winner_alive_is_the_applications_doing() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 40, "u1", CauseClass::Reuse);
    log.event(EventKind::GrantIssued, 3 * HOUR + 60_000, "u1");
    log.healthy(4..6, "u1");
    let provider = log.symbol("lenient");
    for event in &mut log.0.events {
        event.provider = Some(provider);
    }
    let policy = RotationPolicy { rotates: Some(true), grace_ms: None, reuse: ReusePolicy::Reject };
    let diagnosis = log.diagnose_with(&Policies::from([("lenient".to_owned(), policy)]));
    assert_eq!(rules(&diagnosis), only("refresh-race", 1));
}
