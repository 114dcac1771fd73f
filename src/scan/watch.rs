//! A stream that is looked at while it comes: leaks are told as they are met, and memory does not grow with it.
//!
//! No record is parsed and no timeline is drawn here: what became of a token is not known while its log goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::sync::RwLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::chains::placed;
use super::parts::{Places, sighting};
use super::prefilter::Prefilter;
use super::records::{self, Found, Run};
use super::redact::Rewriter;
use super::rule_set::RuleSet;
use super::{ScanError, ScanOptions};
use crate::extract::Hints;
use crate::input::strand::NEAR;
use crate::input::{self, Chunk, LINE_CAP, Weave, count_newlines};
use crate::leak::LeakHit;
use crate::model::{Leak, LeakSighting, Notice, Position, TokenDigest, Trouble};
use crate::triage;

/// Bytes of one read.
const BLOCK: usize = 64 << 10;
/// Blocks that wait.
const WAITING: usize = 8;
/// A record is taken for whole when nothing follows it for so long.
const PATIENCE: Duration = Duration::from_millis(200);
/// So many times longer, when its transport says that more of it will come.
const LENIENCE: u32 = 10;

/// What a stream came to.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Lines, a last one without line end included.
    pub lines: u64,
    /// Values that leaked, by kind.
    pub leaks: BTreeMap<String, u64>,
    /// What must be said, sorted.
    pub notices: Vec<Notice>,
    /// Whether the stream was read whole.
    pub complete: bool,
}

/// Reads a stream to its end. `found` is told each value once, where it is met first; `pass` gets the stream with
/// a pseudonym in the place of every secret, allowed or known ones included. An error of either ends the run.
pub fn watch(
    options: &ScanOptions,
    input: Box<dyn Read + Send>,
    pass: Option<&mut dyn Write>,
    found: &mut dyn FnMut(&Leak) -> io::Result<()>,
) -> Result<Watched, ScanError> {
    let rules = RuleSet::load(&options.rule_paths, Hints::default()).map_err(ScanError::Rules)?;
    let prefilter = Prefilter::of_leaks(&rules.leaks);
    let names = RwLock::default();
    let rewriter = Rewriter { leaks: &rules.leaks, prefilter: &prefilter, names: &names };
    let mut stream = Stream {
        options,
        rewriter,
        pass,
        found,
        base: 0,
        newlines: 0,
        weave: Weave::Plain,
        seen: BTreeSet::new(),
        known: 0,
        head: Vec::new(),
        watched: Watched::default(),
    };
    stream.watched.notices = options.gate.over();
    stream.watched.notices.extend(rules.notices.iter().cloned());
    stream.run(&blocks(input)).map_err(ScanError::Write)?;
    Ok(stream.finish())
}

/// Reads blocks on a thread of its own, so that a record that nothing follows need not wait for the next one.
fn blocks(input: Box<dyn Read + Send>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(WAITING);
    thread::spawn(move || {
        let mut reader = match input::live(input) {
            Ok(reader) => reader,
            Err(error) => {
                drop(sender.send(Err(error)));
                return;
            }
        };
        loop {
            let mut block = vec![0; BLOCK];
            let read = match reader.read(&mut block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) => return,
                read => read.map(|count| {
                    block.truncate(count);
                    block
                }),
            };
            let failed = read.is_err();
            // Nobody listens any more: the run ended.
            if sender.send(read).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

struct Stream<'s, 'w, 'f> {
    options: &'s ScanOptions,
    rewriter: Rewriter<'s>,
    pass: Option<&'s mut (dyn Write + 'w)>,
    found: &'s mut (dyn FnMut(&Leak) -> io::Result<()> + 'f),
    /// Offset of what comes next.
    base: u64,
    /// Line ends before it.
    newlines: u64,
    weave: Weave,
    /// Values that were told, or need not be.
    seen: BTreeSet<TokenDigest>,
    /// Values that the baseline knows.
    known: u64,
    /// The beginning of the stream.
    head: Vec<u8>,
    watched: Watched,
}

impl Stream<'_, '_, '_> {
    fn run(&mut self, blocks: &Receiver<io::Result<Vec<u8>>>) -> io::Result<()> {
        let (mut buffer, mut waited): (Vec<u8>, u32) = (Vec::new(), 0);
        loop {
            match blocks.recv_timeout(PATIENCE) {
                Ok(Ok(block)) => {
                    buffer.extend_from_slice(&block);
                    if self.newlines < NEAR as u64 && self.weave != Weave::Strands {
                        self.weave = Weave::of(&buffer);
                    }
                    waited = 0;
                    let mut end = input::last_record(&buffer, self.weave).unwrap_or(0);
                    if buffer.len() - end > LINE_CAP {
                        self.too_long();
                        end = buffer.len();
                    }
                    self.take(&mut buffer, end)?;
                }
                Ok(Err(error)) => {
                    let message = format!("reading failed after {} bytes: {error}", self.base + buffer.len() as u64);
                    self.watched.notices.push(Notice::new("damaged-input", Some("-"), message, Trouble::Incomplete));
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {
                    waited += 1;
                    let whole = memchr::memrchr(b'\n', &buffer).map_or(0, |at| at + 1);
                    let end = if waited > LENIENCE { whole } else { input::settled(&buffer[..whole], self.weave) };
                    self.take(&mut buffer, end)?;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.watched.lines = u64::from(buffer.last().is_some_and(|last| *last != b'\n'));
        let end = buffer.len();
        self.take(&mut buffer, end)
    }

    /// Looks at the beginning of the buffer, and passes it on.
    fn take(&mut self, buffer: &mut Vec<u8>, end: usize) -> io::Result<()> {
        if end == 0 {
            return Ok(());
        }
        if self.head.len() < input::ARCHIVE_BYTES {
            self.head.extend_from_slice(&buffer[..end.min(input::ARCHIVE_BYTES)]);
        }
        let rest = buffer.split_off(end);
        let chunk = Chunk::of_lines(self.base, std::mem::replace(buffer, rest), self.weave);
        self.tell(&chunk)?;
        if let Some(pass) = &mut self.pass {
            self.rewriter.know(self.rewriter.learn(Run::of(&chunk), chunk.layout()));
            pass.write_all(&self.rewriter.chunk(&chunk).0)?;
            pass.flush()?;
        }
        self.base += end as u64;
        self.newlines += count_newlines(&chunk.bytes);
        Ok(())
    }

    fn tell(&mut self, chunk: &Chunk) -> io::Result<()> {
        let mut sightings = Vec::new();
        let (rewriter, mut hits, mut divided) = (self.rewriter, Vec::new(), false);
        let mut places = Places::of(&chunk.bytes);
        rewriter.records(Run::of(chunk), chunk.layout(), &mut |found| {
            hits.clear();
            rewriter.leaks.find(found.text(&chunk.bytes), &mut hits);
            sightings.extend(hits.iter().map(|hit| self.sighting(chunk.base, found, hit, &mut places)));
            divided |= found.divided;
        });
        if divided {
            let place = format!("from line {} on", self.newlines + 1);
            self.watched.notices.push(records::divided("-", &place));
        }
        let paths = ["-".to_owned()];
        self.watched.notices.extend(self.options.gate.admit(&mut sightings, &paths));
        for sighting in sightings {
            let digest = sighting.digest;
            if self.seen.contains(&digest) {
                continue;
            }
            for leak in triage::leaks(&[sighting], &paths, &BTreeMap::new(), None) {
                if !self.options.wants(&leak) {
                    // Another place may say more of the value.
                    continue;
                }
                self.seen.insert(digest);
                if self.options.gate.baseline.as_ref().is_some_and(|baseline| baseline.knows(&leak)) {
                    self.known += 1;
                    continue;
                }
                *self.watched.leaks.entry(leak.kind.name().to_owned()).or_default() += 1;
                (self.found)(&leak)?;
            }
        }
        Ok(())
    }

    fn sighting(&self, base: u64, record: &Found, hit: &LeakHit, places: &mut Places<'_>) -> LeakSighting {
        let from = Position::default().with_bytes(base + record.range.start as u64..base + record.range.end as u64);
        let position = placed(record.joined.as_ref(), from, hit.start, hit.end);
        let (newlines, column) = places.at((position.byte_start() - base) as usize);
        let line = self.newlines + newlines + 1;
        let seen = sighting(self.rewriter.leaks, hit, position.on_line(line), column);
        // Nothing is looked for again in a stream.
        LeakSighting { scents: Vec::new(), ..seen }
    }

    fn too_long(&mut self) {
        let message = format!(
            "line {} is longer than {LINE_CAP} bytes and was looked at in pieces: a value that a cut parted was missed",
            self.newlines + 1
        );
        self.watched.notices.push(Notice::new("line-too-long", Some("-"), message, Trouble::Incomplete));
    }

    fn finish(mut self) -> Watched {
        // A stream is not held up until so much of it has come, so that this is only known now.
        if input::is_archive(&self.head) {
            let message = "it is an archive, and what is packed in it was not read: unpack it and name what is inside";
            self.watched.notices.push(Notice::new("binary-skipped", Some("-"), message, Trouble::Incomplete));
        }
        self.watched.lines += self.newlines;
        if self.known > 0 {
            let message = "leaks that the baseline knows are not reported";
            let notice = Notice::new("baseline-covered", Some("-"), message, Trouble::Note);
            self.watched.notices.push(Notice { count: self.known, ..notice });
        }
        self.watched.notices = triage::notices(std::mem::take(&mut self.watched.notices));
        self.watched.complete = self.watched.notices.iter().all(|notice| notice.trouble == Trouble::Note);
        self.watched
    }
}
