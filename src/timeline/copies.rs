//! Sources that hold the same records: a file and its copy, two dumps of one log whose times overlap, a log and what was
//! picked out of it. Each record counts once.
//!
//! One pair of equal records shows nothing: two workers may write the same words in the same millisecond. A copy shows in
//! that nearly all records of the time that the two have in common are in both, byte by byte, with the same time.

use std::collections::BTreeMap;

use crate::model::{Timestamp, TokenEvent};

/// So many pairs show a copy, if so many of ten records of the shorter one are in both.
const PAIRS: usize = 4;
const OF_TEN: usize = 9;
/// How many records of one moment are compared: bounds the work on a hostile log, never met on a sane one.
const REACH: usize = 64;

/// Two events, as indices, the earlier one in the total order first.
type Pair = (usize, usize);

/// Drops of sorted events those that are in another source as well.
pub(super) fn fold(mut events: Vec<TokenEvent>) -> Vec<TokenEvent> {
    let first = events.first().map(|event| event.position.source);
    if events.iter().all(|event| Some(event.position.source) == first) {
        return events;
    }
    let telling = |pairs: &[Pair]| pairs.iter().filter(|(earlier, _)| tells(&events[*earlier])).count();
    let found: Vec<_> = alike(&events).into_iter().filter(|(_, pairs)| telling(pairs) >= PAIRS).collect();
    if found.is_empty() {
        return events;
    }
    let mut times: BTreeMap<u32, Vec<Timestamp>> = BTreeMap::new();
    for event in events.iter().filter(|event| tells(event)) {
        times.entry(event.position.source).or_default().extend(event.time);
    }
    let mut gone = vec![false; events.len()];
    for ((one, other), pairs) in &found {
        let (first, last) = (events[pairs[0].0].time, events[pairs[pairs.len() - 1].0].time);
        let common = |source: &u32| {
            let times = &times[source];
            times.partition_point(|time| Some(*time) <= last) - times.partition_point(|time| Some(*time) < first)
        };
        if telling(pairs) * 10 >= common(one).min(common(other)) * OF_TEN {
            for (_, later) in pairs {
                gone[*later] = true;
            }
        }
    }
    let mut index = 0..;
    events.retain(|_| !index.next().is_some_and(|index: usize| gone[index]));
    events
}

/// By two sources the pairs of equal records. Those of one moment stand together.
fn alike(events: &[TokenEvent]) -> BTreeMap<(u32, u32), Vec<Pair>> {
    let mut pairs: BTreeMap<(u32, u32), Vec<Pair>> = BTreeMap::new();
    let mut from = 0;
    for moment in events.chunk_by(|a, b| a.time == b.time) {
        let mut taken: Vec<(usize, u32)> = Vec::new();
        for (later, event) in moment.iter().enumerate().take(REACH).filter(|(_, event)| is_known(event)) {
            let source = event.position.source;
            let earlier = (0..later).find(|place| {
                let known = &moment[*place];
                known.position.source != source
                    && (known.likeness, known.kind) == (event.likeness, event.kind)
                    && !taken.contains(&(*place, source))
            });
            if let Some(earlier) = earlier {
                taken.push((earlier, source));
                let of = (moment[earlier].position.source, source);
                pairs.entry(of).or_default().push((from + earlier, from + later));
            }
        }
        from += moment.len();
    }
    pairs
}

/// Whether its time and its bytes are known.
fn is_known(event: &TokenEvent) -> bool {
    event.likeness != 0 && event.time.is_some()
}

/// Whether they tell a record from others: a time of whole seconds does not, however it is written.
fn tells(event: &TokenEvent) -> bool {
    const SECOND: i64 = 1_000_000_000;
    is_known(event) && event.time.is_some_and(|time| time.nanos % SECOND != 0)
}

#[cfg(test)]
mod tests {
    use super::fold;
    use crate::model::{EventSet, Position, TokenEvent};
    use crate::timeline::sample::Log;

    /// The events of a log, and those of a source beside it; each with its time and its bytes.
    fn beside(log: &mut Log, others: &[(usize, u32)]) -> EventSet {
        let mut set = log.set.clone();
        for (event, likeness) in set.events.iter_mut().zip(1..) {
            event.likeness = likeness;
        }
        for (of, likeness) in others {
            let event = set.events[*of];
            let place = Position::new(1, event.position.byte_start()..event.position.byte_end(), event.position.line());
            set.events.push(TokenEvent { position: place, likeness: *likeness, ..event });
        }
        set.sources.push("b.log".into());
        set.sort();
        set
    }

    fn left(log: &mut Log, others: &[(usize, u32)]) -> usize {
        fold(beside(log, others).events).len()
    }

    fn log() -> Log {
        let mut log = Log::new();
        for at in 0..8 {
            log.ok(at * 60_000 + 17, "u1");
        }
        log
    }

    #[test]
    fn a_copy_and_a_part_of_a_log_count_once() {
        let all: Vec<(usize, u32)> = (0..8).zip(1..).collect();
        assert_eq!(left(&mut log(), &all), 8);
        assert_eq!(left(&mut log(), &all[3..]), 8, "a second dump that begins later");
        assert_eq!(left(&mut log(), &[all[0], all[2], all[5], all[7]]), 8, "what was picked out");
    }

    #[test]
    fn a_few_equal_records_are_no_copy() {
        let all: Vec<(usize, u32)> = (0..8).zip(1..).collect();
        assert_eq!(left(&mut log(), &all[..3]), 11, "too few");
        let parted: Vec<(usize, u32)> = (0..8).map(|of| (of, if of < 4 { of as u32 + 1 } else { 100 })).collect();
        assert_eq!(left(&mut log(), &parted), 12, "the first half is in both, and the logs go on apart");
        let ended: Vec<(usize, u32)> = [0, 1, 2, 7].map(|of| all[of]).into_iter().chain([(3, 101), (5, 102)]).collect();
        assert_eq!(left(&mut log(), &ended), 14, "of the common time only half is in both");
    }

    #[test]
    fn times_of_whole_seconds_show_no_copy() {
        let all: Vec<(usize, u32)> = (0..8).zip(1..).collect();
        let every = |millis: i64| {
            let mut log = Log::new();
            for at in 0..8 {
                log.ok(at * millis, "u1");
            }
            log
        };
        assert_eq!(left(&mut every(60_000), &all), 16, "12:00:00.000");
        assert_eq!(left(&mut every(60_250), &all), 8, "two of eight are of whole seconds");
    }
}
