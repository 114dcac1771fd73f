//! What a scan of a file makes of one of its lines: its token events, and what of them other lines told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::again::{self, Completion, Part};
use super::days::{self, Dated};
use super::endpoint_lines;
use super::explain::line_in;
use super::finish::{Merged, merge};
use super::parts;
use super::rule_set::RuleSet;
use super::scrub::Scrubber;
use super::{ScanError, ScanOptions, Unwatched, on_workers, read};
use crate::input::{self, ReadSettings, Source, SourceRead};
use crate::model::{Assumed, Notice, Position, TokenEvent};
use crate::triage;

/// A token event of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldEvent {
    /// What happened, as the events export names it.
    pub kind: &'static str,
    /// Id of the rule that recognised it.
    pub rule: String,
    /// The line on which it begins.
    pub line: u64,
    /// Its parts: name, value, and, where the line itself does not say it, who does.
    pub parts: Vec<[String; 3]>,
}

/// What was made of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its token events.
    pub events: Vec<ToldEvent>,
    /// What the line tells of the events of others.
    pub others: Vec<String>,
    /// The lines that the source has.
    pub lines: u64,
    /// What was said of reading it.
    pub notices: Vec<Notice>,
}

/// Says what a scan of the one source that `options.paths` name makes of a line.
pub fn tell_line(options: &ScanOptions, path: &str, line: u64) -> Result<Told, ScanError> {
    on_workers(options.threads, || {
        let rules = RuleSet::load(&options.rule_paths, options.hints.clone()).map_err(ScanError::Rules)?;
        let (discovery, reads, harvests) = read(options, &rules, &Unwatched, false);
        let mut notices = discovery.notices;
        let mut told = Told::default();
        if let Some(number) = discovery.sources.iter().position(|source| source.path == path) {
            notices.extend(reads[number].notices.iter().cloned());
            let paths = discovery.sources.iter().map(|source| source.path.clone()).collect();
            let mut merged = merge(paths, &reads, harvests);
            let mut completions = Vec::new();
            let (_, dated) =
                again::look(options, &rules, &discovery.sources, &mut merged, &mut |told| completions.push(told));
            days::settle(&mut merged, options.zone, &discovery.sources, &dated);
            completions.retain(|told| told.event.source as usize == number);
            let teller = Teller { number: number as u32, completions, dated };
            told = teller.tell(options, &mut merged, &discovery.sources[number], &reads[number], line);
        }
        let mask = |text: &str| rules.leaks.mask(text).into_owned();
        for notice in &mut notices {
            notice.message = mask(&notice.message);
            notice.path = notice.path.as_deref().map(mask);
        }
        Ok(Told { notices: triage::notices(notices), ..told })
    })
}

/// What is known of the events of one source.
struct Teller {
    number: u32,
    completions: Vec<Completion>,
    dated: Dated,
}

impl Teller {
    fn tell(&self, options: &ScanOptions, merged: &mut Merged, source: &Source, read: &SourceRead, line: u64) -> Told {
        Scrubber::new(&merged.leaks).events(&mut merged.events);
        let own = |event: &TokenEvent| event.position.source == self.number;
        let before: Vec<TokenEvent> = merged.events.events.iter().filter(|event| own(event)).copied().collect();
        endpoint_lines::set_aside(&mut merged.events);
        let kept: BTreeSet<Position> = merged.events.events.iter().map(|event| event.position).collect();
        let bytes = self.completions.iter().flat_map(|told| told.by.iter().copied().chain([told.event.byte_start()]));
        let dated = before.iter().filter_map(|event| self.dated_near(event));
        let places = Places::find(options, source, read, &bytes.chain(dated).collect(), line);
        let here = |range: &Range<u64>| places.here.start <= range.end && range.start < places.here.end;
        let of_line = before.iter().filter(|event| here(&(event.position.byte_start()..event.position.byte_end())));
        let events = of_line.map(|event| ToldEvent {
            kind: event.kind.name(),
            rule: merged.events.symbols.get(event.rule).to_owned(),
            line: event.position.line(),
            parts: self.parts(event, merged, &places, kept.contains(&event.position)),
        });
        let events = events.collect();
        let told = self.completions.iter().filter(|told| told.by.iter().any(|byte| here(&(*byte..*byte))));
        let others =
            told.map(|told| format!("line {} has {} from here", places.line(told.event.byte_start()), what(told)));
        let mut others: Vec<String> = others.collect();
        others.dedup();
        Told { events, others, lines: read.lines, notices: Vec::new() }
    }

    /// The parts of an event that it has.
    fn parts(&self, event: &TokenEvent, merged: &Merged, places: &Places, counted: bool) -> Vec<[String; 3]> {
        let text = |symbol| merged.events.symbols.text(symbol).map(str::to_owned);
        let by = |part: Part| {
            let told = self.completions.iter().find(|told| told.event == event.position && told.part == part)?;
            let lines: Vec<String> = told.by.iter().map(|byte| places.line(*byte).to_string()).collect();
            let key = if told.key.is_empty() { String::new() } else { format!(", under {}", told.key) };
            Some(format!("from line {}{key}: the same request", lines.join(", ")))
        };
        let attempt = by(Part::Attempt);
        let rows = [
            ("time", event.time.map(|time| time.to_string()), self.time(event, places)),
            ("client", text(event.client), by(Part::Client)),
            ("subject", text(event.subject), by(Part::Subject)),
            ("grant", text(event.grant_id), None),
            ("request", text(event.request_id), None),
            ("error", text(event.error), None),
            ("status", event.status.map(|status| status.to_string()), None),
            ("attempt", attempt.as_ref().map(|_| "of several lines".to_owned()), attempt),
            (
                "counted",
                (!counted).then(|| "no".to_owned()),
                Some("other lines tell the attempts themselves".to_owned()),
            ),
        ];
        let rows =
            rows.into_iter().filter_map(|(name, value, how)| Some([name.to_owned(), value?, how.unwrap_or_default()]));
        rows.collect()
    }

    /// Who told the date, or the year, of a time that leaves it out.
    fn time(&self, event: &TokenEvent, places: &Places) -> Option<String> {
        let part = match event.assumed {
            Assumed::Nothing => return None,
            Assumed::Year => "year",
            Assumed::Date => "date",
        };
        Some(match self.dated_near(event) {
            Some(byte) => format!("the {part} from line {}: the dated line nearest to it", places.line(byte)),
            None => format!("the {part} from the file's name or last change"),
        })
    }

    /// The dated line that a time which leaves something out is completed by.
    fn dated_near(&self, event: &TokenEvent) -> Option<u64> {
        let lines = self.dated.get(&self.number).filter(|_| event.assumed != Assumed::Nothing)?;
        let above = lines.partition_point(|(byte, _)| *byte <= event.position.byte_start());
        lines.get(above.saturating_sub(1)).map(|(byte, _)| *byte)
    }
}

/// What one line told of another.
fn what(told: &Completion) -> &'static str {
    match told.part {
        Part::Client => "its client",
        Part::Subject => "its subject",
        Part::Attempt => "a part of its attempt",
    }
}

/// Where the line stands, and on which lines bytes do.
struct Places {
    here: Range<u64>,
    lines: BTreeMap<u64, u64>,
}

impl Places {
    fn find(options: &ScanOptions, source: &Source, read: &SourceRead, bytes: &BTreeSet<u64>, line: u64) -> Self {
        let found = Mutex::new(Self { here: 0..0, lines: BTreeMap::new() });
        let settings = ReadSettings { segment_bytes: options.segment_bytes, ..ReadSettings::default() };
        input::read(std::slice::from_ref(source), &settings, &|_| (), &|segment| {
            let (base, first) = (segment.base, read.first_line(segment.base));
            let inside = bytes.range(base..base + segment.bytes.len() as u64);
            let mut counted = parts::Places::of(segment.bytes);
            let lines = inside.map(|byte| (*byte, first + counted.at((byte - base) as usize).0));
            let here = line_in(segment.bytes, first, line);
            if let Ok(mut found) = found.lock() {
                found.lines.extend(lines);
                if let Some(here) = here {
                    found.here = base + here.start as u64..base + here.end as u64;
                }
            }
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, byte: u64) -> u64 {
        self.lines.get(&byte).copied().unwrap_or_default()
    }
}
