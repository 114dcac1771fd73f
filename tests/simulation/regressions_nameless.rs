//! Small timelines, each named after what it must not be taken for: failures that name no user.

use tokscan::model::{CauseClass, Confidence, Topology};

use crate::by_hand::{HOUR, Log, only, raced, rules};
use crate::score::causes;

#[test]
fn as_many_coincidences_as_chance_gives_are_no_races() {
    let mut log = Log::new();
    // One client, 1500 users an hour, and 30 nameless failures of revoked ones, spread evenly: chance
    // puts some success within the window of one in six of them.
    for user in 0..1_500 {
        for hour in 0..3 {
            log.ok(hour * HOUR + user * 2_399, &format!("u{user}"));
        }
    }
    for failure in 0..30 {
        log.fail(2 * HOUR + failure * 100_003, "");
    }
    let diagnosis = log.diagnose();
    assert!(!raced(&diagnosis), "{:?}", rules(&diagnosis));
    let verdict = causes(&diagnosis.findings).next().unwrap();
    assert!(verdict.confidence_reason.contains("chance"), "{}", verdict.confidence_reason);
}

#[test]
fn the_one_race_of_a_small_client_is_found() {
    let mut log = Log::new();
    for user in 0..5 {
        for hour in 0..6 {
            log.ok(hour * HOUR + user * 600_000, &format!("u{user}"));
        }
    }
    log.fail(3 * HOUR + 60, "");
    log.fail(3 * HOUR + 75, "");
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race", 2));
    assert_eq!(causes(&diagnosis.findings).next().unwrap().confidence, Confidence::Possible);
}

#[test]
fn a_retry_every_five_minutes_does_not_race_with_who_refreshes_on_the_hour() {
    let mut log = Log::new();
    for user in 0..5 {
        for hour in 0..24 {
            log.ok(hour * HOUR + user * 601_000, &format!("u{user}"));
        }
    }
    // A revoked user fails every five minutes; on the hour that is beside the success of another.
    for retry in 0..240 {
        log.fail(HOUR / 2 + 60 + retry * 300_000, "");
    }
    let diagnosis = log.diagnose();
    assert!(!raced(&diagnosis), "{:?}", rules(&diagnosis));
}

#[test]
fn a_pool_thread_that_served_another_user_is_not_that_users() {
    let mut log = Log::new();
    let (host, pid, first, second) = (log.symbol("h1"), log.symbol("7"), log.symbol("t1"), log.symbol("t2"));
    for hour in 0..6 {
        log.ok(hour * HOUR, "u1").thread = Some(first);
        log.ok(hour * HOUR + HOUR / 2, "u2").thread = Some(second);
    }
    log.fail(3 * HOUR + 60, "").thread = Some(second);
    for event in &mut log.0.events {
        (event.host, event.process) = (Some(host), Some(pid));
    }
    let diagnosis = log.diagnose();
    let verdict = causes(&diagnosis.findings).next().unwrap();
    assert_eq!(verdict.confidence, Confidence::Possible, "{}: {}", verdict.rule, verdict.confidence_reason);
    assert_eq!(rules(&diagnosis), only("refresh-race", 1));
}

#[test]
fn the_process_of_another_user_has_not_lost_this_ones_race() {
    let mut log = Log::new();
    let (host, pids) = (log.symbol("h1"), [log.symbol("7"), log.symbol("8")]);
    for hour in 0..20 {
        log.ok(hour * HOUR, "u1").process = Some(pids[0]);
        log.ok(hour * HOUR + HOUR / 2, "u2").process = Some(pids[1]);
    }
    log.fail(12 * HOUR + 60, "").process = Some(pids[1]);
    for event in &mut log.0.events {
        event.host = Some(host);
    }
    let diagnosis = log.diagnose();
    assert!(!raced(&diagnosis), "{:?}", rules(&diagnosis));
    assert_eq!(causes(&diagnosis.findings).next().unwrap().subject.as_deref(), Some("u2"));
}

#[test]
fn a_nameless_reuse_error_does_not_prove_that_nothing_competed() {
    let mut log = Log::new();
    log.healthy(0..6, "u1");
    for hour in 0..6 {
        log.ok(hour * HOUR + 1_200_000, "u2");
    }
    log.fail_as(3 * HOUR + 2_400_000, "", CauseClass::Reuse);
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-token-reuse", 1));
    let verdict = causes(&diagnosis.findings).next().unwrap();
    assert_eq!(verdict.confidence, Confidence::Likely, "{}", verdict.confidence_reason);
}

#[test]
fn a_job_that_refreshes_one_user_after_the_other_does_not_race_with_itself() {
    for named in [true, false] {
        let mut log = Log::new();
        for hour in 0..12 {
            for user in 0..5 {
                let (at, name) = (hour * HOUR + user * 150, format!("u{user}"));
                if user == 2 && hour >= 6 {
                    log.fail(at, "");
                } else {
                    log.ok(at, if named { &name } else { "" });
                }
            }
        }
        let diagnosis = log.diagnose();
        assert_eq!(rules(&diagnosis), only("unexplained-failure", 6), "named: {named}");
    }
}

/// Three hosts of two threads each refresh for four users whom nobody names, and race for one.
#[test]
fn a_race_over_shared_hosts_is_one_incident_though_they_serve_others() {
    let mut log = Log::new();
    let (pid, hosts, threads) = (log.symbol("77"), ["h0", "h1", "h2"], ["t0", "t1"]);
    let (hosts, threads) = (hosts.map(|host| log.symbol(host)), threads.map(|thread| log.symbol(thread)));
    for hour in 0..12 {
        for user in 0..4 {
            let place = usize::try_from(hour + user).unwrap();
            let event = log.ok(hour * HOUR + user * 600_000, "");
            (event.host, event.thread) = (Some(hosts[place % 3]), Some(threads[place % 2]));
        }
        if [4, 5, 9].contains(&hour) {
            for loser in 1..6 {
                let place = usize::try_from(hour + loser).unwrap();
                let event = log.fail(hour * HOUR + loser * 33, "");
                (event.host, event.thread) = (Some(hosts[place % 3]), Some(threads[place % 2]));
            }
        }
    }
    for event in &mut log.0.events {
        event.process = Some(pid);
    }
    let diagnosis = log.diagnose();
    assert_eq!(rules(&diagnosis), only("refresh-race", 15));
    for race in causes(&diagnosis.findings) {
        assert_eq!((race.successes, race.failures, race.topology), (1, 5, Topology::SeveralHosts));
    }
}

#[test]
fn the_good_refresh_of_another_user_does_not_heal_when_nobody_is_named() {
    let mut log = Log::new();
    for hour in 0..12 {
        for user in 0..8 {
            log.ok(hour * HOUR + user * 417_000, "");
        }
    }
    for retry in 0..60 {
        log.fail(3 * HOUR + 12_345 + retry * 300_000, "");
    }
    assert_eq!(rules(&log.diagnose()), only("unexplained-failure", 60));
}
