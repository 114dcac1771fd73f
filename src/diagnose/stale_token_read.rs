//! `stale-token-read`: a cache or replica handed out a spent token, and the next read was right.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::STALE;
use super::refresh_token_reuse::{elsewhere, stranger};
use super::rotation_not_persisted::masked;
use super::window::SKEW;

/// The server says that the token had been used, but so soon after the rotation, from a known
/// place and without lasting harm, that a late copy explains it better than a thief.
pub(super) fn late_copy(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let limits = &line.scene.limits;
    let soon = episode.gap(line).is_some_and(|gap| gap <= limits.stale_soon);
    let few = episode.failures.len() <= limits.stale_few
        && !line.several
        && !line.crowded(line.nanos(episode.first()), 0)
        && elsewhere(line, episode).is_none();
    let harmless = episode.next.healed() && (few || at_once(line, episode));
    if episode.told(line) != CauseClass::Reuse || !soon || !harmless {
        return None;
    }
    let reason = if few {
        "A spent token came back soon after the rotation, from a place that refreshes well, and the next refresh works without a new grant."
    } else {
        "The token that had just been spent came back within seconds, as from a late copy or a host whose clock is off, and the next refresh works without a new grant."
    };
    let confidence = match (presented_before(line, episode), line.anonymous) {
        (Some(failure), _) => line.proof(failure),
        (None, false) => Confidence::Likely,
        (None, true) => Confidence::Possible,
    };
    told_by_two_clocks(line, episode, Verdict::new(STALE, confidence, reason).where_lines_are_missing(line))
}

/// Some seconds between two hosts are a late read, or a race that was logged by clocks which are apart.
/// Where other clocks of these logs are apart, nobody can tell.
fn told_by_two_clocks(line: &Line<'_>, episode: &Episode, mut verdict: Verdict) -> Option<Verdict> {
    if line.beside_another_clock(episode) {
        if line.scene.clocks().some_apart() {
            return None;
        }
        verdict.confidence = Confidence::Possible;
        verdict.reason.push_str(
            " A good refresh of another host lies within seconds of it: if their clocks are apart, it was a race.",
        );
    }
    Some(verdict)
}

/// Whether what had been spent a moment before was presented, and then nothing else but that: no thief is as
/// quick, but another host whose clock goes differently, or a copy that is late, and their retries.
fn at_once(line: &Line<'_>, episode: &Episode) -> bool {
    let first = episode.first();
    let spent = line.spent_before(first).and_then(|id| line.scene.event(id).time);
    let quick = spent.is_some_and(|spent| line.nanos(first).saturating_sub(spent.nanos) <= SKEW);
    quick && episode.failures.iter().all(|&failure| line.same_token(first, failure))
}

/// Some failures after a success, and then a success without a new grant.
pub(super) fn healed(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let (Next::Success(heal), Some(_)) = (episode.next, episode.before.good) else { return None };
    let limits = &line.scene.limits;
    if line.crowded(line.nanos(episode.first()), 0) || (line.anonymous && line.client_has_subjects) {
        return None;
    }
    if let Some(failure) = presented_before(line, episode) {
        let reason = "The failures presented a token that an earlier refresh had spent, and a later refresh works.";
        let verdict = Verdict::new(STALE, line.proof(failure), masked(line, failure, reason));
        return told_by_two_clocks(line, episode, verdict.where_lines_are_missing(line));
    }
    // Where a replaced token stays alive, an old copy of it is not refused; and no cache of one's own is that far away.
    if !line.policy.can_race() || stranger(line, episode).is_some() {
        return None;
    }
    let few = episode.failures.len() <= limits.stale_few;
    if line.several || (!few && episode.span(line) > limits.stale_long) {
        return None;
    }
    // Where nobody knows how often it refreshes, a sign-in that is not logged may have healed it.
    let told = episode.due(line).is_some() && !line.anonymous && line.tie(heal) >= line.tie(episode.first());
    let (confidence, reason) = if few {
        let reason = "It failed outside the window of any success, and the next refresh works without a new grant.";
        (if told { Confidence::Likely } else { Confidence::Possible }, reason)
    } else {
        let reason =
            "A series of failures ended with a good refresh and no new grant; a cache that held the old token fits.";
        (Confidence::Possible, reason)
    };
    let verdict = Verdict::new(STALE, confidence, reason);
    told_by_two_clocks(line, episode, verdict).map(|verdict| verdict.where_lines_are_missing(line))
}

/// A failure that presented what the last success, or any before it, had spent.
fn presented_before(line: &Line<'_>, episode: &Episode) -> Option<usize> {
    let spent = episode.before.good.filter(|_| !episode.before.was_grant);
    let old = |failure: usize| {
        spent.is_some_and(|good| line.presents_spent(good, failure)) || line.spent_before(failure).is_some()
    };
    episode.failures.iter().copied().find(|&failure| old(failure))
}
