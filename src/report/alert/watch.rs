//! What an alert looks for, before it is put into a language: read off the findings of one rule.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Layout, Line};
use crate::model::{Evidence, Finding, Leak, Report, Role};

/// Fields that say what a line is about, nearest to the point first.
const MESSAGES: [&str; 14] = [
    "msg",
    "message",
    "event",
    "event_type",
    "eventType",
    "event.action",
    "type",
    "@mt",
    "@m",
    "action",
    "operation",
    "eventName",
    "operationName",
    "log",
];
/// Evidence of failures.
const FAILED: [Role; 3] = [Role::Loser, Role::Cause, Role::Aftermath];
/// An hour, in minutes: longer is not looked back.
const HOUR: u64 = 60;

/// What must hold together for the alert to fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A success and a failure of one client and user within the window, in either order.
    Race {
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// So many lines within so many minutes.
    Burst {
        /// Lines at least.
        at_least: u64,
        /// Minutes looked back.
        minutes: u64,
    },
}

/// A line that is meant: one of these values in the field, or in the text where there is no field. A field
/// without values need only be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The field.
    pub field: Option<String>,
    /// Its values.
    pub values: Vec<String>,
}

/// An alert in no language yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The rule that it is for.
    pub rule: String,
    /// Its severity.
    pub severity: &'static str,
    /// What must hold together.
    pub shape: Shape,
    /// How the lines are written.
    pub layout: Layout,
    /// Lines of failures.
    pub failed: Mark,
    /// Lines of successes, for a race.
    pub succeeded: Option<Mark>,
    /// Fields that name whose token it is.
    pub by: Vec<String>,
    /// What the reader must know, a line each.
    pub notes: Vec<String>,
}

impl Watch {
    /// An alert for a rule of which no log is given: with usual names, and saying so.
    pub fn usual(rule: &str, window_ms: u64) -> Self {
        let mark = |field: &str, value: &str| Mark { field: Some(field.into()), values: vec![value.into()] };
        let race = is_race(rule);
        Self {
            rule: rule.into(),
            severity: "medium",
            shape: if race { Shape::Race { window_ms } } else { Shape::Burst { at_least: 5, minutes: 5 } },
            layout: Layout::Json,
            failed: mark("error", "invalid_grant"),
            succeeded: race.then(|| mark("msg", "token refreshed")),
            by: vec!["client_id".into()],
            notes: vec![
                "The names of fields and their values are usual ones: give your logs (or a saved report) as a path and \
                 they become yours."
                    .into(),
            ],
        }
    }

    /// An alert that would have fired on these findings, which are of one rule.
    pub fn of_findings(findings: &[&Finding], window_ms: u64) -> Option<Self> {
        let first = *findings.first()?;
        let layout = usual_layout(lines(findings, &FAILED).iter());
        let (failures, others) = split(lines(findings, &FAILED), layout);
        let (successes, _) = split(lines(findings, &[Role::Winner]), layout);
        let codes: BTreeSet<&str> =
            findings.iter().flat_map(|finding| finding.errors.keys()).map(String::as_str).collect();
        let mut notes = Vec::new();
        if others > 0 {
            notes.push(format!(
                "These logs write failures in more than one way: this is for the {} that most of them are written in, \
                 and other programs need an alert of their own.",
                layout.name()
            ));
        }
        let failed = failed(&failures, &codes, &mut notes);
        let succeeded = if is_race(&first.rule) { success(&successes, &failures) } else { None };
        let by = owners(findings, &failures);
        let together = findings.iter().any(|finding| meet(finding, layout, &by));
        let shape = match succeeded {
            Some(_) if together => Shape::Race { window_ms },
            _ => burst(findings),
        };
        if is_race(&first.rule) && !matches!(shape, Shape::Race { .. }) {
            notes.push(
                "In these logs no winner and loser stand in lines of one kind that name the client: this counts the \
                 failures alone."
                    .into(),
            );
        }
        let succeeded = succeeded.filter(|_| matches!(shape, Shape::Race { .. }));
        let severity = first.severity.name();
        Some(Self { rule: first.rule.clone(), severity, shape, layout, failed, succeeded, by, notes })
    }

    /// An alert on the field that tokens of one leak rule stand in; `None` where they stand in running text.
    pub fn of_leaks(leaks: &[&Leak]) -> Option<Self> {
        let first = *leaks.first()?;
        let mut fields: BTreeMap<&str, u64> = BTreeMap::new();
        for field in leaks.iter().filter_map(|leak| leak.field.as_deref()) {
            *fields.entry(field).or_default() += 1;
        }
        let field = fields.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?.0;
        // A name from a log: only one that every language takes.
        let pair = format!("{{\"a\":\"x\",\"{field}\":\"x\"}}");
        let known = Line::read(&pair).value(field).is_some();
        known.then(|| Self {
            rule: first.rule.clone(),
            severity: first.severity.name(),
            shape: Shape::Burst { at_least: 1, minutes: 5 },
            layout: Layout::Json,
            failed: Mark { field: Some(field.into()), values: Vec::new() },
            succeeded: None,
            by: Vec::new(),
            notes: vec![
                "It fires on any value of the field, a masked one too: drop the field, or except your mask.".into(),
            ],
        })
    }
}

/// The findings of a report that are meant by a rule's name or a finding's id.
pub fn findings_of<'r>(report: &'r Report, what: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| finding.rule == what || finding.id == what).collect()
}

/// Whether a rule is about a good and a failed refresh at once.
fn is_race(rule: &str) -> bool {
    matches!(rule, "refresh-race" | "refresh-race-revoked")
}

fn lines(findings: &[&Finding], roles: &[Role]) -> Vec<Line> {
    let wanted = |evidence: &&Evidence| roles.contains(&evidence.role);
    let evidence = findings.iter().flat_map(|finding| finding.evidence.iter().filter(wanted));
    evidence.map(|evidence| Line::read(&evidence.excerpt)).collect()
}

/// The lines of one layout, and how many others there are.
fn split(lines: Vec<Line>, layout: Layout) -> (Vec<Line>, usize) {
    let (same, others): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.layout == layout);
    (same, others.len())
}

/// Whether a query that knows one layout sees both the winner and a loser, and that they belong together.
fn meet(finding: &Finding, layout: Layout, by: &[String]) -> bool {
    let named = |line: &Line| line.layout == layout && by.iter().all(|name| line.value(name).is_some());
    let seen = |roles: &[Role]| lines(&[finding], roles).iter().any(named);
    !by.is_empty() && seen(&[Role::Winner]) && seen(&[Role::Loser])
}

fn usual_layout<'l>(lines: impl Iterator<Item = &'l Line>) -> Layout {
    let mut counts = [(Layout::Json, 0_u64), (Layout::Logfmt, 0), (Layout::Text, 0)];
    for line in lines {
        counts.iter_mut().filter(|(layout, _)| *layout == line.layout).for_each(|(_, count)| *count += 1);
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(Layout::Text, |(layout, _)| layout)
}

/// The name that most lines agree on.
fn most<'l>(names: impl Iterator<Item = &'l str>) -> Option<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(name, _)| name.to_owned())
}

/// The field that holds the error codes; else the words that a failure is told by; else the codes as text.
fn failed(lines: &[Line], codes: &BTreeSet<&str>, notes: &mut Vec<String>) -> Mark {
    let values = || codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    if let Some(field) = most(lines.iter().flat_map(|line| codes.iter().filter_map(|code| line.holder(code)))) {
        return Mark { field: Some(field), values: values() };
    }
    let told = MESSAGES.iter().find_map(|name| {
        let said: BTreeSet<&str> = lines.iter().filter_map(|line| line.value(name)).collect();
        (!said.is_empty() && said.len() <= 4).then_some((*name, said))
    });
    if let Some((name, said)) = told {
        return Mark { field: Some(name.into()), values: said.into_iter().map(str::to_owned).collect() };
    }
    notes.push("No field holds the error in the excerpts of these logs: lines are told by their text.".into());
    let values = if codes.is_empty() { vec!["invalid_grant".to_owned()] } else { values() };
    Mark { field: None, values }
}

/// The words that a good refresh is told by, and no failure.
fn success(successes: &[Line], failures: &[Line]) -> Option<Mark> {
    MESSAGES.iter().find_map(|name| {
        let said: BTreeSet<&str> = successes.iter().filter_map(|line| line.value(name)).collect();
        let also = failures.iter().filter_map(|line| line.value(name)).any(|value| said.contains(value));
        (!said.is_empty() && said.len() <= 4 && !also)
            .then(|| Mark { field: Some((*name).into()), values: said.into_iter().map(str::to_owned).collect() })
    })
}

/// The fields that hold the client and the subject.
fn owners(findings: &[&Finding], lines: &[Line]) -> Vec<String> {
    let values = |of: fn(&Finding) -> Option<&str>| findings.iter().filter_map(|f| of(f)).collect::<BTreeSet<_>>();
    let holder = |values: &BTreeSet<&str>| {
        most(lines.iter().flat_map(|line| values.iter().filter_map(|value| line.holder(value))))
    };
    let client = holder(&values(|finding| finding.client.as_deref()));
    let subject = holder(&values(|finding| finding.subject.as_deref()));
    let mut fields: Vec<String> = client.into_iter().chain(subject).collect();
    fields.dedup();
    fields
}

/// Half of the failures of the finding with most, in the time that it took; one in an hour where it took longer.
fn burst(findings: &[&Finding]) -> Shape {
    let largest = findings.iter().max_by_key(|finding| finding.failures + finding.aftermath_failures);
    let failures = largest.map_or(1, |finding| finding.failures + finding.aftermath_failures);
    let span = largest.and_then(|finding| Some(finding.end?.millis_since(finding.start?)));
    let minutes = span.map_or(HOUR + 1, |millis| millis.unsigned_abs() / 60_000 + 1);
    match [5, 15, 30, HOUR].into_iter().find(|known| minutes <= *known) {
        Some(minutes) => Shape::Burst { at_least: (failures / 2).max(1), minutes },
        None => Shape::Burst { at_least: 1, minutes: HOUR },
    }
}
