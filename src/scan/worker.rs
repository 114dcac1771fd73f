//! The map step: one segment's bytes to token events and leaks, nothing borrowed kept.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bumpalo::Bump;

use super::excerpt::{excerpt_of, likeness};
use super::parts::{Part, each_part};
use super::prefilter::Prefilter;
use super::rule_set::RuleSet;
use super::survey::SurveyFound;
use crate::format::{Clock, Columns, Setting, Stamp};
use crate::input::Segment;
use crate::leak::LeakHit;
use crate::model::{Assumed, EventSet, LeakSighting, without_kinds};

/// What a worker found in one source.
#[derive(Debug, Default)]
pub(super) struct SourceFound {
    pub(super) formats: BTreeMap<String, u64>,
    pub(super) token_events: u64,
    pub(super) zone_assumed: u64,
    pub(super) year_assumed: u64,
    pub(super) date_assumed: u64,
    /// Requests that were put together of several lines.
    pub(super) joined: u64,
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
        each_part(self.rules, &self.prefilter, segment, &mut |part, columns| {
            if part.divided {
                let here = Some((part.position.byte_start, part.position.line));
                let divided = &mut harvest.sources.entry(segment.source).or_default().divided;
                *divided = first(*divided, here);
            }
            self.record(part, columns, &mut harvest);
        });
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(harvest);
        }
    }

    fn take(&self) -> Harvest {
        self.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default()
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
            event.assumed = record.stamp.map(|stamp| stamp.assumed()).unwrap_or_default();
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
            found.date_assumed += u64::from(event.assumed == Assumed::Date);
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
            assumed: stamp.map(|stamp| stamp.assumed()).unwrap_or_default(),
            client: client.clone(),
            subject: subject.clone(),
            ..part.sighting(&self.rules.leaks, hit)
        });
        harvest.leaks.extend(seen);
    }
}

/// The earlier one of two places.
pub(super) fn first(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    one.into_iter().chain(other).min()
}
