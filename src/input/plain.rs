//! Plain files: ranges of one file, read and visited in parallel.
//!
//! Files are read, never mapped: a log that is truncated while it is mapped kills the process.

use std::fs::File;
use std::io::{self, Read};

use rayon::prelude::*;

use super::SourceRead;
use super::cutter::Cutter;
use super::job::{Job, Tally};
use super::open;
use crate::model::{Notice, Trouble};

/// The bytes of a file: its beginning, which was read before, and where the others are.
type Bytes<'a> = (&'a [u8], Option<&'a File>);

/// A file from some offset on, as long as it was when it was opened.
struct Range<'a> {
    bytes: Bytes<'a>,
    at: u64,
    size: u64,
    /// Whether the file ended before its size.
    short: bool,
}

impl Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = (self.size - self.at).min(buffer.len() as u64) as usize;
        if room == 0 {
            return Ok(0);
        }
        let (head, file) = self.bytes;
        let known = usize::try_from(self.at).ok().and_then(|at| head.get(at..)).filter(|known| !known.is_empty());
        let count = match (known, file) {
            (Some(mut known), _) => known.read(&mut buffer[..room])?,
            (None, Some(file)) => open::read_at(file, &mut buffer[..room], self.at)?,
            (None, None) => 0,
        };
        self.short |= count == 0;
        self.at += count as u64;
        Ok(count)
    }
}

/// Reads a file of `size` bytes. What is appended meanwhile is left for the next run.
pub(super) fn read(job: &Job<'_>, bytes: Bytes<'_>, size: u64) -> SourceRead {
    job.is_stored();
    let step = job.run.segment_bytes as u64;
    let count = size.div_ceil(step) as usize;
    let range = |index: usize| {
        let start = index as u64 * step;
        read_range(job, bytes, size, start, (start + step).min(size))
    };
    // A small file is not worth the trouble of a parallel loop.
    let ranges: Vec<(Tally, bool)> =
        if count <= 1 { (0..count).map(range).collect() } else { (0..count).into_par_iter().map(range).collect() };
    let mut whole = Tally::default();
    let mut short = false;
    for (tally, range_short) in ranges {
        whole.append(tally);
        short |= range_short;
    }
    if short {
        let message = "it became shorter while it was read (rotated or truncated); what was still there was scanned: \
                       name the rotated file too";
        whole.notices.push(Notice::new("changed-while-read", Some(job.path), message, Trouble::Note));
    }
    whole.finish(job)
}

/// Visits the records whose first byte lies in `start..end`; also tells whether the file was short.
fn read_range(job: &Job<'_>, bytes: Bytes<'_>, size: u64, start: u64, end: u64) -> (Tally, bool) {
    let base = start.saturating_sub(1);
    let mut cutter = Cutter::new(job, Range { bytes, at: base, size, short: false }, base);
    if start == 0 || cutter.align(start, end) {
        loop {
            let piece = cutter.next(end);
            cutter.visit(&piece, job);
            if piece.last {
                break;
            }
        }
    }
    (job.run.advance)(end - start);
    let (mut tally, input, error) = cutter.into_parts(job);
    if let Some(error) = error {
        tally.notices.push(open::stop_notice(job.path, None, &error, input.at));
    }
    (tally, input.short)
}
