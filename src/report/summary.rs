//! What a manager reads: what happened, since when, who was hit, is it over, what to do first.

use std::collections::{BTreeMap, BTreeSet};

use super::shown::{clip, second};
use super::terminal::sentences;
use super::words::{count, number, span};
use crate::model::{Finding, FindingClass, LeakStatus, Outcome, Report, Section, Timestamp};

/// Steps that are named first.
const STEPS: usize = 3;

pub(super) struct Summary {
    /// The colour of the page's head: `bad`, `warn`, `good` or `none`.
    pub(super) mood: &'static str,
    pub(super) headline: Vec<String>,
    pub(super) facts: Vec<Fact>,
    pub(super) steps: Vec<Step>,
}

pub(super) struct Fact {
    pub(super) question: &'static str,
    pub(super) answer: String,
    pub(super) detail: String,
}

pub(super) struct Step {
    pub(super) text: String,
    /// What it answers.
    pub(super) about: String,
}

impl Summary {
    pub(super) fn of(report: &Report, section: Section) -> Self {
        let triage = section == Section::Triage;
        let mut facts = Vec::new();
        if triage && report.summary.refresh_failed > 0 {
            facts.extend(since(report));
            facts.push(hit(report));
            facts.push(over(report));
        }
        facts.extend(leaked(report));
        facts.push(read(report));
        Self {
            mood: mood(report, triage),
            headline: sentences(report, section).into_iter().map(|sentence| clip(&sentence, 600)).collect(),
            facts,
            steps: steps(report, triage),
        }
    }
}

fn mood(report: &Report, triage: bool) -> &'static str {
    let failed = triage && report.summary.refresh_failed > 0;
    let unread = report.summary.lines == 0 || (triage && report.summary.token_events == 0);
    match () {
        () if failed || !report.leaks.is_empty() => "bad",
        () if unread => "none",
        () if triage && !report.findings.is_empty() => "warn",
        () => "good",
    }
}

fn causes(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.class == FindingClass::Cause)
}

fn since(report: &Report) -> Option<Fact> {
    let first = causes(report).filter_map(|finding| finding.start).min()?;
    let last = last_failure(report).unwrap_or(first);
    Some(Fact {
        question: "Since when",
        answer: second(first),
        detail: format!("The last failure was {} later, {}.", span(last.millis_since(first)), second(last)),
    })
}

fn last_failure(report: &Report) -> Option<Timestamp> {
    causes(report).filter_map(|finding| finding.end.max(finding.start)).max()
}

fn hit(report: &Report) -> Fact {
    let failing = |finding: &&Finding| finding.failures + finding.aftermath_failures > 0;
    // A finding about several subjects names none of them: they are counted, and may be counted twice.
    let named: BTreeSet<_> = causes(report)
        .filter(failing)
        .filter(|finding| finding.impact.principals < 2)
        .map(|finding| (&finding.provider, &finding.client, &finding.subject))
        .collect();
    let unnamed: u64 =
        causes(report).filter(failing).map(|finding| finding.impact.principals).filter(|hit| *hit > 1).sum();
    let grants = (named.len() as u64 + unnamed).min(report.summary.principals.max(1));
    let clients = report.clients.iter().filter(|client| client.refresh_failed > 0).count() as u64;
    let forced: u64 = causes(report).map(|finding| finding.impact.forced_sign_ins).sum();
    let of = if report.summary.principals > 1 {
        format!(" of {}", number(report.summary.principals))
    } else {
        String::new()
    };
    Fact {
        question: "Who was hit",
        answer: format!("{}{of}, {}", count(grants, "grant"), count(clients, "client")),
        detail: match forced {
            0 => "Nobody had to sign in again because of it, as far as these logs show.".into(),
            1 => "One user had to sign in again.".into(),
            forced => format!("Users had to sign in again {} times.", number(forced)),
        },
    }
}

fn over(report: &Report) -> Fact {
    let all = causes(report).count() as u64;
    let open = causes(report)
        .filter(|finding| matches!(finding.outcome, Outcome::Unresolved | Outcome::FamilyRevoked))
        .count() as u64;
    let quiet = last_failure(report).zip(report.summary.last).map(|(failure, end)| end.millis_since(failure));
    let detail = match quiet {
        Some(quiet) if quiet > 0 => format!("These logs go on for {} after the last failure.", span(quiet)),
        Some(_) => "The logs end with a failure: what came after is not in them.".into(),
        None => "The failures have no time: what came after them cannot be told.".into(),
    };
    let answer = match (open, all) {
        (0, _) => "Yes, as far as these logs go".into(),
        (open, all) if open == all => "No".into(),
        (open, all) => format!("Not all: {} of {} not healed", number(open), count(all, "finding")),
    };
    Fact { question: "Is it over", answer, detail }
}

fn leaked(report: &Report) -> Option<Fact> {
    let all = report.leaks.len() as u64;
    let live = report.leaks.iter().filter(|leak| leak.status == LeakStatus::Live).count() as u64;
    let unknown = report.leaks.iter().filter(|leak| leak.status == LeakStatus::Unknown).count() as u64;
    let files: BTreeSet<&str> = report.leaks.iter().map(|leak| leak.path.as_str()).collect();
    (all > 0).then(|| Fact {
        question: "What leaked",
        answer: format!("{} in {}", count(all, "readable secret"), count(files.len() as u64, "file")),
        detail: format!(
            "{} still live, {} of unknown status. This page shows none of them.",
            number(live),
            number(unknown)
        ),
    })
}

fn read(report: &Report) -> Fact {
    let summary = &report.summary;
    let period = summary.first.zip(summary.last).map(|(first, last)| span(last.millis_since(first)));
    Fact {
        question: "What was read",
        answer: count(summary.inputs, "input"),
        detail: format!(
            "{}, {}{}.",
            count(summary.lines, "line"),
            count(summary.token_events, "token event"),
            period.map_or_else(String::new, |period| format!(" over {period}"))
        ),
    }
}

/// First what can still be abused, then the fix of what caused most failures.
fn steps(report: &Report, triage: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let live =
        report.leaks.iter().filter(|leak| matches!(leak.status, LeakStatus::Live | LeakStatus::Unknown)).count() as u64;
    if live > 0 {
        steps.push(Step {
            text: format!(
                "Revoke or replace {} that may still be valid, and take the values out of the logs.",
                count(live, "leaked secret")
            ),
            about: "leaks".into(),
        });
    }
    if triage {
        let mut weights: BTreeMap<&str, (u64, &Finding)> = BTreeMap::new();
        for finding in &report.findings {
            let (failures, _) = weights.entry(&finding.rule).or_insert((0, finding));
            *failures +=
                if finding.class == FindingClass::Cause { finding.failures + finding.aftermath_failures } else { 0 };
        }
        let mut ordered: Vec<(u64, &Finding)> = weights.into_values().collect();
        ordered.sort_by_key(|(failures, finding)| (std::cmp::Reverse(*failures), finding.severity));
        for (_, finding) in ordered {
            if let Some(first) = finding.remediation.first() {
                steps.push(Step { text: clip(first, 400), about: clip(&finding.rule, 60) });
            }
        }
    }
    steps.truncate(STEPS);
    steps
}
