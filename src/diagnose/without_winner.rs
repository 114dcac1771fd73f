//! `refresh-race` where the winner is not in these logs.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::Episode;
use super::line::Line;
use super::names::RACE;

/// The server says that requests competed.
pub(super) fn told(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    (episode.told(line) == CauseClass::Concurrent).then(|| {
        let reason =
            "The server itself says that several requests used the token at once; the winner is not in these logs.";
        Verdict::new(RACE, Confidence::Proven, reason)
    })
}

/// Several workers fail at once, nothing had rotated shortly before, and it heals by itself.
pub(super) fn burst(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let retry = line.scene.limits.retry;
    let fresh = episode.gap(line).is_none_or(|gap| gap > retry);
    // Where successes are logged, a winner of the reused token would be among them.
    let heals = match episode.told(line) {
        CauseClass::Reuse => !line.client_refreshes,
        _ => episode.next.healed() || episode.next.unsure().is_some(),
    };
    let workers = episode.failures.iter().any(|&failure| {
        let (a, b) = (line.event(failure), line.event(episode.first()));
        let differ =
            |a: Option<crate::model::Symbol>, b: Option<crate::model::Symbol>| a.is_some() && b.is_some() && a != b;
        differ(a.host, b.host) || differ(a.process, b.process) || differ(a.thread, b.thread)
    });
    let shown = episode.burst && workers && fresh && heals && !line.anonymous && line.policy.can_race();
    shown.then(|| {
        let reason =
            "Several workers failed inside one window and the grant went on working; the winner is not in these logs.";
        Verdict::new(RACE, Confidence::Possible, reason)
    })
}
