//! The total order of events: by what the log says, never by who was read first.

use std::cmp::Ordering;

use rayon::slice::ParallelSliceMut;

use super::{EventSet, TokenEvent};

impl EventSet {
    /// Orders events by time (untimed last), path, byte and, between records of one place, by their text: a total order
    /// that does not depend on how the work was cut or in which order files were named. In place, for events are most of
    /// what a run holds.
    pub fn sort(&mut self) {
        if let Some(places) = self.places() {
            arrange(&mut self.events, places);
        }
    }

    /// By place in the order, which event belongs there; nothing where all stand in order.
    fn places(&self) -> Option<Vec<u32>> {
        let ranks = ranks(&self.sources);
        let order = |a: &TokenEvent, b: &TokenEvent| self.compare(a, b, &ranks);
        if self.events.is_sorted_by(|a, b| order(a, b).is_le()) {
            return None;
        }
        // Most are told apart by their times; to look those up where the events are would take twice as long.
        let nanos = |event: &TokenEvent| event.time.map_or(i64::MAX, |time| time.nanos);
        let mut keyed: Vec<(i64, u32)> = self.events.iter().map(nanos).zip(0..).collect();
        keyed.par_sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| order(&self.events[a.1 as usize], &self.events[b.1 as usize]))
        });
        Some(keyed.into_iter().map(|(_, place)| place).collect())
    }

    fn compare(&self, a: &TokenEvent, b: &TokenEvent, ranks: &[u32]) -> Ordering {
        let rank = |event: &TokenEvent| ranks[event.position.source as usize];
        a.time
            .is_none()
            .cmp(&b.time.is_none())
            .then_with(|| a.time.cmp(&b.time))
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| a.position.byte_start().cmp(&b.position.byte_start()))
            .then_with(|| self.by_content(a, b))
    }

    fn by_content(&self, a: &TokenEvent, b: &TokenEvent) -> Ordering {
        let plain = |event: &TokenEvent| {
            (
                event.position.byte_end(),
                event.kind,
                event.class,
                event.status,
                event.expires_in.get(),
                event.duration_ms.get(),
            )
        };
        plain(a).cmp(&plain(b)).then_with(|| {
            let (mut a, mut b) = (*a, *b);
            let rules = self.symbols.get(a.rule).cmp(self.symbols.get(b.rule));
            let texts = a.symbols_mut().into_iter().zip(b.symbols_mut());
            texts.fold(rules, |order, (a, b)| order.then_with(|| self.symbols.text(*a).cmp(&self.symbols.text(*b))))
        })
    }
}

/// Place of each source among the sorted paths; equal paths share a place.
fn ranks(sources: &[String]) -> Vec<u32> {
    let mut paths: Vec<&str> = sources.iter().map(String::as_str).collect();
    paths.sort_unstable();
    paths.dedup();
    sources.iter().map(|path| paths.partition_point(|known| *known < path.as_str()) as u32).collect()
}

/// Puts at each place what stands at the place that is named there.
fn arrange<T: Copy>(items: &mut [T], mut places: Vec<u32>) {
    for start in 0..items.len() {
        let (held, mut hole) = (items[start], start);
        loop {
            let from = std::mem::replace(&mut places[hole], hole as u32) as usize;
            if from == start {
                break;
            }
            items[hole] = items[from];
            hole = from;
        }
        items[hole] = held;
    }
}

#[cfg(test)]
mod tests {
    use super::arrange;
    use crate::model::{EventKind, EventSet, Position, Precision, Timestamp, TokenEvent};

    #[test]
    fn everything_goes_to_its_place() {
        let mut items = ['a', 'b', 'c', 'd', 'e'];
        arrange(&mut items, vec![2, 1, 4, 3, 0]);
        assert_eq!(items, ['c', 'b', 'e', 'd', 'a']);
        arrange(&mut items, vec![1, 2, 3, 4, 0]);
        assert_eq!(items, ['b', 'e', 'd', 'a', 'c']);
    }

    #[test]
    fn events_without_a_time_come_behind_the_last_one_that_has_one() {
        let mut set = EventSet { sources: vec!["b.log".into(), "a.log".into()], ..EventSet::default() };
        let rule = set.symbols.intern("rule");
        for (source, byte, nanos) in [
            (0, 7, None),
            (0, 5, Some(i64::MAX)),
            (1, 9, None),
            (0, 3, Some(4)),
            (1, 8, Some(4)),
            (0, 1, Some(i64::MIN)),
        ] {
            let mut event =
                TokenEvent::new(EventKind::RefreshFailed, rule, Position::new(source, byte..byte + 1, byte));
            event.time = nanos.map(|nanos| Timestamp::new(nanos, Precision::Nano));
            set.events.push(event);
        }
        set.sort();
        let bytes: Vec<u64> = set.events.iter().map(|event| event.position.byte_start()).collect();
        assert_eq!(bytes, [1, 8, 3, 5, 9, 7], "by time, path and byte");
    }
}
