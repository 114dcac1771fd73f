//! Where a run of text lines may be cut, over any reader.
//!
//! `cut(b)` is defined for any offset `b` of the stream: the first line start at or after `b`, and
//! from there past the continuation lines that follow, at most [`RUN_LINES`] of them and
//! [`RUN_BYTES`] bytes. It depends on the text around `b` alone, so two workers on both sides of a
//! boundary find the same cut without talking, and the segments `[cut(b), cut(b'))` of any rising
//! boundaries hold every line once.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::buffer::Buffer;
use super::continuation::DECIDING_BYTES;
use super::job::{Job, Tally};
use super::open::retry;
use super::strand::{Line, NEAR, WOVEN_BYTES, WOVEN_LINES, crosses, has_neighbours};
use super::{Counted, Weave};

/// How many continuation lines a cut moves past at most.
const RUN_LINES: usize = 256;
/// How many bytes of continuation lines a cut moves past at most.
const RUN_BYTES: usize = 64 << 10;

/// What is read at once to find the end of a line: most are shorter, and whoever has the next range reads it again.
const SMALL_STEP: usize = 4 << 10;
/// What is read at once of a line that turns out long.
const LARGE_STEP: usize = 1 << 20;

/// A segment in the cutter's buffer.
pub(super) struct Piece {
    /// Where it lies in the buffer.
    range: Range<usize>,
    /// Whether it ends at the asked boundary's cut. Otherwise a line longer than the cap ends it,
    /// and the same boundary is to be asked for again.
    pub(super) last: bool,
}

impl Piece {
    pub(super) fn is_empty(&self) -> bool {
        self.range.is_empty()
    }
}

/// Cuts what a reader gives into segments.
pub(super) struct Cutter<R> {
    input: R,
    buffer: Buffer,
    /// Offset of the buffer's first byte; always that of a line start once a segment was cut.
    base: u64,
    /// Where the next segment begins in the buffer.
    from: usize,
    /// Where the segment ends that a long line interrupted.
    target: Option<u64>,
    /// Whether the rest of a long line is to be skipped first.
    skipping: bool,
    at_end: bool,
    line_cap: usize,
    kept_of_long: usize,
    weave: Weave,
    tally: Tally,
    error: Option<io::Error>,
}

impl<R: Read> Cutter<R> {
    /// A cutter over a reader that stands at offset `base`.
    pub(super) fn new(job: &Job<'_>, input: R, base: u64) -> Self {
        Self {
            input,
            buffer: job.run.take_buffer(base),
            base,
            from: 0,
            target: None,
            skipping: false,
            at_end: false,
            line_cap: job.run.line_cap,
            kept_of_long: job.run.kept_of_long(),
            weave: job.weave(),
            tally: Tally::default(),
            error: None,
        }
    }

    /// Moves to the cut of `start`, which is one past the base. `false` if no line begins in
    /// `start..end`: whoever comes before delivers what is here.
    pub(super) fn align(&mut self, start: u64, end: u64) -> bool {
        debug_assert_eq!(start, self.base + 1, "the byte before the range tells whether a line begins in it");
        let range = (end - self.base) as usize;
        self.fill(range);
        // A line feed in the last byte begins a line of the next range.
        let searched = &self.buffer.filled()[..self.buffer.filled.min(range - 1)];
        let Some(found) = memchr(b'\n', searched) else { return false };
        self.from = self.run_end(found + 1);
        true
    }

    /// The next segment towards the cut of `boundary`; empty where there is none.
    pub(super) fn next(&mut self, boundary: u64) -> Piece {
        if self.skipping {
            self.skip_line();
        }
        if self.target.is_none() {
            self.target = self.find_cut(boundary).map(|end| self.base + end as u64);
        }
        let limit = self.target.map_or(self.buffer.filled, |target| (target - self.base) as usize);
        if let Some(start) = self.find_long_line(limit) {
            self.skipping = true;
            return Piece { range: self.from..start + self.kept_of_long, last: false };
        }
        self.target = None;
        Piece { range: self.from..limit, last: true }
    }

    /// Visits a piece where it lies, and moves on.
    pub(super) fn visit(&mut self, piece: &Piece, job: &Job<'_>) {
        let base = self.base + piece.range.start as u64;
        let end = self.base + piece.range.end as u64;
        let bytes = &self.buffer.filled()[piece.range.clone()];
        let mut counted = Counted::default();
        if !bytes.is_empty() {
            self.tally.cut(base);
            counted = job.visit(base, bytes, super::Layout::Lines, job.heading());
        }
        self.count(piece, &counted, end);
        self.from = piece.range.end;
    }

    /// Gives a piece away as the whole of a buffer, with its base, and moves on. For readers that
    /// were never aligned.
    pub(super) fn take(&mut self, piece: &Piece, job: &Job<'_>) -> (u64, Buffer) {
        debug_assert_eq!(piece.range.start, 0, "nothing precedes a segment of a stream");
        let (base, end) = (self.base, self.base + piece.range.end as u64);
        self.tally.cut(base);
        self.count(piece, &Counted::default(), end);
        let tail = self.buffer.split_into(piece.range.end, job.run.take_buffer(end));
        self.base = end;
        self.from = 0;
        (base, std::mem::replace(&mut self.buffer, tail))
    }

    /// Whether everything was given.
    pub(super) fn finished(&self) -> bool {
        self.at_end && self.from == self.buffer.filled && !self.skipping
    }

    /// Offset of the next segment.
    pub(super) fn position(&self) -> u64 {
        self.base + self.from as u64
    }

    /// What was read, the reader, and the error that ended it.
    pub(super) fn into_parts(self, job: &Job<'_>) -> (Tally, R, Option<io::Error>) {
        job.run.keep_buffer(self.buffer);
        (self.tally, self.input, self.error)
    }

    fn count(&mut self, piece: &Piece, counted: &Counted, end: u64) {
        let bytes = &self.buffer.filled()[piece.range.clone()];
        self.tally.count_rest(bytes, counted, end);
        if !piece.last {
            // All newlines of the piece precede the long line that ends it.
            self.tally.long_line();
        }
    }

    /// Reads until the buffer holds `upto` bytes or the input ends.
    fn fill(&mut self, upto: usize) {
        while self.buffer.filled < upto && !self.at_end {
            let missing = upto - self.buffer.filled;
            let room = self.buffer.room(missing);
            match retry(|| self.input.read(room)) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.buffer.filled += count,
                Err(error) => {
                    self.error = Some(error);
                    self.at_end = true;
                }
            }
        }
    }

    /// Where in the buffer the cut of `boundary` lies; `None` if a line longer than the cap
    /// begins before it and does not end in the buffer.
    fn find_cut(&mut self, boundary: u64) -> Option<usize> {
        // Only after a long line does the buffer begin at or past the boundary: at the line start
        // that the boundary's cut is sought from.
        let Some(ahead) = boundary.checked_sub(self.base + 1) else { return Some(self.run_end(0)) };
        let mut at = ahead as usize;
        let mut step = SMALL_STEP;
        self.fill(at + 1);
        loop {
            at = at.min(self.buffer.filled);
            if let Some(found) = memchr(b'\n', &self.buffer.filled()[at..]) {
                return Some(self.run_end(at + found + 1));
            }
            let line = memrchr(b'\n', &self.buffer.filled()[..at]).map_or(0, |found| found + 1).max(self.from);
            if self.buffer.filled - line > self.line_cap {
                return None;
            }
            if self.at_end {
                return Some(self.buffer.filled);
            }
            at = self.buffer.filled;
            self.fill(at + step);
            step = (2 * step).min(LARGE_STEP);
        }
    }

    /// Past the continuation lines that begin at the line start `first`.
    fn run_end(&mut self, first: usize) -> usize {
        if self.weave == Weave::Strands {
            return self.woven_end(first);
        }
        let mut at = first;
        for lines in 0.. {
            self.fill(at + 2 * DECIDING_BYTES);
            if !self.weave.continues(self.buffer.filled(), at) {
                return at;
            }
            match self.line_end(at, first + RUN_BYTES) {
                Some(end) if lines < RUN_LINES => at = end,
                _ if has_neighbours(self.buffer.filled(), at) => match self.line_end(at, at + RUN_BYTES) {
                    Some(end) => at = end,
                    None => return at,
                },
                _ => return at,
            }
        }
        at
    }

    /// The first line start that no link crosses, among the lines that begin at the line start `first`. Links
    /// reach over [`NEAR`] lines, so so many are passed before one is looked at, and are known behind it.
    fn woven_end(&mut self, first: usize) -> usize {
        let mut starts = vec![first];
        let (mut looked, mut more) = (NEAR, true);
        while more && starts.len() < WOVEN_LINES {
            let last = starts[starts.len() - 1];
            match self.line_end(last, first + WOVEN_BYTES) {
                Some(end) if end > last => starts.push(end),
                _ => more = false,
            }
            while looked + 1 < starts.len() && (!more || looked + NEAR < starts.len()) {
                let around = &starts[looked - NEAR..starts.len().min(looked + NEAR + 1)];
                let bytes = self.buffer.filled();
                let line =
                    |pair: &[usize]| Line::new(bytes, pair[0]..pair[1] - usize::from(bytes[pair[1] - 1] == b'\n'));
                let lines: Vec<Line<'_>> = around.windows(2).map(line).collect();
                if !crosses(&lines, NEAR) {
                    return starts[looked];
                }
                looked += 1;
            }
        }
        starts[starts.len() - 1]
    }

    /// Past the end of the line that begins at `at`, unless that is beyond `most`.
    fn line_end(&mut self, at: usize, most: usize) -> Option<usize> {
        let mut searched = at;
        loop {
            if let Some(found) = memchr(b'\n', &self.buffer.filled()[searched..]) {
                let end = searched + found + 1;
                return (end <= most).then_some(end);
            }
            searched = self.buffer.filled;
            if searched > most {
                return None;
            }
            if self.at_end {
                return Some(searched);
            }
            self.fill(searched + SMALL_STEP);
        }
    }

    /// Start of the first line in `from..limit` that is longer than the cap.
    fn find_long_line(&self, limit: usize) -> Option<usize> {
        let mut start = self.from;
        while limit.saturating_sub(start) > self.line_cap {
            let window = &self.buffer.filled()[start..=start + self.line_cap];
            match memrchr(b'\n', window) {
                Some(found) => start += found + 1,
                None => return Some(start),
            }
        }
        None
    }

    /// Drops the rest of a long line, its line feed included, without keeping it.
    fn skip_line(&mut self) {
        loop {
            let rest = &self.buffer.filled()[self.from..];
            let found = memchr(b'\n', rest);
            let dropped = self.from + found.map_or(rest.len(), |found| found + 1);
            let end = self.base + dropped as u64;
            self.tally.count(&self.buffer.filled()[self.from..dropped], end);
            self.buffer.drop_front(dropped);
            self.base = end;
            self.from = 0;
            if found.is_some() || self.at_end {
                break;
            }
            self.fill(LARGE_STEP);
        }
        self.skipping = false;
    }
}
