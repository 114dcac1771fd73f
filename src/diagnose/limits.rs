//! The numbers and texts that verdicts use, read once from the rule files.

use crate::rules::Catalogue;

const SECOND: i64 = 1_000_000_000;

/// Thresholds; times are nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// A loser's retry belongs to the race when it follows within this time.
    pub(super) retry: i64,
    /// A subject-less cluster proves nothing when so many successes are expected in it by chance.
    pub(super) chance: f64,
    /// From this probability on, what lies beside each other does so by chance.
    pub(super) plausible: f64,
    /// At most so many failures are a stale read.
    pub(super) stale_few: usize,
    /// A spent token that comes back within this time of the rotation, from a known place, is stale.
    pub(super) stale_soon: i64,
    /// So long a series of failures that heals is still a stale cache.
    pub(super) stale_long: i64,
    /// Failures at different times so far apart are retries that do not heal.
    pub(super) permanent_span: i64,
    /// An idle gap from which expiry is possible.
    pub(super) idle: i64,
    /// A refresh is due so much of a lifetime after the last, at least and at most.
    pub(super) cycle: (f64, f64),
    /// Outages of one provider that are further apart are two.
    pub(super) outage_gap: i64,
    /// Attempts after a permanent failure that make a storm.
    pub(super) storm_attempts: usize,
    /// Attempts a minute that make a storm.
    pub(super) storm_rate: f64,
    /// A storm by rate lasts so long at least.
    pub(super) storm_span: i64,
    /// A refresh so soon after a 401 is its consequence.
    pub(super) reactive: i64,
    /// The grace of a server that would have helped: the usual setting of those that have one.
    pub(super) grace: i64,
    /// A store that broke so long before a failure may be its cause.
    pub(super) corrupt: i64,
    /// So many token requests in the time that one token lasts are requests per call, and so many of them in a row.
    pub(super) uncached: (f64, usize),
    /// A fixed period so many lifetimes long refreshes too early, or too late; and so many lifetimes are another job's.
    pub(super) expiry: (f64, f64, f64),
    /// So many intervals of one length are a fixed period.
    pub(super) expiry_intervals: usize,
    /// So many refreshes that each follow a 401 are a habit.
    pub(super) reactive_cycles: usize,
    /// Two logs of one request write it so close together.
    pub(super) shared_apart: i64,
    /// Texts of revocations that a user or an administrator made.
    pub(super) user_level: Vec<String>,
}

impl Limits {
    #[allow(clippy::cast_sign_loss, reason = "thresholds are checked to be 0 or more when they are read")]
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let number = |rule: &str, name: &str, default: f64| catalogue.threshold(rule, name, default);
        let seconds = |rule: &str, name: &str, default: f64| (number(rule, name, default) * SECOND as f64) as i64;
        let whole = |rule: &str, name: &str, default: f64| number(rule, name, default).max(0.0).round() as u64 as usize;
        let user_level = catalogue.get(super::names::PERMANENT).map(|rule| rule.texts.clone()).unwrap_or_default();
        Self {
            retry: seconds("refresh-race", "retry_seconds", 300.0),
            chance: number("refresh-race", "chance", 0.2),
            plausible: number("refresh-race", "plausible", 0.01),
            stale_few: whole("stale-token-read", "few", 3.0),
            stale_soon: seconds("stale-token-read", "soon_seconds", 60.0),
            stale_long: seconds("stale-token-read", "long_seconds", 300.0),
            permanent_span: seconds("permanent-revocation", "span_seconds", 5.0),
            idle: seconds("expired-refresh-token", "idle_days", 7.0).saturating_mul(86_400),
            cycle: (
                number("rotation-not-persisted", "cycle_least", 0.5),
                number("rotation-not-persisted", "cycle_most", 2.0),
            ),
            outage_gap: seconds("provider-outage", "gap_seconds", 900.0),
            storm_attempts: whole("retry-storm", "attempts", 5.0),
            storm_rate: number("retry-storm", "per_minute", 10.0),
            storm_span: seconds("retry-storm", "span_seconds", 5.0),
            reactive: seconds("refresh-race", "reactive_seconds", 60.0),
            grace: seconds("refresh-race", "grace_seconds", 30.0),
            corrupt: seconds("corrupt-token-store", "before_seconds", 86_400.0),
            uncached: (number("uncached-token", "per_lifetime", 10.0), whole("uncached-token", "requests", 10.0)),
            expiry: (
                number("wrong-expiry", "early", 0.25),
                number("wrong-expiry", "late", 1.05),
                number("wrong-expiry", "unrelated", 4.0),
            ),
            expiry_intervals: whole("wrong-expiry", "intervals", 6.0),
            reactive_cycles: whole("reactive-refresh", "cycles", 3.0),
            shared_apart: seconds("shared-token", "apart_seconds", 2.0),
            user_level,
        }
    }
}
