//! The records of a segment that are worth a look, where they stand: lines, or documents.

use std::cell::OnceCell;
use std::ops::Range;

use super::chains::{Chain, placed};
use super::excerpt::likeness;
use super::prefilter::Prefilter;
use super::records::{self, Found, Run, line_around};
use super::rule_set::RuleSet;
use crate::format::Columns;
use crate::input::{Layout, Segment, count_newlines};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{Assumed, LeakSighting, Position};

/// What is done with the records of a segment, each with the columns of the table that it is a row of.
pub(super) trait Visit {
    /// Whether a record is like others that were read, so that all is done that is to be done with it, or nothing was.
    fn knows(&mut self, part: &Part<'_>, columns: Option<&Columns>) -> bool;

    /// Reads a record that holds a trigger.
    fn read(&mut self, part: &Part<'_>, columns: Option<&Columns>);
}

impl<F: FnMut(&Part<'_>, Option<&Columns>)> Visit for F {
    fn knows(&mut self, _: &Part<'_>, _: Option<&Columns>) -> bool {
        false
    }

    fn read(&mut self, part: &Part<'_>, columns: Option<&Columns>) {
        self(part, columns);
    }
}

/// Visits each record of a segment that holds a trigger; lines are counted from the segment.
pub(super) fn each_part(rules: &RuleSet, prefilter: &Prefilter, segment: &Segment<'_>, visit: &mut dyn Visit) {
    match segment.layout {
        Layout::Lines => {
            let table = Table::new(rules, segment);
            Run::of_segment(segment).records(prefilter, &mut Lines { segment, table, line: 0, counted: 0, visit });
        }
        Layout::Documents(documents) => of_documents(prefilter, segment, documents, visit),
    }
}

/// The records of a segment of lines.
struct Lines<'s, 'b, 'v> {
    segment: &'s Segment<'b>,
    table: Table<'b>,
    /// How many lines end in so many of the first bytes.
    line: u64,
    counted: usize,
    visit: &'v mut dyn Visit,
}

impl Lines<'_, '_, '_> {
    fn count(&mut self, to: usize) {
        self.line += count_newlines(&self.segment.bytes[self.counted..to]);
        self.counted = to;
        self.segment.counted.note(to, self.line);
    }
}

impl records::Visit for Lines<'_, '_, '_> {
    fn knows(&mut self, found: &Found) -> bool {
        self.count(found.range.start);
        let part = Part::found(self.segment, found, self.line);
        self.visit.knows(&part, self.table.columns_at(found.range.start))
    }

    fn read(&mut self, found: &Found) {
        self.count(found.range.start);
        let part = Part::found(self.segment, found, self.line);
        self.visit.read(&part, self.table.columns_at(found.range.start));
    }
}

fn of_documents(prefilter: &Prefilter, segment: &Segment<'_>, documents: &[Range<usize>], visit: &mut dyn Visit) {
    let mut candidates = prefilter.candidates(segment.bytes);
    let (mut line, mut counted) = (0, 0);
    for document in documents {
        if candidates.next(document.start).is_none_or(|hit| hit >= document.end) {
            continue;
        }
        line += count_newlines(&segment.bytes[counted..document.start]);
        counted = document.start;
        let part = Part::of(segment, document.clone(), line);
        if !visit.knows(&part, None) {
            visit.read(&part, None);
        }
    }
}

/// A record where it stands.
pub(super) struct Part<'b> {
    /// What is read.
    pub(super) text: &'b [u8],
    /// Its bytes in the log; the same, unless a transport took it apart.
    log: &'b [u8],
    pub(super) position: Position,
    joined: Option<&'b Chain>,
    /// Whether the record can be read again from the file: one that was put together cannot.
    pub(super) stored: bool,
    /// Whether it is a part of a line that has too many of them to be put together.
    pub(super) divided: bool,
    likeness: OnceCell<u32>,
}

impl<'b> Part<'b> {
    /// The record at a range of a segment.
    pub(super) fn of(segment: &Segment<'b>, range: Range<usize>, line: u64) -> Self {
        let (log, base) = (&segment.bytes[range.clone()], segment.base + range.start as u64);
        let (source, byte_end) = (segment.source as u32, base + log.len() as u64);
        let position = Position::new(source, base..byte_end, line);
        Self {
            text: log,
            log,
            position,
            joined: None,
            stored: segment.stored,
            divided: false,
            likeness: OnceCell::new(),
        }
    }

    /// The same, put together where a transport took it apart.
    pub(super) fn found(segment: &Segment<'b>, found: &'b Found, line: u64) -> Self {
        let joined = found.joined.as_ref();
        let part = Self::of(segment, found.range.clone(), line);
        let stored = part.stored && joined.is_none();
        Self { text: found.text(segment.bytes), joined, stored, divided: found.divided, ..part }
    }

    /// Where a span of the record's text stands in the log.
    pub(super) fn placed(&self, start: usize, end: usize) -> Position {
        placed(self.joined, self.position, start, end)
    }

    /// Where places of it stand, for [`Self::sighting`].
    pub(super) fn places(&self) -> Places<'b> {
        Places::of(self.log)
    }

    /// A hit in the record, at its place in the log; of the record itself nothing is told.
    pub(super) fn sighting(&self, leaks: &LeakScanner, hit: &LeakHit, places: &mut Places<'_>) -> LeakSighting {
        let position = self.placed(hit.start, hit.end);
        let (newlines, column) = places.at((position.byte_start() - self.position.byte_start()) as usize);
        sighting(leaks, hit, position.on_line(position.line() + newlines), column)
    }

    /// See [`TokenEvent::likeness`](crate::model::TokenEvent::likeness): a record may hold many events.
    pub(super) fn likeness(&self) -> u32 {
        *self.likeness.get_or_init(|| likeness(self.text))
    }
}

/// Line and column of places in a text, each counted from the one before: a line may hold a hundred thousand leaks.
pub(super) struct Places<'t> {
    text: &'t [u8],
    passed: usize,
    newlines: u64,
    line_start: usize,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, passed: 0, newlines: 0, line_start: 0 }
    }

    /// The line ends before a place, and its column.
    pub(super) fn at(&mut self, place: usize) -> (u64, u64) {
        if place < self.passed {
            *self = Self::of(self.text);
        }
        let between = &self.text[self.passed..place];
        if let Some(last) = memchr::memrchr(b'\n', between) {
            self.newlines += count_newlines(between);
            self.line_start = self.passed + last + 1;
        }
        self.passed = place;
        (self.newlines, (place - self.line_start) as u64 + 1)
    }
}

/// A hit at its place in the log.
pub(super) fn sighting(leaks: &LeakScanner, hit: &LeakHit, position: Position, column: u64) -> LeakSighting {
    LeakSighting {
        rule: leaks.rule_id(hit.rule).to_owned(),
        kind: hit.kind,
        severity: hit.severity,
        confidence: hit.confidence,
        position,
        column,
        end_column: column + (position.byte_end() - position.byte_start()),
        field: hit.field.clone(),
        masked: hit.masked.clone(),
        digest: hit.digest,
        guessable: hit.guessable,
        scents: hit.scents.clone(),
        expires_at: hit.expires_at,
        time: None,
        assumed: Assumed::Nothing,
        client: None,
        subject: None,
    }
}

/// The columns of the rows of a segment: those of the heading before it, until another follows.
struct Table<'s> {
    rules: &'s RuleSet,
    bytes: &'s [u8],
    columns: Option<Columns>,
    /// Whether headings may follow, and how far they were looked for.
    changes: bool,
    looked: usize,
}

impl<'s> Table<'s> {
    fn new(rules: &'s RuleSet, segment: &Segment<'s>) -> Self {
        let columns = rules.reader.columns(segment.heading);
        Self { rules, bytes: segment.bytes, columns, changes: segment.heading.starts_with(b"#"), looked: 0 }
    }

    /// The columns of a row that begins at `start`, which must not fall from call to call.
    fn columns_at(&mut self, start: usize) -> Option<&Columns> {
        if self.changes {
            let passed = &self.bytes[self.looked..start];
            let found =
                [&b"#Fields"[..], b"#fields"].into_iter().filter_map(|word| memchr::memmem::rfind(passed, word));
            if let Some(at) = found.max() {
                let line = line_around(self.bytes, self.looked + at, 0);
                self.columns = self.rules.reader.columns(self.bytes[line].trim_ascii_end()).or(self.columns.take());
            }
            self.looked = start;
        }
        self.columns.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn places_are_the_same_in_whatever_order_they_are_asked_for() {
        let mut places = Places::of(b"ab\n\ncd");
        for (place, found) in
            [(1, (0, 2)), (2, (0, 3)), (3, (1, 1)), (5, (2, 2)), (5, (2, 2)), (4, (2, 1)), (0, (0, 1))]
        {
            assert_eq!(places.at(place), found, "{place}");
        }
    }
}
