//! One source of whatever kind; and those that can only be read from beginning to end.
//!
//! A stream is read by one thread, which hands segments to the pool. When too many are in flight,
//! the reader visits a segment itself, so that memory is bounded and nobody waits for anybody.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::Ordering;

use rayon::Scope;

use super::buffer::Buffer;
use super::cutter::Cutter;
use super::heading::Heading;
use super::job::Job;
use super::open::{self, Text};
use super::sniff;
use super::{Layout, Origin, Source, SourceRead, documents, plain, scanner};
use crate::model::{Notice, Trouble};

/// How much of the text is seen before its layout is decided.
pub(super) const AHEAD: usize = 64 << 10;

/// Reads one source.
pub(super) fn read_source(job: &Job<'_>, source: &Source) -> SourceRead {
    let result = match &source.origin {
        Origin::Stdin => read_stream(job, Box::new(io::stdin())),
        Origin::File(path) => match &source.whole {
            Some(text) => read_plain(job, text, None, text.len() as u64),
            None => File::open(path).and_then(|file| read_file(job, file)),
        },
        Origin::Member { .. } => Err(io::Error::other("a member of an archive is read with all others")),
    };
    result.unwrap_or_else(|error| {
        let message = format!("it cannot be read ({error}): check that it exists and its permissions");
        let notice = Notice::new("unreadable", Some(job.path), message, Trouble::Incomplete);
        SourceRead { notices: vec![notice], ..SourceRead::default() }
    })
}

fn read_file(job: &Job<'_>, file: File) -> io::Result<SourceRead> {
    let metadata = file.metadata()?;
    // A file of size 0 may be one of /proc, which has bytes all the same.
    if !metadata.is_file() || metadata.len() == 0 {
        return read_stream(job, Box::new(file));
    }
    let head = open::beginning(&file, AHEAD, metadata.len())?;
    read_plain(job, &head, Some(file), metadata.len())
}

/// Reads a file of so many bytes, whose beginning is known; of a small one that is all.
fn read_plain(job: &Job<'_>, head: &[u8], file: Option<File>, size: u64) -> io::Result<SourceRead> {
    let encoded = sniff::compression(head).is_some() || sniff::utf16(head).is_some();
    if encoded || Heading::of(head).changes() || scanner::is_documents(head, head.len() as u64 >= size) {
        return match file {
            Some(file) => read_stream(job, Box::new(file)),
            None => read_stream(job, Box::new(head)),
        };
    }
    if let Some(kind) = sniff::binary(head) {
        return Ok(SourceRead { notices: vec![binary_notice(job.path, kind, true)], ..SourceRead::default() });
    }
    job.look(head);
    Ok(plain::read(job, (head, file.as_ref()), size))
}

/// What is said of a source that is no text.
pub(super) fn binary_notice(path: &str, (kind, hint): (&str, &str), named: bool) -> Notice {
    let was = if named { "it was named but skipped" } else { "skipped" };
    let hint = if hint.is_empty() { "name the text log instead" } else { hint };
    let message = format!("{was}, because it is {kind}, not a text log; {hint}");
    let code = if sniff::may_hold_logs(kind) { "packed-log-skipped" } else { "binary-skipped" };
    Notice::new(code, Some(path), message, Trouble::Note)
}

fn read_stream(job: &Job<'_>, raw: Box<dyn Read + Send + '_>) -> io::Result<SourceRead> {
    Ok(read_text(job, Text::open_helped(raw, job.run.advance, AHEAD, job.run.helpers.clone())?))
}

/// Reads a text from beginning to end.
pub(super) fn read_text(job: &Job<'_>, text: Text<'_>) -> SourceRead {
    let Text { compression, utf16, reader } = text;
    if let Some(kind) = sniff::binary(&reader.head) {
        let notices = vec![binary_notice(job.path, kind, true)];
        return SourceRead { compression, notices, ..SourceRead::default() };
    }
    let documents = scanner::is_documents(&reader.head, reader.at_end);
    if !documents {
        job.look(&reader.head);
    }
    let read = if documents { documents::read } else { read_lines };
    let (mut whole, error) = rayon::in_place_scope(|scope| read(&Dispatch { scope, job }, Box::new(reader)));
    if let Some(error) = error {
        whole.notices.push(open::stop_notice(job.path, compression, &error, whole.bytes));
    }
    if utf16.is_some() {
        let message = "it is UTF-16; byte offsets are those of the text as UTF-8";
        whole.notices.push(Notice::new("utf16", Some(job.path), message, Trouble::Note));
    }
    whole.compression = compression;
    whole
}

/// Hands segments out.
pub(super) struct Dispatch<'a, 'scope> {
    scope: &'a Scope<'scope>,
    pub(super) job: &'scope Job<'scope>,
}

impl Dispatch<'_, '_> {
    /// Has a segment visited, by another worker if that does not pile up too many.
    pub(super) fn send(&self, base: u64, buffer: Buffer, documents: Option<Vec<Range<usize>>>, heading: Heading) {
        let job = self.job;
        let visit = move || {
            let layout = documents.as_deref().map_or(Layout::Lines, Layout::Documents);
            job.visit(base, buffer.filled(), layout, &heading);
            job.run.keep_buffer(buffer);
        };
        if job.run.in_flight.fetch_add(1, Ordering::Relaxed) < job.run.most_in_flight {
            self.scope.spawn(move |_| {
                visit();
                job.run.in_flight.fetch_sub(1, Ordering::Relaxed);
            });
        } else {
            job.run.in_flight.fetch_sub(1, Ordering::Relaxed);
            visit();
        }
    }
}

type Ended = (SourceRead, Option<io::Error>);

fn read_lines(dispatch: &Dispatch<'_, '_>, reader: Box<dyn Read + Send + '_>) -> Ended {
    let job = dispatch.job;
    let step = job.run.segment_bytes as u64;
    let mut cutter = Cutter::new(job, reader, 0);
    let mut boundary = step;
    let mut heading = job.heading().clone();
    while !cutter.finished() {
        let piece = cutter.next(boundary);
        if !piece.is_empty() {
            let (base, buffer) = cutter.take(&piece, job);
            let next = heading.after(buffer.filled());
            dispatch.send(base, buffer, None, std::mem::replace(&mut heading, next));
        }
        if piece.last {
            boundary = (cutter.position() / step + 1) * step;
        }
    }
    let (tally, _, error) = cutter.into_parts(job);
    (tally.finish(job), error)
}
