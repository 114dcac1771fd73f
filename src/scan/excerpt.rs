//! What evidence shows of a record: its start, masked. Made while the record is read where its bytes cannot be had
//! again (a pipe, a packed file), and from the file itself for the few that become evidence otherwise.

use std::fs::File;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use hashbrown::{DefaultHashBuilder, HashMap};
use rayon::prelude::*;

use super::kept::Kept;
use super::scrub::Scrubber;
use crate::input::{self, Origin, Source};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{Finding, TokenEvent};

/// Longest excerpt of a record, in bytes.
const EXCERPT: usize = 240;
/// Stands where it was cut off.
const CUT: char = '…';

/// Where a record stands: its source, its first byte and the one past its last.
type Place = (u32, u64, u64);

/// How the text of a record is had.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Held {
    /// Its excerpt was kept.
    Kept(u32),
    /// It is read again. A file may have been rotated meanwhile, and other text stand there: its likeness tells.
    /// Nothing in a silent one is a secret.
    Stored { likeness: u32, silent: bool },
}

type Record = (Place, Held);

fn record_of(event: &TokenEvent) -> Record {
    let TokenEvent { position, likeness, silent, .. } = *event;
    let held = event.excerpt.get().map_or(Held::Stored { likeness, silent }, Held::Kept);
    ((position.source, position.byte_start(), position.byte_end()), held)
}

/// Where the texts of records are had from.
pub(super) struct Archive<'a> {
    pub(super) sources: &'a [Source],
    pub(super) kept: &'a Kept,
    pub(super) leaks: &'a LeakScanner,
    pub(super) scrubber: &'a Scrubber,
}

impl Archive<'_> {
    /// Puts the text of each record in the place of what stands for it, where there still is one. By finding, `told` says
    /// which of the events its pieces of evidence are.
    pub(super) fn fill(&self, findings: &mut [Finding], told: &[Vec<u32>], events: &[TokenEvent]) {
        let record_at = |id: u32| record_of(&events[id as usize]);
        // A record of many events is read once: it may be as long as a file.
        let mut records: Vec<Record> = told.iter().flatten().map(|&id| record_at(id)).collect();
        records.sort_unstable();
        records.dedup();
        let mut excerpts = self.stored(&records);
        excerpts.extend(self.kept(&records));
        let clean = excerpts.into_par_iter().map(|(record, text)| (record, self.scrubber.text(&text).into_owned()));
        let excerpts: HashMap<Record, String> = clean.collect::<Vec<_>>().into_iter().collect();
        for (finding, told) in findings.iter_mut().zip(told) {
            for (evidence, id) in finding.evidence.iter_mut().zip(told) {
                if let Some(excerpt) = excerpts.get(&record_at(*id)) {
                    evidence.excerpt.clone_from(excerpt);
                }
            }
        }
    }

    fn kept(&self, records: &[Record]) -> Vec<(Record, String)> {
        let number = |&record: &Record| match record.1 {
            Held::Kept(number) => Some((number, record)),
            Held::Stored { .. } => None,
        };
        let mut wanted: Vec<(u32, Record)> = records.iter().filter_map(number).collect();
        wanted.sort_unstable();
        self.kept.texts(&wanted)
    }

    /// The excerpts of records that are read again. A file is open while it is read from: there may be more of them than
    /// can be open at once.
    fn stored(&self, records: &[Record]) -> Vec<(Record, String)> {
        let stored: Vec<Record> =
            records.iter().copied().filter(|record| matches!(record.1, Held::Stored { .. })).collect();
        let of_files: Vec<&[Record]> = stored.chunk_by(|a, b| a.0.0 == b.0.0).collect();
        let excerpts = of_files.par_iter().flat_map(|records| {
            let file = self.file(records[0].0.0);
            let excerpt = |record: &Record| Some((*record, self.excerpt(file.as_ref()?, *record)?));
            records.par_iter().filter_map(excerpt).collect::<Vec<_>>()
        });
        excerpts.collect()
    }

    fn file(&self, source: u32) -> Option<File> {
        let source = self.sources.get(source as usize)?;
        if let Origin::File(path) = &source.origin { File::open(path).ok() } else { None }
    }

    fn excerpt(&self, file: &File, (place, held): Record) -> Option<String> {
        let Held::Stored { likeness, silent } = held else { return None };
        let bytes = record(file, place).filter(|bytes| likeness == self::likeness(bytes))?;
        if silent {
            return Some(excerpt_of_silent(&bytes));
        }
        let mut hits = Vec::new();
        self.leaks.find(&bytes, &mut hits);
        Some(excerpt_of(&bytes, &hits, self.leaks))
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
    on_one_line(leaks.mask(&start_of(bytes, hits)).into_owned())
}

/// The same of a record in which nothing is a secret, by any rule.
pub(super) fn excerpt_of_silent(bytes: &[u8]) -> String {
    on_one_line(start_of(bytes, &[]))
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
        text.push(CUT);
    } else {
        text.push_str(&String::from_utf8_lossy(rest));
    }
    text
}

fn on_one_line(text: String) -> String {
    if is_on_one_line(&text) { text } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// Whether a text, cut or not, is ASCII with single spaces between words, as nearly every record is. Looked through to its
/// end: that is a tenth of the time of a look that stops.
fn is_on_one_line(text: &str) -> bool {
    let bytes = text.strip_suffix(CUT).unwrap_or(text).as_bytes();
    let parted = |(byte, next): &(&u8, &u8)| !next.is_ascii() || **next < b' ' || (**next == b' ' && **byte == b' ');
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    bytes.first().is_some_and(u8::is_ascii_graphic)
        && bytes.last().is_some_and(u8::is_ascii_graphic)
        && pairs.filter(parted).count() == 0
}

#[cfg(test)]
mod tests {
    use super::on_one_line;

    #[test]
    fn every_run_of_white_space_becomes_a_space() {
        for text in [
            "",
            "a",
            " a",
            "a ",
            "a b",
            "a  b",
            "a\tb",
            "a\n\n b",
            "\na",
            "a\u{a0}b",
            "ü b",
            "a\u{b}b c",
            "a…",
            "a …",
            "a\t…",
            "…",
            "a  b…",
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(on_one_line(text.to_owned()), words.join(" "), "{text:?}");
        }
    }
}
