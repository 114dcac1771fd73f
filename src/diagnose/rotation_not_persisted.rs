//! `rotation-not-persisted` and `rotation-overwritten`: the server rotated, and the new token was
//! lost. The refresh after a good one fails for good, about one token lifetime later.
//!
//! One such cycle looks like a revocation. It is this cause when an id proves it (the failure
//! presents what the good refresh had spent), or when it repeats: in the next cycle, or for other
//! subjects of the client. Tokens that had been rotated well before are not forgotten, so only
//! the second refresh after a sign-in counts.

use crate::model::{CauseClass, Confidence, EventKind};

use super::corrupt_token_store;
use super::draft::{Draft, Unsaved, Verdict};
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::{NOT_PERSISTED, OVERWRITTEN};

/// The failure presents the very token that the refresh before had spent, a cycle later.
pub(super) fn proven(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let good = good_refresh(episode)?;
    let late = in_cycle(line, good, episode.first())
        .unwrap_or_else(|| line.gap(good, episode.first()) > line.scene.limits.retry);
    if !late || episode.before.forked.is_some() || !line.presents_spent(good, episode.first()) {
        return None;
    }
    let reason = "The failure presents the refresh token that the last good refresh had spent, one cycle later.";
    let reason = masked(line, episode.first(), reason);
    if episode.next.unsure().is_some() {
        let reason = format!("{reason} The sign-in that must have ended it is not in these logs.");
        return Some(Verdict::new(NOT_PERSISTED, Confidence::Likely, reason));
    }
    Some(Verdict::new(NOT_PERSISTED, line.proof(episode.first()), reason))
}

/// A reason that rests on equal tokens, with a word on tokens that the log masks.
pub(super) fn masked(line: &Line<'_>, failure: usize, reason: &str) -> String {
    if line.proof(failure) == Confidence::Proven {
        return reason.to_owned();
    }
    format!("{reason} The log masks the tokens; only this user's have that form here.")
}

/// The log says that a token could not be written, after the last good refresh and before the failure.
pub(super) fn unsaved(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    write_failure(line, episode)?;
    let told = matches!(episode.told(line), CauseClass::Ambiguous | CauseClass::Reuse);
    let reason = "The log says that the token could not be stored after the last good refresh, and the next one fails.";
    (told && !line.anonymous).then(|| Verdict::new(NOT_PERSISTED, Confidence::Likely, reason))
}

/// The record of a failed write that an episode follows; an id.
pub(super) fn write_failure(line: &Line<'_>, episode: &Episode) -> Option<u32> {
    good_refresh(episode)?;
    corrupt_token_store::trouble(line, line.ids[episode.first()], &line.scene.troubles.unsaved)
}

/// Several refreshes had succeeded at once, and the next cycle fails: a superseded token was stored last.
pub(super) fn overwritten(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let good = good_refresh(episode)?;
    let fork = episode.before.forked?;
    if !matches!(episode.told(line), CauseClass::Ambiguous | CauseClass::Reuse) || episode.burst {
        return None;
    }
    let late = in_cycle(line, good, episode.first())
        .unwrap_or_else(|| line.gap(good, episode.first()) > line.scene.limits.retry);
    let unsure = line.anonymous || line.is_coarse(fork);
    let reason = "Several refreshes had succeeded at once, and the refresh of the next cycle fails for good.";
    late.then(|| Verdict::new(OVERWRITTEN, if unsure { Confidence::Possible } else { Confidence::Likely }, reason))
}

/// Several processes had refreshed at once, and each kept its own token: one of them went on, and the next refresh
/// of the other fails.
pub(super) fn diverged(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let (fork, failure) = (episode.before.own_fork?, episode.first());
    let process = |position: usize| {
        let event = line.event(position);
        Some((event.host?, event.process?))
    };
    let own = process(failure)?;
    let good = |position: &usize| line.event(*position).kind == EventKind::RefreshSucceeded;
    let forked = forked(line, fork);
    let others = forked.iter().any(|&position| process(position).is_some_and(|other| other != own));
    let last = forked.last().copied()?;
    let went_on = (last + 1..failure).filter(good).any(|position| process(position) != Some(own))
        || matches!(episode.next, Next::Success(position) if process(position) != Some(own));
    let alone = episode.failures.iter().all(|&other| process(other) == Some(own));
    let told = matches!(episode.told(line), CauseClass::Ambiguous | CauseClass::Reuse);
    let late = line.gap(last, failure) > line.scene.limits.retry;
    if !(others && went_on && alone && told && late) {
        return None;
    }
    let reason = "Several processes had refreshed at once, and each went on with a token of its own: the server knows that of one of them, and the other's next refresh fails.";
    let confidence = if line.anonymous { Confidence::Possible } else { Confidence::Likely };
    Some(Verdict::new(OVERWRITTEN, confidence, reason))
}

/// The refreshes that succeeded at once with one; positions.
fn forked(line: &Line<'_>, first: usize) -> Vec<usize> {
    let reach = line.scene.window.reach(line.is_coarse(first)).saturating_mul(2);
    let near = (first..line.ids.len()).take_while(|&position| line.gap(first, position) <= reach);
    near.filter(|&position| line.event(position).kind == EventKind::RefreshSucceeded).collect()
}

/// The refreshes that had succeeded at once before an episode; ids.
pub(super) fn fork(line: &Line<'_>, episode: &Episode) -> Vec<u32> {
    let Some(first) = episode.before.forked.or(episode.before.own_fork) else { return Vec::new() };
    forked(line, first).into_iter().map(|position| line.ids[position]).collect()
}

/// One cycle of the pattern, for the comparison with other cycles and subjects.
pub(super) fn candidate(line: &Line<'_>, episode: &Episode) -> Option<Unsaved> {
    let unsure = unsure(line, episode);
    let good = good_refresh(episode).or(episode.before.good.filter(|_| unsure && !episode.before.was_grant))?;
    let fits = matches!(episode.told(line), CauseClass::Ambiguous | CauseClass::Reuse)
        && episode.before.refreshes == 1
        && episode.before.forked.is_none()
        && episode.before.revoked.is_none()
        && !episode.burst
        && !line.crowded(line.nanos(episode.first()), 0)
        && line.policy.can_race();
    let cycle = in_cycle(line, good, episode.first());
    let late = cycle.unwrap_or_else(|| line.gap(good, episode.first()) > line.scene.limits.retry);
    (fits && late).then(|| Unsaved {
        good: line.nanos(good),
        failed: line.nanos(episode.first()),
        anchored: episode.before.anchored,
        lifetime_known: cycle.is_some(),
        unsure,
    })
}

/// Whether a good refresh follows of which nobody knows whether it is of the grant that failed.
fn unsure(line: &Line<'_>, episode: &Episode) -> bool {
    let grant = |position: usize| line.identity(position).grant;
    match episode.next {
        Next::Success(good) => grant(episode.first()).is_some() && grant(good).is_none(),
        Next::Unsure(_) => true,
        Next::Grant(_) | Next::End => false,
    }
}

/// Whether the cycles of one client, taken together, show that rotation is not persisted.
pub(super) fn repeats(cycles: &[(usize, Unsaved)]) -> bool {
    let cycles: Vec<&(usize, Unsaved)> = cycles.iter().filter(|(_, cycle)| !cycle.unsure).collect();
    let gaps = cycles.iter().filter(|(_, cycle)| !cycle.lifetime_known).map(|(_, cycle)| cycle.failed - cycle.good);
    let (least, most) = gaps.fold((i64::MAX, 0), |(least, most), gap| (least.min(gap), most.max(gap)));
    if cycles.len() < 2 || (most > 0 && most / 2 > least) {
        return false;
    }
    // All failing from one moment on, with no good refresh afterwards, is a revocation of many.
    let first_failed = cycles.iter().map(|(_, cycle)| cycle.failed).min().unwrap_or(i64::MAX);
    let last_good = cycles.iter().map(|(_, cycle)| cycle.good).max().unwrap_or(i64::MIN);
    let anchored = cycles.iter().filter(|(_, cycle)| cycle.anchored).count();
    last_good > first_failed || anchored > 1
}

/// The verdict for cycles that repeat; `same_line` when one principal shows it twice.
pub(super) fn repeated(line: &Line<'_>, same_line: bool) -> Verdict {
    let reason = if same_line {
        "The refresh after the first good one fails for good, one cycle later, again and again."
    } else {
        "The refresh after the first good one fails for good, one cycle later, for several subjects of the client."
    };
    let confidence = if line.anonymous { Confidence::Possible } else { Confidence::Likely };
    Verdict::new(NOT_PERSISTED, confidence, reason).where_lines_are_missing(line)
}

/// Folds the cycles of one principal into one finding.
pub(super) fn fold(into: &mut Draft, other: Draft) {
    into.failures.extend(other.failures);
    into.aftermath.extend(other.aftermath);
    into.context.extend(other.context);
    into.sign_ins += other.sign_ins;
    into.clusters += other.clusters;
    into.heal = other.heal;
    into.outcome = other.outcome;
}

fn good_refresh(episode: &Episode) -> Option<usize> {
    episode.before.good.filter(|_| !episode.next.healed() && !episode.before.was_grant)
}

/// Whether a refresh comes about one token lifetime after another; `None` without a known lifetime.
fn in_cycle(line: &Line<'_>, good: usize, next: usize) -> Option<bool> {
    let lifetime = f64::from(line.event(good).expires_in.get()?) * 1e9;
    let (least, most) = line.scene.limits.cycle;
    let gap = line.gap(good, next) as f64;
    Some(gap >= least * lifetime && gap <= most * lifetime)
}
