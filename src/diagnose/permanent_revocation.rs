//! `permanent-revocation`: the grant is gone, and retrying does not bring it back.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::PERMANENT;
use super::rotation_not_persisted;

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
    // A server that revokes a family on reuse says of it what it says of any session that is gone.
    let whose = revoked || episode.failures.iter().any(|&failure| line.scene.user_level(line.event(failure)));
    Some(if episode.next.healed() || episode.next.unsure().is_some() {
        let reason =
            format!("{reason}, yet a later refresh succeeds: a sign-in or another grant is not in these logs.");
        Verdict::new(PERMANENT, if whose { Confidence::Likely } else { Confidence::Possible }, reason)
    } else if whose || line.policy.keeps_family() || (episode.before.good.is_some() && !line.lossy) {
        Verdict::new(PERMANENT, Confidence::Proven, format!("{reason}."))
    } else {
        let confidence = if episode.before.good.is_some() { Confidence::Likely } else { Confidence::Possible };
        let reason = format!("{reason}; what ended it, a revocation or a reuse of the token, is not in these logs.");
        Verdict::new(PERMANENT, confidence, reason)
    })
}

/// Whether failures come in bursts of several workers, moment after moment: where successes are not logged, that is
/// what the losers of races look like.
fn workers_fail_at_once(line: &Line<'_>, episode: &Episode) -> bool {
    let place = |position: usize| {
        let event = line.event(position);
        (event.host, event.process, event.thread)
    };
    let near = |pair: &&[usize]| line.gap(pair[0], pair[1]) <= line.scene.window.reach(line.is_coarse(pair[0]));
    let beside = |pair: &&[usize]| near(pair) && place(pair[0]) != place(pair[1]);
    let pairs = || episode.failures.windows(2);
    let moments = 1 + pairs().filter(|pair| !near(pair)).count();
    pairs().filter(beside).count() * 2 >= moments
}

/// The timeline shows it: it worked, then it failed, and retrying did not heal it.
pub(super) fn shown(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let failures = &episode.failures;
    let used = episode.told(line) == CauseClass::Reuse;
    if used || matches!(episode.next, Next::Success(_) | Next::Unsure(_)) {
        return None;
    }
    let limits = &line.scene.limits;
    let one_token = failures.len() > 1 && failures.iter().all(|&failure| line.same_token(failures[0], failure));
    let others = line.client_refreshes && (line.client_has_subjects || line.crowded(line.nanos(failures[0]), 0));
    if line.anonymous && others && !one_token {
        return None;
    }
    if episode.before.good.is_none() && workers_fail_at_once(line, episode) {
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
        None if ended && failures.len() > 1 => (
            Confidence::Possible,
            "Retries failed, and only a new grant ended it; what went before is not in these logs.",
        ),
        None if ended => (Confidence::Possible, "One attempt failed, and a new grant followed."),
        None if retried => {
            (Confidence::Possible, "Attempts at different times fail, and these logs show no success at all.")
        }
        _ => return None,
    };
    // One cycle in which a rotation was not stored looks the same.
    let (confidence, reason) = match rotation_not_persisted::candidate(line, episode) {
        Some(_) => (
            Confidence::Possible,
            format!(
                "{reason} It was the second refresh after the grant began, so a token that was not stored fits as well."
            ),
        ),
        None if line.anonymous => (Confidence::Possible, reason.to_owned()),
        None if line.beside_another_clock(episode) => (
            Confidence::Possible,
            format!("{reason} Another host refreshed well seconds before: if their clocks are apart, it was a race."),
        ),
        None => (confidence, reason.to_owned()),
    };
    Some(Verdict::new(PERMANENT, confidence, reason).where_lines_are_missing(line))
}
