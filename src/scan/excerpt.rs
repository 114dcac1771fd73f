//! What evidence shows of a record: its start, masked. Made while the record is read where its bytes cannot be had
//! again (a pipe, a packed file), and from the file itself for the few that become evidence otherwise.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use rayon::prelude::*;

use super::scrub::Scrubber;
use crate::input::{self, Origin, Source};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{Evidence, Finding, TokenEvent};

/// Longest excerpt of a record, in bytes.
const EXCERPT: usize = 240;

/// Reads records of files again.
pub(super) struct Archive<'a> {
    sources: &'a [Source],
    /// The source of each path; one of those that are called alike.
    numbers: BTreeMap<&'a str, u32>,
    /// The likeness of the records asked for (a file may have been rotated meanwhile, and other text stand there), and
    /// whether nothing in them is a secret.
    known: HashMap<(u32, u64), (u32, bool)>,
}

/// Where a record stands: its source, its first byte and the one past its last.
type Place = (u32, u64, u64);

impl<'a> Archive<'a> {
    /// Of the sources, in the order of their paths in the events, and of the events without an excerpt in the findings.
    pub(super) fn new(
        sources: &'a [Source],
        (paths, events): (&'a [String], &[TokenEvent]),
        findings: &[Finding],
    ) -> Self {
        let numbers = paths.iter().map(String::as_str).zip(0..).collect();
        let mut archive = Self { sources, numbers, known: HashMap::new() };
        let asked: HashSet<(u32, u64)> =
            archive.places(findings).into_iter().map(|(source, start, _)| (source, start)).collect();
        let alike: Vec<u32> = paths.iter().map(|path| archive.numbers[path.as_str()]).collect();
        let kept = events.iter().filter(|event| event.excerpt.is_none()).map(|event| {
            let place = (alike[event.position.source as usize], event.position.byte_start());
            (place, (event.likeness, event.silent))
        });
        archive.known = kept.filter(|(place, _)| asked.contains(place)).collect();
        archive
    }

    /// Puts the text of each record in the place of what stands for it, where the file still has it.
    pub(super) fn fill(&self, findings: &mut [Finding], leaks: &LeakScanner, scrubber: &Scrubber) {
        // A record of many events is read once: it may be as long as a file. And a file is open while it is read from:
        // there may be more of them than can be open at once.
        let places = self.places(findings);
        let of_files: Vec<&[Place]> = places.chunk_by(|a, b| a.0 == b.0).collect();
        let excerpts = of_files.par_iter().flat_map(|places| {
            let file = self.file(places[0].0);
            let excerpt = |place: &Place| self.excerpt(file.as_ref()?, *place, leaks, scrubber);
            places.par_iter().map(excerpt).collect::<Vec<_>>()
        });
        let excerpts: Vec<Option<String>> = excerpts.collect();
        for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
            let at = self.place(evidence).and_then(|place| places.binary_search(&place).ok());
            if let Some(excerpt) = at.and_then(|at| excerpts[at].as_ref()) {
                evidence.excerpt.clone_from(excerpt);
            }
        }
    }

    /// Where the evidence stands, each place once, in order.
    fn places(&self, findings: &[Finding]) -> Vec<Place> {
        let all = findings.iter().flat_map(|finding| &finding.evidence);
        let mut places: Vec<Place> = all.filter_map(|evidence| self.place(evidence)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn place(&self, evidence: &Evidence) -> Option<Place> {
        let source = *self.numbers.get(evidence.path.as_str())?;
        Some((source, evidence.byte_start, evidence.byte_end))
    }

    fn file(&self, source: u32) -> Option<File> {
        let source = self.sources.get(source as usize)?;
        if let Origin::File(path) = &source.origin { File::open(path).ok() } else { None }
    }

    fn excerpt(&self, file: &File, place: Place, leaks: &LeakScanner, scrubber: &Scrubber) -> Option<String> {
        let (likeness, silent) = *self.known.get(&(place.0, place.1))?;
        let bytes = record(file, place).filter(|bytes| likeness == self::likeness(bytes))?;
        let excerpt = if silent {
            excerpt_of_silent(&bytes)
        } else {
            let mut hits = Vec::new();
            leaks.find(&bytes, &mut hits);
            excerpt_of(&bytes, &hits, leaks)
        };
        Some(scrubber.text(&excerpt).into_owned())
    }
}

fn record(file: &File, (_, start, end): Place) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end.checked_sub(start)?).ok()?];
    let mut filled = 0;
    while filled < bytes.len() {
        match input::read_at(file, &mut bytes[filled..], start + filled as u64) {
            Ok(count) if count > 0 => filled += count,
            _ => return None,
        }
    }
    Some(bytes)
}

/// The same for the same bytes in one run, whichever worker saw them; never 0.
pub(super) fn likeness(bytes: &[u8]) -> u32 {
    static SEEDED: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);
    (SEEDED.hash_one(bytes) as u32).max(1)
}

/// The start of a record with every secret masked, on one line. Masked twice: by the places that
/// were found in the whole record, and as a text of its own.
pub(super) fn excerpt_of(bytes: &[u8], hits: &[LeakHit], leaks: &LeakScanner) -> String {
    on_one_line(&leaks.mask(&start_of(bytes, hits)))
}

/// The same of a record in which nothing is a secret, by any rule.
pub(super) fn excerpt_of_silent(bytes: &[u8]) -> String {
    on_one_line(&start_of(bytes, &[]))
}

fn start_of(bytes: &[u8], hits: &[LeakHit]) -> String {
    let mut text = String::new();
    let mut from = 0;
    for hit in hits.iter().take_while(|hit| hit.start < EXCERPT) {
        text.push_str(&String::from_utf8_lossy(&bytes[from..hit.start.max(from)]));
        text.push_str(&hit.masked);
        from = hit.end.max(from);
    }
    // The last word may be the start of a secret that goes on past the end: it is dropped.
    let rest = &bytes[from..];
    if rest.len() > EXCERPT.saturating_sub(text.len()) {
        let room = &rest[..EXCERPT.saturating_sub(text.len())];
        let whole = room.iter().rposition(|byte| b" ,;\"'".contains(byte)).unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&room[..whole]));
        text.push('…');
    } else {
        text.push_str(&String::from_utf8_lossy(rest));
    }
    text
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
