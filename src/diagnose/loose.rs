//! Failures without a competing success: which of the other causes they have.

use crate::model::{CauseClass, Confidence, Outcome};
use crate::timeline::Tie;

use super::draft::{Draft, Verdict};
use super::episode::Episode;
use super::line::Line;
use super::names::{CORRUPT, NOT_PERSISTED, OVERWRITTEN, REUSE, UNEXPLAINED};
use super::{
    corrupt_token_store, expired_refresh_token, permanent_revocation, refresh_token_reuse, rotation_not_persisted,
    stale_token_read, unexplained_failure, without_winner,
};

type Judge = fn(&Line<'_>, &Episode) -> Option<Verdict>;

/// What may explain an episode, in this order; the last always does. What the server says comes
/// first, then what ids prove, then what the timeline shows.
const JUDGES: [Judge; 17] = [
    unexplained_failure::taken_back,
    permanent_revocation::told,
    expired_refresh_token::told,
    without_winner::told,
    refresh_token_reuse::by_chain,
    refresh_token_reuse::by_another,
    rotation_not_persisted::proven,
    corrupt_token_store::shown,
    rotation_not_persisted::unsaved,
    rotation_not_persisted::overwritten,
    rotation_not_persisted::diverged,
    stale_token_read::late_copy,
    without_winner::burst,
    refresh_token_reuse::told,
    stale_token_read::healed,
    expired_refresh_token::idle,
    permanent_revocation::shown,
];

/// The finding of an episode.
pub(super) fn judge(line: &Line<'_>, episode: &Episode) -> Draft {
    let mut verdict = JUDGES
        .iter()
        .find_map(|judge| judge(line, episode))
        .unwrap_or_else(|| unexplained_failure::verdict(line, episode));
    let adopted = episode.failures.iter().all(|&failure| line.tie(failure) == Tie::Adopted);
    if adopted && verdict.confidence == Confidence::Likely {
        verdict.confidence = Confidence::Possible;
        verdict.reason.push_str(" The failures name no subject; their worker, time or client leads to this one.");
    }
    if adopted && verdict.rule == REUSE && verdict.confidence == Confidence::Proven {
        verdict.confidence = Confidence::Likely;
        verdict.reason = "The server itself says that the token had been used; the failures name no subject, so that no refresh competed is likely and not known.".into();
    }
    let beside =
        |failure: &usize| line.by_chance.as_ref().is_some_and(|chance| chance.beside.contains(&line.ids[*failure]));
    if verdict.rule != UNEXPLAINED && episode.failures.iter().any(beside) {
        verdict.reason.extend(line.by_chance.iter().map(|chance| format!(" {}", chance.words())));
    }
    let mut draft = episode.draft(line, verdict);
    if line.several && draft.verdict.rule == UNEXPLAINED {
        // What works next is anybody's.
        (draft.heal, draft.outcome, draft.sign_ins) = (None, Outcome::Unresolved, 0);
    }
    draft.context.extend(episode.before.revoked.map(|position| line.ids[position]));
    if draft.verdict.rule == OVERWRITTEN {
        draft.racers = rotation_not_persisted::fork(line, episode);
    }
    draft.context.extend(match draft.verdict.rule {
        CORRUPT => corrupt_token_store::before(line, line.ids[episode.first()]),
        NOT_PERSISTED => rotation_not_persisted::write_failure(line, episode),
        _ => None,
    });
    // What the chain shows, no other cycle can change.
    if refresh_token_reuse::by_chain(line, episode).is_none() {
        draft.unsaved = rotation_not_persisted::candidate(line, episode);
    }
    if episode.told(line) == CauseClass::Reuse && draft.verdict.rule == REUSE {
        draft.notes.extend(refresh_token_reuse::elsewhere(line, episode).map(|place| {
            format!("The spent token came from {place}, where this principal never refreshed well in these logs.")
        }));
    }
    draft
}
