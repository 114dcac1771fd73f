//! The signs of the pictures: every meaning has a shape of its own, the colour only repeats it.

use crate::model::{Evidence, Role, Severity};

/// A sign: the id of its `<symbol>`, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sign {
    pub(super) symbol: &'static str,
    pub(super) word: &'static str,
}

pub(super) fn of_event(evidence: &Evidence) -> Sign {
    let sign = |symbol, word| Sign { symbol, word };
    match (evidence.role, evidence.event.as_str()) {
        (Role::Winner, _) => sign("won", "refresh that won"),
        (Role::Loser, _) => sign("lost", "refresh that lost"),
        (Role::Cause, "refresh_failed") => sign("lost", "failed refresh"),
        (Role::Aftermath, _) => sign("later", "later failure"),
        (Role::Heal, "grant_issued") => sign("grant", "new sign-in"),
        (Role::Heal, _) | (Role::Context, "refresh_succeeded") => sign("healed", "good refresh"),
        (Role::Context, "refresh_failed") => sign("later", "failed refresh"),
        (_, "grant_issued") => sign("grant", "new sign-in"),
        (_, "token_revoked") => sign("revoked", "revocation"),
        _ => sign("other", "other event"),
    }
}

/// The symbol of an incident on the timeline.
pub(super) fn of_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low | Severity::Info => "low",
    }
}
