use serde_json::json;

use super::{Layout, Mark, Shape, System, Watch};
use crate::model::{Confidence, Evidence, Finding, Leak, LeakKind, LeakStatus, Role, Severity};

fn evidence(role: Role, excerpt: &str) -> Evidence {
    serde_json::from_value(json!({
        "role": role, "path": "app.log", "line": 1, "byte_start": 0, "byte_end": 1,
        "time": "2026-01-02T03:04:05.120Z", "event": "", "excerpt": excerpt,
    }))
    .unwrap()
}

fn finding(rule: &str, code: &str, evidence: &[Evidence]) -> Finding {
    serde_json::from_value(json!({
        "id": "f1", "rule": rule, "class": "cause", "severity": "medium", "confidence": "likely",
        "confidence_reason": "", "provider": null, "client": "c1", "subject": "u1",
        "start": "2026-01-02T03:04:05.120Z", "end": "2026-01-02T03:08:05.120Z", "span_ms": 41,
        "successes": 1, "failures": 12, "aftermath_failures": 0, "errors": {code: 12},
        "outcome": "self_resolved", "topology": "unknown",
        "impact": {"principals": 1, "forced_sign_ins": 0, "healed_after_ms": null},
        "title": "", "explanation": "", "remediation": [], "evidence": evidence,
    }))
    .unwrap()
}

const WON: &str = r#"{"ts":1,"event":"oauth.refreshed","app":{"id":"c1"},"usr":"u1"}"#;
const LOST: &str = r#"{"ts":1,"event":"oauth.refused","app":{"id":"c1"},"usr":"u1","why":"invalid_grant"}"#;

fn race() -> Watch {
    let finding = finding("refresh-race", "invalid_grant", &[evidence(Role::Winner, WON), evidence(Role::Loser, LOST)]);
    Watch::of_findings(&[&finding], 200).unwrap()
}

fn mark(field: &str, value: &str) -> Mark {
    Mark { field: Some(field.into()), values: vec![value.into()] }
}

#[test]
fn an_alert_asks_for_the_fields_of_these_logs() {
    let watch = race();
    assert_eq!(watch.shape, Shape::Race { window_ms: 200 });
    assert_eq!(watch.failed, mark("why", "invalid_grant"));
    assert_eq!(watch.succeeded, Some(mark("event", "oauth.refreshed")));
    assert_eq!(watch.by, ["app.id", "usr"]);
    for system in System::ALL {
        let text = system.write(&watch);
        assert!(text.contains("invalid_grant") && text.ends_with('\n'), "{}\n{text}", system.name());
        assert_eq!(System::from_name(system.name()), Some(system));
    }
}

#[test]
fn a_race_in_every_language() {
    let watch = race();
    let holds = |system: System, parts: &[&str]| {
        let text = system.write(&watch);
        for part in parts {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    };
    holds(
        System::Loki,
        &[
            "- alert: RefreshRace",
            r#"sum by (app_id, usr) (count_over_time({job=~".+"} |= "invalid_grant" | json why="why", app_id="app.id", usr="usr" | why = "invalid_grant" [1m])) > 0"#,
            "\n          and\n",
            r#"| event = "oauth.refreshed" [1m])) > 0"#,
        ],
    );
    holds(
        System::Splunk,
        &[
            r#"index=* ("invalid_grant" OR "oauth.refreshed")"#,
            r#"case('why'="invalid_grant", "failed", 'event'="oauth.refreshed", "ok")"#,
            r#"| streamstats current=f window=1 last(_time) as before last(outcome) as other by "app.id" "usr""#,
            "_time-before<=0.200",
        ],
    );
    holds(
        System::Elastic,
        &[
            "sequence by app.id, usr with maxspan=200ms\n  [any where event == \"oauth.refreshed\"]\n  [any where why == \"invalid_grant\"]",
            "[any where why == \"invalid_grant\"]\n  [any where event == \"oauth.refreshed\"]",
        ],
    );
    holds(
        System::Datadog,
        &[
            r#"logs(\"@why:\\\"invalid_grant\\\"\").index(\"*\").rollup(\"count\").by(\"@app.id,@usr\").last(\"5m\") >= 1"#,
        ],
    );
    holds(
        System::Sigma,
        &[
            "type: temporal",
            "  group-by:\n    - 'app.id'\n    - 'usr'\n  timespan: 1s",
            "    'why':\n      - 'invalid_grant'",
        ],
    );
    holds(
        System::Prometheus,
        &[
            "sum by (app_id, usr) (increase(oauth_refreshes_total{outcome=\"failed\"}[1m])) > 0",
            r#"line."why" == "invalid_grant""#,
        ],
    );
}

#[test]
fn a_burst_fires_on_the_incident_that_it_is_made_of() {
    let logfmt = r#"time=x msg="refresh failed" err=unauthorized_client app=c1"#;
    let finding = finding("client-misconfigured", "unauthorized_client", &[evidence(Role::Cause, logfmt)]);
    let watch = Watch::of_findings(&[&finding], 200).unwrap();
    // Twelve failures in four minutes.
    assert_eq!(watch.shape, Shape::Burst { at_least: 6, minutes: 5 });
    assert_eq!((watch.layout, watch.failed.clone()), (Layout::Logfmt, mark("err", "unauthorized_client")));
    assert_eq!(watch.by, ["app"]);
    assert!(
        System::Loki
            .write(&watch)
            .contains(r#"| logfmt err="err", app="app" | err = "unauthorized_client" [5m])) >= 6"#)
    );
    assert!(
        System::Elastic
            .write(&watch)
            .contains("| STATS failed = COUNT(*) BY app, period = BUCKET(@timestamp, 5 minutes)")
    );
    assert!(
        System::Splunk
            .write(&watch)
            .contains("| bin _time span=5m\n| stats count as failed by _time \"app\"\n| where failed>=6")
    );
    assert!(
        System::Sigma.write(&watch).contains("type: event_count") && System::Sigma.write(&watch).contains("gte: 6")
    );
}

#[test]
fn running_text_is_asked_for_by_its_words() {
    let line = "2026-01-02 WARN refresh failed for c1: invalid_grant";
    let finding = finding(
        "refresh-race",
        "invalid_grant",
        &[evidence(Role::Winner, "refreshed c1"), evidence(Role::Loser, line)],
    );
    let watch = Watch::of_findings(&[&finding], 200).unwrap();
    assert_eq!(watch.layout, Layout::Text);
    assert!(matches!(watch.shape, Shape::Burst { .. }), "nothing tells the winner");
    for system in System::ALL {
        let text = system.write(&watch);
        assert!(text.contains("invalid_grant") && !text.contains("u1"), "{text}");
    }
    assert!(System::Elastic.write(&watch).contains(r#"LOCATE(message, "invalid_grant") > 0"#));
    assert!(System::Sigma.write(&watch).contains("  selection:\n    - 'invalid_grant'\n"));
}

#[test]
fn a_leak_is_asked_for_by_its_field() {
    let mut leak = Leak {
        id: "l1".into(),
        rule: "oauth-refresh-token".into(),
        kind: LeakKind::RefreshToken,
        severity: Severity::Critical,
        path: "app.log".into(),
        line: 1,
        column: 1,
        end_column: 2,
        byte_start: 0,
        byte_end: 1,
        field: Some("response.refresh_token".into()),
        masked: "…(len 36)".into(),
        digest: String::new(),
        occurrences: 1,
        first_time: None,
        last_time: None,
        status: LeakStatus::Unknown,
        client: None,
        subject: None,
        confidence: Confidence::Likely,
        superseded_after_ms: None,
        used_from: None,
        guessable: false,
    };
    let watch = Watch::of_leaks(&[&leak]).unwrap();
    assert!(System::Loki.write(&watch).contains(
        r#"| json response_refresh_token="response.refresh_token" | response_refresh_token != "" [5m])) >= 1"#
    ));
    assert!(System::Datadog.write(&watch).contains("@response.refresh_token:*"));
    leak.field = Some("a\" b".into());
    assert_eq!(Watch::of_leaks(&[&leak]), None, "no query can name it");
    leak.field = None;
    assert_eq!(Watch::of_leaks(&[&leak]), None);
}

#[test]
fn hostile_values_stay_values() {
    let evil = r#"x" or true] | delete `*' }} #"#;
    let mut watch = race();
    watch.failed.values = vec![evil.into(), "b\\".into()];
    for system in System::ALL {
        let text = system.write(&watch);
        // In Sigma the value stands between single quotes, which are doubled, and its wildcards are escaped.
        let ended = if system == System::Sigma { "`*'" } else { "x\" or" };
        assert!(!text.contains(ended), "{}: the value ends its quotes\n{text}", system.name());
    }
    assert!(System::Sigma.write(&watch).contains(r#"'x" or true] | delete `\*'' }} #'"#));
    assert!(serde_json::from_str::<serde_json::Value>(&System::Datadog.write(&watch)).is_ok());
}

#[test]
fn without_logs_the_names_are_usual_and_said_to_be() {
    for (rule, race) in [("refresh-race", true), ("provider-outage", false)] {
        let watch = Watch::usual(rule, 200);
        assert_eq!(matches!(watch.shape, Shape::Race { .. }), race);
        assert!(System::Loki.write(&watch).starts_with(&format!("# {rule}: made by tokscan\n# The names of fields")));
    }
}
