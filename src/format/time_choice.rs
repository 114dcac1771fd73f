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
    /// Whether it stands in the middle of a text that speaks of it: in the answer of a server, say.
    pub spoken: bool,
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

/// Zones differ by whole quarters of an hour, and no clock is set further from UTC than this.
const QUARTER_NANOS: u64 = 900_000_000_000;
const ZONE_NANOS: u64 = 14 * 4 * QUARTER_NANOS;

/// The innermost time is the event's own, but for those that a text speaks of: the answer that an error cites has the
/// server's clock, and may be an old one. Another is taken where it agrees with it and is finer (an application that
/// logs whole seconds), or where the own one has no zone and disagrees (an application that logs local time). What a text
/// speaks of tells no zone: a token expires an hour later.
pub fn choose(candidates: &[Candidate]) -> Option<Stamp> {
    let order = |candidate: &&Candidate| (candidate.spoken, u8::MAX - candidate.depth, candidate.rank);
    let own = candidates.iter().min_by_key(order)?;
    let mut best = own.stamp;
    for other in candidates {
        let (wraps, spoken) = (other.depth < own.depth, other.spoken && !own.spoken);
        if !(wraps || spoken || own.depth == 0) {
            continue;
        }
        let apart = other.stamp.time.nanos.abs_diff(best.time.nanos);
        let agree = apart <= SHIPPING_NANOS;
        let finer = best.time.precision == Precision::Second && other.stamp.time.precision > Precision::Second;
        let zoned = best.zone_assumed && !other.stamp.zone_assumed && !spoken;
        // A wrapper tells when the line was passed on, however much later; any other time may be that of something else.
        if (agree && finer) || (!agree && zoned && (wraps || is_of_zones(apart))) {
            best = other.stamp;
        }
    }
    Some(best)
}

/// Whether two clocks of different zones that show the same moment are so far apart.
fn is_of_zones(apart: u64) -> bool {
    (apart + SHIPPING_NANOS) % QUARTER_NANOS <= 2 * SHIPPING_NANOS && apart <= ZONE_NANOS + SHIPPING_NANOS
}

#[cfg(test)]
mod tests {
    use super::{Candidate, choose};
    use crate::format::Clock;
    use crate::format::timestamp::parse;
    use crate::model::Zone;

    fn chosen(times: &[(&str, u8, bool)]) -> String {
        let clock = Clock { zone: Zone::UTC, day: None };
        let candidates = (0..).zip(times).map(|(rank, (time, depth, spoken))| Candidate {
            stamp: parse(time, &clock).unwrap(),
            depth: *depth,
            rank,
            spoken: *spoken,
        });
        choose(&candidates.collect::<Vec<_>>()).unwrap().time.to_string()
    }

    #[test]
    fn a_time_of_something_else_is_not_taken_for_that_of_another_zone() {
        let local = "2026-03-02 10:00:00.123";
        assert_eq!(chosen(&[(local, 0, false), ("2026-03-02T08:00:00.123Z", 0, false)]), "2026-03-02T08:00:00.123Z");
        for created in ["2026-03-01T08:00:00Z", "2026-03-02T08:07:00Z"] {
            assert_eq!(chosen(&[(local, 0, false), (created, 0, false)]), "2026-03-02T10:00:00.123Z");
        }
        assert_eq!(chosen(&[(local, 0, false), ("2026-03-02T11:00:00Z", 1, true)]), "2026-03-02T10:00:00.123Z");
        // Passed on seven minutes later.
        assert_eq!(chosen(&[("2026-03-02T08:07:00Z", 0, false), (local, 1, false)]), "2026-03-02T08:07:00Z");
    }
}
