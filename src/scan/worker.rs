//! The map step: one segment's bytes to token events and leaks, nothing borrowed kept.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bumpalo::Bump;

use super::excerpt::{excerpt_of, likeness};
use super::prefilter::Prefilter;
use super::rule_set::RuleSet;
use crate::format::{Clock, Stamp};
use crate::input::{Layout, Segment, is_continuation};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{EventSet, LeakSighting, Position, without_kinds};

/// Most bytes of the continuation lines of one record; as in the input layer, which never divides less.
const REACH: usize = 64 * 1024;
/// Most continuation lines of one record; as in the input layer.
const LINES: usize = 256;

/// What a worker found in one source.
#[derive(Debug, Default)]
pub(super) struct SourceFound {
    pub(super) formats: BTreeMap<String, u64>,
    pub(super) token_events: u64,
    pub(super) zone_assumed: u64,
    pub(super) year_assumed: u64,
}

/// What a worker found, in its own numbering of strings; lines are counted from the segment.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    pub(super) events: EventSet,
    pub(super) leaks: Vec<LeakSighting>,
    pub(super) sources: BTreeMap<usize, SourceFound>,
    arena: Bump,
    hits: Vec<LeakHit>,
}

/// What every worker needs to know.
pub(super) struct Workshop<'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) prefilter: Prefilter,
    pub(super) clocks: Vec<Clock>,
    /// Harvests that no worker holds at the moment.
    pub(super) idle: Mutex<Vec<Harvest>>,
}

impl Workshop<'_> {
    /// Searches one segment; called from many threads.
    pub(super) fn visit(&self, segment: &Segment<'_>) {
        let mut harvest = self.take();
        match segment.layout {
            Layout::Lines => self.lines(segment, &mut harvest),
            Layout::Documents(documents) => self.documents(segment, documents, &mut harvest),
        }
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(harvest);
        }
    }

    fn take(&self) -> Harvest {
        self.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default()
    }

    fn lines(&self, segment: &Segment<'_>, harvest: &mut Harvest) {
        let bytes = segment.bytes;
        let (mut from, mut line, mut counted) = (0, 0, 0);
        let mut candidates = self.prefilter.candidates(bytes);
        while let Some(hit) = candidates.next(from) {
            let (start, end) = record_around(bytes, hit, from, segment.base == 0);
            line += newlines(&bytes[counted..start]);
            counted = start;
            self.record(segment, start..end, line, harvest);
            from = (end + 1).min(bytes.len());
        }
    }

    fn documents(&self, segment: &Segment<'_>, documents: &[std::ops::Range<usize>], harvest: &mut Harvest) {
        let mut candidates = self.prefilter.candidates(segment.bytes);
        let (mut line, mut counted) = (0, 0);
        for document in documents {
            if candidates.next(document.start).is_none_or(|hit| hit >= document.end) {
                continue;
            }
            line += newlines(&segment.bytes[counted..document.start]);
            counted = document.start;
            self.record(segment, document.clone(), line, harvest);
        }
    }

    /// One record: its leaks first, because every string that is kept must be masked.
    fn record(&self, segment: &Segment<'_>, range: std::ops::Range<usize>, line: u64, harvest: &mut Harvest) {
        let bytes = &segment.bytes[range.clone()];
        let mut hits = std::mem::take(&mut harvest.hits);
        hits.clear();
        self.rules.leaks.find(bytes, &mut hits);
        let base = segment.base + range.start as u64;
        let position =
            Position { source: segment.source as u32, byte_start: base, byte_end: base + bytes.len() as u64, line };
        let first = harvest.events.events.len();
        let stamp = self.events(bytes, position, (&hits, segment.stored), harvest);
        if !hits.is_empty() {
            self.leaks(bytes, position, &hits, stamp, first, harvest);
        }
        harvest.hits = hits;
    }

    fn events(
        &self,
        bytes: &[u8],
        position: Position,
        (hits, stored): (&[LeakHit], bool),
        harvest: &mut Harvest,
    ) -> Option<Stamp> {
        let Harvest { events, sources, arena, .. } = harvest;
        let (mut stamp, clock) = (None, &self.clocks[position.source as usize]);
        let mut excerpt = None;
        let seen = without_kinds(bytes);
        self.rules.reader.read(arena, &seen, clock, &mut |record| {
            stamp = stamp.or(record.stamp);
            let Some(mut event) = self.rules.extractor.extract(
                record,
                bytes,
                position,
                &|text| self.rules.leaks.mask(text),
                &mut events.symbols,
            ) else {
                if !hits.is_empty() {
                    *sources
                        .entry(position.source as usize)
                        .or_default()
                        .formats
                        .entry(record.format.to_owned())
                        .or_default() += 1;
                }
                return;
            };
            event.likeness = likeness(bytes);
            // Of a file that can be read again, the few records that become evidence are: keeping all of them was half
            // of the memory, and masking them a third of the time, of a log of nothing but token events.
            if !stored {
                let kept =
                    excerpt.get_or_insert_with(|| events.symbols.intern(&excerpt_of(bytes, hits, &self.rules.leaks)));
                event.excerpt = Some(*kept);
            }
            events.events.push(event);
            let found = sources.entry(position.source as usize).or_default();
            found.token_events += 1;
            *found.formats.entry(record.format.to_owned()).or_default() += 1;
            found.zone_assumed += u64::from(record.stamp.is_some_and(|stamp| stamp.zone_assumed));
            found.year_assumed += u64::from(record.stamp.is_some_and(|stamp| stamp.year_assumed));
        });
        arena.reset();
        stamp
    }

    fn leaks(
        &self,
        bytes: &[u8],
        position: Position,
        hits: &[LeakHit],
        stamp: Option<Stamp>,
        first: usize,
        harvest: &mut Harvest,
    ) {
        let owner = harvest.events.events.get(first);
        let name = |symbol| harvest.events.symbols.text(symbol).map(str::to_owned);
        let client = owner.and_then(|event| name(event.client));
        let subject = owner.and_then(|event| name(event.subject));
        let seen = hits.iter().map(|hit| LeakSighting {
            time: stamp.map(|stamp| stamp.time),
            client: client.clone(),
            subject: subject.clone(),
            ..sighting(&self.rules.leaks, bytes, position, hit)
        });
        harvest.leaks.extend(seen);
    }
}

/// A hit in a record, at its place in the source; of the record itself nothing is told.
pub(super) fn sighting(leaks: &LeakScanner, bytes: &[u8], position: Position, hit: &LeakHit) -> LeakSighting {
    let before = &bytes[..hit.start];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    LeakSighting {
        rule: leaks.rule_id(hit.rule).to_owned(),
        kind: hit.kind,
        severity: hit.severity,
        confidence: hit.confidence,
        position: Position {
            byte_start: position.byte_start + hit.start as u64,
            byte_end: position.byte_start + hit.end as u64,
            line: position.line + newlines(before),
            ..position
        },
        column: (hit.start - line_start) as u64 + 1,
        end_column: (hit.end - line_start) as u64 + 1,
        field: hit.field.clone(),
        masked: hit.masked.clone(),
        digest: hit.digest,
        guessable: hit.guessable,
        scents: hit.scents.clone(),
        expires_at: hit.expires_at,
        time: None,
        client: None,
        subject: None,
    }
}

/// The record that holds a trigger: a line that continues none, and the continuation lines after it, at most
/// [`LINES`] within [`REACH`] bytes. What goes on beyond that is a record for each line. So the records are the
/// same wherever a trigger stands and wherever a segment begins: no segment begins inside of the limits, and one
/// that begins with a continuation line begins beyond them (`first_of_source` aside).
pub(super) fn record_around(bytes: &[u8], hit: usize, floor: usize, first_of_source: bool) -> (usize, usize) {
    let line_start = |at: usize| memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found + 1);
    let line_end = |at: usize| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
    let own = line_start(hit);
    let mut end = line_end(own);
    let (mut start, mut lines) = (own, 0);
    while !(start == 0 && first_of_source) && is_continuation(&bytes[start..line_end(start)]) {
        if start <= floor || lines == LINES {
            return (own, end);
        }
        start = line_start(start - 1);
        lines += 1;
    }
    let limit = (line_end(start) + 1).saturating_add(REACH);
    let within = |end: usize| (end + 1).min(bytes.len()) <= limit;
    if lines > 0 && !within(end) {
        return (own, end);
    }
    while lines < LINES && end + 1 < bytes.len() {
        let next = line_end(end + 1);
        if !is_continuation(&bytes[end + 1..next]) || !within(next) {
            break;
        }
        end = next;
        lines += 1;
    }
    (start, end)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
