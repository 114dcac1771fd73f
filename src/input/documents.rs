//! JSON whose records are elements of arrays: read in order, delivered as whole documents.

use std::io::{self, Read};
use std::ops::Range;

use super::SourceRead;
use super::buffer::Buffer;
use super::count_newlines;
use super::heading::Heading;
use super::job::{LongLines, Tally, long_notice};
use super::open::retry;
use super::scanner::Scanner;
use super::stream::Dispatch;

const CHUNK: usize = 256 << 10;

struct Documents<'a, 'scope> {
    dispatch: &'a Dispatch<'a, 'scope>,
    scanner: Scanner,
    buffer: Buffer,
    /// Offset of the buffer's first byte.
    base: u64,
    /// Documents that ended and were not delivered yet; all lie in the buffer.
    found: Vec<Range<u64>>,
    tally: Tally,
    too_large: LongLines,
}

/// Reads a stream of JSON documents.
pub(super) fn read(
    dispatch: &Dispatch<'_, '_>,
    mut reader: Box<dyn Read + Send + '_>,
) -> (SourceRead, Option<io::Error>) {
    let mut documents = Documents {
        dispatch,
        scanner: Scanner::new(),
        buffer: dispatch.job.run.take_buffer(0),
        base: 0,
        found: Vec::new(),
        tally: Tally::default(),
        too_large: LongLines::default(),
    };
    let error = loop {
        match retry(|| reader.read(documents.buffer.room(CHUNK))) {
            Ok(0) => break None,
            Ok(count) => documents.accept(count),
            Err(error) => break Some(error),
        }
    };
    (documents.finish(), error)
}

impl Documents<'_, '_> {
    /// Takes `count` bytes in that were read behind the buffer.
    fn accept(&mut self, count: usize) {
        let old = self.buffer.filled;
        self.buffer.filled += count;
        let known = self.found.len();
        self.scanner.feed(&self.buffer.filled()[old..], self.base + old as u64, &mut self.found);
        self.clip(known);
        self.abandon_too_large();
        let end = self.found.last().map(|last| last.end);
        match end {
            Some(end) if self.buffer.filled >= self.dispatch.job.run.segment_bytes => self.deliver(end),
            Some(_) => {}
            None => self.forget(self.scanner.open().unwrap_or(self.position())),
        }
    }

    fn position(&self) -> u64 {
        self.base + self.buffer.filled as u64
    }

    /// Shortens documents that ended, but are too large.
    fn clip(&mut self, known: usize) {
        let run = self.dispatch.job.run;
        for index in known..self.found.len() {
            let document = self.found[index].clone();
            if document.end - document.start > run.line_cap as u64 {
                self.found[index].end = document.start + run.kept_of_long() as u64;
                self.note_too_large(document.start);
            }
        }
    }

    /// Delivers the beginning of a document that grows too large, and drops the rest as it comes.
    fn abandon_too_large(&mut self) {
        let run = self.dispatch.job.run;
        let Some(start) = self.scanner.open().filter(|start| self.position() - start > run.line_cap as u64) else {
            return;
        };
        self.note_too_large(start);
        self.scanner.abandon();
        let end = start + run.kept_of_long() as u64;
        self.found.push(start..end);
        self.deliver(end);
    }

    fn note_too_large(&mut self, start: u64) {
        if self.too_large.count == 0 {
            let before = (start - self.base) as usize;
            self.too_large.first = self.tally.newlines + count_newlines(&self.buffer.filled()[..before]);
        }
        self.too_large.count += 1;
    }

    /// Hands out the buffer up to `end` with the documents found in it.
    fn deliver(&mut self, end: u64) {
        let job = self.dispatch.job;
        let base = self.base;
        let length = (end - base) as usize;
        let ranges = self.found.drain(..).map(|range| (range.start - base) as usize..(range.end - base) as usize);
        let ranges = ranges.collect();
        let tail = self.buffer.split_into(length, job.run.take_buffer(end));
        let segment = std::mem::replace(&mut self.buffer, tail);
        self.tally.cut(base);
        self.tally.count(segment.filled(), end);
        self.base = end;
        self.dispatch.send(base, segment, Some(ranges), Heading::default());
    }

    /// Drops the buffer up to `end`: no document is in it.
    fn forget(&mut self, end: u64) {
        let count = (end - self.base) as usize;
        self.tally.count(&self.buffer.filled()[..count], end);
        self.buffer.drop_front(count);
        self.base = end;
    }

    fn finish(mut self) -> SourceRead {
        let job = self.dispatch.job;
        self.scanner.finish(self.position(), &mut self.found);
        if let Some(end) = self.found.last().map(|last| last.end) {
            self.deliver(end);
        }
        self.forget(self.position());
        if self.too_large.count > 0 {
            self.tally.notices.push(long_notice(job, self.too_large, "document-too-large", "JSON documents"));
        }
        job.run.keep_buffer(self.buffer);
        self.tally.finish(job)
    }
}
