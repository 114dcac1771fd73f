//! The triage page: one screen that answers "races, or gone?", for a terminal or a text file.
//!
//! Never complete (that is what JSON is for), always honest about what it left out.

mod crowd;
mod findings;
mod grid;
mod ink;
mod links;
mod spark;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
use super::words;

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::model::{Notice, Report, Section, Trouble};

use ink::{Ink, Page, Part};
pub use ink::{Style, wrap};
pub use links::Links;
use words::{bytes, count, number, span};

/// Notices on the page; more are counted.
const NOTICES: usize = 10;
/// Commands that the last lines name.
const STEPS: usize = 2;

/// Writes the triage page.
pub fn render_terminal(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    render_terminal_section(report, Section::Triage, style, out)
}

/// Writes the page of one section.
pub fn render_terminal_section(
    report: &Report,
    section: Section,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = &mut Page::new(style, out);
    if style.summary {
        return summary::summary(page, report, section);
    }
    for (label, text) in header(report, section) {
        page.hanging((Ink::Dim, label), Ink::Plain, &text)?;
    }
    failures_over_time(page, report, section)?;
    page.blank()?;
    verdict(page, report, section)?;
    if section == Section::Triage {
        tables::clients(page, &report.clients)?;
        findings::findings(page, &report.findings)?;
    }
    tables::leaks(page, &report.leaks)?;
    notices(page, &report.notices)?;
    page.blank()?;
    closing(page, report, STEPS)
}

/// The verdict in one line of plain words, unescaped: how many refreshes failed and why, what leaked.
pub fn headline(report: &Report, section: Section) -> String {
    sentences(report, section).join(" ")
}

/// The same, sentence by sentence.
pub(super) fn sentences(report: &Report, section: Section) -> Vec<String> {
    let leaked = words::leaked(report);
    match section {
        Section::Leaks => vec![leaked.unwrap_or_else(|| no_leaks(report))],
        Section::Triage if leaked.is_none() && report.findings.is_empty() && words::is_healthy(&report.summary) => {
            vec!["No failed refreshes, no leaks.".into()]
        }
        Section::Triage => [Some(words::verdict(report)), leaked].into_iter().flatten().collect(),
    }
}

fn no_leaks(report: &Report) -> String {
    match report.summary.lines {
        0 => "Nothing was read: there is no line of text in these inputs.".into(),
        lines => format!("No leaks in {}.", count(lines, "line")),
    }
}

/// What was read, by its label.
fn header(report: &Report, section: Section) -> Vec<(&'static str, String)> {
    let summary = &report.summary;
    let inputs = match report.inputs.as_slice() {
        [only] => only.path.clone(),
        _ => count(summary.inputs, "input"),
    };
    let mut read = format!("{inputs}, {}, {}", bytes(summary.bytes), count(summary.lines, "line"));
    if section == Section::Triage {
        read = format!("{read}, {}", count(summary.token_events, "token event"));
        if summary.untimed_events > 0 {
            read = format!("{read} ({} without a time)", number(summary.untimed_events));
        }
    }
    let mut lines = vec![("read       ", read)];
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        let length = span(last.millis_since(first));
        lines.push(("period     ", format!("{first} – {last} ({length})")));
    }
    if section == Section::Triage && summary.token_events > 0 {
        let refreshes = format!(
            "{} ok, {} failed; {}, {}",
            number(summary.refresh_ok),
            number(summary.refresh_failed),
            count(summary.principals, "principal"),
            count(summary.clients, "client")
        );
        lines.push(("refreshes  ", refreshes));
    }
    lines
}

/// When refreshes failed, as a line of bars, where there is a when.
fn failures_over_time(page: &mut Page<'_>, report: &Report, section: Section) -> io::Result<()> {
    let bars = if section == Section::Triage { spark::failures(&report.activity, page.width()) } else { None };
    bars.map_or(Ok(()), |(bars, words)| {
        page.line(&[(Ink::Dim, "failures   "), (Ink::Red, &bars), (Ink::Plain, &words)])
    })
}

/// Whether the logs say nothing about what was asked.
fn says_nothing(report: &Report, section: Section) -> bool {
    report.summary.lines == 0 || (section == Section::Triage && report.summary.token_events == 0)
}

fn verdict_ink(report: &Report, section: Section) -> Ink {
    let failed = section == Section::Triage && report.summary.refresh_failed > 0;
    match () {
        () if failed || !report.leaks.is_empty() => Ink::Red,
        () if says_nothing(report, section) || !report.findings.is_empty() => Ink::Yellow,
        () => Ink::Green,
    }
}

/// One sentence in words, and what to check where the logs say nothing.
fn verdict(page: &mut Page<'_>, report: &Report, section: Section) -> io::Result<()> {
    let unread = says_nothing(report, section);
    let ink = verdict_ink(report, section);
    for sentence in sentences(report, section) {
        page.hanging((Ink::Plain, ""), ink, &sentence)?;
    }
    if unread && report.summary.lines > 0 {
        page.hanging(
            (Ink::Plain, ""),
            Ink::Plain,
            "Check that these are the logs of the program that refreshes tokens, or of the token endpoint, at a level \
             that shows requests and errors; and that --since, --until and --client do not exclude them.",
        )?;
    }
    Ok(())
}

/// What the reader must know about the inputs.
fn notices(page: &mut Page<'_>, notices: &[Notice]) -> io::Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    page.heading("Notices")?;
    let mut ordered: Vec<&Notice> = notices.iter().collect();
    ordered.sort_by_key(|notice| std::cmp::Reverse(notice.trouble));
    for notice in ordered.iter().take(NOTICES) {
        let label = match notice.trouble {
            Trouble::Incomplete => (Ink::Red, "error  "),
            Trouble::Note => (Ink::Dim, "note   "),
        };
        let place = notice.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
        let times = if notice.count > 1 { format!(" (× {})", number(notice.count)) } else { String::new() };
        page.hanging(label, Ink::Plain, &format!("{place}{}{times}", notice.message))?;
    }
    match ordered.len().saturating_sub(NOTICES) {
        0 => Ok(()),
        more => page.line(&[(Ink::Dim, &format!("… and {more} more; --format json has all"))]),
    }
}

/// What to run next: what explains the gravest finding, and what would tell of the next one.
fn closing(page: &mut Page<'_>, report: &Report, most: usize) -> io::Result<()> {
    let finding = report.findings.first().map(|finding| finding.rule.as_str());
    let Some(rule) = finding.or_else(|| report.leaks.first().map(|leak| leak.rule.as_str())) else {
        return Ok(());
    };
    let explain = format!("tokscan explain {rule}");
    let alert = format!("tokscan alert {rule} --for loki");
    let mut steps = vec![(explain.as_str(), "why, and how to fix it")];
    // An alert on a leak needs the field that it stands in, and so the logs.
    steps.extend(finding.map(|_| (alert.as_str(), "to hear of it the next time")));
    let widest = steps.iter().map(|(command, _)| page.shown(command).width()).max().unwrap_or(0);
    for (index, (command, gives)) in steps.iter().take(most).enumerate() {
        let label = if index == 0 { "next  " } else { "      " };
        let blank = " ".repeat(widest - page.shown(command).width() + 2);
        let parts = [(Ink::Dim, label), (Ink::Bold, command), (Ink::Dim, &blank), (Ink::Dim, gives)];
        page.parts(&parts.map(|(ink, text)| Part::new(ink, text)))?;
    }
    Ok(())
}
