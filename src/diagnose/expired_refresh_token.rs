//! `expired-refresh-token`: nobody took the grant away, its time ran out.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::Episode;
use super::line::Line;
use super::names::EXPIRED;

/// The server says so.
pub(super) fn told(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    (episode.told(line) == CauseClass::Expired).then(|| {
        let confidence = if episode.next.healed() { Confidence::Likely } else { Confidence::Proven };
        Verdict::new(EXPIRED, confidence, "The server says that the token or session expired.")
    })
}

/// Nothing happened for so long before that an idle limit is the likeliest reason; no more than
/// possible, because servers differ.
pub(super) fn idle(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let gap = episode.gap(line)?;
    let idle = gap >= line.scene.limits.idle && !episode.next.healed() && !line.anonymous;
    idle.then(|| {
        let days = gap / 86_400_000_000_000;
        let reason = format!("The grant had not been used for {days} days, and nothing but a new one works.");
        Verdict::new(EXPIRED, Confidence::Possible, reason)
    })
}
