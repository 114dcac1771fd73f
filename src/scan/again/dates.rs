//! The dated lines of a source next to lines whose time lacks its date, or its year.

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::format::{Clock, Day, Record};
use crate::model::Assumed;
use crate::scan::days::Dated;
use crate::scan::finish::Merged;

/// Where times stand that lack something, by source; in order.
pub(super) type Undated = BTreeMap<usize, Vec<u64>>;

/// A dated line: its byte, and its time in nanoseconds.
type Line = (u64, i64);

/// Of the dated lines between two such times, the first and the last; by source and by how many times stand before.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<(usize, usize), (Line, Line)>);

impl Lines {
    pub(super) fn absorb(&mut self, other: Self) {
        for (place, (first, last)) in other.0 {
            self.add(place, first);
            self.add(place, last);
        }
    }

    fn add(&mut self, place: (usize, usize), line: Line) {
        let known = self.0.entry(place).or_insert((line, line));
        *known = (known.0.min(line), known.1.max(line));
    }

    /// Notes a record with a whole date.
    pub(super) fn note(&mut self, (source, undated): (usize, &[u64]), byte: u64, record: &Record<'_>) {
        if let Some(stamp) = record.stamp.filter(|stamp| stamp.assumed() == Assumed::Nothing) {
            let place = undated.partition_point(|open| *open <= byte);
            self.add((source, place), (byte, stamp.time.nanos));
        }
    }

    /// All lines, by source.
    pub(super) fn dated(self) -> Dated {
        let mut dated = Dated::new();
        for ((source, _), (first, last)) in self.0 {
            let lines = dated.entry(source as u32).or_default();
            lines.push(first);
            if last != first {
                lines.push(last);
            }
        }
        dated
    }
}

/// The times of events and leaks that lack something.
pub(super) fn undated(merged: &Merged) -> Undated {
    let mut undated = Undated::new();
    let events = merged.events.events.iter().map(|event| (event.assumed, event.position));
    let leaks = merged.leaks.iter().map(|leak| (leak.assumed, leak.position));
    for (_, position) in events.chain(leaks).filter(|(assumed, _)| *assumed != Assumed::Nothing) {
        undated.entry(position.source as usize).or_default().push(position.byte_start());
    }
    for bytes in undated.values_mut() {
        bytes.sort_unstable();
    }
    undated
}

/// A copied file may be so many years older than its last change says.
const OLDER: i32 = 10;

/// What a dated line of a source holds: one of the years before the one that is known of it, or the next.
pub(super) fn literals(clock: &Clock) -> Vec<Vec<u8>> {
    let (Day::Last(day) | Day::Named(day) | Day::Now(day)) = clock.day.unwrap_or(Day::Now(chrono::NaiveDate::MIN));
    (day.year() - OLDER..=day.year() + 1).map(|year| year.to_string().into_bytes()).collect()
}
