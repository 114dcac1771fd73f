//! The names of the diagnoses, as in `rules/diagnoses/`.

pub(super) const RACE: &str = "refresh-race";
pub(super) const RACE_REVOKED: &str = "refresh-race-revoked";
pub(super) const REUSE: &str = "refresh-token-reuse";
pub(super) const PERMANENT: &str = "permanent-revocation";
pub(super) const EXPIRED: &str = "expired-refresh-token";
pub(super) const NOT_PERSISTED: &str = "rotation-not-persisted";
pub(super) const OVERWRITTEN: &str = "rotation-overwritten";
pub(super) const STALE: &str = "stale-token-read";
pub(super) const MALFORMED: &str = "malformed-token";
pub(super) const INTERACTION: &str = "interaction-required";
pub(super) const SKEW: &str = "clock-skew";
pub(super) const MISCONFIGURED: &str = "client-misconfigured";
pub(super) const OUTAGE: &str = "provider-outage";
pub(super) const UNEXPLAINED: &str = "unexplained-failure";
pub(super) const DUPLICATE: &str = "duplicate-refresh";
pub(super) const STORM: &str = "retry-storm";

pub(super) const DROPPED: &str = "dropped-refresh-token";
pub(super) const CORRUPT: &str = "corrupt-token-store";
pub(super) const UNCACHED: &str = "uncached-token";
pub(super) const WRONG_EXPIRY: &str = "wrong-expiry";
pub(super) const REACTIVE: &str = "reactive-refresh";
pub(super) const DISCARDED: &str = "credential-discarded";
pub(super) const SHARED: &str = "shared-token";
pub(super) const INSECURE: &str = "insecure-endpoint";

/// All of them.
#[cfg(test)]
pub(super) const ALL: [&str; 24] = [
    RACE,
    RACE_REVOKED,
    REUSE,
    PERMANENT,
    EXPIRED,
    NOT_PERSISTED,
    OVERWRITTEN,
    STALE,
    MALFORMED,
    INTERACTION,
    SKEW,
    MISCONFIGURED,
    OUTAGE,
    UNEXPLAINED,
    DUPLICATE,
    STORM,
    DROPPED,
    CORRUPT,
    UNCACHED,
    WRONG_EXPIRY,
    REACTIVE,
    DISCARDED,
    SHARED,
    INSECURE,
];
