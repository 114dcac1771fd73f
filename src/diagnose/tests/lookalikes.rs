//! What the rules about stores, lifetimes, names and chains must be silent about.

use super::{HOUR, MINUTE, SECOND, diagnosed, found, only, rules, token};
use crate::model::EventKind::{
    ApiUnauthorized, CredentialDiscarded, RefreshFailed, RefreshSucceeded, StoreCorrupt, StoreFailed, TokenIssued,
};
use crate::model::{CauseClass, Confidence};
use crate::timeline::sample::Log;

fn with_lifetime(log: &mut Log, at: i64, subject: &str, seconds: u32) {
    log.add(at, RefreshSucceeded, |event| {
        event.subject(subject);
        event.event.expires_in = Some(seconds).into();
    });
}

/// A chain R0 → R1 → R2 → R3 of one address, and then a failure with `old` from `address`.
fn old_token(old: &str, address: &str) -> Log {
    let mut log = Log::new();
    for (cycle, pair) in (0..).zip(["rt-0000", "rt-1111", "rt-2222", "rt-3333"].windows(2)) {
        log.add(cycle * HOUR, RefreshSucceeded, |event| {
            token(event, pair[0], pair[1]);
            event.address("198.51.100.7");
        });
    }
    log.add(2 * HOUR + 20 * MINUTE, RefreshFailed, |event| {
        token(event, old, "");
        event.address(address);
    });
    log.add(3 * HOUR, RefreshSucceeded, |event| {
        token(event, "rt-3333", "rt-4444");
        event.address("198.51.100.7");
    });
    log
}

#[test]
fn an_old_token_from_a_strange_address_is_reuse_though_the_server_does_not_say_so() {
    let diagnosis = diagnosed(&old_token("rt-0000", "203.0.113.9"));
    assert_eq!(only(&diagnosis, "refresh-token-reuse").confidence, Confidence::Proven);
}

#[test]
fn an_old_token_from_a_known_address_is_a_stale_copy() {
    let diagnosis = diagnosed(&old_token("rt-0000", "198.51.100.7"));
    assert_eq!(only(&diagnosis, "stale-token-read").confidence, Confidence::Proven);
}

#[test]
fn the_newest_token_from_a_strange_address_is_no_reuse() {
    assert!(!rules(&diagnosed(&old_token("rt-3333", "203.0.113.9"))).contains(&"refresh-token-reuse"));
}

#[test]
fn another_address_of_ones_own_network_is_no_thief() {
    let mut log = old_token("rt-0000", "10.0.0.9");
    let (known, own) = (log.set.symbols.intern("198.51.100.7"), log.set.symbols.intern("10.0.0.7"));
    for event in log.set.events.iter_mut().filter(|event| event.address == Some(known)) {
        event.address = Some(own);
    }
    only(&diagnosed(&log), "stale-token-read");
}

#[test]
fn a_token_refused_before_it_is_accepted_at_another_host_lost_by_its_clock() {
    for (host, race) in [("h2", true), ("h1", false)] {
        let mut log = Log::new();
        log.add(0, RefreshSucceeded, |event| token(event, "rt-0000", "rt-1111"));
        log.add(HOUR, RefreshFailed, |event| {
            token(event, "rt-1111", "");
            event.place(host, "7", "t1");
        });
        log.add(HOUR + 2_300, RefreshSucceeded, |event| {
            token(event, "rt-1111", "rt-2222");
            event.place("h1", "7", "t1");
        });
        log.ok(2 * HOUR, "u1");
        assert_eq!(rules(&diagnosed(&log)).contains(&"refresh-race"), race, "{host}");
    }
}

#[test]
fn masked_tokens_prove_nothing_beyond_likely() {
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| token(event, "masked:…a1b2", "masked:…c3d4"));
    log.add(20, RefreshFailed, |event| token(event, "masked:…a1b2", ""));
    log.ok(HOUR, "u1");
    let diagnosis = diagnosed(&log);
    let race = only(&diagnosis, "refresh-race");
    assert_eq!(race.confidence, Confidence::Likely);
    assert!(race.confidence_reason.contains("masks"), "{}", race.confidence_reason);
}

#[test]
fn a_store_of_another_host_user_or_day_is_not_this_ones() {
    let broken = |fill: &dyn Fn(&mut crate::timeline::sample::Says<'_>), at: i64| {
        let mut log = Log::new();
        log.ok(-30 * HOUR, "u1");
        log.add(at, StoreCorrupt, |event| {
            event.subject("u1");
            event.place("h1", "7", "t1");
            fill(event);
        });
        for retry in [0, 5 * MINUTE] {
            log.add(retry, RefreshFailed, |event| {
                event.subject("u1");
                event.error("invalid_grant");
                event.place("h1", "7", "t1");
            });
        }
        rules(&diagnosed(&log)).contains(&"corrupt-token-store")
    };
    assert!(broken(&|_| {}, -HOUR));
    assert!(broken(&|event| event.subject(""), -HOUR), "a store need not name its users");
    assert!(!broken(&|_| {}, -25 * HOUR), "a day before");
    assert!(!broken(&|_| {}, HOUR), "after the failures");
    assert!(!broken(&|event| event.subject("u2"), -HOUR));
    assert!(!broken(&|event| event.client("other"), -HOUR));
    assert!(!broken(&|event| event.place("h2", "7", "t1"), -HOUR));
}

#[test]
fn a_write_that_failed_explains_the_next_failure_and_one_before_the_last_good_refresh_does_not() {
    for (at, expected) in [(10, "rotation-not-persisted"), (-10, "permanent-revocation")] {
        let mut log = Log::new();
        log.ok(-HOUR, "u1").ok(0, "u1");
        log.add(at, StoreFailed, |event| event.subject("u1"));
        log.fail(HOUR, "u1").fail(HOUR + MINUTE, "u1").grant(2 * HOUR, "u1");
        only(&diagnosed(&log), expected);
    }
}

#[test]
fn a_request_without_a_token_is_a_dropped_one_only_where_a_refresh_had_worked() {
    for (worked, expected) in [(true, "dropped-refresh-token"), (false, "client-misconfigured")] {
        let mut log = Log::new();
        if worked {
            log.ok(0, "u1");
        }
        log.add(HOUR, RefreshFailed, |event| {
            event.subject("u1");
            event.error("invalid_request");
            event.event.class = CauseClass::MissingToken;
        });
        only(&diagnosed(&log), expected);
    }
}

#[test]
fn many_grants_of_one_client_are_no_uncached_token() {
    let mut named = Log::new();
    let mut nameless = Log::new();
    for user in 0..60 {
        with_lifetime(&mut named, user * 20 * SECOND, &format!("u{user}"), 3_600);
        with_lifetime(&mut nameless, user * 20 * SECOND, "", 3_600);
    }
    assert!(rules(&diagnosed(&named)).is_empty());
    assert!(rules(&diagnosed(&nameless)).is_empty(), "nobody is named: it may be as many users");
}

#[test]
fn replicas_that_each_keep_their_token_are_no_uncached_token() {
    let mut log = Log::new();
    for round in 0..3 {
        for replica in 0..20 {
            log.add(round * 55 * MINUTE + replica * 5 * SECOND, TokenIssued, |event| {
                event.event.expires_in = Some(3_600).into();
                event.place(&format!("pod-{replica}"), "1", "main");
            });
        }
    }
    assert!(rules(&diagnosed(&log)).is_empty());
}

#[test]
fn calls_that_fail_while_nothing_can_refresh_are_no_wrong_expiry() {
    let mut log = Log::new();
    for cycle in 0..4 {
        let at = cycle * 2 * HOUR;
        with_lifetime(&mut log, at, "u1", 3_600);
        log.told(at + 59 * MINUTE, "u1", CauseClass::Transient, "503");
        log.add(at + 80 * MINUTE, ApiUnauthorized, |event| event.subject("u1"));
    }
    with_lifetime(&mut log, 8 * HOUR, "u1", 3_600);
    assert!(!rules(&diagnosed(&log)).contains(&"wrong-expiry"));
}

#[test]
fn a_young_token_that_is_refused_is_no_reactive_refresh() {
    let mut log = Log::new();
    for cycle in 0..6 {
        let at = cycle * 10 * MINUTE;
        log.add(at, ApiUnauthorized, |event| event.subject("u1"));
        with_lifetime(&mut log, at + SECOND, "u1", 3_600);
    }
    assert!(!rules(&diagnosed(&log)).contains(&"reactive-refresh"));
}

#[test]
fn a_credential_thrown_away_before_the_race_or_after_its_end_has_nothing_to_do_with_it() {
    for (at, found) in [(-SECOND, false), (60, true), (2 * HOUR, false)] {
        let mut log = Log::new();
        log.ok(-HOUR, "u1").ok(0, "u1").fail(20, "u1").ok(HOUR, "u1");
        log.add(at, CredentialDiscarded, |event| event.subject("u1"));
        assert_eq!(rules(&diagnosed(&log)).contains(&"credential-discarded"), found, "{at}");
    }
}

#[test]
fn names_that_differ_by_the_kind_of_record_are_one_holder() {
    let mut log = Log::new();
    for cycle in 0..4 {
        let form = format!("rt-form-{cycle:08}");
        log.add(cycle * HOUR, RefreshSucceeded, |event| {
            event.subject("17");
            event.presented(&form);
        });
        log.add(cycle * HOUR + 20 * MINUTE, RefreshFailed, |event| {
            event.subject("alice@example.net");
            event.presented(&form);
            event.error("invalid_grant");
        });
    }
    assert!(!rules(&diagnosed(&log)).contains(&"shared-token"));
}

#[test]
fn two_tenants_with_one_token_are_told_once() {
    let mut log = Log::new();
    for cycle in 0..3 {
        for (minute, tenant) in [(0, "t1"), (20, "t2")] {
            log.add(cycle * HOUR + minute * MINUTE, RefreshSucceeded, |event| {
                event.subject(tenant);
                event.presented("rt-form-00000001");
            });
        }
    }
    let diagnosis = diagnosed(&log);
    let shared = found(&diagnosis, "shared-token");
    assert_eq!((shared.impact.principals, shared.successes, shared.subject.as_ref()), (2, 6, None));
}

#[test]
fn two_failures_beside_nothing_say_so() {
    let mut log = Log::new();
    log.fail(0, "u1").fail(280, "u1");
    let diagnosis = diagnosed(&log);
    let reason = &only(&diagnosis, "unexplained-failure").confidence_reason;
    assert!(reason.starts_with("2 attempts failed within 280 ms"), "{reason}");
}
