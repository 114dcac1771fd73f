//! `reactive-refresh`: the client refreshes only when an API has refused its token, every time.

use crate::model::Confidence;

use super::cadence::{Round, one_grant};
use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::REACTIVE;

/// One finding for a timeline. A 401 now and then is no habit, and neither is a refresh that happens to
/// follow one of many: nearly all of the 401 must be followed by a refresh, and nearly all refreshes follow one.
pub(super) fn judge(line: &Line<'_>, rounds: &[Round]) -> Option<Draft> {
    let limits = line.scene.limits;
    if line.unauthorized().is_empty() || !one_grant(line) {
        return None;
    }
    let refused = |round: &Round| {
        let until = line.unauthorized().partition_point(|&time| time <= round.sent);
        let from = line.unauthorized().partition_point(|&time| time < round.sent.saturating_sub(limits.reactive));
        (from < until).then_some((from, until))
    };
    let after: Vec<(&Round, (usize, usize))> =
        rounds.iter().filter_map(|round| Some((round, refused(round)?))).collect();
    // The first refresh may be that of a start or a sign-in.
    let habit = after.len() >= limits.reactive_cycles && after.len() + 1 >= rounds.len();
    let explained: usize = after.iter().map(|(_, (from, until))| until - from).sum();
    if !habit || explained * 2 < line.unauthorized().len() || too_soon(rounds, &after) {
        return None;
    }
    let reason = if after.len() == rounds.len() {
        "Every refresh in these logs follows an API call that was answered 401."
    } else {
        "Every refresh in these logs but the first follows an API call that was answered 401."
    };
    let confidence = if line.anonymous { Confidence::Possible } else { Confidence::Likely };
    let mut draft = Draft::behaviour(Verdict::new(REACTIVE, confidence, reason), line.number);
    draft.winners = after.iter().map(|(round, _)| line.ids[round.first]).collect();
    draft.clusters = after.len() as u64;
    let seconds = limits.reactive / 1_000_000_000;
    draft.notes.push(format!("{explained} calls were answered 401 within {seconds} s before a refresh."));
    Some(draft)
}

/// Whether the tokens that were refused were young: then it is not their age that the API refuses.
fn too_soon(rounds: &[Round], after: &[(&Round, (usize, usize))]) -> bool {
    let young = after.iter().filter(|(round, _)| {
        let before = rounds.partition_point(|other| other.sent < round.sent);
        let Some(last) = before.checked_sub(1).map(|at| &rounds[at]) else { return false };
        last.lifetime.is_some_and(|lifetime| round.sent.saturating_sub(last.end) < lifetime / 2)
    });
    young.count() * 2 > after.len()
}
