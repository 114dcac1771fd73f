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

#[test]
fn a_new_family_is_a_sign_in_that_the_logs_do_not_show() {
    let mut log = Log::new();
    for cycle in 0..3 {
        let at = cycle * 3 * HOUR;
        let family = log.symbol(&format!("family-{cycle}"));
        log.ok(at + HOUR, "u1").grant_id = Some(family);
        log.fail_as(at + 2 * HOUR, "u1", CauseClass::Reuse).grant_id = Some(family);
    }
    log.ok(10 * HOUR, "u1");
    assert_eq!(rules(&log.diagnose()), only("rotation-not-persisted", 3));
}

#[test]
fn an_id_that_each_refresh_has_anew_names_no_grant() {
    let mut log = Log::new();
    for user in ["u1", "u2"] {
        for hour in 0..6 {
            let id = log.symbol(&format!("{user}-{hour}"));
            log.ok(hour * HOUR, user).grant_id = Some(id);
        }
        for hour in 6..8 {
            let id = log.symbol(&format!("{user}-{hour}"));
            log.fail(hour * HOUR, user).grant_id = Some(id);
        }
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 4));
}
