//! From a file or stream to decoded text: compression by magic bytes, UTF-16, and a look ahead at
//! how the text begins.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::helpers::Helpers;
use super::members::{Bzip2, Gzip, Members, Xz};
use super::sniff::{self, COMPRESSION_BYTES, Compression};
use super::utf16::{Lone, Utf16, Utf16Form};
use super::zstd::ZstdFrames;
use crate::model::{Notice, Trouble};

/// Why a decoder stopped before the end of its input.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    /// The input ends in the middle.
    #[error("ends early")]
    Truncated,
    /// The input is not what it should be; the text comes from a decoder, never from the input.
    #[error("is damaged ({0})")]
    Corrupt(String),
    /// The stream is whole, and something else follows it.
    #[error("is followed by other bytes")]
    Trailing,
    /// An archive unpacks to more than it may.
    #[error("unpacks to more than an archive may")]
    TooMuch,
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::other(damage)
    }
}

/// What is said of a source whose decoding stopped with `error` after `decoded` bytes.
pub(super) fn stop_notice(path: &str, compression: Option<&str>, error: &io::Error, decoded: u64) -> Notice {
    let name = compression.unwrap_or("compressed");
    let damage = error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>());
    let (code, trouble, message) = match damage {
        Some(Damage::Trailing) => (
            "trailing-bytes",
            Trouble::Note,
            format!("other bytes follow the {name} stream; they were ignored, its {decoded} bytes were scanned"),
        ),
        Some(Damage::TooMuch) => (
            "archive-too-large",
            Trouble::Incomplete,
            format!(
                "its archive unpacks to too much; what precedes decoded byte {decoded} was scanned: unpack it first"
            ),
        ),
        Some(damage) => (
            if matches!(damage, Damage::Truncated) { "truncated-input" } else { "damaged-input" },
            Trouble::Incomplete,
            format!(
                "its {name} stream {damage} at decoded byte {decoded}; what precedes was scanned: get the file again"
            ),
        ),
        None => (
            "damaged-input",
            Trouble::Incomplete,
            format!("reading failed at decoded byte {decoded}: {error}; what precedes was scanned: read it again"),
        ),
    };
    Notice::new(code, Some(path), message, trouble)
}

/// The raw bytes of a source, buffered, metered and with a look ahead.
pub(super) struct Input<'a> {
    raw: Box<dyn Read + Send + 'a>,
    advance: &'a (dyn Fn(u64) + Sync),
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether more was asked for than there is.
    pub(super) hit_end: bool,
    /// Met before it was its turn; it is for whoever reads so far.
    pub(super) error: Option<io::Error>,
    /// Who else may decode parts of it.
    pub(super) helpers: Option<Arc<Helpers>>,
}

impl<'a> Input<'a> {
    const BYTES: usize = 64 << 10;

    pub(super) fn new(raw: Box<dyn Read + Send + 'a>, advance: &'a (dyn Fn(u64) + Sync)) -> Self {
        let bytes = vec![0; Self::BYTES];
        Self { raw, advance, bytes, start: 0, end: 0, hit_end: false, error: None, helpers: None }
    }

    /// The next bytes, at least `count` of them unless the input ends before.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && self.more()? > 0 {}
        Ok(&self.bytes[self.start..self.end])
    }

    /// The next bytes from `at` on, at least `count` of them; `None` if the input ends or fails before. Nothing that
    /// is read later shows that somebody looked.
    pub(super) fn ahead(&mut self, at: usize, count: usize) -> Option<&[u8]> {
        while self.end - self.start < at + count {
            let hit_end = self.hit_end;
            let more = self.more();
            self.hit_end = hit_end;
            match more {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    self.error = Some(error);
                    return None;
                }
            }
        }
        Some(&self.bytes[self.start + at..self.end])
    }

    fn more(&mut self) -> io::Result<usize> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        // No more is moved than was consumed, so that what is looked ahead at is not moved time and again.
        if self.start >= self.end - self.start {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(self.end + Self::BYTES, 0);
        }
        let room = self.bytes.len().min(self.end + Self::BYTES);
        let count = retry(|| self.raw.read(&mut self.bytes[self.end..room]))?;
        self.end += count;
        self.hit_end |= count == 0;
        (self.advance)(count as u64);
        Ok(count)
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
    }
}

/// Reads until it is not interrupted by a signal.
pub(super) fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Reads at an offset without moving the file's own position, so that many threads may share it.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    let read = || std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    let read = || std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
    retry(read)
}

/// The first bytes of a file, as many as there are up to `count`. Of one that is known to have bytes, those that were
/// appended since are left; one of no size may be one of /proc.
pub(super) fn beginning(file: &File, count: usize, size: u64) -> io::Result<Vec<u8>> {
    let sized = usize::try_from(size).ok().filter(|size| *size > 0);
    let mut head = vec![0; sized.map_or(count, |size| count.min(size))];
    let mut filled = 0;
    while filled < head.len() {
        match read_at(file, &mut head[filled..], filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    head.truncate(filled);
    Ok(head)
}

/// A reader whose first bytes were read ahead; they, and an error met behind them, come again.
pub(super) struct Ahead<R> {
    /// The bytes read ahead.
    pub(super) head: Vec<u8>,
    /// Whether nothing follows them.
    pub(super) at_end: bool,
    given: usize,
    error: Option<io::Error>,
    rest: R,
}

impl<R: Read> Ahead<R> {
    pub(super) fn new(mut rest: R, count: usize) -> Self {
        let mut head = vec![0; count];
        let (mut filled, mut at_end, mut error) = (0, false, None);
        while filled < count && !at_end {
            match retry(|| rest.read(&mut head[filled..])) {
                Ok(read) => {
                    filled += read;
                    at_end = read == 0;
                }
                Err(failed) => {
                    error = Some(failed);
                    at_end = true;
                }
            }
        }
        head.truncate(filled);
        Self { head, at_end, given: 0, error, rest }
    }
}

impl<R: Read> Read for Ahead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given < self.head.len() {
            let count = buffer.len().min(self.head.len() - self.given);
            buffer[..count].copy_from_slice(&self.head[self.given..self.given + count]);
            self.given += count;
            return Ok(count);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None if self.at_end => Ok(0),
            None => self.rest.read(buffer),
        }
    }
}

/// A decoder written by others, fed with bytes written by strangers: its panic is damage.
struct Guarded<R> {
    inner: R,
    stopped: bool,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stopped {
            return Ok(0);
        }
        let read = catch_unwind(AssertUnwindSafe(|| self.inner.read(buffer)));
        let read = read.unwrap_or_else(|_| Err(Damage::Corrupt("the decoder gave up".into()).into()));
        self.stopped = read.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        read
    }
}

/// The decoded text of a source, its beginning read ahead.
pub(super) struct Text<'a> {
    /// What the source was compressed with.
    pub(super) compression: Option<&'static str>,
    /// How it was UTF-16.
    pub(super) utf16: Option<Utf16Form>,
    /// The text.
    pub(super) reader: Ahead<Box<dyn Read + Send + 'a>>,
}

impl<'a> Text<'a> {
    /// Opens what `raw` gives and reads `ahead` bytes of text ahead.
    pub(super) fn open(
        raw: Box<dyn Read + Send + 'a>,
        advance: &'a (dyn Fn(u64) + Sync),
        ahead: usize,
    ) -> io::Result<Self> {
        Self::decoded(Input::new(raw, advance), ahead, None, Lone::Replaced)
    }

    /// The same, parts of it decoded by other workers.
    pub(super) fn open_helped(
        raw: Box<dyn Read + Send + 'a>,
        advance: &'a (dyn Fn(u64) + Sync),
        ahead: usize,
        helpers: Option<Arc<Helpers>>,
    ) -> io::Result<Self> {
        Self::decoded(Input { helpers, ..Input::new(raw, advance) }, ahead, None, Lone::Replaced)
    }

    /// Opens what is written again: text that could not be written as it was is damage.
    pub(super) fn open_exactly(raw: Box<dyn Read + Send + 'a>, ahead: usize) -> io::Result<Self> {
        Self::decoded(Input::new(raw, &UNWATCHED), ahead, None, Lone::Refused)
    }

    /// Opens a part of an archive; what it is unpacked to is counted.
    pub(super) fn open_within(raw: Box<dyn Read + Send + 'a>, ahead: usize, budget: &Budget) -> io::Result<Self> {
        Self::decoded(Input::new(raw, &UNWATCHED), ahead, Some(budget), Lone::Replaced)
    }

    fn decoded(mut input: Input<'a>, ahead: usize, budget: Option<&Budget>, lone: Lone) -> io::Result<Self> {
        let compression = sniff::compression(input.peek(COMPRESSION_BYTES)?);
        input.hit_end = false;
        let decoded: Box<dyn Read + Send + 'a> = match compression {
            None => Box::new(input),
            Some(Compression::Gzip) => guarded(Members::new(input, Gzip::default())),
            Some(Compression::Bzip2) => guarded(Members::new(input, Bzip2::default())),
            Some(Compression::Xz) => guarded(Members::new(input, Xz::default())),
            Some(Compression::Zstd) => guarded(ZstdFrames::new(input)),
        };
        let decoded = match (budget, compression) {
            (Some(budget), Some(_)) => Box::new(budget.over(decoded)),
            _ => decoded,
        };
        let mut marked = Ahead::new(decoded, sniff::UTF16_BYTES);
        let utf16 = sniff::utf16(&marked.head).map(|(order, mark)| Utf16Form { order, mark });
        let text: Box<dyn Read + Send + 'a> = match utf16 {
            None => Box::new(marked),
            Some(Utf16Form { order, mark }) => {
                marked.given = mark;
                Box::new(Utf16::new(marked, order, lone))
            }
        };
        let compression = compression.map(Compression::name);
        Ok(Self { compression, utf16, reader: Ahead::new(text, ahead) })
    }
}

/// Nobody watches this reader.
const UNWATCHED: fn(u64) = |_| ();

/// How many unpacked bytes an archive may still have, all its members together.
pub(super) struct Budget(pub(super) Arc<AtomicU64>);

impl Budget {
    /// The reader, up to what is left.
    pub(super) fn over<R>(&self, inner: R) -> Budgeted<R> {
        Budgeted { inner, left: Arc::clone(&self.0) }
    }
}

/// A reader whose bytes are counted against a budget.
pub(super) struct Budgeted<R> {
    inner: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(Damage::TooMuch.into());
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..room])?;
        // One archive is walked by one thread.
        self.left.store(left - count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

pub(super) fn guarded<'a>(decoder: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
    Box::new(Guarded { inner: decoder, stopped: false })
}
