//! The times of a line: they are read each time, by the functions that the reader calls.

use super::part::Part;
use super::sheets::Sheets;
use super::slots::Slot;
use super::tree::Span;
use crate::format::{Candidate, Clock, LeadingTime, Record, Stamp, TimeAt, choose, leading_time, timestamp};

/// Where a line holds a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// The value, or the text near whose beginning it stands.
    part: Part,
    /// How it stands in that text.
    near: Option<LeadingTime>,
    /// What it was when the line was learned, and its rank among others.
    first: Candidate,
}

impl When {
    /// Those of a record; `None` where one of them would not vary.
    pub(super) fn of(
        record: &Record<'_>,
        sheets: &Sheets<'_>,
        slots: &[(Slot, Span)],
        clock: &Clock,
    ) -> Option<Vec<Self>> {
        let part = |text: &str| Part::of(slots.iter().map(|(_, span)| *span), sheets.span(text)?);
        let of_time = |(at, first): &(TimeAt<'_>, Candidate)| match at {
            TimeAt::Value(value) => Some(Self { part: part(value)?, near: None, first: *first }),
            TimeAt::Text(text) => {
                let time = leading_time(text, clock)?;
                let stands = !text.as_bytes().get(time.end).is_some_and(u8::is_ascii_alphanumeric);
                stands.then_some(Self { part: part(text)?, near: Some(time), first: *first })
            }
        };
        record.times.iter().map(of_time).collect()
    }

    /// Where it stands in a line with these values.
    pub(super) fn span(self, values: &[Span]) -> Span {
        let (start, end) = self.part.span(values);
        self.near.map_or((start, end), |near| (start + near.start, start + near.end))
    }

    fn stamp(self, line: &[u8], values: &[Span], clock: &Clock) -> Option<Stamp> {
        let text = self.part.text(line, values)?;
        let Some(near) = self.near else { return timestamp::parse(text, clock) };
        let time = leading_time(text, clock)?;
        (time.stands_like(&near) && time.second.is_none()).then_some(time.stamp)
    }
}

/// The time of a line with these values; `None` where it has another number of times.
pub(super) fn stamp(times: &[When], line: &[u8], values: &[Span], clock: &Clock) -> Option<Stamp> {
    if let [time] = times {
        return time.stamp(line, values, clock);
    }
    let read = |time: &When| Some(Candidate { stamp: time.stamp(line, values, clock)?, ..time.first });
    choose(&times.iter().map(read).collect::<Option<Vec<_>>>()?)
}
