//! Small timelines, each named after what it must not be taken for: causes that are no races.

use std::collections::BTreeMap;

use tokscan::diagnose::Policies;
use tokscan::model::{CauseClass, Confidence, EventKind, ReusePolicy, RotationPolicy};

use crate::by_hand::{HOUR, Log, only, rules};
use crate::score::causes;

#[test]
fn a_neighbour_of_the_same_client_is_no_winner() {
    let mut log = Log::new();
    log.healthy(0..6, "u1");
    log.healthy(0..3, "u2");
    log.fail(3 * HOUR + 5, "u2");
    log.fail(4 * HOUR + 5, "u2");
    log.fail(5 * HOUR + 5, "u2");
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 3));
}

#[test]
fn another_client_of_the_same_user_is_no_winner() {
    let mut log = Log::new();
    log.healthy(0..6, "u1");
    let other = log.symbol("c2");
    for hour in 0..3 {
        log.ok(hour * HOUR + 40, "u1").client = Some(other);
    }
    for hour in 3..6 {
        log.fail(hour * HOUR + 40, "u1").client = Some(other);
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 3));
}

#[test]
fn retries_every_150_ms_are_no_cluster() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    for retry in 0..400 {
        log.fail(3 * HOUR + retry * 150, "u1");
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 400));
}

#[test]
fn an_old_token_hours_later_is_reuse_and_no_race() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    log.fail_as(2 * HOUR + HOUR / 2, "u1", CauseClass::Reuse);
    log.fail_as(3 * HOUR, "u1", CauseClass::Revoked);
    log.event(EventKind::GrantIssued, 3 * HOUR + 60_000, "u1");
    log.ok(4 * HOUR, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-token-reuse", 2));
}

#[test]
fn several_revoked_users_of_a_busy_client_are_not_a_lost_rotation() {
    let mut log = Log::new();
    for user in ["u1", "u2", "u3"] {
        log.healthy(0..4, user);
        for hour in 4..6 {
            log.fail(hour * HOUR, user);
        }
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 6));
}

#[test]
fn an_outage_between_two_good_refreshes_belongs_to_the_provider() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    for minute in 0..5 {
        log.fail_as(3 * HOUR + minute * 60_000, "u1", CauseClass::Transient);
    }
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("provider-outage", 5));
}

#[test]
fn a_503_beside_a_success_is_an_outage_and_no_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 60, "u1", CauseClass::Transient);
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("provider-outage", 1));
}

#[test]
fn a_wrong_secret_beside_a_success_is_a_misconfiguration_and_no_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    let error = log.symbol("invalid_client");
    log.fail_as(3 * HOUR + 60, "u1", CauseClass::Misconfigured).error = Some(error);
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("client-misconfigured", 1));
}

#[test]
fn a_mangled_token_beside_a_success_is_no_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 60, "u1", CauseClass::Malformed);
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("malformed-token", 1));
}

#[test]
fn a_sign_out_right_after_a_success_is_no_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.event(EventKind::TokenRevoked, 3 * HOUR + 60, "u1");
    log.fail(3 * HOUR + 120, "u1");
    log.fail(4 * HOUR, "u1");
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 2));
}

#[test]
fn several_winners_under_grace_are_duplicates_without_a_cause() {
    let mut log = Log::new();
    log.healthy(0..5, "u1");
    log.ok(3 * HOUR + 40, "u1");
    log.ok(3 * HOUR + 90, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), BTreeMap::new());
    assert!(diagnosis.findings.iter().any(|finding| finding.rule == "duplicate-refresh"));
}

#[test]
fn an_accepted_token_is_not_spent_at_a_server_that_never_rotates() {
    let mut log = Log::new();
    let (token, provider) = (log.symbol("00000000000000aa"), log.symbol("steady"));
    log.healthy(0..4, "u1");
    log.fail(4 * HOUR, "u1");
    log.fail(5 * HOUR, "u1");
    for event in &mut log.0.events {
        (event.presented, event.provider) = (Some(token), Some(provider));
    }
    let policy = RotationPolicy { rotates: Some(false), grace_ms: None, reuse: ReusePolicy::Accept };
    let policies = Policies::from([("steady".to_owned(), policy)]);
    assert_eq!(rules(&log.diagnose_with(&policies)), only("permanent-revocation", 2));
}

#[test]
fn a_refresh_that_issues_what_was_presented_spends_nothing() {
    let mut log = Log::new();
    let token = log.symbol("00000000000000aa");
    log.healthy(0..4, "u1");
    log.fail(4 * HOUR, "u1");
    log.fail(5 * HOUR, "u1");
    for event in &mut log.0.events {
        event.presented = Some(token);
        event.issued = (event.kind == EventKind::RefreshSucceeded).then_some(token);
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 2));
}

#[test]
fn a_token_that_worked_four_times_is_not_spent_by_the_last() {
    let mut log = Log::new();
    let token = log.symbol("00000000000000aa");
    log.healthy(0..4, "u1");
    log.fail(4 * HOUR, "u1");
    log.fail(5 * HOUR, "u1");
    for event in &mut log.0.events {
        event.presented = Some(token);
    }
    assert_eq!(rules(&log.diagnose()), only("permanent-revocation", 2));
}

#[test]
fn a_loser_that_retries_without_a_name_is_no_thief() {
    let mut log = Log::new();
    let (host, pid, threads) = (log.symbol("h1"), log.symbol("7"), [log.symbol("t1"), log.symbol("t2")]);
    log.healthy(0..3, "u1");
    log.healthy(0..3, "u2");
    log.ok(3 * HOUR, "u1").thread = Some(threads[0]);
    log.fail_as(3 * HOUR + 60, "", CauseClass::Reuse).thread = Some(threads[1]);
    log.fail_as(3 * HOUR + 1_060, "", CauseClass::Reuse).thread = Some(threads[1]);
    log.fail_as(3 * HOUR + 3_060, "", CauseClass::Reuse).thread = Some(threads[1]);
    log.healthy(4..6, "u1");
    log.healthy(4..6, "u2");
    for event in &mut log.0.events {
        (event.host, event.process) = (Some(host), Some(pid));
    }
    let diagnosis = log.diagnose();
    let theft = causes(&diagnosis.findings).find(|finding| finding.rule == "refresh-token-reuse");
    assert!(theft.is_none_or(|finding| finding.confidence != Confidence::Proven), "{:?}", rules(&diagnosis));
}

#[test]
fn a_family_id_carries_the_user_to_failures_that_name_none() {
    let mut log = Log::new();
    for cycle in 0..3 {
        let at = cycle * 3 * HOUR;
        let family = log.symbol(&format!("family-{cycle}"));
        log.event(EventKind::GrantIssued, at, "u1");
        log.ok(at + HOUR, "u1").grant_id = Some(family);
        log.fail_as(at + 2 * HOUR, "", CauseClass::Reuse).grant_id = Some(family);
    }
    log.event(EventKind::GrantIssued, 9 * HOUR, "u1");
    // Another user of the client, so that it is not the only one.
    log.healthy(0..9, "u2");
    assert_eq!(rules(&log.diagnose()), only("rotation-not-persisted", 3));
}
