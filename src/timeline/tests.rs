use super::sample::Log;
use super::{Tie, Timelines};
use crate::model::EventKind::{RefreshFailed, RefreshStarted, RefreshSucceeded};
use crate::model::EventSet;

fn build(set: &EventSet) -> Timelines {
    let mut set = set.clone();
    set.sort();
    let events = std::mem::take(&mut set.events);
    super::build(&set, events)
}

#[test]
fn one_failure_logged_by_two_layers_is_one_attempt() {
    let mut log = Log::new();
    log.fail(0, "u1");
    log.add(3, RefreshFailed, |event| {
        event.rule("another-layer");
        event.error("invalid_grant");
        event.place("h", "1", "t");
    });
    let timelines = build(&log.set);
    assert_eq!((timelines.refresh_failed, timelines.timelines.len()), (1, 1));
    assert!(timelines.events[0].subject.is_some() && timelines.events[0].thread.is_some(), "the union of both");
}

#[test]
fn a_job_that_says_only_that_it_failed_repeats_the_error_that_its_worker_wrote() {
    let both = |second: &str| {
        let mut log = Log::new();
        log.add(0, RefreshFailed, |event| {
            event.rule("library");
            event.error("invalid_grant");
            event.place("h", "21", "gk9");
        });
        log.add(20, RefreshFailed, |event| {
            event.rule("job");
            event.place("h", "21", second);
        });
        build(&log.set).refresh_failed
    };
    assert_eq!((both("gk9"), both("gk7")), (1, 2), "another worker's failure is another attempt");
}

#[test]
fn bare_failures_of_two_workers_in_one_millisecond_stay_two() {
    let mut log = Log::new();
    log.fail(0, "u1").fail(0, "u1");
    assert_eq!(build(&log.set).refresh_failed, 2);
    let mut log = Log::new();
    for thread in ["1", "2"] {
        log.add(0, RefreshFailed, |event| {
            event.rule(thread);
            event.error("invalid_grant");
            event.place("h", "1", thread);
        });
    }
    assert_eq!(build(&log.set).refresh_failed, 2, "threads differ, whatever the layers");
}

#[test]
fn each_layer_gives_one_record_to_an_attempt() {
    let mut log = Log::new();
    for (at, rule) in [(0, "lib"), (0, "lib"), (1, "app"), (1, "app")] {
        log.add(at, RefreshFailed, |event| {
            event.rule(rule);
            event.error("invalid_grant");
        });
    }
    assert_eq!(build(&log.set).refresh_failed, 2);
}

#[test]
fn a_request_that_probes_twice_is_one_attempt_and_a_job_that_retries_is_not() {
    let mut log = Log::new();
    let probe = |log: &mut Log, at, request: &str| {
        log.add(at, RefreshFailed, |event| {
            event.error("invalid_grant");
            event.request(request);
        });
    };
    probe(&mut log, 0, "r1");
    probe(&mut log, 60, "r1");
    for retry in 0..4 {
        probe(&mut log, 10_000 + retry * 100, "r2");
    }
    assert_eq!(build(&log.set).refresh_failed, 1 + 4);
}

#[test]
fn device_polling_and_nonce_rounds_are_no_failures() {
    let mut log = Log::new();
    for (at, error) in [(0, "slow_down"), (5, "authorization_pending"), (10, "use_dpop_nonce")] {
        log.add(at, RefreshFailed, |event| event.error(error));
    }
    log.ok(20, "u1");
    let timelines = build(&log.set);
    assert_eq!((timelines.refresh_ok, timelines.refresh_failed), (1, 0));
}

#[test]
fn a_failure_without_subject_finds_it_by_token_grant_or_request() {
    let mut log = Log::new();
    log.add(0, RefreshSucceeded, |event| {
        event.subject("u1");
        event.presented("r0");
        event.issued("r1");
    });
    log.add(5_000, RefreshFailed, |event| event.presented("r1"));
    log.add(6_000, RefreshFailed, |event| event.grant_id("g"));
    log.add(9_000, RefreshSucceeded, |event| {
        event.subject("u1");
        event.grant_id("g");
    });
    let timelines = build(&log.set);
    assert_eq!(timelines.timelines.len(), 1);
    assert_eq!(timelines.ties.iter().filter(|tie| **tie == Tie::Linked).count(), 2);
}

#[test]
fn an_id_that_two_subjects_share_says_nothing() {
    let mut log = Log::new();
    for subject in ["u1", "u2", ""] {
        log.add(0, RefreshSucceeded, |event| {
            event.subject(subject);
            event.request("batch");
        });
    }
    assert_eq!(build(&log.set).timelines.len(), 3);
}

#[test]
fn a_missing_provider_does_not_split_a_client() {
    let mut log = Log::new();
    log.ok(0, "u1");
    log.add(5, RefreshSucceeded, |event| {
        event.subject("u1");
        event.provider("okta");
    });
    assert_eq!(build(&log.set).timelines.len(), 1);
}

#[test]
fn a_missing_provider_does_not_split_a_user_of_whom_no_client_is_named() {
    let mut log = Log::new();
    for (at, provider) in [(0, Some("okta")), (5, None)] {
        log.add(at, RefreshSucceeded, |event| {
            event.subject("u1");
            event.event.client = None;
            if let Some(provider) = provider {
                event.provider(provider);
            }
        });
    }
    assert_eq!(build(&log.set).timelines.len(), 1);
}

#[test]
fn a_missing_client_does_not_split_a_user_of_one_source() {
    let timelines = |elsewhere: bool| {
        let mut log = Log::new();
        log.ok(0, "u1");
        log.add(5, RefreshSucceeded, |event| {
            event.subject("u1");
            event.event.client = None;
            event.event.position.source += u32::from(elsewhere);
        });
        build(&log.set).timelines.len()
    };
    assert_eq!((timelines(false), timelines(true)), (1, 2));
}

#[test]
fn grants_side_by_side_have_their_own_timelines_and_successive_ones_share() {
    let mut side_by_side = Log::new();
    let mut in_turn = Log::new();
    for at in 0..6 {
        side_by_side.add(at * 1000, RefreshSucceeded, |event| {
            event.subject("u1");
            event.grant_id(if at % 2 == 0 { "phone" } else { "laptop" });
        });
        in_turn.add(at * 1000, RefreshSucceeded, |event| {
            event.subject("u1");
            event.grant_id(if at < 3 { "first" } else { "second" });
        });
    }
    assert_eq!(build(&side_by_side.set).timelines.len(), 2);
    assert_eq!(build(&in_turn.set).timelines.len(), 1);
}

#[test]
fn a_success_that_client_and_application_log_is_one_and_those_of_two_workers_are_two() {
    let layer = |log: &mut Log, at, rule: &str, thread: &str| {
        log.add(at, RefreshSucceeded, |event| {
            event.rule(rule);
            event.subject("u1");
            if !thread.is_empty() {
                event.place("h", "1", thread);
            }
        });
    };
    let mut log = Log::new();
    layer(&mut log, 0, "http", "");
    layer(&mut log, 31, "app", "");
    assert_eq!(build(&log.set).refresh_ok, 1);
    for threads in [["", ""], ["1", "2"]] {
        let mut log = Log::new();
        layer(&mut log, 0, "http", "");
        layer(&mut log, 9, "http", "");
        layer(&mut log, 30, "app", threads[0]);
        layer(&mut log, 38, "app", threads[1]);
        assert_eq!(build(&log.set).refresh_ok, 2, "{threads:?}");
    }
    let mut log = Log::new();
    layer(&mut log, 0, "http", "1");
    layer(&mut log, 9, "app", "2");
    layer(&mut log, 20, "http", "2");
    layer(&mut log, 30, "app", "1");
    assert_eq!(build(&log.set).refresh_ok, 2, "each with its own thread");
    let mut log = Log::new();
    log.ok(0, "u1").ok(31, "u1");
    assert_eq!(build(&log.set).refresh_ok, 2, "one layer: two workers");
    let mut log = Log::new();
    layer(&mut log, 0, "http", "");
    layer(&mut log, 60, "app", "");
    assert_eq!(build(&log.set).refresh_ok, 2, "too late for an echo");
}

#[test]
fn a_400_and_the_applications_invalid_grant_are_one_attempt() {
    for (rule, threads, failures) in [("app", ["1", "1"], 1), ("app", ["1", "2"], 2), ("http", ["1", "1"], 2)] {
        let mut log = Log::new();
        log.add(0, RefreshFailed, |event| {
            event.rule("http");
            event.event.status = Some(400);
            event.place("h", "7", threads[0]);
        });
        log.add(28, RefreshFailed, |event| {
            event.rule(rule);
            event.subject("u1");
            event.error("invalid_grant");
            event.place("h", "7", threads[1]);
        });
        let timelines = build(&log.set);
        assert_eq!(timelines.refresh_failed, failures, "{rule} {threads:?}");
        assert!(timelines.events.iter().any(|event| event.error.is_some() && event.subject.is_some()));
    }
}

#[test]
fn a_thread_that_logs_its_failure_late_in_another_layer_had_one() {
    for (thread, attempts) in [("t1", 1), ("t2", 2)] {
        let mut log = Log::new();
        log.add(0, RefreshFailed, |event| {
            event.subject("u1");
            event.error("invalid_grant");
            event.place("h", "1", "t1");
        });
        log.add(280, RefreshFailed, |event| {
            event.rule("another-layer");
            event.subject("u1");
            event.error("invalid_grant");
            event.place("h", "1", thread);
        });
        assert_eq!(build(&log.set).refresh_failed, attempts, "{thread}");
    }
}

#[test]
fn a_masked_token_links_no_other_users_events() {
    let mut log = Log::new();
    for (at, subject) in [(0, "u1"), (10, "u2")] {
        log.add(at, RefreshSucceeded, |event| {
            event.subject(subject);
            event.issued("masked:…a1b2");
        });
    }
    log.add(5_000, RefreshFailed, |event| {
        event.presented("masked:…a1b2");
        event.error("invalid_grant");
    });
    let timelines = build(&log.set);
    assert_eq!(timelines.events[2].subject, None, "two users' tokens have that form");
    log.set.events.remove(1);
    assert!(build(&log.set).events[1].subject.is_some(), "only one user's token has it");
}

#[test]
fn a_masked_token_is_looked_for_around_its_time() {
    let mut log = Log::new();
    for (at, subject) in [(0, "u1"), (5 * 3_600_000, "u2")] {
        log.add(at, RefreshSucceeded, |event| {
            event.subject(subject);
            event.issued("masked:…a1b2");
        });
    }
    log.add(5 * 3_600_000 + 50, RefreshFailed, |event| {
        event.presented("masked:…a1b2");
        event.error("invalid_grant");
    });
    let timelines = build(&log.set);
    assert_eq!(timelines.events[2].subject, timelines.events[1].subject, "the other user's was hours before");
}

#[test]
fn failures_with_different_texts_are_no_echo() {
    let mut log = Log::new();
    for (at, text) in [(0, "Maximum allowed refresh token reuse exceeded"), (20, "Session not active")] {
        log.add(at, RefreshFailed, |event| {
            event.rule(text);
            event.subject("u1");
            event.error("invalid_grant");
            event.text(text);
        });
    }
    assert_eq!(build(&log.set).refresh_failed, 2);
}

#[test]
fn the_body_of_an_answer_on_a_line_by_itself_is_no_second_failure() {
    let body = |log: &mut Log, error: &str| {
        log.add(0, RefreshFailed, |event| {
            event.error(error);
            event.event.time = None;
            event.event.client = None;
        });
    };
    let mut log = Log::new();
    log.add(0, RefreshFailed, |event| event.subject("u1"));
    body(&mut log, "invalid_grant");
    let timelines = build(&log.set);
    assert_eq!((timelines.refresh_failed, timelines.events.len()), (1, 1));
    assert!(timelines.events[0].error.is_some() && timelines.events[0].subject.is_some(), "the union of both");

    let mut log = Log::new();
    log.fail(0, "u1");
    body(&mut log, "invalid_client");
    assert_eq!(build(&log.set).refresh_failed, 2, "another error is another failure");
    let mut log = Log::new();
    log.fail(0, "u1").ok(5, "u1");
    body(&mut log, "invalid_grant");
    assert_eq!(build(&log.set).refresh_failed, 2, "it stands below another record");
}

// --- requests and responses ---

#[test]
fn a_beginning_gives_its_outcome_a_duration() {
    let mut log = Log::new();
    log.add(0, RefreshStarted, |event| event.request("req-1"));
    log.add(100, RefreshStarted, |event| event.request("req-2"));
    log.add(1_500, RefreshFailed, |event| event.request("req-2"));
    log.add(3_000, RefreshSucceeded, |event| event.request("req-1"));
    let timelines = build(&log.set);
    let took: Vec<Option<u32>> = timelines.events.iter().map(|event| event.duration_ms.get()).collect();
    assert_eq!(took, [Some(1_400), Some(3_000)]);
}

#[test]
fn a_beginning_of_another_thread_or_long_ago_is_not_joined() {
    let mut log = Log::new();
    log.add(0, RefreshStarted, |event| event.place("h", "1", "a"));
    log.add(10, RefreshFailed, |event| event.place("h", "1", "b"));
    log.add(100_000, RefreshFailed, |event| event.place("h", "1", "a"));
    log.add(100_000, RefreshStarted, |event| event.subject("u1"));
    log.ok(160_000, "u1");
    let timelines = build(&log.set);
    assert_eq!(timelines.events.len(), 3, "beginnings are no events of a timeline");
    assert!(timelines.events.iter().all(|event| event.duration_ms.get().is_none()));
}

// --- two views ---

/// A server's log and a client's: `lag` is how much later the client writes.
fn views(lag: impl Fn(i64) -> i64, placed: bool) -> Log {
    let mut log = Log::new();
    log.set.sources.push("client.log".into());
    for cycle in 0..6 {
        let at = cycle * 3_600_000;
        log.ok(at, "u1");
        log.add(at + lag(cycle), RefreshSucceeded, |event| {
            event.event.position.source = 1;
            event.subject("u1");
            if placed {
                event.place("web-1", "7", "t");
            }
        });
    }
    log
}

#[test]
fn what_client_and_server_log_of_one_attempt_is_one() {
    let timelines = build(&views(|cycle| 8 + cycle % 3, true).set);
    assert_eq!(timelines.refresh_ok, 6);
    assert!(timelines.events.iter().all(|event| event.host.is_some()), "the place is the client's");
    assert_eq!(build(&views(|cycle| 2_900 + cycle, true).set).refresh_ok, 6, "their clocks may be apart");
}

#[test]
fn workers_that_write_alike_or_keep_no_distance_are_not_two_views() {
    assert_eq!(build(&views(|cycle| 8 + cycle % 3, false).set).refresh_ok, 12, "the same app in two files");
    assert_eq!(build(&views(|cycle| 40 + cycle * 55, true).set).refresh_ok, 12, "racers keep no distance");
}

// --- wordings ---

#[test]
fn two_wordings_in_one_source_are_two_layers() {
    let told = |wordings: [u32; 2]| {
        let mut log = Log::new();
        for (at, wording) in [(0, wordings[0]), (20, wordings[1])] {
            log.add(at, RefreshFailed, |event| {
                event.subject("u1");
                event.error("invalid_grant");
                event.event.wording = wording;
            });
        }
        build(&log.set).refresh_failed
    };
    assert_eq!((told([1, 2]), told([1, 1]), told([1, 0])), (1, 2, 2));
}
