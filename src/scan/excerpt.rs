//! What evidence shows of a record: its start, masked. Made while the record is read where its bytes cannot be had
//! again (a pipe, a packed file), and from the file itself for the few that become evidence otherwise.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};

use hashbrown::HashMap;

use super::scrub::Scrubber;
use crate::input::{self, Origin, Source};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{EventSet, Evidence, Finding};

/// Longest excerpt of a record, in bytes.
const EXCERPT: usize = 240;

/// Reads records of files again, one by one.
pub(super) struct Archive<'a> {
    sources: BTreeMap<&'a str, &'a Source>,
    /// The likeness of the records asked for: a file may have been rotated meanwhile, and other text stand there.
    likeness: HashMap<(&'a str, u64), u32>,
    files: BTreeMap<&'a str, Option<File>>,
}

impl<'a> Archive<'a> {
    /// Of the sources, in the order of those of the events, and of the events without an excerpt in the findings.
    pub(super) fn new(sources: &'a [Source], events: &'a EventSet, findings: &[Finding]) -> Self {
        let all = findings.iter().flat_map(|finding| &finding.evidence);
        let mut asked: Vec<(&str, u64)> = all.map(|evidence| (evidence.path.as_str(), evidence.byte_start)).collect();
        asked.sort_unstable();
        let places = events.events.iter().filter(|event| event.excerpt.is_none());
        let places = places.map(|event| ((events.path(event), event.position.byte_start), event.likeness));
        Self {
            sources: events.sources.iter().map(String::as_str).zip(sources).collect(),
            likeness: places.filter(|(place, _)| asked.binary_search(place).is_ok()).collect(),
            files: BTreeMap::new(),
        }
    }

    /// Puts the text of each record in the place of what stands for it, where the file still has it.
    pub(super) fn fill(&mut self, findings: &mut [Finding], leaks: &LeakScanner, scrubber: &Scrubber) {
        let mut hits = Vec::new();
        for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
            let Some(bytes) = self.record(evidence) else { continue };
            hits.clear();
            leaks.find(&bytes, &mut hits);
            evidence.excerpt = scrubber.text(&excerpt_of(&bytes, &hits, leaks)).into_owned();
        }
    }

    fn record(&mut self, evidence: &Evidence) -> Option<Vec<u8>> {
        let likeness = *self.likeness.get(&(evidence.path.as_str(), evidence.byte_start))?;
        let (path, source) = self.sources.get_key_value(evidence.path.as_str())?;
        let Origin::File(place) = &source.origin else { return None };
        let file = self.files.entry(path).or_insert_with(|| File::open(place).ok()).as_ref()?;
        let mut bytes = vec![0; usize::try_from(evidence.byte_end.checked_sub(evidence.byte_start)?).ok()?];
        let mut filled = 0;
        while filled < bytes.len() {
            match input::read_at(file, &mut bytes[filled..], evidence.byte_start + filled as u64) {
                Ok(count) if count > 0 => filled += count,
                _ => return None,
            }
        }
        (likeness == self::likeness(&bytes)).then_some(bytes)
    }
}

/// The same for the same bytes, whichever worker saw them; never 0.
pub(super) fn likeness(bytes: &[u8]) -> u32 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    (hasher.finish() as u32).max(1)
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
