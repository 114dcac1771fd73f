//! What a server does with refresh tokens: the part of a provider's rule file that verdicts use.

use serde::{Deserialize, Serialize};

/// What a server does when a spent refresh token is presented again (after any grace).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReusePolicy {
    /// Not known; the verdict stands on what the logs show.
    #[default]
    Unknown,
    /// The spent token stays usable.
    Accept,
    /// Only the spent token is refused; the winner goes on working.
    Reject,
    /// The whole family is revoked: the loser kills the winner.
    RevokeFamily,
}

/// A server's rotation policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationPolicy {
    /// `Some(false)`: never rotates or leaves the old token alive, so it cannot race.
    /// `None`: depends on settings or is not known; the logs decide.
    pub rotates: Option<bool>,
    /// Default time in which a spent token is still accepted, in milliseconds.
    pub grace_ms: Option<u64>,
    /// What happens on reuse.
    pub reuse: ReusePolicy,
}

impl RotationPolicy {
    /// Of a server of which nothing is known.
    pub const UNKNOWN: Self = Self { rotates: None, grace_ms: None, reuse: ReusePolicy::Unknown };

    /// Whether the server is known to leave a grant alive when a spent token comes back.
    pub fn keeps_family(&self) -> bool {
        matches!(self.reuse, ReusePolicy::Accept | ReusePolicy::Reject)
    }

    /// Whether concurrent refreshes can fail at this server at all.
    pub fn can_race(&self) -> bool {
        self.rotates != Some(false)
    }
}
