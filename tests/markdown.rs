//! The Markdown report: tables that are tables, and text of logs that is text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use tokscan::model::Report;
use tokscan::report::{Format, Section, Style, markdown_pictures};

const HOSTILE: &str = "|a|b|\n# x ``` ```mermaid\n<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://192.0.2.1/z.png) @everyone #1 `c` \u{202e}d";

fn report(case: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case).join("expected/report.json");
    let text = fs::read_to_string(path).unwrap().replace("\"rule_files\": \"…\"", "\"rule_files\": 1");
    serde_json::from_str(&text).unwrap()
}

fn markdown(report: &Report) -> String {
    let mut out = Vec::new();
    Format::Markdown.render(report, Section::Triage, &Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn pictures_beside_the_page_are_all_shown_and_hold_log_text_as_text() {
    let mut report = report("sample-two-services-one-token");
    report.findings[0].evidence[0].error = Some(HOSTILE.into());
    report.findings[0].evidence[1].host = Some(HOSTILE.into());
    let style = Style { pictures: Some("a b)-pictures".into()), ..Style::default() };
    let mut page = Vec::new();
    Format::Markdown.render(&report, Section::Triage, &style, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("```mermaid"));
    let files = markdown_pictures(&report).unwrap();
    assert!(files.len() > 3, "a picture of the period, and one of each incident up to some number");
    for file in &files {
        assert_eq!(page.matches(&format!("](a%20b%29-pictures/{})", file.name)).count(), 1, "{}", file.name);
        assert!(!file.svg.contains("<script") && !file.svg.contains("var(--"), "{}", file.name);
        let attributes = ["href=\"http", "onload", "url("];
        assert!(!attributes.iter().any(|part| file.svg.contains(part)), "{}", file.name);
    }
    assert_eq!(page.matches("-pictures/").count(), files.len());
    // Signs and colours that a picture uses are in it: a file cannot look elsewhere.
    for file in files {
        for used in file.svg.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(file.svg.contains(&format!("id=\"{used}\"")), "{} uses {used}", file.name);
        }
    }
}

/// Cells of a row: bars that are not escaped part them.
fn cells(row: &str) -> usize {
    row.replace("\\\\", "").replace("\\|", "").matches('|').count()
}

#[test]
fn every_row_of_a_table_has_the_cells_of_its_head_whatever_the_log_says() {
    for case in ["sample-two-services-one-token", "sample-idp-outage", "sample-debug-log-leaks"] {
        let clean = report(case);
        let mut evil = clean.clone();
        for finding in &mut evil.findings {
            (finding.title, finding.explanation) = (HOSTILE.into(), HOSTILE.into());
            (finding.client, finding.subject) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
            for piece in &mut finding.evidence {
                (piece.path, piece.excerpt, piece.host) = (HOSTILE.into(), HOSTILE.into(), Some(HOSTILE.into()));
            }
        }
        for client in &mut evil.clients {
            client.client = Some(HOSTILE.into());
        }
        for leak in &mut evil.leaks {
            (leak.path, leak.field) = (HOSTILE.into(), Some(HOSTILE.into()));
        }
        for (which, report) in [("clean", &clean), ("hostile", &evil)] {
            let page = markdown(report);
            let lines: Vec<&str> = page.lines().collect();
            for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| line.starts_with('|'))) {
                assert_eq!(cells(pair[0]), cells(pair[1]), "{case}, {which}:\n{}\n{}", pair[0], pair[1]);
            }
            let fences = lines.iter().filter(|line| line.starts_with("```")).count();
            assert!(
                fences.is_multiple_of(2) && fences == 2 * page.matches("\n```mermaid\n").count(),
                "{case}, {which}"
            );
            assert!(!page.contains('\u{202e}'));
        }
        let headings = |page: &str| page.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings(&markdown(&evil)), headings(&markdown(&clean)), "{case}");
    }
}

#[test]
fn the_story_is_told_in_order() {
    let page = markdown(&report("sample-two-services-one-token"));
    let places: Vec<usize> = [
        "# 8 failed refreshes\\: 8 in 7 races",
        "## What to do first",
        "## The whole period",
        "xychart-beta",
        "## What was found",
        "## What would have helped",
        "## Clients",
        "## Findings",
        "gantt",
        "## How this report was made",
    ]
    .iter()
    .map(|part| page.find(part).unwrap_or_else(|| panic!("no {part} in\n{page}")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
}
