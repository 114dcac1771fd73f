//! What lies between two good events of a timeline: the material of every verdict.

use crate::model::{CauseClass, Outcome};

use super::coverage;
use super::draft::{Draft, Verdict};
use super::line::Line;
use super::window::SKEW;

/// The next good event after some failures; a position in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A good refresh without a new grant.
    Success(usize),
    /// A good refresh that may be of another grant: a refresh or sign-in is missing in between.
    Unsure(usize),
    /// A new grant.
    Grant(usize),
    /// The logs end.
    End,
}

impl Next {
    pub(super) fn healed(self) -> bool {
        matches!(self, Self::Success(_))
    }

    pub(super) fn position(self) -> Option<usize> {
        match self {
            Self::Success(position) | Self::Grant(position) => Some(position),
            Self::Unsure(_) | Self::End => None,
        }
    }

    /// A good refresh that may be of another grant.
    pub(super) fn unsure(self) -> Option<usize> {
        if let Self::Unsure(position) = self { Some(position) } else { None }
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Success(_) => Outcome::SelfResolved,
            Self::Grant(_) => Outcome::Reauthorized,
            Self::Unsure(_) | Self::End => Outcome::Unresolved,
        }
    }
}

/// What went before some failures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    /// The last good refresh or grant.
    pub(super) good: Option<usize>,
    /// Whether that was a grant.
    pub(super) was_grant: bool,
    /// Whether several refreshes had succeeded at once there, and the first of them.
    pub(super) forked: Option<usize>,
    /// Whether several refreshes had succeeded at once where the process that fails now last refreshed well, since the
    /// last grant; the first of them.
    pub(super) own_fork: Option<usize>,
    /// Good refreshes since the last grant, or since the logs begin.
    pub(super) refreshes: usize,
    /// Whether the logs show that grant.
    pub(super) anchored: bool,
    /// A revocation that the logs show since then.
    pub(super) revoked: Option<usize>,
}

/// Failures without a competing success, between two good events.
#[derive(Clone, Debug)]
pub(super) struct Episode {
    /// Positions in time order; never empty.
    pub(super) failures: Vec<usize>,
    pub(super) before: Before,
    pub(super) next: Next,
    /// All of them, two or more, in one window.
    pub(super) burst: bool,
}

impl Episode {
    pub(super) fn first(&self) -> usize {
        self.failures[0]
    }

    pub(super) fn last(&self) -> usize {
        self.failures[self.failures.len() - 1]
    }

    /// Nanoseconds from the first to the last failure.
    pub(super) fn span(&self, line: &Line<'_>) -> i64 {
        line.gap(self.first(), self.last())
    }

    /// Nanoseconds since the last good event.
    pub(super) fn gap(&self, line: &Line<'_>) -> Option<i64> {
        self.before.good.map(|good| line.gap(good, self.first()))
    }

    /// Whether a refresh was due when it failed; `None` where the logs do not tell how often.
    pub(super) fn due(&self, line: &Line<'_>) -> Option<bool> {
        let soon = self.gap(line)? <= line.scene.limits.stale_soon;
        coverage::due(line, self.before.good?, self.first()).or(soon.then_some(false))
    }

    /// The first class that says more than "invalid".
    pub(super) fn told(&self, line: &Line<'_>) -> CauseClass {
        let classes = self.failures.iter().map(|&position| line.event(position).class);
        classes.into_iter().find(|class| *class != CauseClass::Ambiguous).unwrap_or_default()
    }

    /// Whether each of its tokens was accepted later, by more than clocks differ: then none of them was spent or gone.
    pub(super) fn accepted_later(&self, line: &Line<'_>) -> bool {
        self.failures.iter().all(|&failure| {
            let token = line.event(failure).presented.and_then(|form| line.scene.ledger.anywhere(form));
            let accepted = token.and_then(|token| line.scene.event(token.accepted?).time);
            accepted.is_some_and(|time| time.nanos.saturating_sub(line.nanos(failure)) > SKEW)
        })
    }

    /// The finding of a verdict over the whole episode.
    pub(super) fn draft(&self, line: &Line<'_>, verdict: Verdict) -> Draft {
        let mut draft = Draft::cause(verdict, line.number, line.ids_of(&self.failures));
        draft.outcome = self.next.outcome();
        draft.heal = self.next.position().map(|position| line.ids[position]);
        draft.sign_ins = u64::from(matches!(self.next, Next::Grant(_)));
        draft.context.extend(self.before.good.map(|position| line.ids[position]));
        draft.goes_on_unseen(line, self.next);
        draft
    }
}
