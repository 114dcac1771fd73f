//! Whom an incident hit, how long it went on, and what the logs show of its end.

use hashbrown::HashSet;

use crate::model::{FindingClass, Impact, Outcome, Timestamp};

use super::draft::Draft;
use super::line::{Line, Scene};

/// What ended an incident, or how long the logs go on without an end of it.
pub(super) struct Ending {
    pub(super) reauthorized_at: Option<Timestamp>,
    pub(super) unresolved_for_ms: Option<i64>,
}

/// The impact of a finding.
pub(super) fn impact(lines: &[Line<'_>], draft: &Draft) -> Impact {
    let scene = lines[draft.lines[0]].scene;
    let principals: HashSet<_> = draft.lines.iter().map(|&number| lines[number].principal()).collect();
    let failed = draft.failures.iter().filter_map(|&id| scene.event(id).time).min();
    let healed = draft.heal.and_then(|id| scene.event(id).time);
    let meanwhile = |line: &Line<'_>| {
        let from = failed.map_or(i64::MAX, |time| time.nanos);
        let until = healed.map_or(i64::MAX, |time| time.nanos);
        let answered = line.unauthorized().partition_point(|&time| time <= until);
        answered.saturating_sub(line.unauthorized().partition_point(|&time| time < from)) as u64
    };
    Impact {
        principals: principals.len() as u64,
        forced_sign_ins: draft.sign_ins,
        healed_after_ms: healed.zip(failed).map(|(healed, failed)| healed.millis_since(failed)),
        api_unauthorized: draft.lines.iter().map(|&number| meanwhile(&lines[number])).sum(),
    }
}

/// The end of an incident.
pub(super) fn ending(scene: &Scene<'_>, draft: &Draft) -> Ending {
    let healed = draft.heal.and_then(|id| scene.event(id).time);
    let failures = draft.failures.iter().chain(&draft.aftermath);
    let last = failures.filter_map(|&id| scene.event(id).time).max();
    let open = draft.class == FindingClass::Cause
        && draft.heal.is_none()
        && matches!(draft.outcome, Outcome::Unresolved | Outcome::FamilyRevoked);
    Ending {
        reauthorized_at: healed.filter(|_| draft.outcome == Outcome::Reauthorized),
        unresolved_for_ms: last.zip(end(scene)).filter(|_| open).map(|(last, end)| end.millis_since(last)),
    }
}

/// The last time in the logs.
fn end(scene: &Scene<'_>) -> Option<Timestamp> {
    let events = &scene.timelines.events;
    let timed = events.partition_point(|event| event.time.is_some());
    events[..timed].last().and_then(|event| event.time)
}
