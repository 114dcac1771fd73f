//! One source from beginning to end, every byte of it: for those who write it again.
//!
//! Chunks follow each other without a gap and divide no record (see [`super::read`], whose limits hold here too), so
//! that they can be looked at in parallel and written in order.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::continuation::DECIDING_BYTES;
use super::open::{self, Text, retry};
use super::scanner::{self, Scanner};
use super::strand::{self, Weave};
use super::utf16::Utf16Form;
use super::{LINE_CAP, Layout, Origin, ReadSettings, SEGMENT_BYTES, Source, archive, sniff};
use crate::model::{Notice, Trouble};

/// How much of the text is seen before its layout is decided.
const AHEAD: usize = 64 << 10;
/// How much tells an archive from text; a stream is held up until so much has come.
const MAGIC: usize = 4;
/// Bytes of one read.
const STEP: usize = 1 << 20;
/// A record longer than that is divided at a line end.
const LONGEST_RECORD: usize = 64 << 10;
/// Nobody watches the reader itself: its bytes are counted below it.
const UNWATCHED: fn(u64) = |_| ();

/// A stretch of a source.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// Offset of its first byte in the decoded stream.
    pub base: u64,
    /// The text.
    pub bytes: Vec<u8>,
    /// How lines make records.
    pub weave: Weave,
    documents: Option<Vec<Range<usize>>>,
}

impl Chunk {
    /// Lines that begin at an offset.
    pub fn of_lines(base: u64, bytes: Vec<u8>, weave: Weave) -> Self {
        Self { base, bytes, weave, documents: None }
    }

    /// How the text is divided.
    pub fn layout(&self) -> Layout<'_> {
        self.documents.as_deref().map_or(Layout::Lines, Layout::Documents)
    }
}

/// A source that is read in order.
pub struct Ordered<'r> {
    path: String,
    compression: Option<&'static str>,
    utf16: Option<Utf16Form>,
    reader: Box<dyn Read + Send + 'r>,
    segment: usize,
    line_cap: usize,
    base: u64,
    weave: Weave,
    buffer: Vec<u8>,
    at_end: bool,
    /// For JSON whose records are elements of arrays: the scan, and the documents that ended.
    documents: Option<(Scanner, Vec<Range<u64>>)>,
    raw: Arc<AtomicU64>,
    counted: u64,
    notices: Vec<Notice>,
}

/// The text of a stream that is read as it comes, decoded; what cannot be is an error.
pub fn live(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let Text { reader, .. } = Text::open(raw, &UNWATCHED, MAGIC)?;
    match sniff::binary(&reader.head) {
        Some((kind, _)) => Err(io::Error::other(format!("it is {kind}, not a text log"))),
        None => Ok(Box::new(reader)),
    }
}

impl std::fmt::Debug for Ordered<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ordered").field("path", &self.path).field("base", &self.base).finish_non_exhaustive()
    }
}

/// Counts the bytes that come from outside.
struct Metered<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Why a source cannot be written again.
fn refused(path: &str, why: impl Into<String>) -> Notice {
    Notice::new("not-redacted", Some(path), why, Trouble::Incomplete)
}

impl Ordered<'static> {
    /// Opens a source that can be written again as it is: text, compressed or not. What cannot is said.
    pub fn open(source: &Source, settings: ReadSettings) -> Result<Self, Notice> {
        let inner: Box<dyn Read + Send> = match &source.origin {
            Origin::Stdin => Box::new(io::stdin()),
            Origin::Member { .. } => {
                return Err(refused(&source.path, "it lies in an archive, which is written whole"));
            }
            Origin::File(path) => Box::new(File::open(path).map_err(|error| {
                refused(&source.path, format!("it cannot be read ({error}): check its permissions"))
            })?),
        };
        Self::within(&source.path, inner, settings)
    }
}

impl<'r> Ordered<'r> {
    /// The same of what a reader gives: a member of an archive.
    pub fn within(path: &str, inner: Box<dyn Read + Send + 'r>, settings: ReadSettings) -> Result<Self, Notice> {
        let refused = |why: String| refused(path, why);
        let raw = Arc::new(AtomicU64::new(0));
        let metered = Box::new(Metered { inner, count: Arc::clone(&raw) });
        let text = Text::open_exactly(metered, AHEAD);
        let Text { compression, utf16, reader } =
            text.map_err(|error| refused(format!("it cannot be read ({error}): check it")))?;
        let head = &reader.head;
        if archive::is_archive(head) {
            return Err(refused(
                "it is an archive where none can be rewritten: unpack it and redact what is inside".into(),
            ));
        }
        if let Some((kind, _)) = sniff::binary(head) {
            return Err(refused(format!("it is {kind}, not a text log")));
        }
        let is_documents = scanner::is_documents(head, reader.at_end);
        let or = |value, default| if value == 0 { default } else { value };
        Ok(Self {
            path: path.to_owned(),
            compression,
            utf16,
            weave: Weave::of(head),
            documents: is_documents.then(|| (Scanner::new(), Vec::new())),
            reader: Box::new(reader),
            segment: or(settings.segment_bytes, SEGMENT_BYTES),
            line_cap: or(settings.line_cap, LINE_CAP),
            base: 0,
            buffer: Vec::new(),
            at_end: false,
            raw,
            counted: 0,
            notices: Vec::new(),
        })
    }

    /// `gzip`, `zstd`, `bzip2`, `xz`, or `None`.
    pub fn compression(&self) -> Option<&'static str> {
        self.compression
    }

    /// How it was UTF-16, if it was.
    pub fn utf16(&self) -> Option<Utf16Form> {
        self.utf16
    }

    /// The next chunks, at most so many; none at the end.
    pub fn batch(&mut self, count: usize) -> Vec<Chunk> {
        std::iter::from_fn(|| self.next()).take(count.max(1)).collect()
    }

    /// The bytes read from outside since this was asked last.
    pub fn taken(&mut self) -> u64 {
        let all = self.raw.load(Ordering::Relaxed);
        all - std::mem::replace(&mut self.counted, all)
    }

    /// What was not read, or not whole.
    pub fn finish(self) -> Vec<Notice> {
        self.notices
    }

    fn next(&mut self) -> Option<Chunk> {
        let mut wanted = self.segment;
        loop {
            self.fill(wanted);
            if let Some(end) = self.cut() {
                return (end > 0).then(|| self.take(end));
            }
            if self.buffer.len() > self.line_cap {
                self.too_long();
                return None;
            }
            wanted = self.buffer.len() + self.segment.min(STEP);
        }
    }

    /// Reads until the buffer holds so many bytes or the source ends.
    fn fill(&mut self, wanted: usize) {
        while self.buffer.len() < wanted && !self.at_end {
            let old = self.buffer.len();
            self.buffer.resize(old + STEP.min(wanted.max(old + 1) - old), 0);
            let read = retry(|| self.reader.read(&mut self.buffer[old..]));
            self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(count) => self.at_end = count == 0,
                Err(error) => {
                    let decoded = self.base + self.buffer.len() as u64;
                    let notice = open::stop_notice(&self.path, self.compression, &error, decoded);
                    // Written again, the source would lack what was not read.
                    self.notices.push(Notice { trouble: Trouble::Incomplete, ..notice });
                    self.at_end = true;
                }
            }
            if let Some((scanner, found)) = &mut self.documents {
                scanner.feed(&self.buffer[old..], self.base + old as u64, found);
                if self.at_end {
                    scanner.finish(self.base + self.buffer.len() as u64, found);
                }
            }
        }
    }

    /// Where the chunk may end that begins the buffer; `None` where more must be read to tell.
    fn cut(&self) -> Option<usize> {
        if self.at_end {
            return Some(self.buffer.len());
        }
        match &self.documents {
            Some((scanner, found)) => {
                let ended = found.last().map(|last| last.end);
                let clear = scanner.open().unwrap_or(self.base + self.buffer.len() as u64);
                let end = ended.unwrap_or(clear) - self.base;
                (end > 0).then_some(end as usize)
            }
            None => last_record(&self.buffer, self.weave),
        }
    }

    fn take(&mut self, end: usize) -> Chunk {
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let base = self.base;
        self.base += end as u64;
        let documents = self.documents.as_mut().map(|(_, found)| {
            let within = |range: Range<u64>| (range.start - base) as usize..(range.end - base) as usize;
            std::mem::take(found).into_iter().map(within).collect()
        });
        Chunk { base, bytes, weave: self.weave, documents }
    }

    fn too_long(&mut self) {
        let message = format!(
            "from byte {} on it has a line or JSON document longer than {} bytes: split it and redact again",
            self.base, self.line_cap
        );
        self.notices.push(Notice::new("line-too-long", Some(&self.path), message, Trouble::Incomplete));
        self.buffer.clear();
        self.at_end = true;
    }
}

/// Where the last record of a buffer begins, if that is certain and not its very beginning. A record that is too
/// long is divided at its last line end.
pub fn last_record(buffer: &[u8], weave: Weave) -> Option<usize> {
    if weave == Weave::Strands {
        return strand::last_cut(buffer);
    }
    let mut end = buffer.len();
    let mut last_line = None;
    while let Some(found) = memchr::memrchr(b'\n', &buffer[..end]) {
        let start = found + 1;
        end = found;
        let line = &buffer[start..];
        let known = memchr::memchr(b'\n', line).map_or(line, |at| &line[..at]);
        let decides = |line: &[u8]| line.len() >= DECIDING_BYTES || memchr::memchr(b'\n', line).is_some();
        let below = &line[line.len().min(known.len() + 1)..];
        if !decides(line) || (known.trim_ascii().is_empty() && !decides(below)) {
            // Too little of it is known to tell.
            continue;
        }
        last_line.get_or_insert(start);
        if !weave.continues(buffer, start) {
            return Some(start);
        }
        if buffer.len() - start > LONGEST_RECORD {
            return last_line;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Ordered, Origin, ReadSettings, Source};

    fn chunks(text: &[u8], segment_bytes: usize) -> Vec<super::Chunk> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let path = file.path().to_path_buf();
        let source = Source { path: "x".into(), origin: Origin::File(path), size: None, modified: None, whole: None };
        let mut ordered = Ordered::open(&source, ReadSettings { segment_bytes, ..ReadSettings::default() }).unwrap();
        let all: Vec<_> =
            std::iter::from_fn(|| Some(ordered.batch(3)).filter(|batch| !batch.is_empty())).flatten().collect();
        assert!(ordered.finish().is_empty());
        all
    }

    #[test]
    fn chunks_are_the_whole_and_divide_no_record() {
        let record = |number: usize| format!("{number} line one\n  goes on\n\tand on\n");
        let text: String = (0..200).map(record).collect::<String>() + "no line end";
        for size in [1, 7, 64, 300, 100_000] {
            let all = chunks(text.as_bytes(), size);
            assert_eq!(all.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<u8>>(), text.as_bytes());
            assert!(all.iter().all(|chunk| chunk.bytes[0].is_ascii_digit() || chunk.bytes[0] == b'n'), "{size}");
        }
        assert!(chunks(b"", 8).is_empty());
    }

    #[test]
    fn documents_keep_what_lies_between_them() {
        let text = format!("[\n{}\n]\n", (0..100).map(|n| format!("{{\"n\":\n{n}}}")).collect::<Vec<_>>().join(",\n"));
        for size in [1, 50, 100_000] {
            let all = chunks(text.as_bytes(), size);
            assert_eq!(all.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<u8>>(), text.as_bytes());
            let documents: usize = all.iter().filter_map(|chunk| chunk.documents.as_ref()).map(Vec::len).sum();
            assert_eq!(documents, 100, "{size}");
        }
    }
}
