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
        let mut places: Vec<u32> = (0..self.events.len() as u32).collect();
        places.par_sort_unstable_by(|a, b| order(&self.events[*a as usize], &self.events[*b as usize]));
        Some(places)
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

    #[test]
    fn everything_goes_to_its_place() {
        let mut items = ['a', 'b', 'c', 'd', 'e'];
        arrange(&mut items, vec![2, 1, 4, 3, 0]);
        assert_eq!(items, ['c', 'b', 'e', 'd', 'a']);
        arrange(&mut items, vec![1, 2, 3, 4, 0]);
        assert_eq!(items, ['b', 'e', 'd', 'a', 'c']);
    }
}
