//! A stream that is looked at while it comes: leaks are told as they are met, and memory does not grow with it.
//!
//! No record is parsed and no timeline is drawn here: what became of a token is not known while its log goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::sync::RwLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::prefilter::Prefilter;
use super::redact::Rewriter;
use super::rule_set::RuleSet;
use super::{ScanError, ScanOptions};
use crate::input::{self, Chunk, LINE_CAP};
use crate::leak::LeakHit;
use crate::model::{Leak, LeakSighting, Notice, Position, TokenDigest, Trouble};
use crate::triage;

/// Bytes of one read.
const BLOCK: usize = 64 << 10;
/// Blocks that wait.
const WAITING: usize = 8;
/// A record is taken for whole when nothing follows it for so long.
const PATIENCE: Duration = Duration::from_millis(200);

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
    let rules = RuleSet::load(&options.rule_paths).map_err(ScanError::Rules)?;
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
        seen: BTreeSet::new(),
        known: 0,
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
    /// Values that were told, or need not be.
    seen: BTreeSet<TokenDigest>,
    /// Values that the baseline knows.
    known: u64,
    watched: Watched,
}

impl Stream<'_, '_, '_> {
    fn run(&mut self, blocks: &Receiver<io::Result<Vec<u8>>>) -> io::Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        loop {
            match blocks.recv_timeout(PATIENCE) {
                Ok(Ok(block)) => {
                    buffer.extend_from_slice(&block);
                    let mut end = input::last_record(&buffer).unwrap_or(0);
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
                    let end = memchr::memrchr(b'\n', &buffer).map_or(0, |at| at + 1);
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
        let rest = buffer.split_off(end);
        let chunk = Chunk::of_lines(self.base, std::mem::replace(buffer, rest));
        self.tell(&chunk)?;
        if let Some(pass) = &mut self.pass {
            self.rewriter.know(self.rewriter.learn(&chunk.bytes, chunk.base == 0, chunk.layout()));
            pass.write_all(&self.rewriter.chunk(&chunk).0)?;
            pass.flush()?;
        }
        self.base += end as u64;
        self.newlines += memchr::memchr_iter(b'\n', &chunk.bytes).count() as u64;
        Ok(())
    }

    fn tell(&mut self, chunk: &Chunk) -> io::Result<()> {
        let mut sightings = Vec::new();
        let (rewriter, mut hits) = (self.rewriter, Vec::new());
        rewriter.records(&chunk.bytes, chunk.base == 0, chunk.layout(), |record| {
            hits.clear();
            rewriter.leaks.find(&chunk.bytes[record.clone()], &mut hits);
            sightings.extend(hits.iter().map(|hit| self.sighting(chunk, record.start, hit)));
        });
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

    fn sighting(&self, chunk: &Chunk, record: usize, hit: &LeakHit) -> LeakSighting {
        let (start, end) = (record + hit.start, record + hit.end);
        let before = &chunk.bytes[..start];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let lines = memchr::memchr_iter(b'\n', before).count() as u64;
        LeakSighting {
            rule: self.rewriter.leaks.rule_id(hit.rule).to_owned(),
            kind: hit.kind,
            severity: hit.severity,
            confidence: hit.confidence,
            position: Position {
                source: 0,
                byte_start: chunk.base + start as u64,
                byte_end: chunk.base + end as u64,
                line: self.newlines + lines + 1,
            },
            column: (start - line_start) as u64 + 1,
            end_column: (end - line_start) as u64 + 1,
            field: hit.field.clone(),
            masked: hit.masked.clone(),
            digest: hit.digest,
            guessable: hit.guessable,
            scents: Vec::new(),
            expires_at: hit.expires_at,
            time: None,
            client: None,
            subject: None,
        }
    }

    fn too_long(&mut self) {
        let message = format!(
            "line {} is longer than {LINE_CAP} bytes and was looked at in pieces: a value that a cut parted was missed",
            self.newlines + 1
        );
        self.watched.notices.push(Notice::new("line-too-long", Some("-"), message, Trouble::Incomplete));
    }

    fn finish(mut self) -> Watched {
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
