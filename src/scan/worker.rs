//! The map step: one segment's bytes to token events and leaks, nothing borrowed kept.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use bumpalo::Bump;

use super::chains::{Chain, placed};
use super::excerpt::{excerpt_of, likeness};
use super::prefilter::Prefilter;
use super::records::{Found, Run, line_around};
use super::rule_set::RuleSet;
use super::survey::SurveyFound;
use crate::format::{Clock, Columns, Setting, Stamp};
use crate::input::{Layout, Segment};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{EventSet, LeakSighting, Position, without_kinds};

/// What a worker found in one source.
#[derive(Debug, Default)]
pub(super) struct SourceFound {
    pub(super) formats: BTreeMap<String, u64>,
    pub(super) token_events: u64,
    pub(super) zone_assumed: u64,
    pub(super) year_assumed: u64,
    pub(super) date_assumed: u64,
    /// Where the first line stands that has too many parts to be put together: its byte and its line.
    pub(super) divided: Option<(u64, u64)>,
    pub(super) survey: SurveyFound,
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
    /// Whether to keep what was recognised and what was not.
    pub(super) survey: bool,
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
        let (mut line, mut counted) = (0, 0);
        let mut table = Table::new(self.rules, segment);
        Run::of_segment(segment).records(&self.prefilter, &mut |found| {
            line += newlines(&bytes[counted..found.range.start]);
            counted = found.range.start;
            let part = Part::found(segment, found, line);
            if found.divided {
                let here = Some((part.position.byte_start, line));
                let divided = &mut harvest.sources.entry(segment.source).or_default().divided;
                *divided = first(*divided, here);
            }
            self.record(&part, table.columns_at(found.range.start), harvest);
        });
    }

    fn documents(&self, segment: &Segment<'_>, documents: &[Range<usize>], harvest: &mut Harvest) {
        let mut candidates = self.prefilter.candidates(segment.bytes);
        let (mut line, mut counted) = (0, 0);
        for document in documents {
            if candidates.next(document.start).is_none_or(|hit| hit >= document.end) {
                continue;
            }
            line += newlines(&segment.bytes[counted..document.start]);
            counted = document.start;
            self.record(&Part::of(segment, document.clone(), line), None, harvest);
        }
    }

    /// One record: its leaks first, because every string that is kept must be masked.
    fn record(&self, part: &Part<'_>, columns: Option<&Columns>, harvest: &mut Harvest) {
        let mut hits = std::mem::take(&mut harvest.hits);
        hits.clear();
        self.rules.leaks.find(part.text, &mut hits);
        let first = harvest.events.events.len();
        let setting = Setting { clock: &self.clocks[part.position.source as usize], columns };
        let stamp = self.events(part, &setting, &hits, harvest);
        if !hits.is_empty() {
            self.leaks(part, &hits, stamp, first, harvest);
        }
        harvest.hits = hits;
    }

    fn events(&self, part: &Part<'_>, setting: &Setting<'_>, hits: &[LeakHit], harvest: &mut Harvest) -> Option<Stamp> {
        let Harvest { events, sources, arena, .. } = harvest;
        let (bytes, position, mut stamp) = (part.text, part.position, None);
        let mut excerpt = None;
        let seen = without_kinds(bytes);
        self.rules.reader.read(arena, &seen, setting, &mut |record| {
            stamp = stamp.or(record.stamp);
            let event = self.rules.extractor.extract(
                record,
                bytes,
                position,
                &|text| self.rules.leaks.mask(text),
                &mut events.symbols,
            );
            if self.survey {
                let survey = &mut sources.entry(position.source as usize).or_default().survey;
                let sighting = self.rules.extractor.survey(record, event.is_some());
                let mask = |text: &str| self.rules.leaks.mask(text).into_owned();
                survey.note(record, sighting, position, &mask, &|| excerpt_of(bytes, hits, &self.rules.leaks));
            }
            let Some(mut event) = event else {
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
            event.date_assumed = record.stamp.is_some_and(|stamp| stamp.date_assumed);
            // Of a file that can be read again, the few records that become evidence are: keeping all of them was half
            // of the memory, and masking them a third of the time, of a log of nothing but token events.
            if !part.stored {
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
            found.date_assumed += u64::from(event.date_assumed);
        });
        arena.reset();
        stamp
    }

    fn leaks(&self, part: &Part<'_>, hits: &[LeakHit], stamp: Option<Stamp>, first: usize, harvest: &mut Harvest) {
        let owner = harvest.events.events.get(first);
        let name = |symbol| harvest.events.symbols.text(symbol).map(str::to_owned);
        let client = owner.and_then(|event| name(event.client));
        let subject = owner.and_then(|event| name(event.subject));
        let seen = hits.iter().map(|hit| LeakSighting {
            time: stamp.map(|stamp| stamp.time),
            date_assumed: stamp.is_some_and(|stamp| stamp.date_assumed),
            client: client.clone(),
            subject: subject.clone(),
            ..part.sighting(&self.rules.leaks, hit)
        });
        harvest.leaks.extend(seen);
    }
}

/// A record where it stands.
pub(super) struct Part<'b> {
    /// What is read.
    pub(super) text: &'b [u8],
    /// Its bytes in the log; the same, unless a transport took it apart.
    log: &'b [u8],
    position: Position,
    joined: Option<&'b Chain>,
    /// Whether the record can be read again from the file: one that was put together cannot.
    stored: bool,
}

impl<'b> Part<'b> {
    /// The record at a range of a segment.
    pub(super) fn of(segment: &Segment<'b>, range: Range<usize>, line: u64) -> Self {
        let (log, base) = (&segment.bytes[range.clone()], segment.base + range.start as u64);
        let (source, byte_end) = (segment.source as u32, base + log.len() as u64);
        let position = Position { source, byte_start: base, byte_end, line };
        Self { text: log, log, position, joined: None, stored: segment.stored }
    }

    /// The same, put together where a transport took it apart.
    pub(super) fn found(segment: &Segment<'b>, found: &'b Found, line: u64) -> Self {
        let joined = found.joined.as_ref();
        let part = Self::of(segment, found.range.clone(), line);
        Self { text: found.text(segment.bytes), joined, stored: part.stored && joined.is_none(), ..part }
    }

    /// Where a span of the record's text stands in the log.
    pub(super) fn placed(&self, start: usize, end: usize) -> Position {
        placed(self.joined, self.position, start, end)
    }

    /// A hit in the record, at its place in the log; of the record itself nothing is told.
    pub(super) fn sighting(&self, leaks: &LeakScanner, hit: &LeakHit) -> LeakSighting {
        let position = self.placed(hit.start, hit.end);
        let before = &self.log[..(position.byte_start - self.position.byte_start) as usize];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let column = (before.len() - line_start) as u64 + 1;
        LeakSighting {
            rule: leaks.rule_id(hit.rule).to_owned(),
            kind: hit.kind,
            severity: hit.severity,
            confidence: hit.confidence,
            position: Position { line: position.line + newlines(before), ..position },
            column,
            end_column: column + (position.byte_end - position.byte_start),
            field: hit.field.clone(),
            masked: hit.masked.clone(),
            digest: hit.digest,
            guessable: hit.guessable,
            scents: hit.scents.clone(),
            expires_at: hit.expires_at,
            time: None,
            date_assumed: false,
            client: None,
            subject: None,
        }
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

/// The earlier one of two places.
pub(super) fn first(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    one.into_iter().chain(other).min()
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
