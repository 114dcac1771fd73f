//! From paths on the command line to segments of text: which sources there are, what they are
//! compressed with, and where their bytes may be cut.
//!
//! A *segment* is a run of whole lines (or of whole JSON documents) of one source. Segments of one
//! source never overlap, together hold every line once, and are visited concurrently: one large
//! file uses every core. What a line means is not known here; the only thing this layer looks at
//! is whether a line continues the record above it ([`Weave`], [`strand`]), so that a stack trace
//! is not cut in two, and the line that names the columns of a table.
//!
//! Offsets are those of the *decoded* stream: decompressed, and transcoded where it was UTF-16.
//! A byte order mark is left in the first segment of UTF-8 text; the offsets count it.
//!
//! Trouble with one source becomes a [`Notice`] and never stops the others.
//! A notice names
//! its source in `path`, not in its message, and holds no text of a log.

mod archive;
mod bgzf;
mod buffer;
mod continuation;
mod cutter;
mod digest;
mod discover;
mod documents;
mod frames;
mod heading;
mod helpers;
mod job;
mod members;
mod newlines;
mod open;
mod ordered;
mod plain;
mod repack;
mod scanner;
mod sniff;
pub mod strand;
mod stream;
mod tar;
#[cfg(test)]
mod tests;
mod units;
mod utf16;
mod zstd;

use std::cell::Cell;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rayon::prelude::*;

use crate::model::Notice;

pub use archive::{ARCHIVE_BYTES, is_archive};
pub use digest::digests;
pub use discover::discover;
pub use newlines::count_newlines;
pub use open::read_at;
pub use ordered::{Chunk, Ordered, last_record, live};
pub use repack::{Change, Encode, Packed, repack};
pub use strand::{Weave, settled};
pub use utf16::Utf16Form;

/// Bytes of a segment where the settings do not say.
pub const SEGMENT_BYTES: usize = 1 << 20;

/// The longest line (or JSON document) that is delivered whole, where the settings do not say.
pub const LINE_CAP: usize = 64 << 20;

/// What is delivered of a line or document that is longer than the cap.
const KEPT_OF_LONG: usize = 1 << 20;

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// As given on the command line (for a file found in a folder: joined to it); `-` for stdin. The path inside of an
    /// archive stands behind a `!`.
    pub path: String,
    /// What to open.
    pub origin: Origin,
    /// Bytes on disk; `None` for a stream and for a member of an archive.
    pub size: Option<u64>,
    /// When a file was last written.
    pub modified: Option<SystemTime>,
    /// The bytes of a small file that was read whole when it was found.
    pub whole: Option<Arc<[u8]>>,
}

/// Where the bytes of a source come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, named pipe or device.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A file in an archive.
    Member {
        /// The archive, a file.
        archive: PathBuf,
        /// Its number among the members, those of archives inside the archive included.
        ordinal: usize,
    },
}

/// What the paths on the command line stand for.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The sources, sorted by path; no file is named twice.
    pub sources: Vec<Source>,
    /// What could not be found or was skipped, sorted.
    pub notices: Vec<Notice>,
}

/// How sources are cut.
#[derive(Clone, Copy, Debug)]
pub struct ReadSettings {
    /// Bytes per segment; 0 is [`SEGMENT_BYTES`].
    pub segment_bytes: usize,
    /// Bytes of the longest line or document that is delivered whole; 0 is [`LINE_CAP`].
    pub line_cap: usize,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self { segment_bytes: 0, line_cap: LINE_CAP }
    }
}

/// What the bytes of a segment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout<'a> {
    /// Lines; the last one may lack its line end (end of the source, or a line cut at the cap).
    Lines,
    /// JSON documents at these ranges of the segment's bytes, ascending. What lies between them
    /// (brackets, commas, the fields of an envelope) belongs to none.
    Documents(&'a [Range<usize>]),
}

/// Line feeds of a segment that its visitor has counted.
#[derive(Debug, Default)]
pub struct Counted(Cell<(usize, u64)>);

impl Counted {
    /// Notes how many there are in so many of the first bytes: those need not be counted once more.
    pub fn note(&self, bytes: usize, newlines: u64) {
        self.0.set((bytes, newlines));
    }

    /// How many there are in all of the segment.
    fn all(&self, segment: &[u8]) -> u64 {
        let (bytes, newlines) = self.0.get();
        newlines + count_newlines(&segment[bytes..])
    }
}

/// A run of whole lines or documents of one source.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Index into the sources.
    pub source: usize,
    /// Offset of `bytes[0]` in the decoded stream.
    pub base: u64,
    /// The text.
    pub bytes: &'a [u8],
    /// How the text is divided.
    pub layout: Layout<'a>,
    /// How lines make records.
    pub weave: Weave,
    /// The line that may name the columns of those that follow, as it stood before this segment: the first
    /// of the source, or the last `#Fields` line of one that begins with such lines.
    pub heading: &'a [u8],
    /// Whether the file has the same bytes at the same offsets, so that a part can be read again.
    pub stored: bool,
    /// Its line feeds, as far as they were counted.
    pub counted: &'a Counted,
}

/// What reading one source came to.
#[derive(Clone, Debug, Default)]
pub struct SourceRead {
    /// `gzip`, `zstd`, `bzip2`, `xz`, or `None`.
    pub compression: Option<&'static str>,
    /// Bytes of the decoded stream.
    pub bytes: u64,
    /// Lines, a last one without line end included.
    pub lines: u64,
    /// For each segment: its base and how many newlines the stream has before it. Ascending.
    pub cuts: Vec<(u64, u64)>,
    /// What went wrong, sorted.
    pub notices: Vec<Notice>,
}

impl SourceRead {
    /// 1-based number of the first line of the segment that begins at `base`. Asked for an offset
    /// inside a segment, it answers for that segment.
    pub fn first_line(&self, base: u64) -> u64 {
        let after = self.cuts.partition_point(|cut| cut.0 <= base);
        after.checked_sub(1).map_or(1, |index| self.cuts[index].1 + 1)
    }
}

/// Reads all sources in parallel on the current rayon pool and gives what each came to, by index.
///
/// `visit` is called concurrently, once per segment, in no particular order; a panic in it costs
/// that segment alone (notice `internal-error`). `advance` is told the bytes read from disk.
///
/// Which lines share a segment depends on the settings; the lines, their offsets and numbers do
/// not. A record (a line and the continuation lines after it) is never divided while it has at
/// most 256 continuation lines of at most 64 KiB together, whatever the segment size. A longer
/// one is divided at a line end if a segment boundary falls into it, and a record is always
/// divided after a line longer than the cap. Memory grows with segments in flight, not with
/// the size of sources.
pub fn read(
    sources: &[Source],
    settings: &ReadSettings,
    advance: &(dyn Fn(u64) + Sync),
    visit: &(dyn Fn(&Segment<'_>) + Sync),
) -> Vec<SourceRead> {
    let run = job::Run::new(settings, advance, visit);
    let mut reads: Vec<(usize, SourceRead)> =
        units::of(sources).into_par_iter().flat_map_iter(|unit| unit.read(&run, sources)).collect();
    reads.sort_by_key(|(index, _)| *index);
    reads.into_iter().map(|(_, read)| read).collect()
}
