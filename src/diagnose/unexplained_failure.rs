//! `unexplained-failure`: too little in these logs to tell; says what would settle it.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::Line;
use super::names::UNEXPLAINED;
use super::refresh_token_reuse::stranger;
use super::words;

/// A token was refused and later accepted, whatever the server said of it: it was neither spent nor gone.
pub(super) fn taken_back(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let of_grant = matches!(episode.told(line), CauseClass::Ambiguous | CauseClass::Revoked | CauseClass::Expired);
    // A user who was disabled may be enabled again.
    let by_user = episode.failures.iter().any(|&failure| line.scene.user_level(line.event(failure)));
    let refuted = of_grant && !by_user && episode.before.revoked.is_none() && episode.accepted_later(line);
    refuted.then(|| {
        let reason = "The token that was refused was accepted later, so it was neither spent nor gone; the server's log would say why it was refused.";
        Verdict::new(UNEXPLAINED, Confidence::Possible, reason)
    })
}

/// What is missing.
pub(super) fn verdict(line: &Line<'_>, episode: &Episode) -> Verdict {
    let first = line.nanos(episode.first());
    let reason = if line.crowded(first, 0) {
        "No subject, grant or token is named, and the client refreshes so often that a success nearby proves nothing; log the subject or a token fingerprint on failures."
    } else if let Some(chance) = &line.by_chance {
        &format!("{} Log the subject or a token fingerprint on failures.", chance.words())
    } else if line.anonymous && line.client_has_subjects && line.principal().client.is_none() {
        "The failure names neither client nor subject while others in the same log are named; log them, a token fingerprint, or a request id that other lines share, on failures."
    } else if line.anonymous && line.client_has_subjects {
        "The failure names no subject while the client has several; log the subject or a token fingerprint on failures."
    } else if line.several {
        "No subject, grant or token is named, and the client refreshes more often than one grant asks for, so the good refreshes around say nothing; log the subject or a token fingerprint."
    } else if line.beside_another_clock(episode)
        && (episode.told(line) == CauseClass::Reuse || line.scene.clocks().some_apart())
    {
        "A good refresh of another host lies seconds beside it, and these logs do not show whether their clocks agree: a race, a late copy and a thief look the same. A fingerprint of the token on each attempt, or the offset of the clocks, would settle it."
    } else if let Some(address) = stranger(line, episode).filter(|_| episode.next.healed()) {
        &format!(
            "It came from {address}, where this principal never refreshed well, and the grant went on working: a stranger with an old token, or a worker of one's own there. A fingerprint of the token would settle it."
        )
    } else if episode.told(line) == CauseClass::Reuse {
        "The server says that the token had been used, and these logs do not show which refresh used it: a race, a late copy and a thief look the same. Logs that have all good refreshes, with a fingerprint of the token, would tell."
    } else if episode.next.unsure().is_some() {
        "What worked next came so late, or with a token that these logs show nobody to have been given, that a refresh or a sign-in is missing in between: a race, a lost token and a revocation look the same. The server's log would settle it."
    } else if episode.next.healed() && episode.before.good.is_none() {
        "The logs begin with the failure and a later refresh works; the logs before it would settle it."
    } else if matches!(episode.next, Next::Success(_)) {
        "A long series of failures ended without a new grant; the server's log would say why."
    } else {
        &unfinished(line, episode)
    };
    Verdict::new(UNEXPLAINED, Confidence::Possible, reason)
}

/// What the logs lack where they end, or begin, with the failures.
fn unfinished(line: &Line<'_>, episode: &Episode) -> String {
    let count = episode.failures.len();
    let failed = match count {
        1 => "One attempt failed".to_owned(),
        _ => format!("{count} attempts failed within {}", words::duration_ms(episode.span(line) / 1_000_000)),
    };
    if let Some(gap) = episode.gap(line) {
        let good = if episode.before.was_grant { "a sign-in" } else { "a good refresh" };
        let after = words::duration_ms(gap / 1_000_000);
        return format!(
            "{failed}, {after} after {good}, and the logs of this principal end; what came next would settle it."
        );
    }
    let alike = if count > 1 { "a race that somebody else won" } else { "a race" };
    format!(
        "{failed}, and these logs hold no good refresh of this principal: {alike} and a grant that is gone look the same. The server's log, or more of this one, would settle it."
    )
}

/// For failures without a time.
pub(super) fn untimed() -> Verdict {
    let reason = "The record has no time, so nothing can be said about what it competed with; log with times.";
    Verdict::new(UNEXPLAINED, Confidence::Possible, reason)
}
