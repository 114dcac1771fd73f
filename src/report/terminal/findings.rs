//! The findings of the page: one compact block for each, one for all of a client that are alike.

use std::collections::BTreeMap;
use std::io;

use super::crowd::crowd;
use super::grid::{Cell, Fit, grid};
use super::ink::{Ink, Page};
use super::tables::severity_ink;
use super::words::{count, glyph, number, offset, outcome, span, topology};
use crate::model::{Evidence, Finding, FindingClass, Outcome, Role};

/// Blocks of one rule; more are folded.
const ALIKE: usize = 3;
/// Blocks on the page; more are counted.
const BLOCKS: usize = 12;
/// Fixes of a finding on the page; `explain` has all.
const FIXES: usize = 3;
/// From this width on, evidence shows the time of day beside the offset.
const WIDE: usize = 110;

/// The findings in the report's order, which is that of severity.
pub(super) fn findings(page: &mut Page<'_>, findings: &[Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    page.heading("Findings")?;
    let groups = groups(findings);
    let mut seen: BTreeMap<&str, Vec<&[&Finding]>> = BTreeMap::new();
    let mut left: BTreeMap<&str, Vec<&[&Finding]>> = BTreeMap::new();
    let mut shown = 0;
    for group in &groups {
        let rule = group[0].rule.as_str();
        let earlier = seen.entry(rule).or_default();
        if shown == BLOCKS || earlier.len() == ALIKE {
            left.entry(rule).or_default().push(group);
            continue;
        }
        let said: Vec<&Finding> = earlier.iter().map(|group| group[0]).collect();
        match group.as_slice() {
            [finding] => block(page, finding, &said)?,
            _ => crowd(page, group, &said)?,
        }
        earlier.push(group);
        shown += 1;
    }
    let (begun, unseen): (Vec<_>, Vec<_>) = left.into_iter().partition(|(rule, _)| !seen[rule].is_empty());
    for (rule, groups) in begun {
        folded(page, rule, &groups)?;
    }
    let unseen: Vec<(&str, usize)> =
        unseen.iter().map(|(rule, groups)| (*rule, groups.iter().map(|group| group.len()).sum())).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let total = count(unseen.iter().map(|(_, found)| *found as u64).sum(), "more finding");
    let rules: Vec<String> = unseen.iter().map(|(rule, found)| format!("{found} {rule}")).collect();
    let text = format!("… and {total}: {}; --rule shows fewer, --format json all", rules.join(", "));
    page.hanging((Ink::Plain, ""), Ink::Dim, &text)
}

/// Findings of one rule and one client: the gravest first, and of those the ones with most failures.
pub(super) fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut at: BTreeMap<(&str, Option<&str>, Option<&str>), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let key = (finding.rule.as_str(), finding.provider.as_deref(), finding.client.as_deref());
        let index = *at.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[index].push(finding);
    }
    let failed = |group: &Vec<&Finding>| group.iter().map(|finding| finding.failures).sum::<u64>();
    groups.sort_by_key(|group| (group[0].severity, std::cmp::Reverse(failed(group))));
    groups
}

/// `… and 12 more refresh-race findings of client X`.
fn folded(page: &mut Page<'_>, rule: &str, groups: &[&[&Finding]]) -> io::Result<()> {
    let mut clients: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in groups.iter().copied().flatten() {
        *clients.entry(finding.client.as_deref().unwrap_or("-")).or_default() += 1;
    }
    let total: u64 = clients.values().sum();
    let mut ordered: Vec<_> = clients.into_iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let whose = match ordered.as_slice() {
        [("-", _)] | [] => String::new(),
        [(client, _)] => format!(" of client {client}"),
        [first, ..] => format!(" of {} clients (most: {}, {})", number(ordered.len() as u64), first.0, number(first.1)),
    };
    let plural = if total == 1 { "" } else { "s" };
    let amount = number(total);
    let text = format!("… and {amount} more {rule} finding{plural}{whose}; --client shows fewer, --format json all");
    page.hanging((Ink::Plain, ""), Ink::Dim, &text)
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
    fixes(page, finding, earlier)?;
    page.blank()
}

/// What to do, unless an earlier finding of the rule said so.
pub(super) fn fixes(page: &mut Page<'_>, finding: &Finding, earlier: &[&Finding]) -> io::Result<()> {
    if earlier.iter().any(|earlier| earlier.remediation == finding.remediation) {
        return Ok(());
    }
    let label = if finding.remediation.len() == 1 { "  fix  " } else { "  fix  - " };
    for (index, fix) in finding.remediation.iter().take(FIXES).enumerate() {
        let label = if index == 0 { label } else { "       - " };
        page.hanging((Ink::Green, label), Ink::Plain, fix)?;
    }
    match finding.remediation.len().saturating_sub(FIXES) {
        0 => Ok(()),
        more => page.line(&[(Ink::Dim, &format!("       … {more} more: tokscan explain {}", finding.rule))]),
    }
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
pub(super) fn course(finding: &Finding) -> String {
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
    let course = format!("{}{}", counts.join(", "), errors(&finding.errors));
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

/// ` (3 invalid_grant, 1 invalid_token)`, most first.
pub(super) fn errors(errors: &BTreeMap<String, u64>) -> String {
    let mut ordered: Vec<_> = errors.iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let errors: Vec<String> = ordered.iter().map(|(code, n)| format!("{} {code}", number(**n))).collect();
    if errors.is_empty() { String::new() } else { format!(" ({})", errors.join(", ")) }
}

/// Aligned lines: role, place, time, event, excerpt.
pub(super) fn evidence(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let chosen = choose(&finding.evidence, page.style().evidence);
    let rows: Vec<Vec<Cell>> = chosen.iter().map(|evidence| cells(page, finding, evidence)).collect();
    let width = page.width();
    grid(page, &[Fit::Whole, Fit::Front(width * 2 / 5), Fit::Whole, Fit::End(width / 3), Fit::Rest], rows)?;
    let more = finding.evidence.len() - chosen.len();
    if more > 0 {
        page.line(&[(Ink::Dim, &format!("  … and {more} more; --evidence N shows more"))])?;
    }
    Ok(())
}

fn cells(page: &Page<'_>, finding: &Finding, evidence: &Evidence) -> Vec<Cell> {
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
    vec![
        Cell::new(role_ink(evidence.role), role(evidence.role)),
        place(page, evidence),
        Cell::new(Ink::Plain, time),
        Cell::new(Ink::Plain, evidence.event.as_str()),
        Cell::new(Ink::Dim, evidence.excerpt.as_str()),
    ]
}

/// `path:line`, which leads there.
pub(super) fn place(page: &Page<'_>, evidence: &Evidence) -> Cell {
    let link = page.link(&evidence.path, evidence.line, 1);
    Cell::linked(format!("{}:{}", evidence.path, evidence.line), link)
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
