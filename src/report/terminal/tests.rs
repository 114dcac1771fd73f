use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::{Style, headline, render_terminal, render_terminal_section};
use crate::model::{
    Activity, ClientSummary, Confidence, Evidence, Finding, FindingClass, Impact, InputSummary, Leak, LeakKind,
    LeakStatus, Notice, Outcome, Report, Role, SCHEMA_VERSION, Section, Severity, Summary, Timestamp, ToolInfo,
    Topology, Trouble,
};

const START: i64 = 1_767_323_045_120;

fn evidence(role: Role, line: u64, after: i64, event: &str) -> Evidence {
    Evidence {
        role,
        path: "logs/2026-01-02/integration-worker-3.jsonl".into(),
        line,
        byte_start: 0,
        byte_end: 1,
        time: Some(Timestamp::from_millis(START + after)),
        event: event.into(),
        error: None,
        host: None,
        process: None,
        thread: None,
        address: None,
        duration_ms: None,
        excerpt: r#"{"level":"error","msg":"token refresh failed","error":"invalid_grant","client":"crm-sync"}"#.into(),
    }
}

fn finding(rule: &str, severity: Severity, client: &str) -> Finding {
    Finding {
        id: "f1".into(),
        rule: rule.into(),
        class: FindingClass::Cause,
        severity,
        confidence: Confidence::Likely,
        confidence_reason: "same subject, 41 ms apart".into(),
        provider: Some("okta".into()),
        client: Some(client.into()),
        subject: Some("user-17".into()),
        start: Some(Timestamp::from_millis(START)),
        end: Some(Timestamp::from_millis(START + 41)),
        span_ms: 41,
        successes: 1,
        failures: 3,
        aftermath_failures: 4,
        errors: BTreeMap::from([("invalid_grant".into(), 6), ("invalid_token".into(), 1)]),
        outcome: Outcome::SelfResolved,
        reauthorized_at: None,
        unresolved_for_ms: None,
        topology: Topology::SeveralHosts,
        impact: Impact { principals: 1, forced_sign_ins: 0, healed_after_ms: Some(2_300), api_unauthorized: 0 },
        title: "Four workers refreshed one token at once".into(),
        explanation: "Four workers presented the same refresh token within 41 ms. The server rotated it for the first \
                      and refused the others, which is what rotation is for; the next refresh succeeded without a new \
                      sign-in, so the grant was never gone."
            .into(),
        remediation: vec![
            "Let one worker refresh and the others wait for its result: a lock per grant in the shared store.".into(),
            "Read the store again before treating invalid_grant as final.".into(),
        ],
        family: None,
        evidence: vec![
            evidence(Role::Winner, 120, 0, "refresh_succeeded"),
            evidence(Role::Loser, 121, 12, "refresh_failed invalid_grant"),
            evidence(Role::Loser, 122, 30, "refresh_failed invalid_grant"),
            evidence(Role::Loser, 123, 41, "refresh_failed invalid_grant"),
            evidence(Role::Aftermath, 150, 1_500, "refresh_failed invalid_grant"),
            evidence(Role::Aftermath, 151, 1_900, "refresh_failed invalid_grant"),
            evidence(Role::Heal, 160, 2_300, "refresh_succeeded"),
        ],
    }
}

fn leak(kind: LeakKind, severity: Severity, status: LeakStatus) -> Leak {
    Leak {
        id: "l1".into(),
        rule: "refresh-token-field".into(),
        kind,
        severity,
        path: "logs/2026-01-02/integration-worker-3.jsonl".into(),
        line: 7,
        column: 44,
        end_column: 80,
        byte_start: 0,
        byte_end: 1,
        field: Some("response.body.refresh_token".into()),
        masked: "abcd…[36]".into(),
        digest: "0123456789abcdef".into(),
        occurrences: 1204,
        first_time: None,
        last_time: None,
        status,
        client: Some("crm-sync".into()),
        subject: None,
        confidence: Confidence::Proven,
        superseded_after_ms: None,
        used_from: None,
        guessable: false,
    }
}

fn client(name: &str, failed: u64) -> ClientSummary {
    let causes = if failed == 0 { BTreeMap::new() } else { BTreeMap::from([("refresh-race".to_owned(), failed)]) };
    ClientSummary {
        provider: Some("okta".into()),
        client: Some(name.into()),
        subjects: 12,
        refresh_ok: 1162,
        refresh_failed: failed,
        causes,
        verdict: if failed == 0 { "healthy".into() } else { "refresh-race".into() },
        would_have_helped: Vec::new(),
        recurrence: None,
        onset: None,
    }
}

fn empty() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool: ToolInfo { name: "tokscan".into(), version: "0.0.0".into() },
        run: None,
        summary: Summary { inputs: 2, bytes: 1_000, lines: 40, ..Summary::default() },
        inputs: vec![],
        clients: vec![],
        findings: vec![],
        leaks: vec![],
        notices: vec![],
        activity: Activity::default(),
        rules: vec![],
    }
}

fn clean() -> Report {
    let mut report = empty();
    report.summary.token_events = 9;
    report.summary.refresh_ok = 9;
    report
}

fn incident() -> Report {
    let mut report = clean();
    report.summary = Summary {
        inputs: 2,
        bytes: 12_400_000,
        lines: 81_204,
        token_events: 1_300,
        refresh_ok: 1_162,
        refresh_failed: 16,
        clients: 2,
        principals: 12,
        first: Some(Timestamp::from_millis(START)),
        last: Some(Timestamp::from_millis(START + 7_560_000)),
        untimed_events: 3,
        ..Summary::default()
    };
    let mut gone = finding("permanent-revocation", Severity::High, "crm-sync");
    (gone.failures, gone.aftermath_failures, gone.successes, gone.outcome) = (2, 0, 0, Outcome::Unresolved);
    report.findings = vec![
        gone,
        finding("refresh-race", Severity::Medium, "crm-sync"),
        finding("refresh-race", Severity::Medium, "crm-sync"),
    ];
    report.clients = vec![client("9c1e2f60-77aa-4a0b-9a53-1f1ad6d8f0c3", 0), client("crm-sync", 16)];
    report.leaks = vec![
        leak(LeakKind::AuthorizationHeader, Severity::Medium, LeakStatus::Unknown),
        leak(LeakKind::RefreshToken, Severity::Critical, LeakStatus::Live),
    ];
    report.notices = vec![
        Notice::new("zone-assumed", None, "12 times carry no zone; UTC was taken, --tz sets another", Trouble::Note),
        Notice::new("not-found", Some("logs/x.log"), "no such file; check the path", Trouble::Incomplete),
    ];
    report
}

fn page(report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    render_terminal(report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(width: usize) -> Style {
    Style { width, ..Style::default() }
}

/// Takes away the page's own colour sequences, and nothing else.
fn uncoloured(text: &str) -> String {
    let mut text = text.to_owned();
    for code in ["0", "1", "2", "1;31", "33", "32", "36"] {
        text = text.replace(&format!("\x1b[{code}m"), "");
    }
    text
}

#[test]
fn an_incident_says_what_failed_why_and_what_to_do() {
    for width in [80, 200] {
        let page = page(&incident(), &plain(width));
        // Where a sentence is broken depends on the width.
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "16 failed refreshes: 14 in 2 races, 2 because 1 grant is gone.",
            "2 secrets are readable in these logs: 1 refresh_token (1 still live), 1 authorization_header.",
            "81,204 lines, 1,300 token events (3 without a time)",
            "2026-01-02T03:04:05.120Z – 2026-01-02T05:10:05.120Z (2 h 6 min)",
            "1,162 ok, 16 failed; 12 principals, 2 clients",
            "▲ high permanent-revocation Four workers",
            "okta, client crm-sync, subject user-17",
            "within 41 ms · likely: same subject, 41 ms apart",
            "2 failures (6 invalid_grant, 1 invalid_token)",
            "2 successes, 6 failures, 8 later (12 invalid_grant, 2 invalid_token)",
            "+12 ms",
            "Read the store again before",
            "… and 2 more; --evidence N shows more",
            "error logs/x.log: no such file; check the path",
            "next tokscan explain permanent-revocation why, and how to fix it",
            "tokscan alert permanent-revocation --for loki",
        ] {
            assert!(words.contains(part), "no {part:?} in\n{page}");
        }
        let heal = page.lines().find(|line| line.starts_with("  heal")).unwrap();
        assert!(heal.contains(":160") && heal.contains("+2.3 s"), "{heal}");
        let at = |text: &str| page.find(text).unwrap();
        assert!(at("crm-sync") < at("9c1e2f60"), "most failures first\n{page}");
        assert!(at("\n✖ critical") < page.rfind("\n● medium").unwrap(), "worst leak first\n{page}");
        assert!(words.contains("all healed by themselves · 1 subject · several hosts"), "{page}");
        assert_eq!(page.matches("Let one worker").count(), 2, "the fix once per rule\n{page}");
        assert!(words.contains("● medium refresh-race × 2 okta, client crm-sync"), "{page}");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for width in [80, 200] {
        let coloured = page(&incident(), &Style { color: true, ..plain(width) });
        assert!(coloured.contains("\x1b[1;31m"));
        assert_eq!(uncoloured(&coloured), page(&incident(), &plain(width)));
    }
}

#[test]
fn no_line_is_wider_than_the_page_and_nothing_in_it_acts() {
    let evil = "\x1b]0;owned\x07\x1b[31m\u{202e}gnp\u{200b}\r\n東京 \u{9b}2J".repeat(9);
    let mut hostile = incident();
    for finding in &mut hostile.findings {
        (finding.client, finding.subject, finding.provider) =
            (Some(evil.clone()), Some(evil.clone()), Some(evil.clone()));
        (finding.title, finding.rule, finding.confidence_reason) = (evil.clone(), evil.clone(), evil.clone());
        finding.explanation = evil.clone();
        finding.remediation = vec![evil.clone()];
        finding.errors = BTreeMap::from([(evil.clone(), 3)]);
        for evidence in &mut finding.evidence {
            (evidence.path, evidence.event, evidence.excerpt) = (evil.clone(), evil.clone(), evil.clone());
        }
    }
    for leak in &mut hostile.leaks {
        (leak.path, leak.rule, leak.masked) = (evil.clone(), evil.clone(), evil.clone());
        (leak.field, leak.client) = (Some(evil.clone()), Some(evil.clone()));
    }
    for client in &mut hostile.clients {
        (client.client, client.provider, client.verdict) = (Some(evil.clone()), Some(evil.clone()), evil.clone());
        client.causes = BTreeMap::from([(evil.clone(), 4)]);
    }
    hostile.notices = vec![Notice::new(&evil, Some(&evil), evil.clone(), Trouble::Note)];
    hostile.inputs = vec![InputSummary {
        path: evil.clone(),
        format: None,
        compression: None,
        size: None,
        sha256: None,
        bytes: 1,
        lines: 1,
        token_events: 1,
        notices: vec![],
    }];
    for report in [incident(), hostile, empty(), clean()] {
        for width in [1, 40, 80, 111, 200] {
            for (color, unicode) in [(false, true), (true, true), (true, false)] {
                let page = uncoloured(&page(&report, &Style { color, unicode, ..plain(width) }));
                for line in page.lines() {
                    assert!(line.width() <= width.max(40), "{} columns: {line:?}", line.width());
                    assert!(!line.chars().any(char::is_control), "{line:?}");
                    assert!(!line.contains(['\u{202e}', '\u{200b}', '\r']), "{line:?}");
                    assert_eq!(line.trim_end(), line);
                }
            }
        }
    }
}

#[test]
fn ascii_pages_are_ascii() {
    let mut report = incident();
    report.leaks.clear();
    let page = page(&report, &Style { unicode: false, ..plain(100) });
    assert!(page.is_ascii(), "{page}");
    assert!(page.contains("! high     permanent-revocation"), "{page}");
}

#[test]
fn an_incident_with_five_hundred_races_stays_one_screen() {
    let mut report = incident();
    (report.leaks, report.notices) = (vec![], vec![]);
    report.findings = (0..500).map(|_| finding("refresh-race", Severity::High, "crm-sync")).collect();
    report.findings[7].outcome = Outcome::Unresolved;
    for width in [80, 120] {
        let text = page(&report, &plain(width));
        assert!(text.lines().count() < 50, "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "▲ high refresh-race × 500 okta, client crm-sync",
            "500 successes, 1,500 failures, 2,000 later (3,000 invalid_grant, 500 invalid_token)",
            "499 healed by themselves, 1 not healed when the logs end · 1 subject · several hosts",
            "… and 495 more; --format json has all",
            "the first Four workers presented the same refresh token",
        ] {
            assert!(words.contains(part), "no {part:?} in\n{text}");
        }
        let rows = text.lines().filter(|line| line.trim_start().starts_with("03:04:05.120Z  user-17")).count();
        assert_eq!(rows, 5, "{text}");
    }
    report.findings[7].outcome = Outcome::SelfResolved;
    let words = page(&report, &plain(120)).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("all healed by themselves"), "{words}");
}

#[test]
fn many_clients_and_many_rules_are_counted() {
    let mut report = incident();
    report.findings = (0..15).map(|n| finding("refresh-race", Severity::High, &format!("client-{n}"))).collect();
    let text = page(&report, &plain(120));
    assert_eq!(text.matches("▲ high     refresh-race").count(), 3);
    assert!(text.contains("… and 12 more refresh-race findings of 12 clients (most: client-10, 1);"), "{text}");

    report.findings = (0..20).map(|n| finding(&format!("rule-{n:02}"), Severity::Low, "crm-sync")).collect();
    let text = page(&report, &plain(120));
    assert_eq!(text.matches("○ low").count(), 12);
    assert!(text.contains("… and 8 more findings: 1 rule-12, 1 rule-13"), "{text}");

    report.leaks = (0..17).map(|_| leak(LeakKind::Jwt, Severity::Low, LeakStatus::Expired)).collect();
    report.clients = (0..21).map(|n| client(&format!("client-{n}"), 1)).collect();
    let text = page(&report, &plain(120));
    assert!(text.contains("… and 2 more leaks;") && text.contains("… and 1 more client;"), "{text}");
}

#[test]
fn the_gravest_group_of_a_severity_is_the_one_with_most_failures() {
    let mut report = incident();
    report.findings =
        (0..6).map(|n| finding("refresh-race", Severity::High, if n < 2 { "few" } else { "many" })).collect();
    let text = page(&report, &plain(120));
    assert!(text.find("client many").unwrap() < text.find("client few").unwrap(), "{text}");
}

#[test]
fn ten_lines_do_for_a_summary() {
    let mut report = incident();
    let style = |width| Style { summary: true, ..plain(width) };
    report.findings.extend((0..9).map(|n| finding(&format!("rule-{n}"), Severity::Low, "crm-sync")));
    for width in [80, 120, 200] {
        let text = page(&report, &style(width));
        assert!(text.lines().count() <= 10, "{text}");
        for part in [
            "16 failed",
            "▲ high     permanent-revocation",
            "… and 9 more",
            "error  1 input could not be read whole",
            "next  ",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(text.lines().all(|line| line.width() <= width), "{text}");
    }
    for finding in &mut report.findings {
        finding.client = Some("client-with-a-name-as-long-as-only-google-makes-them.apps.example".into());
    }
    assert!(page(&report, &style(80)).contains("… and 9 more"), "a long name gives way");
    assert_eq!(page(&clean(), &style(80)).lines().last(), Some("No failed refreshes, no leaks."));
}

#[test]
fn links_lead_to_the_line_and_change_nothing_that_is_seen() {
    let links = super::Links::new("kitty", "box", "/srv").unwrap();
    let linked = page(&incident(), &Style { links, ..plain(100) });
    let address = "file://box/srv/logs/2026-01-02/integration-worker-3.jsonl#120";
    let place = linked.lines().find(|line| line.starts_with("  winner")).unwrap();
    assert!(place.contains(&format!("\x1b]8;;{address}\x1b\\")) && place.contains("\x1b]8;;\x1b\\"), "{place:?}");
    assert!(linked.contains("worker-3.jsonl#7\x1b\\"), "a leak, too\n{linked:?}");
    let mut seen = String::new();
    let mut rest = linked.as_str();
    while let Some(at) = rest.find("\x1b]8;;") {
        seen.push_str(&rest[..at]);
        let end = rest[at..].find("\x1b\\").unwrap();
        rest = &rest[at + end + 2..];
    }
    seen.push_str(rest);
    assert_eq!(seen, page(&incident(), &plain(100)));
}

#[test]
fn a_clean_run_says_so_plainly() {
    let text = page(&clean(), &plain(80));
    assert!(text.contains("No failed refreshes, no leaks."), "{text}");
    assert!(text.lines().count() < 6, "{text}");
    let mut out = Vec::new();
    render_terminal_section(&clean(), Section::Leaks, &plain(80), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("No leaks in 40 lines.") && !text.contains("refresh"), "{text}");
}

#[test]
fn logs_that_say_nothing_are_not_called_clean() {
    let text = page(&empty(), &plain(80));
    assert!(text.contains("No token events were recognised in 40 lines"), "{text}");
    assert!(text.contains("Check that these are the logs"), "{text}");
    let mut nothing = empty();
    nothing.summary.lines = 0;
    assert!(headline(&nothing, Section::Triage).starts_with("Nothing was read"));
    assert!(headline(&nothing, Section::Leaks).starts_with("Nothing was read"));
}

#[test]
fn failures_outside_the_filters_are_counted() {
    let mut report = incident();
    report.findings.truncate(1);
    assert!(
        headline(&report, Section::Triage).contains("2 because 1 grant is gone, 14 of causes that were not asked for"),
        "{}",
        headline(&report, Section::Triage)
    );
}
