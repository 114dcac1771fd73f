//! What is read by one job: a source, or all members of one archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::job::{Job, Run};
use super::{Origin, Source, SourceRead, archive, stream};
use crate::model::{Notice, Trouble};

/// Sources that are read one after another.
pub(super) enum Unit {
    /// A source of its own.
    Alone(usize),
    /// The members of an archive, by their numbers in it.
    Members(PathBuf, BTreeMap<usize, usize>),
}

/// The units of a run.
pub(super) fn of(sources: &[Source]) -> Vec<Unit> {
    let mut archives: BTreeMap<&PathBuf, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut units = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        match &source.origin {
            Origin::Member { archive, ordinal } => {
                archives.entry(archive).or_default().insert(*ordinal, index);
            }
            Origin::File(_) | Origin::Stdin => units.push(Unit::Alone(index)),
        }
    }
    units.extend(archives.into_iter().map(|(archive, members)| Unit::Members(archive.clone(), members)));
    units
}

impl Unit {
    /// What each of its sources came to.
    pub(super) fn read(self, run: &Run<'_>, sources: &[Source]) -> Vec<(usize, SourceRead)> {
        match self {
            Self::Alone(index) => {
                let source = &sources[index];
                vec![(index, guarded(run, index, source, &mut |job| stream::read_source(job, source)))]
            }
            Self::Members(archive, members) => {
                let read = catch_unwind(AssertUnwindSafe(|| in_archive(run, &archive, &members, sources)));
                let mut read = read.unwrap_or_default();
                let missing = |index: &usize| (*index, unread(&sources[*index].path));
                let all = members.values().map(|index| read.remove_entry(index).unwrap_or_else(|| missing(index)));
                all.collect()
            }
        }
    }
}

fn in_archive(
    run: &Run<'_>,
    path: &PathBuf,
    members: &BTreeMap<usize, usize>,
    sources: &[Source],
) -> BTreeMap<usize, SourceRead> {
    let mut reads = BTreeMap::new();
    let Ok(file) = File::open(path) else { return reads };
    // What is to be said of the archive was said when its members were found.
    archive::walk("", file, stream::AHEAD, run.archives, &mut |member| {
        let Some(&index) = members.get(&member.ordinal) else { return };
        let source = &sources[index];
        if !source.path.ends_with(&format!("!{}", member.name)) {
            return;
        }
        let mut text = Some(member.text);
        let read = guarded(run, index, source, &mut |job| {
            text.take().map_or_else(SourceRead::default, |text| stream::read_text(job, text))
        });
        reads.insert(index, read);
    });
    reads
}

fn guarded(run: &Run<'_>, index: usize, source: &Source, read: &mut dyn FnMut(&Job<'_>) -> SourceRead) -> SourceRead {
    let job = Job::new(run, index, &source.path);
    let read = catch_unwind(AssertUnwindSafe(|| read(&job)));
    let mut read = read.unwrap_or_else(|_| broken(&source.path));
    read.notices.extend(job.panic_notice());
    read.notices.sort();
    read
}

/// What is said of a source whose reading itself failed by a mistake of this program.
fn broken(path: &str) -> SourceRead {
    let message = "reading it failed by a mistake of this program; the other inputs were scanned: please report it";
    noted("internal-error", path, message)
}

/// What is said of a member that was there when the archive was looked at.
fn unread(path: &str) -> SourceRead {
    let message = "it was not found again when it was to be read: its archive changed meanwhile, or ends early";
    noted("changed-while-read", path, message)
}

fn noted(code: &str, path: &str, message: &str) -> SourceRead {
    let notice = Notice::new(code, Some(path), message, Trouble::Incomplete);
    SourceRead { notices: vec![notice], ..SourceRead::default() }
}
