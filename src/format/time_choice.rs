//! Several times in one record: which one is the event's.

use super::timestamp::Stamp;
use crate::model::Precision;

/// A time that a record holds.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The time.
    pub stamp: Stamp,
    /// How many wrappers deep it stood.
    pub depth: u8,
    /// Place of its key in the list of time keys, best first.
    pub rank: usize,
}

/// Where a record holds a time.
#[derive(Clone, Copy, Debug)]
pub enum TimeAt<'a> {
    /// The value of a field.
    Value(&'a str),
    /// Near the beginning of a text.
    Text(&'a str),
}

/// Wrapper and event agree when they are this close: the time a line takes to be shipped.
pub(super) const SHIPPING_NANOS: u64 = 2_000_000_000;

/// The innermost time is the event's own. A wrapper's is taken where it agrees with it and is finer
/// (an application that logs whole seconds), or where the inner one has no zone and disagrees (an
/// application that logs local time).
pub fn choose(candidates: &[Candidate]) -> Option<Stamp> {
    let own = candidates.iter().min_by_key(|candidate| (u8::MAX - candidate.depth, candidate.rank))?;
    let mut best = own.stamp;
    for other in candidates.iter().filter(|other| other.depth < own.depth || own.depth == 0).map(|other| other.stamp) {
        let apart = other.time.nanos.abs_diff(best.time.nanos) > SHIPPING_NANOS;
        let finer = best.time.precision == Precision::Second && other.time.precision > Precision::Second;
        if (!apart && finer) || (apart && best.zone_assumed && !other.zone_assumed) {
            best = other;
        }
    }
    Some(best)
}
