//! Small timelines, each named after what it must not be taken for: races, and what looks like one.

use std::collections::BTreeMap;

use tokscan::diagnose::Policies;
use tokscan::model::{CauseClass, Confidence, EventKind, Outcome, Precision, ReusePolicy, RotationPolicy, Timestamp};

use crate::by_hand::{HOUR, Log, only, raced, rules};
use crate::score::causes;

#[test]
fn a_loser_logged_before_its_winner_is_a_loser() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    log.fail(3 * HOUR - 80, "u1");
    log.healthy(3..5, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race", 1));
}

#[test]
fn the_window_is_200_ms_and_not_a_millisecond_more() {
    for (distance, is_race) in [(200, true), (201, false)] {
        let mut log = Log::new();
        log.healthy(0..4, "u1");
        log.fail(3 * HOUR + distance, "u1");
        log.healthy(4..6, "u1");
        assert_eq!(raced(&log.diagnose()), is_race, "{distance} ms");
    }
}

#[test]
fn another_grant_of_the_same_user_is_no_winner() {
    let mut log = Log::new();
    let (phone, laptop) = (log.symbol("phone"), log.symbol("laptop"));
    for hour in 0..6 {
        log.ok(hour * HOUR, "u1").grant_id = Some(phone);
        if hour < 3 {
            log.ok(hour * HOUR + 40, "u1").grant_id = Some(laptop);
        } else {
            log.fail(hour * HOUR + 40, "u1").grant_id = Some(laptop);
        }
    }
    assert!(!raced(&log.diagnose()));
}

#[test]
fn different_presented_tokens_never_race() {
    let mut log = Log::new();
    let (old, new) = (log.symbol("00000000000000aa"), log.symbol("00000000000000bb"));
    log.healthy(0..3, "u1");
    log.ok(3 * HOUR, "u1").presented = Some(new);
    log.fail(3 * HOUR + 50, "u1").presented = Some(old);
    log.healthy(4..6, "u1");
    assert!(!raced(&log.diagnose()));
}

#[test]
fn one_presented_token_proves_the_race_without_a_subject() {
    let mut log = Log::new();
    let token = log.symbol("00000000000000aa");
    log.healthy(0..3, "u1");
    log.ok(3 * HOUR, "u1").presented = Some(token);
    log.fail(3 * HOUR + 50, "").presented = Some(token);
    log.healthy(4..6, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race", 1));
    let race = causes(&diagnosis.findings).next().unwrap();
    assert_eq!(race.confidence, Confidence::Proven, "{}", race.confidence_reason);
}

#[test]
fn a_slow_server_makes_a_race_by_overlap() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    log.ok(3 * HOUR, "u1").duration_ms = Some(900).into();
    log.fail(3 * HOUR + 650, "u1").duration_ms = Some(1_400).into();
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race", 1));
}

#[test]
fn a_server_that_never_rotates_has_no_races() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    for worker in 1..4 {
        log.fail(3 * HOUR + worker * 30, "u1");
    }
    log.fail(4 * HOUR, "u1");
    let provider = log.symbol("steady");
    for event in &mut log.0.events {
        event.provider = Some(provider);
    }
    let policy = RotationPolicy { rotates: Some(false), grace_ms: None, reuse: ReusePolicy::Accept };
    assert!(!raced(&log.diagnose_with(&Policies::from([("steady".to_owned(), policy)]))));
}

#[test]
fn one_race_with_several_texts_is_one_incident() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 20, "u1", CauseClass::Reuse);
    log.fail_as(3 * HOUR + 35, "u1", CauseClass::Revoked);
    log.fail_as(3 * HOUR + 50, "u1", CauseClass::Revoked);
    // The winner's own token died with the family.
    log.fail_as(4 * HOUR, "u1", CauseClass::Revoked);
    log.event(EventKind::GrantIssued, 4 * HOUR + 60_000, "u1");
    log.ok(5 * HOUR, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race-revoked", 4));
    let race = causes(&diagnosis.findings).next().unwrap();
    assert_eq!((race.successes, race.failures, race.aftermath_failures), (1, 3, 1));
    assert_eq!(race.impact.forced_sign_ins, 1);
}

#[test]
fn a_race_at_the_end_of_the_log_is_still_a_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail(3 * HOUR + 60, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race", 1));
}

#[test]
fn one_failure_logged_by_two_layers_is_one_failure() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    let request = log.symbol("req-1");
    log.fail(3 * HOUR + 60, "u1").request_id = Some(request);
    log.fail(3 * HOUR + 62, "u1").request_id = Some(request);
    log.healthy(4..6, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(diagnosis.refresh_failed, 1);
    assert_eq!(rules(&diagnosis), only("refresh-race", 1));
}

#[test]
fn a_failure_without_a_time_is_counted_and_never_a_race() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail(3 * HOUR, "u1").time = None;
    let diagnosis = log.diagnose();
    assert_eq!(diagnosis.refresh_failed, 1);
    assert!(!raced(&diagnosis));
}

#[test]
fn an_unnamed_failure_near_a_busy_clients_success_is_no_likely_race() {
    let mut log = Log::new();
    // 200 users, one success every 100 ms: some success is near any moment.
    for user in 0..200 {
        for hour in 0..3 {
            log.ok(hour * HOUR + user * 100, &format!("u{user}"));
        }
    }
    log.fail(2 * HOUR + 7_030, "");
    for finding in causes(&log.diagnose().findings).filter(|finding| finding.rule.starts_with("refresh-race")) {
        assert_eq!(finding.confidence, Confidence::Possible, "{}", finding.confidence_reason);
    }
}

#[test]
fn two_races_seconds_apart_are_two_incidents() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    for second in [0, 10] {
        log.ok(3 * HOUR + second * 1_000, "u1");
        log.fail(3 * HOUR + second * 1_000 + 90, "u1");
    }
    log.healthy(4..6, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race", 2));
    assert_eq!(causes(&diagnosis.findings).count(), 2);
}

#[test]
fn whole_seconds_reach_to_the_next_second_and_no_further() {
    for (seconds, is_race) in [(0, true), (1, true), (2, false)] {
        let mut log = Log::new();
        log.healthy(0..4, "u1");
        log.fail(3 * HOUR + seconds * 1_000, "u1");
        log.healthy(4..6, "u1");
        for event in &mut log.0.events {
            event.time = event.time.map(|time| Timestamp::new(time.nanos, Precision::Second));
        }
        assert_eq!(raced(&log.diagnose()), is_race, "{seconds} s");
    }
}

#[test]
fn hammering_after_a_revoked_race_is_its_aftermath_and_a_storm() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 40, "u1", CauseClass::Reuse);
    for retry in 0..100 {
        log.fail_as(4 * HOUR + retry * 500, "u1", CauseClass::Revoked);
    }
    log.event(EventKind::GrantIssued, 5 * HOUR, "u1");
    log.ok(6 * HOUR, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race-revoked", 101));
    assert!(diagnosis.findings.iter().any(|finding| finding.rule == "retry-storm"));
}

#[test]
fn a_revoked_race_that_nobody_ends_is_still_one_incident() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail(3 * HOUR + 40, "u1");
    for hour in 4..8 {
        log.fail(hour * HOUR, "u1");
    }
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race-revoked", 5));
    assert_eq!(causes(&diagnosis.findings).next().unwrap().outcome, Outcome::FamilyRevoked);
}

#[test]
fn a_user_who_is_disabled_after_a_healed_race_is_revoked() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail(3 * HOUR + 40, "u1");
    log.healthy(4..6, "u1");
    for hour in 6..9 {
        log.fail_as(hour * HOUR, "u1", CauseClass::Revoked);
    }
    let expected = BTreeMap::from([("permanent-revocation", 3), ("refresh-race", 1)]);
    assert_eq!(rules(&log.diagnose()), expected);
}

#[test]
fn losers_whose_winner_is_not_in_the_logs_possibly_raced() {
    let mut log = Log::new();
    log.healthy(0..3, "u1");
    for number in 0..3 {
        let thread = log.symbol(&format!("t{number}"));
        log.fail(3 * HOUR + number * 30, "u1").thread = Some(thread);
    }
    log.healthy(4..6, "u1");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race", 3));
    assert_eq!(causes(&diagnosis.findings).next().unwrap().confidence, Confidence::Possible);
}

#[test]
fn a_token_called_expired_beside_a_success_was_good_a_moment_ago() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail_as(3 * HOUR + 60, "u1", CauseClass::Expired);
    log.healthy(4..6, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race", 1));
}

#[test]
fn a_token_called_expired_beside_the_success_of_another_user_is_expired() {
    for subject in ["u2", ""] {
        let mut log = Log::new();
        log.healthy(0..6, "u1");
        log.ok(-HOUR / 2, "u2");
        log.fail_as(3 * HOUR + 60, subject, CauseClass::Expired);
        assert_eq!(rules(&log.diagnose()), only("expired-refresh-token", 1), "{subject}");
    }
}

#[test]
fn a_grant_that_expires_weeks_after_a_race_has_not_died_of_it() {
    let mut log = Log::new();
    log.healthy(0..4, "u1");
    log.fail(3 * HOUR + 60, "u1");
    log.fail_as(20 * 24 * HOUR, "u1", CauseClass::Expired);
    log.event(EventKind::GrantIssued, 20 * 24 * HOUR + 60_000, "u1");
    log.ok(20 * 24 * HOUR + HOUR, "u1");
    let expected = BTreeMap::from([("expired-refresh-token", 1), ("refresh-race", 1)]);
    assert_eq!(rules(&log.diagnose()), expected);
}

#[test]
fn retries_of_a_loser_at_the_end_of_the_log_leave_the_race_unresolved() {
    for threads in [None, Some(["t1", "t2"])] {
        let mut log = Log::new();
        log.healthy(0..3, "u1");
        let names = threads.map(|threads| threads.map(|thread| log.symbol(thread)));
        log.ok(3 * HOUR, "u1").thread = names.map(|names| names[0]);
        for at in [60, 1_060, 3_060] {
            log.fail(3 * HOUR + at, "u1").thread = names.map(|names| names[1]);
        }
        let place = log.symbol("7");
        for event in &mut log.0.events {
            (event.host, event.process) = (Some(place), Some(place));
        }
        let diagnosis = log.diagnose();
        assert_eq!(rules(&diagnosis), only("refresh-race", 3), "{threads:?}");
        assert_eq!(causes(&diagnosis.findings).next().unwrap().outcome, Outcome::Unresolved);
    }
}

/// With tokens of five minutes the winner's next refresh comes as soon as a patient loser's retry.
#[test]
fn the_winners_next_refresh_is_no_retry_of_a_loser() {
    let mut log = Log::new();
    for cycle in 0..6 {
        log.ok(cycle * 280_000, "u1").expires_in = Some(300).into();
    }
    log.fail(5 * 280_000 + 50, "u1");
    log.fail(6 * 280_000, "u1");
    assert_eq!(rules(&log.diagnose()), only("refresh-race-revoked", 2));
}
