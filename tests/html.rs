//! The HTML report as a file: whole, small, closed to the outside, and deaf to what logs say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use tokscan::model::{Finding, Leak, LeakKind, LeakStatus, Report};
use tokscan::report::{Format, Section, Style};

/// What a log could say to act on a page.
const HOSTILE: &str = "<script>document.title='pwned'</script>\" onmouseover=\"document.title='pwned'\" x='</title></style></svg>\
                       <img src=x onerror=alert(1)>&#60;b&#62;{{ 7*7 }}{% raw %}]]>--><!--\u{202e}evil\u{0}\u{1b}[31m";

fn report(case: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case).join("expected/report.json");
    let text = fs::read_to_string(path).unwrap().replace("\"rule_files\": \"…\"", "\"rule_files\": 1");
    serde_json::from_str(&text).unwrap()
}

fn html(report: &Report, section: Section) -> String {
    let mut out = Vec::new();
    Format::Html.render(report, section, &Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page without its own style and script, in which only what the templates wrote may be markup.
fn markup(page: &str) -> String {
    let style = Regex::new(r"(?s)<style>.*?</style>").unwrap();
    let script = Regex::new(r"(?s)<script>.*?</script>").unwrap();
    script.replacen(&style.replacen(page, 1, ""), 1, "").into_owned()
}

fn captures(text: &str, pattern: &str) -> Vec<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// What is of a closed set, or a time.
const KEPT: [&str; 21] = [
    "section",
    "reauthorized_at",
    "issued_at",
    "trouble",
    "severity",
    "class",
    "confidence",
    "min_confidence",
    "outcome",
    "topology",
    "role",
    "kind",
    "status",
    "time",
    "start",
    "end",
    "first",
    "last",
    "first_time",
    "last_time",
    "since",
];

fn poison(value: &mut serde_json::Value, evil: &str) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, evil)),
        serde_json::Value::Object(fields) => {
            let free = fields.iter_mut().filter(|(key, _)| !KEPT.contains(&key.as_str()));
            free.for_each(|(_, field)| poison(field, evil));
        }
        serde_json::Value::String(text) => evil.clone_into(text),
        _ => {}
    }
}

/// Every text of a report replaced.
fn poisoned(report: &Report, evil: &str) -> Report {
    let mut value = serde_json::to_value(report).unwrap();
    poison(&mut value, evil);
    serde_json::from_value(value).unwrap()
}

fn leak() -> Leak {
    Leak {
        id: "l".into(),
        rule: "refresh-token-field".into(),
        kind: LeakKind::RefreshToken,
        severity: tokscan::model::Severity::High,
        path: "a.log".into(),
        line: 7,
        column: 3,
        end_column: 9,
        byte_start: 0,
        byte_end: 9,
        field: Some("refresh_token".into()),
        masked: "…(len 43)".into(),
        digest: "0123456789abcdef".into(),
        occurrences: 2,
        first_time: None,
        last_time: None,
        status: LeakStatus::Live,
        superseded_after_ms: None,
        used_from: None,
        guessable: false,
        client: Some("crm".into()),
        subject: None,
        confidence: tokscan::model::Confidence::Proven,
    }
}

const CASES: [&str; 3] = ["sample-two-services-one-token", "sample-keycloak-family-killed", "sample-idp-outage"];

#[test]
fn incidents_that_come_back_are_drawn_with_their_period() {
    let mut even = report("sample-two-services-one-token");
    let page = markup(&html(&even, Section::Triage));
    let picture = |page: &str| {
        let start = page.find("comes back every 55 min 3 s, or a multiple of it (7 incidents)").unwrap();
        page[start..start + page[start..].find("</figure>").unwrap()].to_owned()
    };
    let drawn = picture(&page);
    let begun = even.findings.iter().filter(|finding| finding.subject.as_deref() == Some("acct-70418")).count();
    assert_eq!(drawn.matches("href=\"#s-medium\"").count(), begun, "{drawn}");
    assert!(drawn.contains("the access token lives 1 h") && drawn.matches("class=\"window\"").count() >= begun - 1);
    assert!(!html(&even, Section::Leaks).contains("comes back every"));
    for client in &mut even.clients {
        client.recurrence = None;
    }
    assert!(!html(&even, Section::Triage).contains("comes back every"));
}

#[test]
fn the_page_is_closed_to_the_outside() {
    for case in CASES {
        let page = html(&report(case), Section::Triage);
        assert!(page.contains("default-src 'none'"), "{case}");
        assert_eq!(page.matches("<script").count(), 1, "{case}");
        let markup = markup(&page);
        for word in ["http://", "https://", "src=", "url(", "@import", "style=", "javascript:"] {
            assert!(!markup.contains(word), "{case}: {word}");
        }
        assert!(captures(&markup, r#"\s(on[a-z]+)=""#).is_empty(), "{case}: a handler");
    }
}

#[test]
fn every_link_leads_to_a_place_and_every_place_has_one_name() {
    for case in CASES {
        let page = html(&report(case), Section::Triage);
        let ids = captures(&page, r#"\sid="([^"]*)""#);
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{case}: an id twice");
        let links = captures(&page, r##"href="#([^"]*)""##);
        assert!(links.len() > 10, "{case}: {links:?}");
        for link in links {
            assert!(unique.contains(&link), "{case}: #{link} leads nowhere");
        }
    }
}

#[test]
fn hostile_text_is_text() {
    for case in CASES {
        let mut clean = report(case);
        clean.leaks = vec![leak()];
        let evil = poisoned(&clean, HOSTILE);
        let (page, harmless) = (html(&evil, Section::Triage), html(&clean, Section::Triage));
        assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']), "{case}");
        let tags =
            |page: &str| -> BTreeSet<String> { captures(&markup(page), r"<([a-z!/][a-z0-9]*)").into_iter().collect() };
        assert!(tags(&page).is_subset(&tags(&harmless)), "{case}: {:?}", tags(&page).difference(&tags(&harmless)));
        let attributes = |page: &str| -> BTreeSet<String> {
            captures(&markup(page), r"<[a-z][^<>]*?\s([a-z-]+)=").into_iter().collect()
        };
        assert!(attributes(&page).is_subset(&attributes(&harmless)), "{case}");
        assert_eq!(page.matches("<script").count(), 1, "{case}");
    }
}

#[test]
fn long_values_are_cut() {
    let long = "x".repeat(1 << 20);
    let page = html(&poisoned(&report(CASES[0]), &long), Section::Triage);
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
}

#[test]
fn ten_thousand_findings_are_a_page_below_five_megabytes_and_each_has_its_link() {
    let mut many = report(CASES[0]);
    let one = many.findings[0].clone();
    let number = |at: usize| Finding {
        id: format!("{at:012x}"),
        subject: Some(format!("account-{at}@tenant-{}.example", at % 97)),
        client: Some(format!("integration-{}", at % 300)),
        ..one.clone()
    };
    many.findings = (0..10_000).map(number).collect();
    many.leaks = vec![leak(); 2_000];
    let page = html(&many, Section::Triage);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert_eq!(captures(&page, r#"\sid="f-([0-9a-f]{12})""#).len(), 10_000);
    many.findings = (0..60_000).map(number).collect();
    let page = html(&many, Section::Triage);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("more findings are in the JSON report"));
}

#[test]
fn a_gate_says_nothing_about_refreshes() {
    let mut gate = report(CASES[0]);
    gate.findings.clear();
    gate.leaks = vec![leak()];
    let page = html(&gate, Section::Leaks);
    assert!(page.contains("1 readable secret") && page.contains("…(len 43)"));
    for word in ["id=\"period\"", "id=\"clients\"", "failed refreshes"] {
        assert!(!markup(&page).contains(word), "{word}");
    }
}

#[test]
fn an_empty_report_is_a_page() {
    let mut empty = report(CASES[0]);
    (empty.findings, empty.clients, empty.inputs) = (vec![], vec![], vec![]);
    (empty.summary, empty.activity, empty.run) =
        (tokscan::model::Summary::default(), tokscan::model::Activity::default(), None);
    let page = html(&empty, Section::Triage);
    assert!(page.contains("Nothing was read") && page.ends_with("</html>\n"), "{}", &page[page.len() - 40..]);
}
