//! `dropped-refresh-token`: an answer without a refresh token replaced the one that was stored, and
//! the next request had none.

use crate::model::{CauseClass, Confidence, EventKind};

use super::corrupt_token_store;
use super::draft::Verdict;
use super::line::Line;
use super::names::{CORRUPT, DROPPED};

/// How far back a good refresh is looked for: bounds the work on a hostile log.
const REACH: usize = 1_024;

/// The cause of a request that had no refresh token, where the timeline shows one: there had been a
/// token, because a refresh had worked. Without that the client never had one, which is its configuration.
pub(super) fn cause(line: &Line<'_>, failure: u32) -> Option<&'static str> {
    let event = line.scene.event(failure);
    let at = event.time.filter(|_| event.class == CauseClass::MissingToken)?.nanos;
    if corrupt_token_store::before(line, failure).is_some() {
        return Some(CORRUPT);
    }
    let worked = line.good().first().is_some_and(|&first| first < at);
    let others = line.anonymous && (line.client_has_subjects || line.several);
    let kept = last_good(line, failure).is_some_and(|good| line.scene.event(good).issued.is_some());
    (worked && !others && !kept).then_some(DROPPED)
}

/// The last good refresh before a failure; an id.
pub(super) fn last_good(line: &Line<'_>, failure: u32) -> Option<u32> {
    let until = line.ids.partition_point(|&id| id < failure);
    let recent = line.ids[..until].iter().rev().take(REACH).copied();
    recent.into_iter().find(|&id| line.scene.event(id).kind == EventKind::RefreshSucceeded)
}

/// How sure it is for the first of some failures.
pub(super) fn verdict(line: &Line<'_>, failure: u32) -> Verdict {
    let shown = last_good(line, failure).is_some_and(|good| line.scene.event(good).without_refresh_token);
    let (confidence, reason) = if line.anonymous {
        (
            Confidence::Possible,
            "Refreshes of this client worked, and then it sends no refresh token at all; the records name no subject.",
        )
    } else if shown {
        (
            Confidence::Proven,
            "The answer to the last good refresh had no refresh token, and the next request has none either.",
        )
    } else {
        (Confidence::Likely, "A refresh had worked, so there was a refresh token; the next request has none.")
    };
    Verdict::new(DROPPED, confidence, reason)
}
