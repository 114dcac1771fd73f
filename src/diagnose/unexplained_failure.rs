//! `unexplained-failure`: too little in these logs to tell; says what would settle it.

use crate::model::Confidence;

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::UNEXPLAINED;

/// What is missing.
pub(super) fn verdict(line: &Line<'_>, episode: &Episode) -> Verdict {
    let first = line.nanos(episode.first());
    let reason = if line.crowded(first, 0) {
        "No subject, grant or token is named, and the client refreshes so often that a success nearby proves nothing; log the subject or a token fingerprint on failures."
    } else if let Some(chance) = &line.by_chance {
        &format!("{} Log the subject or a token fingerprint on failures.", chance.words())
    } else if line.anonymous && line.client_has_subjects {
        "The failure names no subject while the client has several; log the subject or a token fingerprint on failures."
    } else if line.several {
        "No subject, grant or token is named, and the client refreshes more often than one grant asks for, so the good refreshes around say nothing; log the subject or a token fingerprint."
    } else if episode.next.healed() && episode.before.good.is_none() {
        "The logs begin with the failure and a later refresh works; the logs before it would settle it."
    } else if matches!(episode.next, Next::Success(_)) {
        "A long series of failures ended without a new grant; the server's log would say why."
    } else if episode.before.good.is_some() {
        "It failed soon after a success and the logs end; the logs after it would settle it."
    } else {
        "Nothing before and nothing after it is in these logs; the server's log, or more of this one, would settle it."
    };
    Verdict::new(UNEXPLAINED, Confidence::Possible, reason)
}

/// For failures without a time.
pub(super) fn untimed() -> Verdict {
    let reason = "The record has no time, so nothing can be said about what it competed with; log with times.";
    Verdict::new(UNEXPLAINED, Confidence::Possible, reason)
}
