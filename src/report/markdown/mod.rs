//! The story of the report as Markdown, for a wiki or an issue: tables, and diagrams that GitHub and GitLab draw.
//!
//! Text of a log is shown as code or escaped word by word; diagrams hold plain names only.

mod beside;
mod diagrams;

use std::fmt::Write as _;
use std::io::{self, Write};

use super::by_rule::by_rule;
use super::escape::{markdown, markdown_code};
use super::helped::helped;
use super::made;
use super::patterns::patterns;
use super::shown::{clip, maybe_time, role, short_place};
use super::summary::Summary;
use super::words::{bytes, fate, number, offset, outcome, span};
use crate::model::{Finding, Leak, Report, Section, Trouble};
use beside::Beside;
pub use beside::markdown_pictures;

/// Findings that are told; the others are counted by rule.
const FINDINGS: usize = 25;
/// Of these, so many with a diagram: pages with many draw slowly.
const DIAGRAMS: usize = 6;
/// Rows of a table at most.
const ROWS: usize = 100;
/// Events of a finding at most.
const EVIDENCE: usize = 12;

/// Writes the page. Of a section only what belongs to it. Its pictures are Mermaid diagrams, or lie as the files of
/// [`markdown_pictures`] in the folder that is named.
pub fn render_markdown(
    report: &Report,
    section: Section,
    pictures: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = String::new();
    let pictures = pictures.map(|folder| Beside::of(report, folder)).transpose()?;
    head(&mut page, &Summary::of(report, section));
    if section == Section::Triage {
        match &pictures {
            None => diagrams::period(&mut page, &report.activity),
            Some(beside) => beside.period(&mut page),
        }
        rules(&mut page, report);
        helped_table(&mut page, report);
        clients(&mut page, report);
        findings(&mut page, report, pictures.as_ref());
    }
    leaks(&mut page, report);
    notices(&mut page, report);
    made(&mut page, report);
    out.write_all(page.as_bytes())
}

/// One line. Writing into a String cannot fail.
fn line(page: &mut String, text: &str) {
    let _ = writeln!(page, "{text}");
}

/// A table; its cells are safe already.
fn table(page: &mut String, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let rule: Vec<&str> = heads.iter().map(|head| if head.starts_with('#') { "---:" } else { "---" }).collect();
    let heads: Vec<&str> = heads.iter().map(|head| head.trim_start_matches('#')).collect();
    line(page, &format!("| {} |", heads.join(" | ")));
    line(page, &format!("| {} |", rule.join(" | ")));
    for row in rows {
        line(page, &format!("| {} |", row.join(" | ")));
    }
    line(page, "");
}

/// What did not fit.
fn rest(page: &mut String, all: usize, shown: usize, noun: &str) {
    if all > shown {
        line(page, &format!("{} more {noun} are in the JSON report.\n", number((all - shown) as u64)));
    }
}

fn named(text: Option<&str>) -> String {
    text.map_or_else(|| "–".into(), |text| markdown_code(&clip(text, 80)))
}

fn head(page: &mut String, summary: &Summary) {
    let (first, more) =
        summary.headline.split_first().map_or(("tokscan report", &[][..]), |(first, more)| (first, more));
    line(page, &format!("# {}\n", markdown(first)));
    for sentence in more {
        line(page, &format!("**{}**\n", markdown(sentence)));
    }
    let fact = |fact: &super::summary::Fact| {
        vec![fact.question.into(), format!("**{}**<br>{}", markdown(&fact.answer), markdown(&fact.detail))]
    };
    table(page, &["", ""], summary.facts.iter().map(fact));
    if !summary.steps.is_empty() {
        line(page, "## What to do first\n");
        for (number, step) in summary.steps.iter().enumerate() {
            line(page, &format!("{}. {} ({})", number + 1, markdown(&step.text), markdown_code(&step.about)));
        }
        line(page, "");
    }
}

fn rules(page: &mut String, report: &Report) {
    let rows = by_rule(&report.findings);
    if rows.is_empty() {
        return;
    }
    line(page, "## What was found\n");
    table(
        page,
        &["Rule", "Kind", "Worst", "#Findings", "#Failures", "#Clients", "#Forced sign-ins", "First"],
        rows.into_iter().map(|row| {
            vec![
                markdown_code(&row.rule),
                row.class.into(),
                row.severity.into(),
                number(row.findings as u64),
                number(row.failures),
                number(row.clients as u64),
                number(row.forced),
                row.first,
            ]
        }),
    );
}

fn helped_table(page: &mut String, report: &Report) {
    let gains = helped(&report.clients);
    if gains.is_empty() {
        return;
    }
    line(page, "## What would have helped\n");
    line(page, "Each client's attempts replayed under one fix at a time. Fixes overlap: the numbers do not add up.\n");
    let row = |gain: &super::helped::Gain| {
        vec![gain.words.clone(), markdown_code(&gain.client), number(gain.prevented), number(gain.failed)]
    };
    table(page, &["Fix", "Client", "#Failures prevented", "#Of"], gains.iter().take(ROWS).map(row));
    rest(page, gains.len(), ROWS, "rows");
}

fn clients(page: &mut String, report: &Report) {
    if report.clients.is_empty() {
        return;
    }
    line(page, "## Clients\n");
    let causes = |client: &crate::model::ClientSummary| {
        let causes = client.causes.iter().filter(|(_, failures)| **failures > 0);
        let told: Vec<String> = causes
            .map(|(rule, failures)| format!("{} {}", number(*failures), markdown_code(&clip(rule, 40))))
            .collect();
        if told.is_empty() { markdown(&clip(&client.verdict, 40)) } else { told.join(", ") }
    };
    let row = |client: &crate::model::ClientSummary| {
        vec![
            named(client.client.as_deref()),
            named(client.provider.as_deref()),
            number(client.subjects),
            number(client.refresh_ok),
            number(client.refresh_failed),
            causes(client),
        ]
    };
    let heads = ["Client", "Provider", "#Subjects", "#Good", "#Failed", "Why they failed"];
    table(page, &heads, report.clients.iter().take(ROWS).map(row));
    rest(page, report.clients.len(), ROWS, "clients");
    let patterns = patterns(&report.clients[..report.clients.len().min(ROWS)]);
    for pattern in &patterns {
        line(page, &format!("- {}: {}", markdown_code(&pattern.client), pattern.words));
    }
    if !patterns.is_empty() {
        line(page, "");
    }
}

fn findings(page: &mut String, report: &Report, pictures: Option<&Beside>) {
    if report.findings.is_empty() {
        return;
    }
    line(page, "## Findings\n");
    for (number, one) in report.findings.iter().take(FINDINGS).enumerate() {
        finding(page, one);
        match pictures {
            Some(beside) => beside.incident(page, number),
            None if number < DIAGRAMS => diagrams::incident(page, one),
            None => {}
        }
        fixes_and_evidence(page, one);
    }
    rest(page, report.findings.len(), FINDINGS, "findings");
}

fn finding(page: &mut String, finding: &Finding) {
    line(page, &format!("### {}: {}\n", finding.severity.name(), markdown(&clip(&finding.title, 200))));
    let mut facts = vec![
        markdown_code(&clip(&finding.rule, 60)),
        format!("client {}", named(finding.client.as_deref())),
        format!("subject {}", named(finding.subject.as_deref())),
        maybe_time(finding.start),
    ];
    if finding.span_ms > 0 {
        facts.push(format!("within {}", span(finding.span_ms)));
    }
    facts.push(outcome(finding.outcome).into());
    line(page, &format!("{}\n", facts.join(" · ")));
    line(page, &format!("{}\n", markdown(&clip(&finding.explanation, 2000))));
    let reason = markdown(&clip(&finding.confidence_reason, 600));
    line(page, &format!("How sure: **{}**. {reason}\n", finding.confidence.name()));
}

fn fixes_and_evidence(page: &mut String, finding: &Finding) {
    if !finding.remediation.is_empty() {
        line(page, "What would have prevented it:\n");
        for step in finding.remediation.iter().take(8) {
            line(page, &format!("- {}", markdown(&clip(step, 600))));
        }
        line(page, "");
    }
    let row = |piece: &crate::model::Evidence| {
        let since = piece.time.zip(finding.start).map(|(time, start)| time.millis_since(start));
        vec![
            role(piece.role).into(),
            since.map_or_else(|| "no time".into(), offset),
            markdown_code(&format!("{}:{}", clip(&piece.path, 300), piece.line)),
            markdown_code(&clip(&piece.excerpt, 300)),
        ]
    };
    if !finding.evidence.is_empty() {
        table(page, &["Role", "When", "Where", "What the log says"], finding.evidence.iter().take(EVIDENCE).map(row));
    }
}

fn leaks(page: &mut String, report: &Report) {
    if report.leaks.is_empty() {
        return;
    }
    line(page, "## Leaks\n");
    let row = |leak: &Leak| {
        vec![
            leak.severity.name().into(),
            markdown_code(leak.kind.name()),
            fate(leak, |address| markdown_code(&clip(address, 60))),
            named(leak.field.as_deref()),
            markdown_code(&clip(&leak.masked, 60)),
            number(leak.occurrences),
            markdown_code(&short_place(&leak.path, leak.line)),
        ]
    };
    let heads = ["Severity", "Kind", "Status", "Field", "Value", "#Seen", "Where"];
    table(page, &heads, report.leaks.iter().take(ROWS).map(row));
    rest(page, report.leaks.len(), ROWS, "leaks");
}

fn notices(page: &mut String, report: &Report) {
    if report.notices.is_empty() {
        return;
    }
    line(page, "## Notices\n");
    for notice in report.notices.iter().take(ROWS) {
        let grave = if notice.trouble == Trouble::Incomplete { "**Not read whole.** " } else { "" };
        let times = if notice.count > 1 { format!(" (× {})", number(notice.count)) } else { String::new() };
        let place = notice.path.as_deref().map_or_else(String::new, |path| format!("{}: ", named(Some(path))));
        line(page, &format!("- {grave}{place}{}{times}", markdown(&clip(&notice.message, 600))));
    }
    line(page, "");
    rest(page, report.notices.len(), ROWS, "notices");
}

fn made(page: &mut String, report: &Report) {
    line(page, "## How this report was made\n");
    for (name, value) in made::made(report) {
        line(page, &format!("- {name}: {}", markdown(&value)));
    }
    line(page, "");
    let row = |input: &crate::model::InputSummary| {
        vec![
            markdown_code(&clip(&input.path, 200)),
            bytes(input.size.unwrap_or(input.bytes)),
            number(input.lines),
            number(input.token_events),
            input.sha256.as_deref().map_or_else(|| "–".into(), |digest| markdown_code(&clip(digest, 64))),
        ]
    };
    table(page, &["Input", "#Size", "#Lines", "#Token events", "SHA-256"], report.inputs.iter().take(ROWS).map(row));
    rest(page, report.inputs.len(), ROWS, "inputs");
}
