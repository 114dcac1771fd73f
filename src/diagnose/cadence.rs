//! The rhythm of a timeline's refreshes: what `uncached-token`, `wrong-expiry` and
//! `reactive-refresh` look at.

use crate::model::EventKind;

use super::line::Line;

/// Good refreshes inside one window are one round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// The event that began it; a position in the line.
    pub(super) first: usize,
    /// Nanoseconds: when it was asked for, as far as the log tells, and when it was answered last.
    pub(super) sent: i64,
    pub(super) end: i64,
    /// The lifetime that the answer names, in nanoseconds.
    pub(super) lifetime: Option<i64>,
    /// A refresh failed since the round before, or another grant began.
    pub(super) disturbed: bool,
}

/// The rounds of a timeline, in order; none where they say nothing: no call was refused, and they are too few for a period.
pub(super) fn rounds(line: &Line<'_>) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    if !line.has_unauthorized && line.ids.len() <= line.scene.limits.expiry_intervals {
        return rounds;
    }
    let mut disturbed = false;
    for position in 0..line.ids.len() {
        let event = line.event(position);
        match event.kind {
            EventKind::RefreshFailed | EventKind::GrantIssued => disturbed = true,
            EventKind::RefreshSucceeded => {
                let end = line.nanos(position);
                let lifetime = event.expires_in.get().map(|seconds| i64::from(seconds) * 1_000_000_000);
                let took = i64::from(event.duration_ms.get().unwrap_or(0)) * 1_000_000;
                match rounds.last_mut() {
                    Some(round)
                        if end.saturating_sub(round.end) <= line.scene.window.reach(line.is_coarse(position)) =>
                    {
                        round.end = end;
                        round.lifetime = lifetime.or(round.lifetime);
                    }
                    _ => {
                        rounds.push(Round {
                            first: position,
                            sent: end.saturating_sub(took),
                            end,
                            lifetime,
                            disturbed,
                        });
                    }
                }
                disturbed = false;
            }
            _ => {}
        }
    }
    rounds
}

/// Whether the refreshes of a timeline are those of one grant, as far as the logs tell.
pub(super) fn one_grant(line: &Line<'_>) -> bool {
    !line.anonymous || !(line.client_has_subjects || line.several)
}
