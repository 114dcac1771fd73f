//! What the readers share: the settings of a run, buffers to use again, the guarded visit, and the
//! counts that make a [`SourceRead`].

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::archive::{LIMITS, Limits};
use super::buffer::Buffer;
use super::heading::Heading;
use super::helpers::Helpers;
use super::{Counted, KEPT_OF_LONG, LINE_CAP, Layout, ReadSettings, SEGMENT_BYTES, Segment, SourceRead, Weave};
use crate::model::{Notice, Trouble};

/// What all sources of a run share.
pub(super) struct Run<'a> {
    pub(super) segment_bytes: usize,
    pub(super) line_cap: usize,
    pub(super) advance: &'a (dyn Fn(u64) + Sync),
    /// What an archive may cost.
    pub(super) archives: Limits,
    visit: &'a (dyn Fn(&Segment<'_>) + Sync),
    /// Segments that wait for a worker or are with one.
    pub(super) in_flight: AtomicUsize,
    /// How many of them there may be. With one thread nobody would take them: none.
    pub(super) most_in_flight: usize,
    /// Who decodes parts of packed sources; nobody with one thread.
    pub(super) helpers: Option<Arc<Helpers>>,
    spare: Mutex<Vec<Buffer>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        settings: &ReadSettings,
        advance: &'a (dyn Fn(u64) + Sync),
        visit: &'a (dyn Fn(&Segment<'_>) + Sync),
    ) -> Self {
        let threads = rayon::current_num_threads();
        let or = |value, default| if value == 0 { default } else { value };
        Self {
            segment_bytes: or(settings.segment_bytes, SEGMENT_BYTES),
            line_cap: or(settings.line_cap, LINE_CAP),
            advance,
            archives: LIMITS,
            visit,
            in_flight: AtomicUsize::new(0),
            most_in_flight: if threads > 1 { 2 * threads } else { 0 },
            helpers: Helpers::new(threads),
            spare: Mutex::default(),
        }
    }

    /// What is delivered of a line or document that is longer than the cap.
    pub(super) fn kept_of_long(&self) -> usize {
        KEPT_OF_LONG.min(self.line_cap)
    }

    /// An empty buffer for a text that begins at an offset of its source.
    pub(super) fn take_buffer(&self, offset: u64) -> Buffer {
        let mut buffer = lock(&self.spare).pop().unwrap_or_default();
        buffer.restart(offset);
        buffer
    }

    /// Keeps a buffer for the next one who asks, unless a long line made it huge.
    pub(super) fn keep_buffer(&self, buffer: Buffer) {
        let mut spare = lock(&self.spare);
        if spare.len() <= self.most_in_flight && buffer.size() <= 2 * self.segment_bytes.max(SEGMENT_BYTES) {
            spare.push(buffer);
        }
    }
}

/// Locks; a panic of another thread left nothing half done that would matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reading of one source.
pub(super) struct Job<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) source: usize,
    pub(super) path: &'a str,
    /// What its beginning told, once that was seen.
    opening: OnceLock<(Weave, Heading)>,
    stored: AtomicBool,
    panics: Mutex<Vec<Range<u64>>>,
}

impl<'a> Job<'a> {
    pub(super) fn new(run: &'a Run<'a>, source: usize, path: &'a str) -> Self {
        Self { run, source, path, opening: OnceLock::new(), stored: AtomicBool::new(false), panics: Mutex::default() }
    }

    /// Looks at how the text begins, before any of it is visited.
    pub(super) fn look(&self, head: &[u8]) {
        self.opening.get_or_init(|| (Weave::of(head), Heading::of(head)));
    }

    /// How lines make records.
    pub(super) fn weave(&self) -> Weave {
        self.opening.get().map_or(Weave::Plain, |opening| opening.0)
    }

    /// The heading that the source begins with.
    pub(super) fn heading(&self) -> &Heading {
        &self.opening.get_or_init(Default::default).1
    }

    /// Says that offsets are those of the file: it is neither packed nor in another encoding.
    pub(super) fn is_stored(&self) {
        self.stored.store(true, Ordering::Relaxed);
    }

    /// Visits one segment, and tells how many of its line feeds were counted; a panic is noted.
    pub(super) fn visit(&self, base: u64, bytes: &[u8], layout: Layout<'_>, heading: &Heading) -> Counted {
        let counted = Counted::default();
        let (weave, heading, stored) = (self.weave(), heading.line(), self.stored.load(Ordering::Relaxed));
        let segment = Segment { source: self.source, base, bytes, layout, weave, heading, stored, counted: &counted };
        if catch_unwind(AssertUnwindSafe(|| (self.run.visit)(&segment))).is_err() {
            lock(&self.panics).push(base..base + bytes.len() as u64);
        }
        counted
    }

    /// What is said of the segments whose visit panicked.
    pub(super) fn panic_notice(&self) -> Option<Notice> {
        let panics = lock(&self.panics);
        let first = panics.iter().min_by_key(|range| range.start)?;
        let message = format!(
            "scanning bytes {} to {} failed by a mistake of this program, and they were left out: please report it",
            first.start, first.end
        );
        let mut notice = Notice::new("internal-error", Some(self.path), message, Trouble::Incomplete);
        notice.count = panics.len() as u64;
        Some(notice)
    }
}

/// Lines longer than the cap.
#[derive(Clone, Copy, Default)]
pub(super) struct LongLines {
    pub(super) count: u64,
    /// Newlines before the first of them.
    pub(super) first: u64,
}

/// What was read of a stretch of a source; counts of newlines are relative to its beginning.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) cuts: Vec<(u64, u64)>,
    pub(super) newlines: u64,
    /// Offset just past what was read, if anything was.
    pub(super) end: u64,
    /// Whether the last byte read was not a line feed.
    pub(super) unterminated: bool,
    pub(super) long: LongLines,
    pub(super) notices: Vec<Notice>,
}

impl Tally {
    /// Notes a segment that begins here, before its newlines are counted.
    pub(super) fn cut(&mut self, base: u64) {
        self.cuts.push((base, self.newlines));
    }

    /// Counts bytes that end at offset `end`.
    pub(super) fn count(&mut self, bytes: &[u8], end: u64) {
        self.count_rest(bytes, &Counted::default(), end);
    }

    /// Counts bytes of which some were counted.
    pub(super) fn count_rest(&mut self, bytes: &[u8], counted: &Counted, end: u64) {
        self.newlines += counted.all(bytes);
        if let Some(last) = bytes.last() {
            self.unterminated = *last != b'\n';
            self.end = end;
        }
    }

    /// Notes a line longer than the cap that begins after what was counted.
    pub(super) fn long_line(&mut self) {
        if self.long.count == 0 {
            self.long.first = self.newlines;
        }
        self.long.count += 1;
    }

    /// Takes the next stretch in.
    pub(super) fn append(&mut self, next: Self) {
        self.cuts.extend(next.cuts.iter().map(|cut| (cut.0, cut.1 + self.newlines)));
        if next.long.count > 0 && self.long.count == 0 {
            self.long.first = self.newlines + next.long.first;
        }
        self.long.count += next.long.count;
        if next.end > self.end {
            self.end = next.end;
            self.unterminated = next.unterminated;
        }
        self.newlines += next.newlines;
        self.notices.extend(next.notices);
    }

    /// The result for the whole source.
    pub(super) fn finish(mut self, job: &Job<'_>) -> SourceRead {
        if self.long.count > 0 {
            self.notices.push(long_notice(job, self.long, "line-too-long", "lines"));
        }
        SourceRead {
            compression: None,
            bytes: self.end,
            lines: self.newlines + u64::from(self.unterminated),
            cuts: self.cuts,
            notices: self.notices,
        }
    }
}

/// What is said of lines or documents longer than the cap.
pub(super) fn long_notice(job: &Job<'_>, long: LongLines, code: &str, what: &str) -> Notice {
    let message = format!(
        "{what} longer than {} bytes: {}, the first at line {}; only the first {} bytes of each were scanned: split them and scan again",
        job.run.line_cap,
        long.count,
        long.first + 1,
        job.run.kept_of_long(),
    );
    let mut notice = Notice::new(code, Some(job.path), message, Trouble::Incomplete);
    notice.count = long.count;
    notice
}
