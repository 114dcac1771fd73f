//! Each verdict on a hand-made log, and its look-alikes.

use proptest::prelude::*;

use super::{Diagnosis, Policies, Settings, diagnose};
use crate::model::EventKind::{GrantIssued, RefreshFailed, RefreshSucceeded, StoreRead, TokenRevoked};
use crate::model::{
    CauseClass, Confidence, EventKind, EventSet, Finding, FindingClass, LeakStatus, Outcome, ReusePolicy, Role,
    RotationPolicy, Timestamp, Topology,
};
use crate::rules::{embedded, load_diagnoses};
use crate::timeline::sample::{Log, START, Says};

mod lookalikes;
mod replay;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn diagnosed_as(set: &EventSet, policy: RotationPolicy) -> Diagnosis {
    let catalogue = load_diagnoses(&embedded()).unwrap();
    let policies = Policies::from([("idp".to_owned(), policy)]);
    let diagnosis = diagnose(&mut set.clone(), &catalogue, &policies, &Settings::default());
    let causes = || diagnosis.findings.iter().filter(|finding| finding.class == FindingClass::Cause);
    let owned: u64 = causes().map(|finding| finding.failures + finding.aftermath_failures).sum();
    assert_eq!(owned, diagnosis.refresh_failed, "every failure has one cause");
    for finding in &diagnosis.findings {
        assert!(finding.confidence_reason.ends_with('.'), "{}", finding.confidence_reason);
        assert!(!finding.title.contains('{') && !finding.remediation.is_empty(), "{}", finding.title);
    }
    diagnosis
}

fn diagnosed(log: &Log) -> Diagnosis {
    diagnosed_as(&log.set, RotationPolicy::default())
}

fn rules(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// The only finding, which must have this name.
fn only<'a>(diagnosis: &'a Diagnosis, rule: &str) -> &'a Finding {
    assert_eq!(rules(diagnosis), [rule]);
    &diagnosis.findings[0]
}

fn found<'a>(diagnosis: &'a Diagnosis, rule: &str) -> &'a Finding {
    let mut named = diagnosis.findings.iter().filter(|finding| finding.rule == rule);
    let first = named.next().unwrap_or_else(|| panic!("{rule} is missing among {:?}", rules(diagnosis)));
    assert!(named.next().is_none(), "{rule} is found once");
    first
}

fn token(event: &mut Says<'_>, presented: &str, issued: &str) {
    event.subject("u1");
    event.presented(presented);
    if issued.is_empty() { event.error("invalid_grant") } else { event.issued(issued) }
}

// --- refresh-race ---

#[test]
fn a_race_heals_by_itself() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(-30, "u1").fail(150, "u1").fail(4 * SECOND, "u1").ok(HOUR, "u1");
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race");
    assert_eq!((race.successes, race.failures, race.aftermath_failures), (1, 2, 1));
    assert_eq!((race.outcome, race.confidence, race.span_ms), (Outcome::SelfResolved, Confidence::Likely, 180));
    assert_eq!(race.impact.healed_after_ms, Some(HOUR + 30));
    assert_eq!(race.errors["invalid_grant"], 3);
    let roles: Vec<Role> = race.evidence.iter().map(|piece| piece.role).collect();
    assert_eq!(roles, [Role::Loser, Role::Winner, Role::Loser, Role::Aftermath, Role::Heal]);
}

#[test]
fn at_the_end_of_the_logs_a_race_is_unresolved() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(20, "u1");
    assert_eq!(only(&diagnosed(&log), "refresh-race").outcome, Outcome::Unresolved);
}

#[test]
fn the_same_token_proves_a_race_even_at_whole_seconds() {
    for (presented, confidence) in [("r0", Confidence::Proven), ("", Confidence::Possible)] {
        let mut log = Log::new();
        for (at, issued) in [(0, "r1"), (900, "")] {
            log.add(at, if issued.is_empty() { RefreshFailed } else { RefreshSucceeded }, |event| {
                token(event, "r0", issued);
                if presented.is_empty() {
                    event.event.presented = None;
                }
                event.seconds_only();
            });
        }
        assert_eq!(only(&diagnosed(&log), "refresh-race").confidence, confidence);
    }
}

#[test]
fn different_users_in_the_same_instant_do_not_race() {
    let mut log = Log::new();
    log.ok(-HOUR, "u2").ok(0, "u1").fail(10, "u2").fail(HOUR, "u2").ok(HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "permanent-revocation").subject.as_deref(), Some("u2"));
}

#[test]
fn different_tokens_or_grants_do_not_race() {
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| token(event, "r0", "r1"));
    log.add(10, RefreshFailed, |event| token(event, "x9", ""));
    assert!(!rules(&diagnosed(&log)).contains(&"refresh-race"));
}

#[test]
fn the_topology_names_the_layer_that_would_have_prevented_it() {
    let places = [
        ([("a", "1", "t1"), ("a", "1", "t2")], Topology::SameProcess, "inside the process"),
        ([("a", "1", "t1"), ("a", "2", "t1")], Topology::SameHost, "lock file"),
        ([("a", "1", "t1"), ("b", "1", "t1")], Topology::SeveralHosts, "all hosts share"),
    ];
    for (workers, topology, fix) in places {
        let mut log = Log::new();
        for (number, (host, process, thread)) in (0..).zip(workers) {
            let kind = if number == 0 { RefreshSucceeded } else { RefreshFailed };
            log.add(number * 30, kind, |event| {
                event.subject("u1");
                event.place(host, process, thread);
            });
        }
        let diagnosis = diagnosed(&log);
        let race = only(&diagnosis, "refresh-race");
        assert_eq!(race.topology, topology);
        assert!(race.remediation[0].contains(fix), "{}", race.remediation[0]);
    }
}

#[test]
fn a_server_that_never_rotates_cannot_race() {
    let mut log = Log::new();
    for (at, kind) in [(0, RefreshSucceeded), (50, RefreshFailed), (HOUR, RefreshFailed)] {
        log.add(at, kind, |event| {
            event.subject("u1");
            event.provider("idp");
        });
    }
    let never = RotationPolicy { rotates: Some(false), ..RotationPolicy::default() };
    only(&diagnosed_as(&log.set, never), "permanent-revocation");
}

#[test]
fn overlapping_requests_compete_beyond_the_window() {
    let mut log = Log::new();
    log.ok(0, "u1");
    log.add(3 * SECOND, RefreshFailed, |event| {
        event.subject("u1");
        event.event.duration_ms = Some(3_200).into();
    });
    log.ok(HOUR, "u1");
    only(&diagnosed(&log), "refresh-race");
}

#[test]
fn a_hydra_text_about_concurrent_requests_proves_a_race_without_a_winner() {
    let mut log = Log::new();
    log.told(0, "u1", CauseClass::Concurrent, "multiple concurrent requests");
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race");
    assert_eq!((race.successes, race.confidence), (0, Confidence::Proven));
}

#[test]
fn losers_without_subject_join_the_one_subject_of_the_window() {
    let mut log = Log::new();
    log.ok(-HOUR, "u2").ok(0, "u1").fail(40, "").ok(HOUR, "u2").ok(HOUR + 5 * MINUTE, "u1");
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race");
    assert_eq!((race.subject.as_deref(), race.confidence), (Some("u1"), Confidence::Possible));
    // With two subjects in the window nobody can say whose failure it is.
    let mut log = Log::new();
    log.ok(0, "u1").ok(10, "u2").fail(40, "").ok(HOUR, "u2").ok(HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "unexplained-failure").subject, None);
}

#[test]
fn where_chance_puts_successes_beside_everything_a_nameless_cluster_proves_nothing() {
    let mut log = Log::new();
    for success in 0..600 {
        log.ok(success * 370, "");
    }
    log.fail(37_000 + 90, "").fail(150_000, "");
    let diagnosis = diagnosed(&log);
    let finding = only(&diagnosis, "unexplained-failure");
    assert!(finding.confidence_reason.contains("so often"), "{}", finding.confidence_reason);
}

// --- refresh-race-revoked ---

#[test]
fn reuse_detection_that_kills_the_winner_is_one_incident() {
    let mut log = Log::new();
    log.ok(0, "u1")
        .told(30, "u1", CauseClass::Reuse, "Maximum allowed refresh token reuse exceeded")
        .told(45, "u1", CauseClass::Revoked, "Session doesn't have required client")
        .told(55 * MINUTE, "u1", CauseClass::Revoked, "Session not active")
        .told(56 * MINUTE, "u1", CauseClass::Revoked, "Session not active")
        .grant(70 * MINUTE, "u1")
        .ok(80 * MINUTE, "u1");
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race-revoked");
    assert_eq!((race.failures, race.aftermath_failures, race.impact.forced_sign_ins), (2, 2, 1));
    assert_eq!((race.outcome, race.confidence), (Outcome::Reauthorized, Confidence::Proven));
}

#[test]
fn without_a_text_later_failures_tell_that_the_family_died() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(30, "u1").fail(55 * MINUTE, "u1").fail(60 * MINUTE, "u1");
    assert_eq!(only(&diagnosed(&log), "refresh-race-revoked").outcome, Outcome::FamilyRevoked);
}

#[test]
fn a_reuse_error_inside_a_race_that_heals_stays_a_race() {
    let mut log = Log::new();
    log.ok(0, "u1").told(30, "u1", CauseClass::Reuse, "already used").ok(HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "refresh-race").confidence, Confidence::Proven);
}

#[test]
fn a_losers_retries_with_the_spent_token_say_nothing_about_the_winner() {
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| token(event, "r0", "r1"));
    for at in [30, 2 * SECOND, 5 * SECOND] {
        log.add(at, RefreshFailed, |event| token(event, "r0", ""));
    }
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race");
    assert_eq!((race.failures, race.aftermath_failures, race.outcome), (1, 2, Outcome::Unresolved));
}

#[test]
fn a_revocation_150_ms_after_a_success_is_no_race() {
    let mut log = Log::new();
    log.ok(0, "u1").told(150, "u1", CauseClass::Revoked, "The user revoked consent to the application").told(
        HOUR,
        "u1",
        CauseClass::Revoked,
        "The user revoked consent to the application",
    );
    assert_eq!(only(&diagnosed(&log), "permanent-revocation").confidence, Confidence::Proven);
}

#[test]
fn one_thread_cannot_race_with_itself() {
    let mut log = Log::new();
    for (at, kind) in [(0, RefreshSucceeded), (150, RefreshFailed), (HOUR, RefreshFailed)] {
        log.add(at, kind, |event| {
            event.subject("u1");
            event.place("a", "1", "t1");
        });
    }
    only(&diagnosed(&log), "permanent-revocation");
}

// --- storms ---

#[test]
fn a_storm_tells_how_it_ended() {
    for (kind, outcome) in [(RefreshSucceeded, Outcome::SelfResolved), (GrantIssued, Outcome::Reauthorized)] {
        let mut log = Log::new();
        log.ok(0, "u1");
        for attempt in 0..30 {
            log.fail(HOUR + attempt * SECOND, "u1");
        }
        log.add(2 * HOUR, kind, |event| event.subject("u1"));
        let diagnosis = diagnosed(&log);
        let storm = diagnosis.findings.iter().find(|finding| finding.rule == "retry-storm").unwrap();
        assert_eq!((storm.outcome, storm.impact.healed_after_ms), (outcome, Some(HOUR)));
    }
}

// --- clocks ---

/// The clock of host `b` is two seconds ahead: it loses late, and wins after the loser was refused.
#[test]
fn a_clock_that_is_shown_to_be_ahead_makes_a_late_loser_a_racer() {
    let mut log = Log::new();
    let mut attempt = |at: i64, kind: EventKind, host: &'static str, presented: &'static str, issued: &'static str| {
        log.add(at, kind, |event| {
            token(event, presented, issued);
            event.place(host, "1", "t");
        });
    };
    attempt(0, RefreshSucceeded, "a", "r0", "r1");
    attempt(HOUR, RefreshFailed, "a", "r1", "");
    attempt(HOUR + 1_980, RefreshSucceeded, "b", "r1", "r2");
    attempt(2 * HOUR, RefreshSucceeded, "a", "r2", "r3");
    attempt(2 * HOUR + 2_050, RefreshFailed, "b", "r2", "");
    attempt(3 * HOUR, RefreshSucceeded, "a", "r3", "r4");
    let diagnosis = diagnosed(&log);
    assert_eq!(rules(&diagnosis), ["refresh-race", "refresh-race"]);
    assert!(diagnosis.findings.iter().all(|race| race.successes == 1), "both have a winner");
}

/// The clock of host `b` is two seconds ahead, and no token is named: the loser is early as often as late.
#[test]
fn hosts_that_always_meet_at_one_distance_race() {
    let mut log = Log::new();
    let mut attempt = |at: i64, kind: EventKind, host: &'static str| {
        log.add(at, kind, |event| {
            event.subject("u1");
            event.place(host, "1", "t");
        });
    };
    for cycle in 0..6 {
        let (at, jitter) = (cycle * HOUR, cycle * 20);
        let (a, b) = if cycle % 2 == 0 { (RefreshSucceeded, RefreshFailed) } else { (RefreshFailed, RefreshSucceeded) };
        attempt(at, a, "a");
        attempt(at + 2_000 + jitter, b, "b");
    }
    attempt(6 * HOUR, RefreshSucceeded, "a");
    let diagnosis = diagnosed(&log);
    assert_eq!(rules(&diagnosis), ["refresh-race"; 6]);
}

#[test]
fn a_reuse_beside_another_hosts_refresh_is_not_called_theft() {
    let mut log = Log::new();
    for cycle in 0..4 {
        log.add(cycle * HOUR, RefreshSucceeded, |event| {
            event.subject("u1");
            event.place("a", "1", "t");
        });
    }
    log.add(3 * HOUR + 2_500, RefreshFailed, |event| {
        event.subject("u1");
        event.error("invalid_grant");
        event.event.class = CauseClass::Reuse;
        event.place("b", "1", "t");
    });
    let diagnosis = diagnosed(&log);
    let finding = only(&diagnosis, "unexplained-failure");
    assert!(finding.confidence_reason.contains("clocks agree"), "{}", finding.confidence_reason);
}

// --- reuse, stale reads ---

#[test]
fn a_reuse_without_a_race_is_the_gravest_finding() {
    let mut log = Log::new();
    for hour in 0..5 {
        log.ok(hour * HOUR, "u1");
    }
    log.told(2 * HOUR + 31 * MINUTE, "u1", CauseClass::Reuse, "already used");
    let diagnosis = diagnosed(&log);
    let reuse = only(&diagnosis, "refresh-token-reuse");
    assert_eq!((reuse.confidence, reuse.severity), (Confidence::Proven, crate::model::Severity::Critical));
}

/// The refresh that spent the token may be a line that is missing.
#[test]
fn a_reuse_when_a_refresh_was_due_is_no_more_than_possible() {
    let mut log = Log::new();
    for hour in 0..3 {
        log.ok(hour * HOUR, "u1");
    }
    log.told(3 * HOUR, "u1", CauseClass::Reuse, "already used").ok(3 * HOUR + MINUTE, "u1");
    assert_eq!(only(&diagnosed(&log), "refresh-token-reuse").confidence, Confidence::Possible);
    let mut log = Log::new();
    for hour in 0..3 {
        log.ok(hour * HOUR, "u1");
    }
    log.told(3 * HOUR, "u1", CauseClass::Reuse, "already used").ok(4 * HOUR, "u1").ok(5 * HOUR, "u1");
    only(&diagnosed(&log), "unexplained-failure");
}

#[test]
fn a_late_copy_from_an_unknown_host_is_no_stale_read() {
    for (host, rule) in [("a", "stale-token-read"), ("x", "refresh-token-reuse")] {
        let mut log = Log::new();
        let place = |host: &'static str| {
            move |event: &mut Says<'_>| {
                event.subject("u1");
                event.place(host, "1", "t");
            }
        };
        log.add(0, RefreshSucceeded, place("a"));
        log.add(7 * SECOND, RefreshFailed, |event| {
            place(host)(event);
            event.event.class = CauseClass::Reuse;
        });
        log.add(HOUR, RefreshSucceeded, place("a"));
        only(&diagnosed(&log), rule);
    }
}

#[test]
fn a_failure_later_than_the_window_that_heals_is_a_stale_read() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(7 * SECOND, "u1").ok(HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "stale-token-read").confidence, Confidence::Likely);
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| token(event, "r0", "r1"));
    log.add(7 * SECOND, RefreshFailed, |event| token(event, "r0", ""));
    log.add(HOUR, RefreshSucceeded, |event| token(event, "r1", "r2"));
    assert_eq!(only(&diagnosed(&log), "stale-token-read").confidence, Confidence::Proven);
}

// --- the grant is gone ---

#[test]
fn failures_that_no_retry_heals_are_a_revocation() {
    let mut log = Log::new();
    log.ok(0, "u1").ok(HOUR, "u1").fail(2 * HOUR, "u1").fail(3 * HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "permanent-revocation").confidence, Confidence::Likely);
    log.add(90 * MINUTE, TokenRevoked, |event| event.subject("u1"));
    assert_eq!(only(&diagnosed(&log), "permanent-revocation").confidence, Confidence::Proven);
}

#[test]
fn logs_cut_off_at_either_end_are_not_guessed_at() {
    let mut begins = Log::new();
    begins.fail(0, "u1").ok(HOUR, "u1");
    assert!(only(&diagnosed(&begins), "unexplained-failure").confidence_reason.contains("begin"));
    let mut ends = Log::new();
    ends.fail(0, "u1");
    only(&diagnosed(&ends), "unexplained-failure");
}

#[test]
fn expiry_is_told_or_follows_a_long_idle_time() {
    let mut log = Log::new();
    log.ok(0, "u1").told(HOUR, "u1", CauseClass::Expired, "refresh token expired");
    assert_eq!(only(&diagnosed(&log), "expired-refresh-token").confidence, Confidence::Proven);
    let mut log = Log::new();
    log.ok(0, "u1").fail(30 * DAY, "u1").grant(30 * DAY + HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "expired-refresh-token").confidence, Confidence::Possible);
}

#[test]
fn a_retry_every_150_ms_is_a_storm_after_a_revocation_and_no_cluster() {
    let mut log = Log::new();
    log.ok(-HOUR, "u1");
    for retry in 0..400 {
        log.fail(retry * 150, "u1");
    }
    let diagnosis = diagnosed(&log);
    assert_eq!(rules(&diagnosis), ["permanent-revocation", "retry-storm"]);
    assert_eq!(found(&diagnosis, "permanent-revocation").failures, 400);
    assert!(found(&diagnosis, "retry-storm").confidence_reason.contains("400 attempts a minute"));
    // The retry that ends in a success is no race either.
    log.ok(400 * 150, "u1").ok(2 * HOUR, "u1");
    assert!(!rules(&diagnosed(&log)).contains(&"refresh-race"));
}

// --- rotation ---

#[test]
fn a_token_that_is_never_stored_fails_in_every_second_cycle() {
    let mut log = Log::new();
    for cycle in 0..3 {
        let at = cycle * 3 * HOUR;
        log.grant(at, "u1").ok(at + HOUR, "u1").fail(at + 2 * HOUR, "u1").fail(at + 2 * HOUR + 9 * SECOND, "u1");
    }
    let diagnosis = diagnosed(&log);
    let finding = only(&diagnosis, "rotation-not-persisted");
    assert_eq!((finding.failures, finding.impact.forced_sign_ins), (6, 2));
}

#[test]
fn one_such_cycle_is_a_revocation_unless_the_token_proves_it() {
    for (second, rule) in [("r0", "rotation-not-persisted"), ("r1", "permanent-revocation")] {
        let mut log = Log::new();
        log.add(0, RefreshSucceeded, |event| token(event, "r0", "r1"));
        log.add(HOUR, RefreshFailed, |event| token(event, second, ""));
        log.grant(2 * HOUR, "u1");
        only(&diagnosed(&log), rule);
    }
}

#[test]
fn a_revocation_of_many_users_at_once_is_no_lost_rotation() {
    let mut log = Log::new();
    for user in ["u1", "u2", "u3"] {
        log.ok(0, user).fail(HOUR, user).grant(2 * HOUR, user);
    }
    assert_eq!(rules(&diagnosed(&log)), ["permanent-revocation"; 3]);
}

#[test]
fn a_fork_and_then_a_dead_cycle_is_an_overwritten_token() {
    let mut log = Log::new();
    log.ok(0, "u1").ok(40, "u1").fail(HOUR, "u1").grant(2 * HOUR, "u1");
    let diagnosis = diagnosed(&log);
    assert_eq!(rules(&diagnosis), ["rotation-overwritten", "duplicate-refresh"]);
}

// --- behaviours ---

#[test]
fn a_batch_that_refreshes_many_users_at_once_is_no_duplicate() {
    let mut log = Log::new();
    for user in 0..50 {
        log.ok(user, &format!("u{user}"));
        log.ok(user, "");
    }
    assert!(rules(&diagnosed(&log)).is_empty());
}

#[test]
fn several_successes_of_one_user_are_a_duplicate() {
    let mut log = Log::new();
    for at in [0, 30, HOUR, HOUR + 20] {
        log.ok(at, "u1");
    }
    let diagnosis = diagnosed(&log);
    assert_eq!(only(&diagnosis, "duplicate-refresh").successes, 4);
    assert_eq!(diagnosis.clients[0].verdict, "healthy");
}

// --- what the error alone decides ---

#[test]
fn errors_of_the_client_the_server_and_the_request_are_no_revocation() {
    let mut log = Log::new();
    let classes = [
        (CauseClass::Misconfigured, "client-misconfigured"),
        (CauseClass::Transient, "provider-outage"),
        (CauseClass::Malformed, "malformed-token"),
        (CauseClass::InteractionRequired, "interaction-required"),
        (CauseClass::ClockSkew, "clock-skew"),
    ];
    for (number, (class, _)) in (0..).zip(classes) {
        for user in ["u1", "u2"] {
            log.told(number * SECOND, user, class, "text");
        }
    }
    log.ok(100, "u1");
    let diagnosis = diagnosed(&log);
    for (class, rule) in classes {
        let of = diagnosis.findings.iter().filter(|finding| finding.rule == rule);
        let shared = matches!(class, CauseClass::Misconfigured | CauseClass::Transient);
        assert_eq!(of.count(), if shared { 1 } else { 2 }, "{rule}");
    }
    assert_eq!(found(&diagnosis, "provider-outage").impact.principals, 2);
}

#[test]
fn failures_without_a_time_are_told_by_their_error_alone() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(10, "u1").told(20, "u1", CauseClass::Revoked, "consent revoked");
    log.set.events[1].time = None;
    log.set.events[2].time = None;
    let diagnosis = diagnosed(&log);
    assert_eq!(rules(&diagnosis), ["permanent-revocation", "unexplained-failure"]);
    assert!(diagnosis.findings.iter().all(|finding| finding.start.is_none()));
}

#[test]
fn outages_of_one_provider_far_apart_are_two() {
    let mut log = Log::new();
    for at in [0, MINUTE, 3 * HOUR] {
        log.told(at, "u1", CauseClass::Transient, "503");
    }
    assert_eq!(rules(&diagnosed(&log)), ["provider-outage", "provider-outage"]);
}

// --- tokens ---

#[test]
fn the_newest_token_lives_until_its_grant_ends() {
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| token(event, "r0", "r1"));
    let lives = |log: &Log, token: &str| diagnosed(log).token_lives[token].status;
    assert_eq!((lives(&log, "r0"), lives(&log, "r1")), (LeakStatus::Superseded, LeakStatus::Live));
    log.add(HOUR, RefreshFailed, |event| token(event, "r1", ""));
    log.add(2 * HOUR, RefreshFailed, |event| token(event, "r1", ""));
    assert_eq!(lives(&log, "r1"), LeakStatus::Revoked);
    log.add(3 * HOUR, GrantIssued, |event| {
        event.subject("u1");
        event.issued("n0");
    });
    assert_eq!((lives(&log, "r1"), lives(&log, "n0")), (LeakStatus::Revoked, LeakStatus::Live));
}

#[test]
fn a_token_knows_when_it_was_spent_and_who_used_it_from_elsewhere() {
    let mut log = Log::new();
    let used = |at: i64,
                kind: EventKind,
                presented: &'static str,
                issued: &'static str,
                address: &'static str,
                log: &mut Log| {
        let symbol = log.set.symbols.intern(address);
        log.add(at, kind, |event| {
            token(event, presented, issued);
            event.event.address = Some(symbol);
        });
    };
    used(0, RefreshSucceeded, "r0", "r1", "198.51.100.7", &mut log);
    used(HOUR, RefreshSucceeded, "r1", "r2", "203.0.113.66", &mut log);
    used(2 * HOUR, RefreshFailed, "r1", "", "198.51.100.7", &mut log);
    let lives = diagnosed(&log).token_lives;
    let life = &lives["r1"];
    assert_eq!(life.status, LeakStatus::Superseded);
    assert_eq!(life.superseded_at, Some(Timestamp::from_millis(START + HOUR)), "not when it was presented again");
    let strange: Vec<&str> = life.strange_uses.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(strange, ["203.0.113.66"]);
    assert!(lives["r0"].strange_uses.is_empty(), "the first address is nobody's stranger");
}

#[test]
fn every_diagnosis_has_its_words_and_every_word_its_diagnosis() {
    let catalogue = load_diagnoses(&embedded()).unwrap();
    let mut names: Vec<&str> = super::names::ALL.to_vec();
    names.sort_unstable();
    assert_eq!(catalogue.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), names);
    let behaviours = catalogue.iter().filter(|rule| rule.class == FindingClass::Behaviour);
    let known = [
        "credential-discarded",
        "duplicate-refresh",
        "insecure-endpoint",
        "reactive-refresh",
        "retry-storm",
        "shared-token",
        "uncached-token",
        "wrong-expiry",
    ];
    assert_eq!(behaviours.map(|rule| rule.id.as_str()).collect::<Vec<_>>(), known);
    assert!(catalogue.iter().all(|rule| rule.pseudo_code.is_some()), "each says how to fix it");
}

// --- properties ---

#[derive(Clone, Debug)]
struct Raw {
    at: i64,
    kind: u8,
    class: u8,
    subject: u8,
    client: u8,
    token: u8,
    grant: u8,
    request: u8,
    place: u8,
    timed: u8,
}

fn raw() -> impl Strategy<Value = Raw> {
    let scale = prop_oneof![Just(1i64), Just(40), Just(SECOND), Just(10 * MINUTE), Just(HOUR)];
    let small = || 0u8..8;
    ((0i64..20, scale), 0u8..10, 0u8..14, small(), 0u8..4, small(), small(), small(), small(), 0u8..12).prop_map(
        |((at, scale), kind, class, subject, client, token, grant, request, place, timed)| Raw {
            at: at * scale,
            kind,
            class,
            subject,
            client,
            token,
            grant,
            request,
            place,
            timed,
        },
    )
}

fn log_of(raws: &[Raw]) -> Log {
    const CLASSES: [CauseClass; 14] = [
        CauseClass::Ambiguous,
        CauseClass::Ambiguous,
        CauseClass::Ambiguous,
        CauseClass::Ambiguous,
        CauseClass::Ambiguous,
        CauseClass::Reuse,
        CauseClass::Revoked,
        CauseClass::Expired,
        CauseClass::Concurrent,
        CauseClass::Malformed,
        CauseClass::Misconfigured,
        CauseClass::Transient,
        CauseClass::InteractionRequired,
        CauseClass::ClockSkew,
    ];
    let mut log = Log::new();
    log.set.sources.push("a-second.log".into());
    for raw in raws {
        let kind = match raw.kind {
            0..3 => RefreshSucceeded,
            3..7 => RefreshFailed,
            7 => GrantIssued,
            8 => TokenRevoked,
            _ => StoreRead,
        };
        let name = |prefix: &str, number: u8| format!("{prefix}{number}");
        log.add(raw.at, kind, |event| {
            event.subject(&if raw.subject < 5 { name("u", raw.subject / 2) } else { String::new() });
            event.client(["app", "app", "web", ""][usize::from(raw.client)]);
            match raw.token {
                0..3 => event.presented(&name("r", raw.token)),
                3 => event.issued("r1"),
                _ => {}
            }
            if raw.grant < 2 {
                event.grant_id(&name("g", raw.grant));
            }
            if raw.request < 3 {
                event.request(&name("q", raw.request));
            }
            if raw.place < 5 {
                event.place(["a", "b"][usize::from(raw.place % 2)], "1", &name("t", raw.place));
            }
            if raw.client == 1 {
                event.provider("idp");
            }
            if kind == RefreshFailed {
                event.event.class = CLASSES[usize::from(raw.class)];
                event.error(["invalid_grant", "invalid_client"][usize::from(raw.class == 10)]);
            }
            event.event.position.source = u32::from(raw.place % 2);
            match raw.timed {
                0 => event.event.time = None,
                1 => event.seconds_only(),
                2 => event.event.duration_ms = Some(1_500).into(),
                3 => event.event.expires_in = Some(3_600).into(),
                _ => {}
            }
        });
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_failure_has_one_cause_and_clients_add_up(raws in prop::collection::vec(raw(), 0..60), reuse in 0u8..4) {
        let reuse = [ReusePolicy::Unknown, ReusePolicy::Accept, ReusePolicy::Reject, ReusePolicy::RevokeFamily][usize::from(reuse)];
        let rotates = [None, Some(false), Some(true), Some(true)][reuse as usize];
        let diagnosis = diagnosed_as(&log_of(&raws).set, RotationPolicy { rotates, grace_ms: None, reuse });
        let failed: u64 = diagnosis.clients.iter().map(|client| client.refresh_failed).sum();
        let caused: u64 = diagnosis.clients.iter().flat_map(|client| client.causes.values()).sum();
        let good: u64 = diagnosis.clients.iter().map(|client| client.refresh_ok).sum();
        prop_assert_eq!((failed, caused, good), (diagnosis.refresh_failed, diagnosis.refresh_failed, diagnosis.refresh_ok));
        let mut ids: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), diagnosis.findings.len());
    }

    #[test]
    fn neither_order_nor_sources_nor_symbols_change_the_result(
        raws in prop::collection::vec(raw(), 0..40), seed in 0usize..1000,
    ) {
        let log = log_of(&raws);
        // Another order of events, other numbers for the symbols, the sources the other way round.
        let mut other = EventSet { sources: log.set.sources.iter().rev().cloned().collect(), ..EventSet::default() };
        for word in ["zebra", "t1", "u2", "invalid_client", "web"] {
            other.symbols.intern(word);
        }
        let mut rest = log.set.clone();
        for event in &mut rest.events {
            event.position.source = 1 - event.position.source;
        }
        let count = rest.events.len();
        for step in 0..count {
            rest.events.swap(step, (step * 7 + seed) % count);
        }
        other.absorb(rest);
        let policy = RotationPolicy::default();
        let (one, two) = (diagnosed_as(&log.set, policy), diagnosed_as(&other, policy));
        prop_assert_eq!(&one.findings, &two.findings);
        prop_assert_eq!(&one.clients, &two.clients);
        prop_assert_eq!(&one.token_lives, &two.token_lives);
    }
}
