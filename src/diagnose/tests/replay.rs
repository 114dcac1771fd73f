//! What would have helped, how an incident ended, when it comes back, and the tokens around it.

use super::{HOUR, MINUTE, SECOND, diagnosed, diagnosed_as, found, only};
use crate::model::EventKind::{ApiUnauthorized, RefreshFailed, RefreshSucceeded};
use crate::model::{Outcome, PresentationOutcome, ReusePolicy, RotationPolicy};
use crate::timeline::sample::Log;

/// A race of a winner at 0 and losers after it, each at a place (host, process).
fn race(places: &[(&str, &str)]) -> Log {
    let mut log = Log::new();
    for (number, (host, process)) in places.iter().enumerate() {
        let kind = if number == 0 { RefreshSucceeded } else { RefreshFailed };
        log.add(i64::try_from(number).unwrap() * 10, kind, |event| {
            event.subject("u1");
            event.place(host, process, &format!("t{number}"));
            if number > 0 {
                event.error("invalid_grant");
            }
        });
    }
    log.ok(HOUR, "u1");
    log
}

fn helped(log: &Log) -> Vec<(String, u64)> {
    let diagnosis = diagnosed(log);
    diagnosis.clients[0].would_have_helped.iter().map(|gain| (gain.fix.clone(), gain.failures_prevented)).collect()
}

fn gain(log: &Log, fix: &str) -> u64 {
    helped(log).into_iter().find(|(name, _)| name == fix).map_or(0, |(_, prevented)| prevented)
}

#[test]
fn a_lock_helps_as_far_as_it_reaches() {
    let threads = race(&[("h1", "7"), ("h1", "7"), ("h1", "7")]);
    let processes = race(&[("h1", "7"), ("h1", "8"), ("h1", "9")]);
    let hosts = race(&[("h1", "7"), ("h2", "7"), ("h3", "7")]);
    let mixed = race(&[("h1", "7"), ("h1", "7"), ("h1", "8"), ("h2", "7"), ("h2", "7")]);
    let locks = ["in-process-single-flight", "cross-process-lock", "distributed-lock"];
    for (log, prevented) in [(threads, [2, 2, 2]), (processes, [0, 2, 2]), (hosts, [0, 0, 2]), (mixed, [2, 3, 4])] {
        assert_eq!(locks.map(|lock| gain(&log, lock)), prevented);
    }
}

#[test]
fn where_nobody_knows_who_raced_only_a_lock_that_all_share_is_sure_to_help() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(20, "u1").fail(30, "u1").ok(HOUR, "u1");
    let helped = helped(&log);
    let names: Vec<&str> = helped.iter().map(|(fix, _)| fix.as_str()).collect();
    assert_eq!(names, ["distributed-lock", "re-read-before-fail", "provider-grace"]);
    assert!(helped.iter().all(|(_, prevented)| *prevented == 2));
}

#[test]
fn reading_the_store_again_helps_only_after_the_winner_and_only_while_its_token_lives() {
    let mut log = Log::new();
    log.fail(-40, "u1").ok(0, "u1").fail(20, "u1").fail(3 * SECOND, "u1").ok(HOUR, "u1");
    assert_eq!(gain(&log, "re-read-before-fail"), 2);
    let mut revoked = Log::new();
    revoked.ok(0, "u1").fail(20, "u1").fail(HOUR, "u1").fail(2 * HOUR, "u1").grant(3 * HOUR, "u1");
    found(&diagnosed(&revoked), "refresh-race-revoked");
    assert_eq!(gain(&revoked, "re-read-before-fail"), 0);
    assert_eq!(gain(&revoked, "distributed-lock"), 3);
}

#[test]
fn a_server_that_has_a_grace_already_is_no_help() {
    let mut log = race(&[("h1", "7"), ("h2", "7")]);
    for event in &mut log.set.events {
        event.provider = Some(log.set.symbols.intern("idp"));
    }
    let with = |grace_ms| {
        let policy = RotationPolicy { rotates: Some(true), grace_ms, reuse: ReusePolicy::Reject };
        let diagnosis = diagnosed_as(&log.set, policy);
        diagnosis.clients[0].would_have_helped.iter().any(|gain| gain.fix == "provider-grace")
    };
    assert!(with(None) && with(Some(0)) && !with(Some(30_000)));
}

#[test]
fn refreshing_early_helps_only_where_a_401_set_the_racers_off() {
    for (answered, prevented) in [(-300, 1), (-2 * 60 * SECOND, 0)] {
        let mut log = race(&[("h1", "7"), ("h2", "7")]);
        log.add(answered, ApiUnauthorized, |event| event.subject("u1"));
        assert_eq!(gain(&log, "proactive-refresh"), prevented, "401 at {answered} ms");
    }
}

#[test]
fn a_revoked_grant_is_helped_by_nothing() {
    let mut log = Log::new();
    log.ok(0, "u1").ok(HOUR, "u1").fail(2 * HOUR, "u1").fail(2 * HOUR + MINUTE, "u1").grant(3 * HOUR, "u1");
    only(&diagnosed(&log), "permanent-revocation");
    assert_eq!(helped(&log), []);
}

#[test]
fn the_impact_counts_the_calls_that_were_refused_meanwhile() {
    let mut log = Log::new();
    for at in [-SECOND, 2 * HOUR + SECOND, 2 * HOUR + MINUTE, 4 * HOUR] {
        log.add(at, ApiUnauthorized, |event| event.subject("u1"));
    }
    log.ok(0, "u1").ok(HOUR, "u1").fail(2 * HOUR, "u1").fail(2 * HOUR + MINUTE, "u1").grant(3 * HOUR, "u1");
    let diagnosis = diagnosed(&log);
    let finding = only(&diagnosis, "permanent-revocation");
    assert_eq!(finding.impact.api_unauthorized, 2);
    assert_eq!(finding.reauthorized_at.map(|time| time.to_string()).unwrap(), "2026-01-05T03:00:00.000Z");
    assert_eq!(finding.unresolved_for_ms, None);
}

#[test]
fn what_never_ends_says_how_long_the_logs_go_on() {
    let mut log = Log::new();
    log.ok(0, "u1").ok(HOUR, "u1").fail(2 * HOUR, "u1").fail(2 * HOUR + MINUTE, "u1").ok(5 * HOUR, "u2");
    let diagnosis = diagnosed(&log);
    let finding = found(&diagnosis, "permanent-revocation");
    assert_eq!((finding.outcome, finding.reauthorized_at), (Outcome::Unresolved, None));
    assert_eq!(finding.unresolved_for_ms, Some(3 * HOUR - MINUTE));
}

#[test]
fn races_at_each_expiry_have_a_period() {
    let mut log = Log::new();
    for cycle in 0..8 {
        log.add(cycle * 55 * MINUTE, RefreshSucceeded, |event| {
            event.subject("u1");
            event.event.expires_in = Some(3_600).into();
        });
        if cycle != 3 && cycle > 0 {
            log.fail(cycle * 55 * MINUTE + 30, "u1");
        }
    }
    let recurrence = diagnosed(&log).clients[0].recurrence.unwrap();
    assert_eq!((recurrence.period_s, recurrence.incidents, recurrence.expires_in), (55 * 60, 6, Some(3_600)));
    let mut twice = Log::new();
    twice.ok(0, "u1").fail(20, "u1").ok(HOUR, "u1").fail(HOUR + 20, "u1").ok(2 * HOUR, "u1");
    assert_eq!(diagnosed(&twice).clients[0].recurrence, None);
}

#[test]
fn the_family_of_a_finding_is_its_chain() {
    let mut log = Log::new();
    let tokens = ["rt0000", "rt1111", "rt2222", "rt3333"];
    for (cycle, pair) in (0..).zip(tokens.windows(2)) {
        log.add(cycle * HOUR, RefreshSucceeded, |event| super::token(event, pair[0], pair[1]));
    }
    log.add(HOUR + 40, RefreshFailed, |event| super::token(event, "rt1111", ""));
    let diagnosis = diagnosed(&log);
    let family = only(&diagnosis, "refresh-race").family.as_ref().unwrap();
    let chain: Vec<&str> = family.tokens.iter().map(|token| token.token.as_str()).collect();
    assert_eq!(chain, tokens);
    let raced = &family.tokens[1];
    assert_eq!(raced.issued_at.unwrap().to_string(), "2026-01-05T00:00:00.000Z");
    let outcomes: Vec<PresentationOutcome> = raced.presented.iter().map(|presented| presented.outcome).collect();
    assert_eq!(outcomes, [PresentationOutcome::Accepted, PresentationOutcome::Refused]);
    assert!(family.tokens[3].presented.is_empty());
}

#[test]
fn without_tokens_in_the_logs_there_is_no_family() {
    let mut log = Log::new();
    log.ok(0, "u1").fail(20, "u1").ok(HOUR, "u1");
    assert_eq!(only(&diagnosed(&log), "refresh-race").family, None);
}
