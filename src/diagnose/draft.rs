//! A finding before it has words: which events, in which role, why, and how it ended.

use crate::model::{Confidence, FindingClass, Outcome};

use super::episode::Next;
use super::line::Line;

/// A verdict: the rule's name, how sure it is, and why.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) rule: &'static str,
    pub(super) confidence: Confidence,
    /// A sentence.
    pub(super) reason: String,
}

impl Verdict {
    pub(super) fn new(rule: &'static str, confidence: Confidence, reason: impl Into<String>) -> Self {
        Self { rule, confidence, reason: reason.into() }
    }

    /// A verdict that rests on what the logs do not show is no more than possible where they lose lines.
    pub(super) fn where_lines_are_missing(mut self, line: &Line<'_>) -> Self {
        if line.lossy && self.confidence > Confidence::Possible {
            self.confidence = Confidence::Possible;
            self.reason.push_str(" These logs miss lines: refreshes that must have happened are not in them.");
        }
        self
    }
}

/// A finding under construction; events are indices into [`crate::timeline::Timelines::events`].
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) verdict: Verdict,
    pub(super) class: FindingClass,
    /// The timelines that it is about: one, but for causes that a whole client shares.
    pub(super) lines: Vec<usize>,
    pub(super) winners: Vec<u32>,
    /// The failures of the incident proper; in a behaviour, those that it refers to.
    pub(super) failures: Vec<u32>,
    pub(super) aftermath: Vec<u32>,
    pub(super) heal: Option<u32>,
    pub(super) context: Vec<u32>,
    /// Several successes at once that led to it, where they are not its winners.
    pub(super) racers: Vec<u32>,
    pub(super) outcome: Outcome,
    /// New grants that it forced.
    pub(super) sign_ins: u64,
    /// Clusters or episodes that it sums up.
    pub(super) clusters: u64,
    /// Set where the same pattern elsewhere would show that rotation is not persisted.
    pub(super) unsaved: Option<Unsaved>,
    /// More sentences for the explanation.
    pub(super) notes: Vec<String>,
}

/// One cycle in which the refresh after a good one failed for good.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about one cycle")]
pub(super) struct Unsaved {
    /// Times in nanoseconds of the good refresh and of the failure.
    pub(super) good: i64,
    pub(super) failed: i64,
    /// Whether the log shows the sign-in that the good refresh followed.
    pub(super) anchored: bool,
    /// Whether the distance is known to be a token's lifetime.
    pub(super) lifetime_known: bool,
    /// It names its grant, and the good refresh after it names none: whether that was a new one is
    /// told by other cycles only.
    pub(super) unsure: bool,
}

impl Draft {
    pub(super) fn cause(verdict: Verdict, line: usize, failures: Vec<u32>) -> Self {
        Self {
            verdict,
            class: FindingClass::Cause,
            lines: vec![line],
            winners: Vec::new(),
            failures,
            aftermath: Vec::new(),
            heal: None,
            context: Vec::new(),
            racers: Vec::new(),
            outcome: Outcome::Unresolved,
            sign_ins: 0,
            clusters: 1,
            unsaved: None,
            notes: Vec::new(),
        }
    }

    pub(super) fn behaviour(verdict: Verdict, line: usize) -> Self {
        Self { class: FindingClass::Behaviour, ..Self::cause(verdict, line, Vec::new()) }
    }

    /// What follows is a good refresh, and nobody knows of which grant.
    pub(super) fn goes_on_unseen(&mut self, line: &Line<'_>, next: Next) {
        if let Next::Unsure(position) = next {
            self.context.push(line.ids[position]);
            self.notes
                .push("A later refresh works, but the refresh or sign-in that led to it is not in these logs.".into());
        }
    }

    /// Failures that the finding owns.
    pub(super) fn owned(&self) -> u64 {
        (self.failures.len() + self.aftermath.len()) as u64
    }
}
