//! A second look at sources, for what lines say that are no token events themselves: whose a request was, how it
//! ended, and of which day a time is.
//!
//! The first look finds what is missing. Only the sources in which something is are read again, and only the lines that
//! hold what is asked for; what is kept of them grows with the token events. A stream cannot be read again.

mod counted;
mod dates;
mod rails;
mod requests;

use std::collections::BTreeMap;
use std::sync::Mutex;

use bumpalo::Bump;

use super::ScanOptions;
use super::days::{self, Dated};
use super::excerpt::{excerpt_of, likeness};
use super::finish::Merged;
use super::parts::{self, each_part};
use super::prefilter::Prefilter;
use super::rule_set::RuleSet;
use crate::format::{Clock, Columns, Setting};
use crate::input::{self, Origin, ReadSettings, Segment, Source, SourceRead};
use crate::model::{EventSet, Notice, Position, TokenEvent, Trouble, without_kinds};

/// A part of an event that other lines told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Client,
    Subject,
    /// The whole attempt, put together of the lines of its request.
    Attempt,
}

/// What other lines told of an event: their bytes, and the key there where it is one.
#[derive(Clone, Debug)]
pub(super) struct Completion {
    pub(super) event: Position,
    pub(super) part: Part,
    pub(super) by: Vec<u64>,
    pub(super) key: String,
}

/// What was asked, and what was found.
#[derive(Debug, Default)]
struct Looked {
    asked: requests::Asked,
    counted: counted::Anchors,
    anchors: rails::Anchors,
    undated: dates::Undated,
    answers: requests::Answers,
    lines: BTreeMap<usize, Vec<rails::Line>>,
    dated: dates::Lines,
}

/// Completes the events of a run by what other lines of their sources say; `witness` is told of each part.
pub(super) fn look(
    options: &ScanOptions,
    rules: &RuleSet,
    sources: &[Source],
    merged: &mut Merged,
    witness: &mut dyn FnMut(Completion),
) -> (Vec<Notice>, Dated) {
    let begun = rails::anchors(merged);
    let mut undated = dates::undated(merged);
    undated.retain(|source, _| can_be_read_again(&sources[*source]));
    let events = &mut merged.events;
    let (mut asked, counted, mut notices) = requests::asked(events, sources);
    notices.extend(requests::bounded(&mut asked, events));
    let anchors = begun.iter().filter(|(source, _)| can_be_read_again(&sources[**source]));
    let anchors: rails::Anchors = anchors.map(|(source, bytes)| (*source, bytes.clone())).collect();
    let mut dated = Dated::new();
    if !asked.is_empty() || !counted.is_empty() || !anchors.is_empty() || !undated.is_empty() {
        let wanted = Looked { asked, counted, anchors, undated, ..Looked::default() };
        let again = Again::new(options, rules, sources, wanted);
        let (mut looked, reads) = again.read(options);
        dated = std::mem::take(&mut looked.dated).dated();
        notices.extend(requests::apply(&looked, events, witness));
        again.requests(looked, &reads, merged, witness);
    }
    counted::forget(&mut merged.events);
    notices.extend(not_joined(&begun, merged));
    (notices, dated)
}

/// What is said of attempts whose logger stands for the client.
pub(super) fn by_logger(counts: &BTreeMap<u32, u64>, events: &EventSet) -> Vec<Notice> {
    let message = "token events name nobody; the loggers that wrote them were taken for clients, because each tells of good refreshes and of failures";
    let said = counts.iter().map(|(source, &count)| {
        let path = Some(events.sources[*source as usize].as_str());
        Notice { count, ..Notice::new("identity-by-logger", path, message, Trouble::Note) }
    });
    said.collect()
}

/// Whether a second reading gives the same.
fn can_be_read_again(source: &Source) -> bool {
    match source.origin {
        Origin::File(_) => source.size.is_some(),
        Origin::Member { .. } => true,
        Origin::Stdin => false,
    }
}

/// What cannot be told of requests to a token endpoint.
fn not_joined(begun: &rails::Anchors, merged: &Merged) -> Vec<Notice> {
    let said = begun.iter().filter_map(|(source, bytes)| {
        let joined = merged.sources.get(source).map_or(0, |found| found.joined);
        let count = (bytes.len() as u64).checked_sub(joined).filter(|count| *count > 0)?;
        let message = "requests to a token endpoint are started here, and how they ended cannot be told: no line of theirs says it, or their lines and those of others cannot be told apart (config.log_tags = [:request_id] tells them)";
        let path = Some(merged.events.sources[*source].as_str());
        Some(Notice { count, ..Notice::new("requests-not-joined", path, message, Trouble::Note) })
    });
    said.collect()
}

/// The sources that are read again, and with what.
struct Again<'r> {
    rules: &'r RuleSet,
    /// Where each stands among all.
    numbers: Vec<usize>,
    sources: Vec<Source>,
    clocks: Vec<Clock>,
    prefilter: Prefilter,
    /// What is looked for far from the requests that are counted, too; all of it where there are none.
    anywhere: Option<Prefilter>,
    looked: Mutex<Looked>,
    asked: requests::Asked,
    counted: counted::Anchors,
    anchors: rails::Anchors,
    undated: dates::Undated,
}

impl<'r> Again<'r> {
    fn new(options: &ScanOptions, rules: &'r RuleSet, sources: &[Source], wanted: Looked) -> Self {
        let Looked { asked, counted, anchors, undated, .. } = wanted;
        let mut numbers: Vec<usize> = asked.keys().chain(anchors.keys()).chain(undated.keys()).copied().collect();
        numbers.extend(counted.sources());
        numbers.sort_unstable();
        numbers.dedup();
        let mut literals: Vec<Vec<u8>> = asked.values().flatten().map(|id| requests::searched(id).to_vec()).collect();
        if !anchors.is_empty() {
            literals.extend(rails::LITERALS.map(|literal| literal.as_bytes().to_vec()));
        }
        let clock = |number: usize| days::clock(options.zone, &sources[number]);
        literals.extend(undated.keys().flat_map(|&number| dates::literals(&clock(number))));
        let anywhere = (!counted.is_empty()).then(|| Prefilter::of_texts(literals.clone()));
        literals.extend(counted.ids().map(|id| id.as_bytes().to_vec()));
        Self {
            rules,
            sources: numbers.iter().map(|&number| sources[number].clone()).collect(),
            clocks: numbers.iter().map(|&number| clock(number)).collect(),
            numbers,
            prefilter: Prefilter::of_texts(literals),
            anywhere,
            looked: Mutex::default(),
            asked,
            counted,
            anchors,
            undated,
        }
    }

    fn read(&self, options: &ScanOptions) -> (Looked, Vec<SourceRead>) {
        let settings = ReadSettings { segment_bytes: options.segment_bytes, ..ReadSettings::default() };
        // What goes wrong was told when it went wrong before.
        let reads = input::read(&self.sources, &settings, &|_| (), &|segment| self.visit(segment));
        let mut looked = self.looked.lock().map(|mut looked| std::mem::take(&mut *looked)).unwrap_or_default();
        (looked.asked, looked.anchors) = (self.asked.clone(), self.anchors.clone());
        looked.counted = self.counted.clone();
        (looked, reads)
    }

    fn visit(&self, segment: &Segment<'_>) {
        let (mut own, mut arena) = (Looked::default(), Bump::new());
        each_part(self.rules, &self.prefilter, segment, &mut |part: &parts::Part<'_>, columns: Option<&Columns>| {
            self.record(part, columns, &arena, &mut own);
            arena.reset();
        });
        if let Ok(mut looked) = self.looked.lock() {
            looked.answers.absorb(own.answers);
            looked.dated.absorb(own.dated);
            for (source, lines) in own.lines {
                looked.lines.entry(source).or_default().extend(lines);
            }
        }
    }

    fn record(&self, part: &parts::Part<'_>, columns: Option<&Columns>, arena: &Bump, own: &mut Looked) {
        let at = part.position.source as usize;
        let (source, byte) = (self.numbers[at], part.position.byte_start());
        let far = self.anywhere.as_ref().filter(|_| !self.counted.are_near(source, byte));
        if far.is_some_and(|anywhere| !anywhere.is_candidate(part.text)) {
            return;
        }
        let wanted = requests::Wanted { source, ids: self.asked.get(&source), counted: &self.counted };
        let seen = without_kinds(part.text);
        let setting = Setting { clock: &self.clocks[at], columns };
        let mask = |text: &str| self.rules.leaks.mask(text).into_owned();
        self.rules.reader.read(arena, &seen, &setting, &mut |record| {
            if wanted.ids.is_some() || !self.counted.is_empty() {
                own.answers.note(&wanted, record, (part.text, byte), (&self.rules.extractor, &mask));
            }
            if let Some(undated) = self.undated.get(&source) {
                own.dated.note((source, undated), byte, record);
            }
            let line = self.anchors.get(&source).and_then(|anchors| rails::line(part, record, anchors));
            if let Some(line) = line {
                own.lines.entry(source).or_default().push(line);
            }
        });
    }

    /// Makes token events of the requests that were put together.
    fn requests(&self, looked: Looked, reads: &[SourceRead], merged: &mut Merged, witness: &mut dyn FnMut(Completion)) {
        for (source, mut lines) in looked.lines {
            let Some(at) = self.numbers.iter().position(|number| *number == source) else { continue };
            for line in &mut lines {
                let (byte, counted) = (line.position.byte_start(), line.position.line());
                line.position = line.position.on_line(reads[at].first_line(byte) + counted);
                line.position.source = source as u32;
            }
            for request in rails::requests(lines, &looked.anchors[&source]) {
                let event = self.event(&request, at, merged);
                let by = request.others.clone();
                witness(Completion { event: request.position, part: Part::Attempt, by, key: String::new() });
                let found = merged.sources.entry(source).or_default();
                found.joined += 1;
                found.token_events += u64::from(event.is_some());
                merged.events.events.extend(event);
            }
        }
    }

    fn event(&self, request: &rails::Request, at: usize, merged: &mut Merged) -> Option<TokenEvent> {
        let (leaks, text) = (&self.rules.leaks, request.text.as_slice());
        let setting = Setting { clock: &self.clocks[at], columns: None };
        let mut found = None;
        self.rules.reader.read(&Bump::new(), &without_kinds(text), &setting, &mut |record| {
            let symbols = &mut merged.events.symbols;
            let event = self.rules.extractor.extract(record, text, request.position, &|text| leaks.mask(text), symbols);
            found = found.or(event);
        });
        let mut hits = Vec::new();
        leaks.find(text, &mut hits);
        let excerpt = merged.kept.push(&excerpt_of(text, &hits, leaks));
        found.map(|event| TokenEvent { excerpt, likeness: likeness(text), ..event })
    }
}
