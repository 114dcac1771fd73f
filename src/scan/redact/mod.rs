//! The same logs with a pseudonym in the place of every secret value.
//!
//! Files are read twice. The first time the leaks are found in parallel, as a scan finds them; so it is known which
//! values leaked, and each has its pseudonym, before a byte is written. The second time every byte passes the same
//! rules again (the file may have changed meanwhile), and a value that leaked in one place is also replaced where
//! nothing marks it. A stream is read once; what leaked in it so far is known. No secret is written anywhere, and
//! nothing but the rewritten text ever gets into a file, a draft of one included.

mod archives;
mod blob;
mod context;
mod encode;
mod names;
mod place;
mod rewrite;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};

use rayon::prelude::*;

use self::archives::Archives;
use self::encode::{Counted, Encoder};
use self::names::Names;
use self::place::{Draft, Kept};
pub(super) use self::rewrite::Rewriter;
use super::prefilter::Prefilter;
use super::records;
use super::rule_set::RuleSet;
use super::{Progress, ScanError, on_workers};
use crate::extract::Hints;
use crate::input::{self, Chunk, Ordered, Origin, ReadSettings, Source};
use crate::model::{Notice, Trouble};
use crate::triage;

/// Where redacted logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactTo {
    /// The writer that is given: one input.
    Writer,
    /// A folder, with the inputs under their names.
    Folder(PathBuf),
    /// Each file's own place.
    InPlace,
}

/// What to redact and how.
#[derive(Clone, Debug)]
pub struct RedactOptions {
    /// Files, directories, globs, `-`.
    pub paths: Vec<PathBuf>,
    /// Worker threads; 0 is one per core.
    pub threads: usize,
    /// Bytes per segment; 0 is the default. Never changes the result.
    pub segment_bytes: usize,
    /// Rule files and folders that extend or replace the built-in ones.
    pub rule_paths: Vec<PathBuf>,
    /// Where the result goes.
    pub to: RedactTo,
}

/// What became of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedInput {
    /// As it was named, masked.
    pub path: String,
    /// Places that were replaced.
    pub replaced: u64,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Redacted {
    /// The inputs whose result is written, sorted by path.
    pub inputs: Vec<RedactedInput>,
    /// Places that were replaced, by kind of value.
    pub kinds: BTreeMap<String, u64>,
    /// What must be said, masked and sorted.
    pub notices: Vec<Notice>,
    /// Whether everything that was named was redacted; otherwise the exit code is 2.
    pub complete: bool,
}

/// Redacts. Trouble with an input is a notice, and nothing of that input is written to a file; only rules that are
/// wrong, threads that do not start and a writer that fails keep a run from going on.
pub fn redact(
    options: &RedactOptions,
    out: &mut (dyn Write + Send),
    progress: &dyn Progress,
) -> Result<Redacted, ScanError> {
    on_workers(options.threads, || {
        let rules = RuleSet::load(&options.rule_paths, Hints::default()).map_err(ScanError::Rules)?;
        Run::new(options, &rules, progress).run(out).map_err(ScanError::Write)
    })
}

struct Run<'r> {
    options: &'r RedactOptions,
    rules: &'r RuleSet,
    prefilter: Prefilter,
    progress: &'r dyn Progress,
    names: RwLock<Names>,
    settings: ReadSettings,
    done: Redacted,
}

impl<'r> Run<'r> {
    fn new(options: &'r RedactOptions, rules: &'r RuleSet, progress: &'r dyn Progress) -> Self {
        let settings = ReadSettings { segment_bytes: options.segment_bytes, ..ReadSettings::default() };
        let prefilter = Prefilter::of_leaks(&rules.leaks);
        Self { options, rules, prefilter, progress, names: RwLock::default(), settings, done: Redacted::default() }
    }

    fn run(mut self, out: &mut (dyn Write + Send)) -> io::Result<Redacted> {
        let discovery = input::discover(&self.options.paths);
        let mut sources = discovery.sources;
        self.done.notices = discovery.notices;
        self.done.notices.extend(self.rules.notices.iter().cloned());
        sources.retain(|source| {
            let result = place::is_result(source, self.options);
            if result {
                let message = "left out: it lies in the folder that the results go to";
                self.done.notices.push(Notice::new("output-skipped", Some(&source.path), message, Trouble::Note));
            }
            !result
        });
        // Twice: once to learn, once to write.
        self.progress.expect(2 * sources.iter().filter_map(|source| source.size).sum::<u64>());
        self.learn(&sources);
        let archives = Archives::taken_from(&mut sources, &self.done.notices);
        let places = place::of(&sources, self.options, |name| self.rewritten_name(name));
        for (source, place) in sources.iter().zip(places) {
            match (place, archives.get(source)) {
                (Ok(place), None) => self.source(source, place.as_deref(), out)?,
                (Ok(place), Some(members)) => self.archive(source, members, place.as_deref(), out)?,
                (Err(message), _) => self.trouble("not-redacted", source, message),
            }
        }
        let Self { rules, mut done, .. } = self;
        for notice in &mut done.notices {
            notice.message = rules.leaks.mask(&notice.message).into_owned();
            notice.path = notice.path.take().map(|path| rules.leaks.mask(&path).into_owned());
        }
        done.notices = triage::notices(std::mem::take(&mut done.notices));
        done.complete = done.notices.iter().all(|notice| notice.trouble == Trouble::Note);
        done.inputs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(done)
    }

    /// Which values leak in the files, all of them known before anything is written.
    fn learn(&self, sources: &[Source]) {
        let files: Vec<Source> = sources.iter().filter(|source| source.origin != Origin::Stdin).cloned().collect();
        let rewriter = self.rewriter();
        let found = Mutex::new(Vec::new());
        input::read(&files, &self.settings, &|bytes| self.progress.advance(bytes), &|segment| {
            let learned = rewriter.learn(records::Run::of_segment(segment), segment.layout);
            if !learned.is_empty()
                && let Ok(mut found) = found.lock()
            {
                found.extend(learned);
            }
        });
        rewriter.know(found.into_inner().unwrap_or_default());
    }

    fn rewriter(&self) -> Rewriter<'_> {
        Rewriter { leaks: &self.rules.leaks, prefilter: &self.prefilter, names: &self.names }
    }

    fn rewritten_name(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.rewriter().rewrite(name.as_bytes())).into_owned()
    }

    fn trouble(&mut self, code: &str, source: &Source, message: impl Into<String>) {
        self.done.notices.push(Notice::new(code, Some(&source.path), message, Trouble::Incomplete));
    }

    /// One input. Only the writer of the caller can fail: what goes wrong with a file is said.
    fn source(&mut self, source: &Source, place: Option<&Path>, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let ordered = match Ordered::open(source, self.settings) {
            Ok(ordered) => ordered,
            Err(notice) => {
                self.done.notices.push(notice);
                return Ok(());
            }
        };
        let Some(place) = place else {
            let mut counted = Counted::default();
            let written = self.copy(ordered, source, out, &mut counted);
            return match written {
                Ok(notices) => {
                    self.count(source, &counted, notices);
                    Ok(())
                }
                Err(error) => Err(error),
            };
        };
        match self.file(source, ordered, place) {
            Ok((counted, notices)) => self.count(source, &counted, notices),
            Err(error) => self.trouble("not-redacted", source, format!("{error}; nothing was written for it")),
        }
        Ok(())
    }

    /// Redacts into a draft, and puts it in its place once it is whole.
    fn file(&self, source: &Source, ordered: Ordered<'_>, place: &Path) -> io::Result<(Counted, Vec<Notice>)> {
        let kept = Kept::of(source)?;
        let mut draft = Draft::beside(place)?;
        let mut counted = Counted::default();
        let notices = self.copy(ordered, source, draft.file(), &mut counted)?;
        let whole = notices.iter().all(|notice| notice.trouble == Trouble::Note);
        // A file without a secret stays as it is, to the byte.
        let unchanged = self.options.to == RedactTo::InPlace && counted.replaced == 0;
        if whole && !unchanged {
            draft.publish(place, &kept)?;
        }
        Ok((counted, notices))
    }

    /// Copies an input through the rules; what was not read whole is said.
    fn copy(
        &self,
        mut ordered: Ordered<'_>,
        source: &Source,
        out: &mut dyn Write,
        counted: &mut Counted,
    ) -> io::Result<Vec<Notice>> {
        let mut encoder = Encoder::new(ordered.compression(), ordered.utf16(), out)?;
        let rewriter = self.rewriter();
        let streamed = source.origin == Origin::Stdin;
        loop {
            let batch: Vec<Chunk> = ordered.batch(rayon::current_num_threads());
            if batch.is_empty() {
                break;
            }
            if streamed {
                let learned = batch.par_iter().map(|chunk| rewriter.learn(records::Run::of(chunk), chunk.layout()));
                rewriter.know(learned.collect::<Vec<_>>().into_iter().flatten().collect());
            }
            let texts: Vec<(Vec<u8>, Counted)> = batch.par_iter().map(|chunk| rewriter.chunk(chunk)).collect();
            for (text, more) in texts {
                encoder.write_all(&text)?;
                counted.add(&more);
            }
            self.progress.advance(ordered.taken());
        }
        encoder.finish()?;
        let mut notices = ordered.finish();
        let divided = |byte: u64| records::divided(&source.path, &format!("from byte {byte} on"));
        notices.extend(counted.divided.map(divided));
        Ok(notices)
    }

    fn count(&mut self, source: &Source, counted: &Counted, notices: Vec<Notice>) {
        let whole = notices.iter().all(|notice| notice.trouble == Trouble::Note);
        self.done.notices.extend(notices);
        if !whole {
            let what = if self.options.to == RedactTo::Writer {
                "what could be read was written"
            } else {
                "nothing was written for it"
            };
            self.trouble("not-redacted", source, format!("it could not be read whole; {what}"));
            return;
        }
        for (kind, count) in &counted.kinds {
            *self.done.kinds.entry((*kind).to_owned()).or_default() += count;
        }
        let path = self.rules.leaks.mask(&source.path).into_owned();
        self.done.inputs.push(RedactedInput { path, replaced: counted.replaced });
    }
}
