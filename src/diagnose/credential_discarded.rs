//! `credential-discarded`: the application threw a living credential away, or asked the user to sign
//! in, because it lost a race or read a stale copy once.

use crate::model::EventKind;

use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::{DISCARDED, RACE, STALE};
use super::words;

/// One finding for all the credentials of a timeline that were thrown away after a failure that
/// would have healed by itself.
pub(super) fn judge(line: &Line<'_>, causes: &[Draft]) -> Option<Draft> {
    let scene = line.scene;
    let nanos = |id: u32| scene.event(id).time.map_or(0, |time| time.nanos);
    let kind = |wanted: EventKind| line.ids.iter().copied().filter(move |&id| scene.kind(id) == wanted);
    let discarded: Vec<u32> = kind(EventKind::CredentialDiscarded).collect();
    if discarded.is_empty() {
        return None;
    }
    let mut found: Option<Draft> = None;
    for cause in causes.iter().filter(|cause| [RACE, STALE].contains(&cause.verdict.rule)) {
        let refused = || cause.failures.iter().chain(&cause.aftermath).copied();
        let (Some(first), Some(last)) = (refused().min(), refused().max()) else { continue };
        let until = nanos(last).saturating_add(scene.limits.retry);
        let ended = cause.heal.unwrap_or(u32::MAX);
        let from = discarded.partition_point(|&id| id < first);
        let thrown = discarded[from..].iter().copied().find(|&id| nanos(id) <= until && id < ended);
        let told = |id: &u32| found.as_ref().is_some_and(|draft| draft.context.contains(id));
        let Some(thrown) = thrown.filter(|id| !told(id)) else { continue };
        let draft = found.get_or_insert_with(|| {
            let reason =
                "The credential was thrown away right after a failure that another refresh shows to be transient.";
            let mut draft = Draft::behaviour(Verdict::new(DISCARDED, cause.verdict.confidence, reason), line.number);
            draft.clusters = 0;
            draft
        });
        draft.verdict.confidence = draft.verdict.confidence.max(cause.verdict.confidence);
        draft.clusters += 1;
        draft.sign_ins += cause.sign_ins;
        draft.failures.extend(&cause.failures);
        draft.context.push(thrown);
        if draft.clusters == 1 {
            let after = (nanos(thrown) - nanos(first)) / 1_000_000;
            draft.notes.push(format!("The first was thrown away {} after it was refused.", words::duration_ms(after)));
        }
    }
    found
}
