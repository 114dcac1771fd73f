//! The findings of the page: one compact block each, alike ones folded.

use std::collections::BTreeMap;
use std::io;

use unicode_width::UnicodeWidthStr;

use super::ink::{Ink, Page, cut, cut_front};
use super::tables::severity_ink;
use super::words::{count, glyph, number, offset, outcome, span, topology};
use crate::model::{Evidence, Finding, FindingClass, Outcome, Role};

/// Blocks of one rule; more are folded.
const ALIKE: usize = 3;
/// Blocks on the page; more are counted.
const BLOCKS: usize = 15;
/// From this width on, evidence shows the time of day beside the offset.
const WIDE: usize = 110;

/// The findings in the report's order, which is that of severity.
pub(super) fn findings(page: &mut Page<'_>, findings: &[Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    page.heading("Findings")?;
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shown = 0;
    let mut left = BTreeMap::<&str, u64>::new();
    for finding in findings {
        let alike = &by_rule[finding.rule.as_str()];
        let nth = seen.entry(&finding.rule).or_default();
        if *nth >= ALIKE {
            continue;
        }
        if shown >= BLOCKS {
            left.insert(&finding.rule, (alike.len() - *nth) as u64);
            continue;
        }
        block(page, finding, &alike[..*nth])?;
        *nth += 1;
        shown += 1;
        if *nth == ALIKE && alike.len() > ALIKE {
            folded(page, &alike[ALIKE..])?;
        }
    }
    if !left.is_empty() {
        let total: u64 = left.values().sum();
        let rules: Vec<String> = left.iter().map(|(rule, number)| format!("{number} {rule}")).collect();
        let plural = if total == 1 { "" } else { "s" };
        let text = format!("… and {} more finding{plural}: {}; --format json has all", number(total), rules.join(", "));
        page.hanging((Ink::Plain, ""), Ink::Dim, &text)?;
    }
    Ok(())
}

/// `… and 12 more refresh-race findings of client X`.
fn folded(page: &mut Page<'_>, more: &[&Finding]) -> io::Result<()> {
    let mut clients: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in more {
        *clients.entry(finding.client.as_deref().unwrap_or("-")).or_default() += 1;
    }
    let mut ordered: Vec<_> = clients.into_iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let whose = match ordered.as_slice() {
        [("-", _)] => String::new(),
        [(client, _)] => format!(" of client {client}"),
        [first, ..] => format!(" of {} clients (most: {}, {})", number(ordered.len() as u64), first.0, number(first.1)),
        [] => return Ok(()),
    };
    let plural = if more.len() == 1 { "" } else { "s" };
    let amount = number(more.len() as u64);
    let text = format!("… and {amount} more {} finding{plural}{whose}; --format json has all", more[0].rule);
    page.hanging((Ink::Plain, ""), Ink::Dim, &text)?;
    page.blank()
}

/// One finding. What an earlier one of its rule said in the same words is not said again.
fn block(page: &mut Page<'_>, finding: &Finding, earlier: &[&Finding]) -> io::Result<()> {
    let ink = severity_ink(finding.severity);
    let severity = format!("{} {:8} ", glyph(finding.severity), finding.severity.name());
    page.line(&[(ink, &severity), (Ink::Bold, &finding.rule), (Ink::Plain, "  "), (Ink::Plain, &finding.title)])?;
    page.hanging((Ink::Plain, "  "), Ink::Plain, &whose(finding))?;
    page.hanging((Ink::Plain, "  "), Ink::Plain, &when(finding))?;
    page.hanging((Ink::Plain, "  "), Ink::Plain, &course(finding))?;
    if !earlier.iter().any(|earlier| earlier.explanation == finding.explanation) {
        page.hanging((Ink::Plain, "  "), Ink::Plain, &finding.explanation)?;
    }
    evidence(page, finding)?;
    if !earlier.iter().any(|earlier| earlier.remediation == finding.remediation) {
        let label = if finding.remediation.len() == 1 { "  fix  " } else { "  fix  - " };
        for (index, fix) in finding.remediation.iter().enumerate() {
            let label = if index == 0 { label } else { "       - " };
            page.hanging((Ink::Green, label), Ink::Plain, fix)?;
        }
    }
    page.blank()
}

/// `okta, client app-7, subject user-17`.
fn whose(finding: &Finding) -> String {
    let parts = [
        finding.provider.clone(),
        finding.client.as_ref().map(|client| format!("client {client}")),
        finding.subject.as_ref().map(|subject| format!("subject {subject}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `2026-01-02T03:04:05.120Z, within 41 ms · likely: same subject`.
fn when(finding: &Finding) -> String {
    let start = finding.start.map_or("no time in these logs".into(), |time| time.to_string());
    let within = if finding.span_ms > 0 { format!(", within {}", span(finding.span_ms)) } else { String::new() };
    format!("{start}{within} · {}: {}", finding.confidence.name(), finding.confidence_reason)
}

/// `1 success, 3 failures (3 invalid_grant), 4 later · healed by itself after 2 s · several hosts`.
fn course(finding: &Finding) -> String {
    let mut counts = Vec::new();
    match finding.successes {
        0 => {}
        1 => counts.push("1 success".to_owned()),
        n => counts.push(format!("{} successes", number(n))),
    }
    if finding.failures > 0 {
        counts.push(count(finding.failures, "failure"));
    }
    if finding.aftermath_failures > 0 {
        counts.push(format!("{} later", number(finding.aftermath_failures)));
    }
    let mut course = counts.join(", ");
    if !finding.errors.is_empty() {
        let mut errors: Vec<_> = finding.errors.iter().collect();
        errors.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let errors: Vec<String> = errors.iter().map(|(code, n)| format!("{} {code}", number(**n))).collect();
        course = format!("{course} ({})", errors.join(", "));
    }
    let mut parts = vec![course.trim_start().to_owned()];
    if finding.class == FindingClass::Cause {
        let after = match (finding.outcome, finding.impact.healed_after_ms) {
            (Outcome::SelfResolved | Outcome::Reauthorized, Some(ms)) => format!(" after {}", span(ms)),
            (Outcome::FamilyRevoked, Some(ms)) => format!(", healed after {}", span(ms)),
            _ => String::new(),
        };
        let forced = match finding.impact.forced_sign_ins {
            0 => String::new(),
            n => format!(", {} forced", count(n, "sign-in")),
        };
        parts.push(format!("{}{after}{forced}", outcome(finding.outcome)));
    }
    if finding.impact.principals > 1 {
        parts.push(count(finding.impact.principals, "principal"));
    }
    parts.extend(topology(finding.topology).map(str::to_owned));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// Aligned lines: role, place, time, event, excerpt.
fn evidence(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let chosen = choose(&finding.evidence, page.style().evidence);
    let rows: Vec<[String; 5]> = chosen.iter().map(|evidence| cells(page, finding, evidence)).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let width = page.width();
    let limits = [9, widest(1).min(width * 2 / 5), widest(2), widest(3).min(width / 3)];
    for (row, evidence) in rows.iter().zip(&chosen) {
        let mut line = String::new();
        for (column, limit) in limits.iter().enumerate() {
            let cell = &row[column];
            let cell =
                if column == 1 { cut_front(cell, *limit, page.ellipsis()) } else { cut(cell, *limit, page.ellipsis()) };
            line.push_str(&cell);
            line.push_str(&" ".repeat(limit - cell.width() + 2));
        }
        let room = width.saturating_sub(2 + line.width());
        let excerpt = if room >= 16 { row[4].as_str() } else { "" };
        let (role, others) = line.split_at(limits[0]);
        page.line(&[(Ink::Plain, "  "), (role_ink(evidence.role), role), (Ink::Plain, others), (Ink::Dim, excerpt)])?;
    }
    let more = finding.evidence.len() - chosen.len();
    if more > 0 {
        page.line(&[(Ink::Dim, &format!("  … and {more} more; --evidence N shows more"))])?;
    }
    Ok(())
}

fn cells(page: &Page<'_>, finding: &Finding, evidence: &Evidence) -> [String; 5] {
    let start = finding.start.or_else(|| finding.evidence.iter().find_map(|evidence| evidence.time));
    let time = match (evidence.time, start) {
        (Some(time), Some(start)) => {
            let offset = offset(time.millis_since(start));
            if page.width() < WIDE {
                offset
            } else {
                let (full, start) = (time.to_string(), start.to_string());
                let same_day = full.split('T').next() == start.split('T').next();
                let shown =
                    if same_day { full.split_once('T').map_or(full.as_str(), |(_, clock)| clock) } else { &full };
                format!("{shown} {offset:>8}")
            }
        }
        _ => "no time".into(),
    };
    let shown = |text: &str| page.shown(text).into_owned();
    [
        role(evidence.role).into(),
        shown(&format!("{}:{}", evidence.path, evidence.line)),
        time,
        shown(&evidence.event),
        shown(&evidence.excerpt),
    ]
}

/// At most `limit` pieces in their order: the first of each role, then the earliest others.
fn choose(evidence: &[Evidence], limit: usize) -> Vec<&Evidence> {
    let mut seen = Vec::new();
    let mut first_of_role = Vec::with_capacity(evidence.len());
    for piece in evidence {
        first_of_role.push(!seen.contains(&piece.role));
        seen.extend(first_of_role.last().filter(|first| **first).map(|_| piece.role));
    }
    let mut order: Vec<usize> = (0..evidence.len()).collect();
    order.sort_by_key(|index| (!first_of_role[*index], *index));
    order.truncate(limit);
    order.sort_unstable();
    order.into_iter().map(|index| &evidence[index]).collect()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Winner => "winner",
        Role::Loser => "loser",
        Role::Cause => "cause",
        Role::Aftermath => "aftermath",
        Role::Heal => "heal",
        Role::Context => "context",
    }
}

fn role_ink(role: Role) -> Ink {
    match role {
        Role::Winner | Role::Heal => Ink::Green,
        Role::Loser | Role::Cause => Ink::Red,
        Role::Aftermath => Ink::Yellow,
        Role::Context => Ink::Dim,
    }
}
