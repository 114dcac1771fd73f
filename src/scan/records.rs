//! The records of a run of lines that are worth a look: those that hold a trigger, each whole.

use std::ops::Range;

use super::chains::{Block, Chain};
use super::prefilter::Prefilter;
use crate::input::{Chunk, Segment, Weave, strand};
use crate::model::{Notice, Trouble};

/// Most bytes of the continuation lines of one record; as in the input layer, which never divides less.
const REACH: usize = 64 * 1024;
/// Most continuation lines of one record; as in the input layer.
const LINES: usize = 256;

/// A run of lines, cut where no record is divided.
#[derive(Clone, Copy)]
pub(super) struct Run<'b> {
    pub(super) bytes: &'b [u8],
    /// Whether the source begins with it.
    pub(super) first: bool,
    pub(super) weave: Weave,
}

/// A record of a run.
pub(super) struct Found {
    /// Where it stands, from its first line to its last.
    pub(super) range: Range<usize>,
    /// What it was put together from, where a transport took it apart.
    pub(super) joined: Option<Chain>,
    /// Whether it is a part of a line that has too many of them to be put together.
    pub(super) divided: bool,
}

impl Found {
    fn whole((start, end): (usize, usize)) -> Self {
        Self { range: start..end, joined: None, divided: false }
    }

    /// The record's text, out of the run's.
    pub(super) fn text<'t>(&'t self, bytes: &'t [u8]) -> &'t [u8] {
        self.joined.as_ref().map_or(&bytes[self.range.clone()], |chain| &chain.text)
    }
}

/// What is done with the records of a run.
pub(super) trait Visit {
    /// Whether a record is like others that were read, so that all is done that is to be done with it, or nothing was.
    fn knows(&mut self, found: &Found) -> bool;

    /// Reads a record that holds a trigger.
    fn read(&mut self, found: &Found);
}

impl<F: FnMut(&Found)> Visit for F {
    fn knows(&mut self, _: &Found) -> bool {
        false
    }

    fn read(&mut self, found: &Found) {
        self(found);
    }
}

impl<'b> Run<'b> {
    /// The lines of a chunk.
    pub(super) fn of(chunk: &'b Chunk) -> Self {
        Self { bytes: &chunk.bytes, first: chunk.base == 0, weave: chunk.weave }
    }

    /// The lines of a segment.
    pub(super) fn of_segment(segment: &Segment<'b>) -> Self {
        Self { bytes: segment.bytes, first: segment.base == 0, weave: segment.weave }
    }

    /// Visits each record that holds a trigger, in the order of their first lines. Only records that were put together may
    /// stand in one another. Behind one that is known the next one is compared before triggers are searched: of a log of
    /// nothing but events that search is a sixth of the scan.
    pub(super) fn records(self, prefilter: &Prefilter, visit: &mut dyn Visit) {
        let bytes = self.bytes;
        let mut candidates = prefilter.candidates(bytes);
        let mut parts = Parts { bytes, next: [None; 2] };
        let (mut from, mut in_a_row) = (0, false);
        loop {
            let mut compared = None;
            while in_a_row && from < bytes.len() {
                let (start, end) = self.record_around(from, from);
                in_a_row = visit.knows(&Found::whole((start, end)));
                if in_a_row {
                    from = behind(end, bytes);
                } else {
                    compared = Some(start);
                }
            }
            // A split may go through what a line is known by, so that its parts are looked at without that.
            let part = if self.weave == Weave::Strands { parts.next(from) } else { None };
            let Some(hit) = candidates.next(from).into_iter().chain(part).min() else { break };
            let end = if self.weave == Weave::Strands {
                self.strands(prefilter, (hit, from), visit)
            } else {
                let (start, end) = self.record_around(hit, from);
                let found = Found::whole((start, end));
                let known = compared != Some(start) && visit.knows(&found);
                if !known {
                    visit.read(&found);
                }
                in_a_row = known && start == from;
                end
            };
            from = behind(end, bytes);
        }
    }

    /// The records that were put together around a trigger; where the last of their lines ends.
    fn strands(self, prefilter: &Prefilter, (hit, floor): (usize, usize), visit: &mut dyn Visit) -> usize {
        let block = Block::around(self.bytes, line_around(self.bytes, hit, floor), floor);
        for chain in block.chains().into_iter().filter(|chain| prefilter.is_candidate(&chain.text)) {
            let range = chain.range.clone();
            let joined = Some(chain).filter(|chain| !chain.is_whole());
            let found = Found { range, joined, divided: block.divided };
            if !visit.knows(&found) {
                visit.read(&found);
            }
        }
        block.range().end
    }

    /// The record that holds a trigger: a line that continues none, and the continuation lines after it, at most
    /// [`LINES`] within [`REACH`] bytes. What goes on beyond that is a record for each line. So the records are the
    /// same wherever a trigger stands and wherever a segment begins: no segment begins inside of the limits, and one
    /// that begins with a continuation line begins beyond them (the first of a source aside).
    fn record_around(self, hit: usize, floor: usize) -> (usize, usize) {
        let Self { bytes, first, weave } = self;
        let continues = |at: usize| weave.continues(bytes, at);
        let line_start = |at: usize| memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found + 1);
        let line_end = |at: usize| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        let (own, own_end) = (line_start(hit), line_end(hit));
        let (mut start, mut lines) = (own, 0);
        while !(start == 0 && first) && continues(start) {
            if start <= floor || lines == LINES {
                return (own, own_end);
            }
            start = line_start(start - 1);
            lines += 1;
        }
        let first_end = if lines > 0 { line_end(start) } else { own_end };
        let limit = (first_end + 1).saturating_add(REACH);
        let within = |end: usize| (end + 1).min(bytes.len()) <= limit;
        if !within(own_end) {
            return (own, own_end);
        }
        let mut end = own_end;
        while lines < LINES && end + 1 < bytes.len() && continues(end + 1) {
            let next = line_end(end + 1);
            if !within(next) {
                break;
            }
            end = next;
            lines += 1;
        }
        (start, end)
    }
}

/// Where the line begins that follows one that ends here.
fn behind(end: usize, bytes: &[u8]) -> usize {
    (end + 1).min(bytes.len())
}

/// The lines that a transport split, in the order in which they stand.
struct Parts<'b> {
    bytes: &'b [u8],
    /// The next one of CRI and of Docker, or the end; nothing where it is not known yet.
    next: [Option<usize>; 2],
}

impl Parts<'_> {
    /// A place in the next one at or after `from`, which must not fall from call to call.
    fn next(&mut self, from: usize) -> Option<usize> {
        let length = self.bytes.len();
        for (next, find) in self.next.iter_mut().zip([strand::next_cri_part, strand::next_docker_part]) {
            if next.is_none_or(|next| next < from) {
                *next = Some(find(self.bytes, from).unwrap_or(length));
            }
        }
        self.next.into_iter().flatten().min().filter(|next| *next < length)
    }
}

/// What is to be said of a line with too many parts.
pub(super) fn divided(path: &str, place: &str) -> Notice {
    let message = format!(
        "{place} a line is split into more than 256 parts or 4 MiB and was looked at part by part: a value that a split \
         parted was missed"
    );
    Notice::new("line-too-long", Some(path), message, Trouble::Incomplete)
}

/// The line that holds a place.
pub(super) fn line_around(bytes: &[u8], at: usize, floor: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found + 1);
    start..memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}
