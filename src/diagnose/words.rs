//! The words of a finding that depend on its events: durations, errors, the explanation.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Outcome, Topology};

use super::draft::Draft;

/// A duration as people say it.
pub(super) fn duration_ms(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

/// `invalid_grant ×3, timeout ×1`, the most frequent first.
pub(super) fn errors(errors: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<(&String, &u64)> = errors.iter().collect();
    sorted.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), *code));
    let shown: Vec<String> = sorted.iter().take(3).map(|(code, count)| format!("{code} ×{count}")).collect();
    let more = sorted.len().saturating_sub(3);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// `1 refresh`, `2 refreshes`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What happened, in sentences: the rule's summary, then this incident.
pub(super) fn explanation(
    summary: &str,
    draft: &Draft,
    span_ms: Option<i64>,
    by_code: &BTreeMap<String, u64>,
    topology: Topology,
    healed_after_ms: Option<i64>,
) -> String {
    let mut text = summary.trim().to_owned();
    // Records without a time lie within no span, and one moment is none.
    let within = span_ms.filter(|ms| *ms > 0).map(|ms| format!(" within {}", duration_ms(ms))).unwrap_or_default();
    let failures = count(draft.failures.len(), "refresh", "refreshes");
    if !draft.winners.is_empty() && !draft.failures.is_empty() {
        let winners = count(draft.winners.len(), "refresh", "refreshes");
        let _ = write!(text, " {winners} succeeded and {failures} failed{within} ({}).", errors(by_code));
    } else if !draft.failures.is_empty() {
        let _ = write!(text, " {failures} failed{within} ({}).", errors(by_code));
    }
    text.push_str(match topology {
        Topology::SameProcess => " The racers were threads or tasks of one process.",
        Topology::SameHost => " The racers were processes of one host.",
        Topology::SeveralHosts => " The racers were on different hosts.",
        Topology::Unknown => "",
    });
    if !draft.aftermath.is_empty() {
        let later = count(draft.aftermath.len(), "later attempt", "later attempts");
        let _ = write!(text, " {later} failed in consequence.");
    }
    for note in &draft.notes {
        text.push(' ');
        text.push_str(note);
    }
    let after = healed_after_ms.map(|ms| format!(" {} after the first failure", duration_ms(ms))).unwrap_or_default();
    match draft.outcome {
        Outcome::SelfResolved => {
            let _ = write!(text, " It worked again without a new sign-in{after}.");
        }
        Outcome::Reauthorized => {
            let _ = write!(text, " Only a new sign-in ended it{after}.");
        }
        Outcome::FamilyRevoked => text.push_str(" Nothing worked again before the logs end."),
        Outcome::Unresolved => {}
    }
    text
}
