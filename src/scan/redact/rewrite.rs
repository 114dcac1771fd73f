//! One segment's bytes to the same bytes with pseudonyms.

use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::encode::Counted;
use super::names::{Learned, Names};
use super::{blob, context};
use crate::input::{Chunk, Layout};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{LeakKind, Scent, is_in_pseudonym};
use crate::scan::chains::Chain;
use crate::scan::prefilter::Prefilter;
use crate::scan::records::{Found, Run};

/// A value taken away can change what its neighbours are: a record is looked at again, at most so often.
const ROUNDS: usize = 4;

/// What every worker needs to know.
#[derive(Clone, Copy)]
pub(in crate::scan) struct Rewriter<'r> {
    pub(in crate::scan) leaks: &'r LeakScanner,
    pub(in crate::scan) prefilter: &'r Prefilter,
    pub(in crate::scan) names: &'r RwLock<Names>,
}

/// One place to replace.
struct Place {
    start: usize,
    end: usize,
    by: By,
}

/// What a place is replaced by.
enum By {
    /// The pseudonym of a value.
    Pseudonym(LeakKind, String),
    /// A piece that says the same without its values.
    Piece(Vec<u8>),
}

impl Rewriter<'_> {
    // A panic of another worker left nothing half done that would matter.
    fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_names(&self) -> RwLockWriteGuard<'_, Names> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers values.
    pub(in crate::scan) fn know(&self, values: Vec<Learned>) {
        if !values.is_empty() {
            self.new_names().know(values);
        }
    }

    /// The values that leak in a run of lines.
    pub(in crate::scan) fn learn(&self, run: Run<'_>, layout: Layout<'_>) -> Vec<Learned> {
        let mut hits = Vec::new();
        self.records(run, layout, &mut |found| self.leaks.find(found.text(run.bytes), &mut hits));
        let mut learned: Vec<Learned> = hits.iter().map(Learned::of).collect();
        learned.sort();
        learned.dedup();
        learned
    }

    /// A chunk, rewritten.
    pub(in crate::scan) fn chunk(&self, chunk: &Chunk) -> (Vec<u8>, Counted) {
        let (bytes, mut counted) = (&chunk.bytes, Counted::default());
        let mut changes: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        self.records(Run::of(chunk), chunk.layout(), &mut |found| {
            if found.divided && counted.divided.is_none() {
                counted.divided = Some(chunk.base + found.range.start as u64);
            }
            if let Some(chain) = &found.joined {
                self.joined(chain, &mut changes, &mut counted);
            } else if let Some(text) = self.record(&bytes[found.range.clone()], &mut counted) {
                changes.push((found.range.clone(), text));
            }
        });
        // The parts of one record may stand between those of another.
        changes.sort_by_key(|(range, _)| range.start);
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
        let mut copied = 0;
        for (range, text) in changes {
            out.extend_from_slice(&bytes[copied..range.start]);
            out.extend_from_slice(&text);
            copied = range.end;
        }
        out.extend_from_slice(&bytes[copied..]);
        let places = self.unmarked(&out);
        if places.is_empty() {
            return (out, counted);
        }
        let mut draft = Draft { text: out, marks: Vec::new() };
        draft.replace(&places, &mut counted);
        (draft.text, counted)
    }

    /// A text of its own, such as a file's name.
    pub(super) fn rewrite(&self, text: &[u8]) -> Vec<u8> {
        let mut draft = Draft { text: text.to_vec(), marks: Vec::new() };
        self.mask(&mut draft, &mut Counted::default());
        let places = self.unmarked(&draft.text);
        draft.replace(&places, &mut Counted::default());
        draft.text
    }

    /// Calls for each record that is worth a look, in the order of their first lines.
    pub(in crate::scan) fn records(&self, run: Run<'_>, layout: Layout<'_>, mut each: &mut dyn FnMut(&Found)) {
        let Layout::Documents(documents) = layout else {
            run.records(self.prefilter, &mut each);
            return;
        };
        let length = run.bytes.len();
        let mut candidates = self.prefilter.candidates(run.bytes);
        // What lies between documents (the fields of an envelope) is a record too.
        let mut from = 0;
        for document in documents.iter().cloned().chain(std::iter::once(length..length)) {
            for range in [from..document.start, document.clone()] {
                if !range.is_empty() && candidates.next(range.start).is_some_and(|hit| hit < range.end) {
                    each(&Found { range, joined: None, divided: false });
                }
            }
            from = document.end;
        }
    }

    /// A record with its values replaced, or `None` where it has none.
    fn record(&self, record: &[u8], counted: &mut Counted) -> Option<Vec<u8>> {
        let mut draft = Draft { text: record.to_vec(), marks: Vec::new() };
        self.mask(&mut draft, counted).then_some(draft.text)
    }

    /// A record that was put together: a value that a transport split has its pseudonym where it begins, and what
    /// stands of it in the lines after that is gone. So the record that is put together again is the record with
    /// its values replaced.
    fn joined(&self, chain: &Chain, changes: &mut Vec<(Range<usize>, Vec<u8>)>, counted: &mut Counted) {
        let marks = chain.parts.iter().flat_map(|part| [part.text().start, part.text().end]).collect();
        let mut draft = Draft { text: chain.text.clone(), marks };
        let masked = self.mask(&mut draft, counted);
        let places = self.unmarked(&draft.text);
        if !masked && places.is_empty() {
            return;
        }
        draft.replace(&places, counted);
        for (part, ends) in chain.parts.iter().zip(draft.marks.chunks_exact(2)) {
            let text = &draft.text[ends[0]..ends[1]];
            if *text != chain.text[part.text()] {
                changes.push((part.log.clone(), text.to_vec()));
            }
        }
    }

    /// Replaces the values that rules find; whether there were any.
    fn mask(&self, draft: &mut Draft, counted: &mut Counted) -> bool {
        let mut hits: Vec<LeakHit> = Vec::new();
        for round in 0..ROUNDS {
            hits.clear();
            self.leaks.find(&draft.text, &mut hits);
            if hits.is_empty() {
                return round > 0;
            }
            let mut places: Vec<Place> = Vec::with_capacity(hits.len());
            for hit in &hits {
                // A piece that was rewritten for the value before holds this one, too.
                if places.last().is_none_or(|last| last.end <= hit.start) {
                    let floor = places.last().map_or(0, |last| last.end);
                    places.push(self.place(&draft.text, hit, floor, counted));
                }
            }
            draft.replace(&places, counted);
        }
        true
    }

    /// What a value is replaced by; nothing before `floor` may be.
    fn place(&self, text: &[u8], hit: &LeakHit, floor: usize, counted: &mut Counted) -> Place {
        if hit.encoded
            && let Some(place) = self.piece(text, hit, floor, counted)
        {
            return place;
        }
        let known = self.names().known(hit.kind, hit.digest);
        let pseudonym = known.unwrap_or_else(|| self.new_names().pseudonym(hit.kind, hit.digest, hit.guessable));
        Place { start: hit.start, end: hit.end, by: By::Pseudonym(hit.kind, pseudonym) }
    }

    /// The encoded piece around a value, rewritten and encoded again.
    fn piece(&self, text: &[u8], hit: &LeakHit, floor: usize, counted: &mut Counted) -> Option<Place> {
        blob::around(text, hit.start, hit.end).filter(|blob| blob.range.start >= floor).find_map(|blob| {
            let mut inner = Counted::default();
            let rewritten = self.record(&blob.says, &mut inner)?;
            counted.add(&inner);
            Some(Place { start: blob.range.start, end: blob.range.end, by: By::Piece(blob.saying(text, &rewritten)) })
        })
    }

    /// Where values stand that leaked elsewhere, and that nothing marks here.
    fn unmarked(&self, text: &[u8]) -> Vec<Place> {
        let names = self.names();
        let (mut places, mut from) = (Vec::new(), 0);
        if !names.has_scents() {
            return places;
        }
        for (at, head) in Scent::heads(text) {
            if at < from {
                continue;
            }
            if let Some((length, kind, digest)) = names.value_at(text, at, head)
                && let Some(pseudonym) = names.known(kind, digest)
                && !is_in_pseudonym(text, at, at + length)
            {
                places.push(Place { start: at, end: at + length, by: By::Pseudonym(kind, pseudonym) });
                from = at + length;
            }
        }
        places
    }
}

/// A text that is rewritten, and places in it, rising, that move along.
struct Draft {
    text: Vec<u8>,
    marks: Vec<usize>,
}

impl Draft {
    /// Replaces places; they are sorted and do not overlap. A mark inside of one is moved behind its pseudonym.
    fn replace(&mut self, places: &[Place], counted: &mut Counted) {
        let text = &self.text;
        let mut out = Vec::with_capacity(text.len() + 32 * places.len());
        let mut marks = self.marks.iter_mut().peekable();
        let mut from = 0;
        for place in places {
            while let Some(mark) = marks.next_if(|mark| **mark <= place.start) {
                *mark = out.len() + (*mark - from);
            }
            out.extend_from_slice(&text[from..place.start]);
            match &place.by {
                By::Pseudonym(kind, pseudonym) => {
                    context::write(text, place.start, place.end, pseudonym, &mut out);
                    counted.one(*kind);
                }
                By::Piece(piece) => out.extend_from_slice(piece),
            }
            while let Some(mark) = marks.next_if(|mark| **mark < place.end) {
                *mark = out.len();
            }
            from = place.end;
        }
        for mark in marks {
            *mark = out.len() + (*mark - from);
        }
        out.extend_from_slice(&text[from..]);
        self.text = out;
    }
}
