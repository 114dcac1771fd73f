//! `permanent-revocation`: the grant is gone, and retrying does not bring it back.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::PERMANENT;

/// The server or the logs say it: a revocation event before, or a text that proves it.
pub(super) fn told(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let revoked = episode.before.revoked.is_some();
    if !revoked && episode.told(line) != CauseClass::Revoked {
        return None;
    }
    let reason = if revoked {
        "The logs show the revocation before the failures"
    } else {
        "The server says that the grant is gone"
    };
    Some(if episode.next.healed() {
        let reason =
            format!("{reason}, yet a later refresh succeeds: a sign-in or another grant is not in these logs.");
        Verdict::new(PERMANENT, Confidence::Likely, reason)
    } else {
        Verdict::new(PERMANENT, Confidence::Proven, format!("{reason}."))
    })
}

/// The timeline shows it: it worked, then it failed, and retrying did not heal it.
pub(super) fn shown(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let failures = &episode.failures;
    if episode.next.healed() {
        return None;
    }
    let limits = &line.scene.limits;
    let one_token = failures.len() > 1 && failures.iter().all(|&failure| line.same_token(failures[0], failure));
    let others = line.client_refreshes && (line.client_has_subjects || line.crowded(line.nanos(failures[0]), 0));
    if line.anonymous && others && !one_token {
        return None;
    }
    let ended = matches!(episode.next, Next::Grant(_));
    let retried = failures.len() > 1 && episode.span(line) >= limits.permanent_span;
    let (confidence, reason) = match episode.gap(line) {
        Some(_) if ended => (Confidence::Likely, "It worked before, then failed, and only a new grant ended it."),
        Some(_) if retried => (Confidence::Likely, "It worked before, then failed, and no retry heals it."),
        Some(gap) if gap > limits.retry => {
            (Confidence::Likely, "It worked before, failed long after the last success, and never works again.")
        }
        None if ended && failures.len() > 1 => (Confidence::Likely, "Retries failed, and only a new grant ended it."),
        None if ended => (Confidence::Possible, "One attempt failed, and a new grant followed."),
        None if retried => {
            (Confidence::Possible, "Attempts at different times fail, and these logs show no success at all.")
        }
        _ => return None,
    };
    let confidence = if line.anonymous { Confidence::Possible } else { confidence };
    Some(Verdict::new(PERMANENT, confidence, reason))
}
