//! The total order of events: by what the log says, never by who was read first.

use std::cmp::Ordering;

use rayon::slice::ParallelSliceMut;

use crate::model::{EventSet, TokenEvent};

/// The events by time (untimed last), path, byte and, between records of one place, by their text.
pub(super) fn sorted(set: &EventSet) -> Vec<TokenEvent> {
    let ranks = ranks(&set.sources);
    let rank = |event: &TokenEvent| ranks[event.position.source as usize];
    let mut order: Vec<u32> = (0..set.events.len() as u32).collect();
    order.par_sort_unstable_by(|&left, &right| {
        let (a, b) = (&set.events[left as usize], &set.events[right as usize]);
        a.time
            .is_none()
            .cmp(&b.time.is_none())
            .then_with(|| a.time.cmp(&b.time))
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| a.position.byte_start.cmp(&b.position.byte_start))
            .then_with(|| by_content(set, a, b))
    });
    order.into_iter().map(|index| set.events[index as usize]).collect()
}

/// Place of each source among the sorted paths; equal paths share a place.
fn ranks(sources: &[String]) -> Vec<u32> {
    let mut paths: Vec<&str> = sources.iter().map(String::as_str).collect();
    paths.sort_unstable();
    paths.dedup();
    sources.iter().map(|path| paths.partition_point(|known| *known < path.as_str()) as u32).collect()
}

fn by_content(set: &EventSet, a: &TokenEvent, b: &TokenEvent) -> Ordering {
    let plain = |event: &TokenEvent| {
        (event.position.byte_end, event.kind, event.class, event.status, event.expires_in, event.duration_ms)
    };
    plain(a).cmp(&plain(b)).then_with(|| {
        let (mut a, mut b) = (*a, *b);
        let rules = set.symbols.get(a.rule).cmp(set.symbols.get(b.rule));
        let texts = a.symbols_mut().into_iter().zip(b.symbols_mut());
        texts.fold(rules, |order, (a, b)| order.then_with(|| set.symbols.text(*a).cmp(&set.symbols.text(*b))))
    })
}
