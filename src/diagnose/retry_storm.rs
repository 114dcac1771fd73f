//! `retry-storm`: attempts that go on after a permanent failure, or without back-off.

use crate::model::{Confidence, EventKind};

use super::draft::{Draft, Verdict};
use super::episode::Next;
use super::line::Line;
use super::names::STORM;

const MINUTE: i64 = 60_000_000_000;
/// A rate needs so many attempts.
const RATED: usize = 10;

/// One finding for each series of failures between two good events.
pub(super) fn judge(line: &Line<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut series: Vec<usize> = Vec::new();
    for position in 0..line.ids.len() {
        match line.event(position).kind {
            EventKind::RefreshFailed => series.push(position),
            EventKind::RefreshSucceeded => {
                drafts.extend(one(line, &series, Next::Success(position)));
                series.clear();
            }
            EventKind::GrantIssued => {
                drafts.extend(one(line, &series, Next::Grant(position)));
                series.clear();
            }
            _ => {}
        }
    }
    drafts.extend(one(line, &series, Next::End));
    drafts
}

fn one(line: &Line<'_>, series: &[usize], next: Next) -> Option<Draft> {
    let (&first, &last) = (series.first()?, series.last()?);
    let limits = &line.scene.limits;
    if line.anonymous && (line.client_has_subjects || line.crowded(line.nanos(first), 0)) {
        return None;
    }
    let window = line.scene.window.nanos;
    let permanent = |position: usize| {
        let class = line.event(position).class;
        !matches!(class, crate::model::CauseClass::Transient)
    };
    // Racers fail together; what goes on is what comes later.
    let later = series.iter().filter(|&&failure| line.gap(first, failure) > window && permanent(failure)).count();
    let stubborn = !next.healed() && later >= limits.storm_attempts;
    let rate = fastest(line, series);
    let reason = match (rate, stubborn) {
        (Some(rate), _) => format!("{rate:.0} attempts a minute fail, and the pauses between them do not grow."),
        (None, true) => format!("{later} attempts follow the first failure, and none succeeds."),
        (None, false) => return None,
    };
    let confidence = if line.anonymous { Confidence::Possible } else { Confidence::Proven };
    let mut draft = Draft::behaviour(Verdict::new(STORM, confidence, reason), line.number);
    draft.failures = line.ids_of(series);
    draft.outcome = next.outcome();
    draft.heal = next.position().map(|position| line.ids[position]);
    let seconds = line.gap(first, last) / 1_000_000_000;
    draft.notes.push(format!("{} attempts failed in {}.", series.len(), super::words::duration_ms(seconds * 1000)));
    Some(draft)
}

/// The highest rate a minute of a stretch without a pause of a minute and without back-off.
fn fastest(line: &Line<'_>, series: &[usize]) -> Option<f64> {
    let limits = &line.scene.limits;
    let mut best: Option<f64> = None;
    let mut from = 0;
    for at in 1..=series.len() {
        if at < series.len() && line.gap(series[at - 1], series[at]) <= MINUTE {
            continue;
        }
        let stretch = &series[from..at];
        from = at;
        let span = line.gap(stretch[0], stretch[stretch.len() - 1]);
        if stretch.len() < RATED || span < limits.storm_span {
            continue;
        }
        let rate = (stretch.len() - 1) as f64 * MINUTE as f64 / span as f64;
        if rate >= limits.storm_rate && !backs_off(line, stretch) {
            best = Some(best.map_or(rate, |best| best.max(rate)));
        }
    }
    best
}

/// Whether the pauses of the second half are twice those of the first.
fn backs_off(line: &Line<'_>, stretch: &[usize]) -> bool {
    let middle = stretch[stretch.len() / 2];
    let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
    line.gap(middle, last) >= 2 * line.gap(first, middle).max(1)
}
