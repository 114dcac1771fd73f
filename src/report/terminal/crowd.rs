//! Many findings of one rule and one client as one block: an incident with 500 races stays one screen.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::findings::{errors, evidence, fixes, place};
use super::grid::{Cell, Fit, grid};
use super::ink::{Ink, Page};
use super::tables::severity_ink;
use super::words::{count, glyph, number, outcome, span, topology};
use crate::model::{Finding, FindingClass, Outcome, Timestamp};

/// Findings of a crowd that have a row; more are counted.
const ROWS: usize = 5;
/// From this width on, the rows say how each ended.
const WIDE: usize = 110;

/// All findings in numbers, the first few in a row each, and the evidence of the first.
pub(super) fn crowd(page: &mut Page<'_>, group: &[&Finding], earlier: &[&Finding]) -> io::Result<()> {
    let first = group[0];
    let severity = format!("{} {:8} ", glyph(first.severity), first.severity.name());
    let times = format!(" × {}", number(group.len() as u64));
    let whose = [first.provider.clone(), first.client.as_ref().map(|client| format!("client {client}"))];
    let whose = whose.into_iter().flatten().collect::<Vec<_>>().join(", ");
    page.line(&[
        (severity_ink(first.severity), &severity),
        (Ink::Bold, &first.rule),
        (Ink::Plain, &times),
        (Ink::Plain, "  "),
        (Ink::Plain, &whose),
    ])?;
    page.hanging((Ink::Plain, "  "), Ink::Plain, &period(group))?;
    page.hanging((Ink::Plain, "  "), Ink::Plain, &course(group))?;
    page.blank()?;
    rows(page, group)?;
    page.blank()?;
    if !earlier.iter().any(|earlier| earlier.explanation == first.explanation) {
        page.hanging((Ink::Dim, "  the first  "), Ink::Plain, &first.explanation)?;
    }
    evidence(page, first)?;
    fixes(page, first, earlier)?;
    page.blank()
}

/// `2026-01-02T03:04:05Z – 2026-01-02T08:04:05Z (5 h) · 480 likely, 20 proven`.
fn period(group: &[&Finding]) -> String {
    let start = group.iter().filter_map(|finding| finding.start).min();
    let end = group.iter().filter_map(|finding| finding.end.or(finding.start)).max();
    let period = match (start, end) {
        (Some(start), Some(end)) => format!("{start} – {end} ({})", span(end.millis_since(start))),
        _ => "no time in these logs".into(),
    };
    let mut levels: BTreeMap<_, u64> = BTreeMap::new();
    for finding in group {
        *levels.entry(std::cmp::Reverse(finding.confidence)).or_default() += 1;
    }
    let reasons: BTreeSet<&str> = group.iter().map(|finding| finding.confidence_reason.as_str()).collect();
    let sure = match (levels.len(), reasons.len()) {
        (1, 1) => format!("{}: {}", group[0].confidence.name(), group[0].confidence_reason),
        (1, _) => group[0].confidence.name().to_owned(),
        _ => {
            levels.iter().map(|(level, n)| format!("{} {}", number(*n), level.0.name())).collect::<Vec<_>>().join(", ")
        }
    };
    format!("{period} · {sure}")
}

/// `500 successes, 812 failures (812 invalid_grant) · 490 healed by themselves, 10 … · 43 subjects · several hosts`.
fn course(group: &[&Finding]) -> String {
    let sum = |of: fn(&Finding) -> u64| group.iter().map(|finding| of(finding)).sum::<u64>();
    let mut counts = Vec::new();
    match sum(|finding| finding.successes) {
        0 => {}
        1 => counts.push("1 success".to_owned()),
        n => counts.push(format!("{} successes", number(n))),
    }
    let (failures, later) = (sum(|finding| finding.failures), sum(|finding| finding.aftermath_failures));
    counts.extend((failures > 0).then(|| count(failures, "failure")));
    counts.extend((later > 0).then(|| format!("{} later", number(later))));
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    for (code, n) in group.iter().flat_map(|finding| &finding.errors) {
        *codes.entry(code.clone()).or_default() += n;
    }
    let mut parts = vec![format!("{}{}", counts.join(", "), errors(&codes)).trim_start().to_owned()];
    if group[0].class == FindingClass::Cause {
        parts.push(outcomes(group));
    }
    let forced = sum(|finding| finding.impact.forced_sign_ins);
    parts.extend((forced > 0).then(|| format!("{} forced", count(forced, "sign-in"))));
    let subjects: BTreeSet<&str> = group.iter().filter_map(|finding| finding.subject.as_deref()).collect();
    parts.extend((!subjects.is_empty()).then(|| count(subjects.len() as u64, "subject")));
    let places: BTreeSet<&str> = group.iter().filter_map(|finding| topology(finding.topology)).collect();
    parts.extend((!places.is_empty()).then(|| places.into_iter().collect::<Vec<_>>().join(" or ")));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// `all healed by themselves`, or how many of each.
fn outcomes(group: &[&Finding]) -> String {
    let mut ends: BTreeMap<Outcome, u64> = BTreeMap::new();
    for finding in group {
        *ends.entry(finding.outcome).or_default() += 1;
    }
    if ends.len() == 1 {
        return match group[0].outcome {
            Outcome::SelfResolved => "all healed by themselves".into(),
            Outcome::Unresolved => "none healed when the logs end".into(),
            end => format!("each {}", plural(end)),
        };
    }
    ends.iter().map(|(end, n)| format!("{} {}", number(*n), plural(*end))).collect::<Vec<_>>().join(", ")
}

/// How several ended.
fn plural(end: Outcome) -> &'static str {
    match end {
        Outcome::SelfResolved => "healed by themselves",
        Outcome::FamilyRevoked => "cost the grant",
        end => outcome(end),
    }
}

/// The first findings, a row each.
fn rows(page: &mut Page<'_>, group: &[&Finding]) -> io::Result<()> {
    let shown = &group[..group.len().min(ROWS)];
    let days: BTreeSet<String> = shown.iter().filter_map(|finding| finding.start).map(day).collect();
    let titles = ["start", "subject", "failed", "within", "ended", "place"];
    let mut rows = vec![titles.iter().map(|title| Cell::new(Ink::Bold, *title)).collect::<Vec<_>>()];
    for finding in shown {
        let start = finding.start.map_or("no time".into(), |time| match days.len() {
            1 => time.to_string().split_once('T').map_or_else(|| time.to_string(), |(_, clock)| clock.to_owned()),
            _ => time.to_string(),
        });
        let end = match finding.impact.healed_after_ms {
            Some(healed) => format!("{} after {}", outcome(finding.outcome), span(healed)),
            None => outcome(finding.outcome).to_owned(),
        };
        rows.push(vec![
            Cell::new(Ink::Plain, start),
            Cell::new(Ink::Plain, finding.subject.as_deref().unwrap_or("-")),
            Cell::new(Ink::Plain, number(finding.failures + finding.aftermath_failures)),
            Cell::new(Ink::Plain, span(finding.span_ms)),
            Cell::new(Ink::Plain, end),
            finding.evidence.first().map_or_else(Cell::default, |evidence| place(page, evidence)),
        ]);
    }
    let (width, wide) = (page.width(), page.width() >= WIDE);
    let mut fits =
        vec![Fit::Whole, Fit::End(width / 5), Fit::Right, Fit::Right, Fit::End(48), Fit::Front(width * 2 / 5)];
    if !wide || group[0].class == FindingClass::Behaviour {
        fits.remove(4);
        for row in &mut rows {
            row.remove(4);
        }
    }
    grid(page, &fits, rows)?;
    match group.len() - shown.len() {
        0 => Ok(()),
        more => page.line(&[(Ink::Dim, &format!("  … and {} more; --format json has all", number(more as u64)))]),
    }
}

fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}
