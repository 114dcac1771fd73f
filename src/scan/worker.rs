//! The map step: one segment's bytes to token events and leaks, nothing borrowed kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use bumpalo::Bump;

use super::excerpt::{excerpt_of, excerpt_of_silent};
use super::kept::Kept;
use super::parts::{Part, Visit, each_part};
use super::prefilter::Prefilter;
use super::rule_set::RuleSet;
use super::survey::SurveyFound;
use super::templates::{Names, Recognised, Templates};
use crate::extract::Masker;
use crate::format::{Clock, Columns, Setting, Stamp};
use crate::input::Segment;
use crate::leak::LeakHit;
use crate::model::{Assumed, EventSet, LeakSighting, MaybeU32, TokenEvent, without_kinds};

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

impl SourceFound {
    /// Counts a token event.
    fn note(&mut self, format: &str, stamp: Option<Stamp>) {
        self.token_events += 1;
        self.count(format);
        let Some(stamp) = stamp else { return };
        self.zone_assumed += u64::from(stamp.zone_assumed);
        self.year_assumed += u64::from(stamp.year_assumed);
        self.date_assumed += u64::from(stamp.assumed() == Assumed::Date);
    }

    /// Counts a record that something was found in.
    fn count(&mut self, format: &str) {
        match self.formats.get_mut(format) {
            Some(count) => *count += 1,
            None => {
                self.formats.insert(format.to_owned(), 1);
            }
        }
    }
}

/// What a worker found, in its own numbering of strings; lines are counted from the segment.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    pub(super) events: EventSet,
    pub(super) leaks: Vec<LeakSighting>,
    pub(super) sources: BTreeMap<usize, SourceFound>,
    pub(super) kept: Kept,
    arena: Bump,
    hits: Vec<LeakHit>,
    templates: Templates,
}

/// What every worker needs to know.
pub(super) struct Workshop<'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) prefilter: Prefilter,
    /// What a record must hold to be read for an event, and not for leaks alone; made for the first one that is read.
    pub(super) events: OnceLock<Prefilter>,
    pub(super) clocks: Vec<Clock>,
    /// What the names in templates must not hold; without it every record is read in full.
    pub(super) names: Option<Names>,
    /// Whether to keep what was recognised and what was not.
    pub(super) survey: bool,
    /// Whether anybody asks for evidence.
    pub(super) excerpts: bool,
    /// Harvests that no worker holds at the moment.
    pub(super) idle: Mutex<Vec<Harvest>>,
}

impl Workshop<'_> {
    /// Searches one segment; called from many threads.
    pub(super) fn visit(&self, segment: &Segment<'_>) {
        let mut harvest = self.take();
        let mut records = Records { workshop: self, harvest: &mut harvest };
        each_part(self.rules, &self.prefilter, segment, &mut records);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(harvest);
        }
    }

    fn take(&self) -> Harvest {
        self.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default()
    }

    /// What names must not hold, if a record can be compared with others.
    fn names_for(&self, part: &Part<'_>, columns: Option<&Columns>) -> Option<&Names> {
        self.names.as_ref().filter(|_| columns.is_none() && !part.divided)
    }

    /// Whether a record is like one that was read before; then its event is kept, if it has one.
    fn is_recognised(&self, names: &Names, part: &Part<'_>, harvest: &mut Harvest) -> bool {
        let Harvest { events, sources, kept, templates, .. } = harvest;
        let (source, record) = (part.position.source as usize, (part.text, part.position));
        let EventSet { events, symbols, .. } = events;
        let recognised = templates.recognise(names, record, &self.clocks[source], (events, symbols));
        let Some(Recognised { format, event }) = recognised else { return false };
        if let Some((event, stamp)) = event {
            self.complete(event, stamp, part, &mut || kept.push(&excerpt_of_silent(part.text)));
            sources.entry(source).or_default().note(format, stamp);
        }
        true
    }

    /// Learns what records like one are, which was read and holds no leak.
    fn learn(&self, names: &Names, part: &Part<'_>, harvest: &mut Harvest) {
        let Harvest { events, arena, templates, .. } = harvest;
        let clock = &self.clocks[part.position.source as usize];
        templates.learn(self.rules, names, part.text, clock, (arena, &mut events.symbols));
        arena.reset();
    }

    /// One record, read: its leaks first, because every string that is kept must be masked.
    fn in_full(&self, part: &Part<'_>, columns: Option<&Columns>, harvest: &mut Harvest) {
        let mut hits = std::mem::take(&mut harvest.hits);
        hits.clear();
        self.rules.leaks.find(part.text, &mut hits);
        // A leak rule's literal may have brought it: long texts in hexadecimal and ids hold every short one.
        let may_hold_event = self.may_hold_event(part.text);
        if hits.is_empty() && !may_hold_event {
            harvest.hits = hits;
            return;
        }
        let first = harvest.events.events.len();
        let setting = Setting { clock: &self.clocks[part.position.source as usize], columns };
        let stamp = self.events(part, &setting, (&hits, may_hold_event), harvest);
        if !hits.is_empty() {
            self.leaks(part, &hits, stamp, first, harvest);
        }
        harvest.hits = hits;
    }

    fn may_hold_event(&self, text: &[u8]) -> bool {
        self.events.get_or_init(|| Prefilter::of_events(self.rules)).is_candidate(text)
    }

    /// The time of a record, and its events, if it can hold any.
    fn events(
        &self,
        part: &Part<'_>,
        setting: &Setting<'_>,
        (hits, may_hold): (&[LeakHit], bool),
        harvest: &mut Harvest,
    ) -> Option<Stamp> {
        let Harvest { events, sources, kept, arena, .. } = harvest;
        let (bytes, position, mut stamp) = (part.text, part.position, None);
        let mut excerpt = None;
        let seen = without_kinds(bytes);
        self.rules.reader.read(arena, &seen, setting, &mut |record| {
            stamp = stamp.or(record.stamp);
            let mask: Masker<'_> = &|text| self.rules.leaks.mask(text);
            let extract = || self.rules.extractor.extract(record, bytes, position, mask, &mut events.symbols);
            let event = may_hold.then(extract).flatten();
            if self.survey {
                let survey = &mut sources.entry(position.source as usize).or_default().survey;
                let sighting = self.rules.extractor.survey(record, event.is_some());
                let mask = |text: &str| self.rules.leaks.mask(text).into_owned();
                survey.note(record, sighting, position, &mask, &|| excerpt_of(bytes, hits, &self.rules.leaks));
            }
            let source = sources.entry(position.source as usize);
            match event {
                Some(mut event) => {
                    let keep =
                        &mut || *excerpt.get_or_insert_with(|| kept.push(&excerpt_of(bytes, hits, &self.rules.leaks)));
                    self.complete(&mut event, record.stamp, part, keep);
                    events.events.push(event);
                    source.or_default().note(record.format, record.stamp);
                }
                None if !hits.is_empty() => source.or_default().count(record.format),
                None => {}
            }
        });
        arena.reset();
        stamp
    }

    fn leaks(&self, part: &Part<'_>, hits: &[LeakHit], stamp: Option<Stamp>, first: usize, harvest: &mut Harvest) {
        let owner = harvest.events.events.get(first);
        let name = |symbol| harvest.events.symbols.text(symbol).map(str::to_owned);
        let client = owner.and_then(|event| name(event.client));
        let subject = owner.and_then(|event| name(event.subject));
        let mut places = part.places();
        let seen = hits.iter().map(|hit| LeakSighting {
            time: stamp.map(|stamp| stamp.time),
            assumed: stamp.map(|stamp| stamp.assumed()).unwrap_or_default(),
            client: client.clone(),
            subject: subject.clone(),
            ..part.sighting(&self.rules.leaks, hit, &mut places)
        });
        harvest.leaks.extend(seen);
    }

    /// Adds what the record as a whole is told by.
    fn complete(
        &self,
        event: &mut TokenEvent,
        stamp: Option<Stamp>,
        part: &Part<'_>,
        keep: &mut dyn FnMut() -> MaybeU32,
    ) {
        // Of a file that can be read again, the few records that become evidence are: keeping all of them was half
        // of the memory, and masking them a third of the time, of a log of nothing but token events.
        let again = part.stored || !self.excerpts;
        event.excerpt = if again { MaybeU32::UNKNOWN } else { keep() };
        event.assumed = stamp.map(|stamp| stamp.assumed()).unwrap_or_default();
        event.likeness = part.likeness();
    }
}

/// The records of one segment, on their way into a harvest.
struct Records<'w, 'h> {
    workshop: &'w Workshop<'w>,
    harvest: &'h mut Harvest,
}

impl Visit for Records<'_, '_> {
    fn knows(&mut self, part: &Part<'_>, columns: Option<&Columns>) -> bool {
        let workshop = self.workshop;
        workshop.names_for(part, columns).is_some_and(|names| workshop.is_recognised(names, part, self.harvest))
    }

    fn read(&mut self, part: &Part<'_>, columns: Option<&Columns>) {
        let (workshop, harvest) = (self.workshop, &mut *self.harvest);
        if part.divided {
            let here = Some((part.position.byte_start(), part.position.line()));
            let divided = &mut harvest.sources.entry(part.position.source as usize).or_default().divided;
            *divided = first(*divided, here);
        }
        let leaks = harvest.leaks.len();
        workshop.in_full(part, columns, harvest);
        if harvest.leaks.len() == leaks
            && let Some(names) = workshop.names_for(part, columns)
        {
            workshop.learn(names, part, harvest);
        }
    }
}

/// The earlier one of two places.
pub(super) fn first(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    one.into_iter().chain(other).min()
}
