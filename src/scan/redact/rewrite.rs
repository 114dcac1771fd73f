//! One segment's bytes to the same bytes with pseudonyms.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::context;
use super::encode::Counted;
use super::names::{Learned, Names};
use crate::input::{Chunk, Layout, Weave};
use crate::leak::{LeakHit, LeakScanner};
use crate::model::{LeakKind, Scent, is_in_pseudonym};
use crate::scan::prefilter::Prefilter;
use crate::scan::worker::record_around;

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
    kind: LeakKind,
    pseudonym: String,
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

    /// The values that leak in a segment.
    pub(in crate::scan) fn learn(&self, bytes: &[u8], first: bool, layout: Layout<'_>) -> Vec<Learned> {
        let mut hits = Vec::new();
        self.records(bytes, first, layout, |record| self.leaks.find(&bytes[record], &mut hits));
        let mut learned: Vec<Learned> = hits.iter().map(Learned::of).collect();
        learned.sort();
        learned.dedup();
        learned
    }

    /// A chunk, rewritten.
    pub(in crate::scan) fn chunk(&self, chunk: &Chunk) -> (Vec<u8>, Counted) {
        let bytes = &chunk.bytes;
        let (mut out, mut counted) = (Vec::with_capacity(bytes.len() + bytes.len() / 16), Counted::default());
        let mut copied = 0;
        self.records(bytes, chunk.base == 0, chunk.layout(), |record| {
            if let Some(text) = self.record(&bytes[record.clone()], &mut counted) {
                out.extend_from_slice(&bytes[copied..record.start]);
                out.extend_from_slice(&text);
                copied = record.end;
            }
        });
        out.extend_from_slice(&bytes[copied..]);
        (self.unmarked(out, &mut counted), counted)
    }

    /// A text of its own, such as a file's name.
    pub(super) fn rewrite(&self, text: &[u8], out: &mut Vec<u8>) {
        let mut counted = Counted::default();
        let marked = self.record(text, &mut counted).unwrap_or_else(|| text.to_vec());
        out.extend(self.unmarked(marked, &mut counted));
    }

    /// Calls for each record of a segment that is worth a look, in order; the records do not overlap.
    pub(in crate::scan) fn records(
        &self,
        bytes: &[u8],
        first: bool,
        layout: Layout<'_>,
        mut each: impl FnMut(std::ops::Range<usize>),
    ) {
        let mut candidates = self.prefilter.candidates(bytes);
        match layout {
            Layout::Lines => {
                let mut from = 0;
                while let Some(hit) = candidates.next(from) {
                    let (start, end) = record_around(bytes, hit, from, first, Weave::Plain);
                    each(start..end);
                    from = (end + 1).min(bytes.len());
                }
            }
            Layout::Documents(documents) => {
                // What lies between documents (the fields of an envelope) is a record too.
                let mut from = 0;
                for document in documents.iter().cloned().chain(std::iter::once(bytes.len()..bytes.len())) {
                    for record in [from..document.start, document.clone()] {
                        if !record.is_empty() && candidates.next(record.start).is_some_and(|hit| hit < record.end) {
                            each(record);
                        }
                    }
                    from = document.end;
                }
            }
        }
    }

    /// A record with its values replaced, or `None` where it has none.
    fn record(&self, record: &[u8], counted: &mut Counted) -> Option<Vec<u8>> {
        let mut text: Option<Vec<u8>> = None;
        let mut hits: Vec<LeakHit> = Vec::new();
        for _ in 0..ROUNDS {
            let current = text.as_deref().unwrap_or(record);
            hits.clear();
            self.leaks.find(current, &mut hits);
            if hits.is_empty() {
                break;
            }
            let place = |hit: &LeakHit| {
                let known = self.names().known(hit.kind, hit.digest);
                let pseudonym =
                    known.unwrap_or_else(|| self.new_names().pseudonym(hit.kind, hit.digest, hit.guessable));
                Place { start: hit.start, end: hit.end, kind: hit.kind, pseudonym }
            };
            let places: Vec<Place> = hits.iter().map(place).collect();
            text = Some(replaced(current, &places, counted));
        }
        text
    }

    /// The text with every value replaced that leaked elsewhere, and stands here where nothing marks it.
    fn unmarked(&self, text: Vec<u8>, counted: &mut Counted) -> Vec<u8> {
        let names = self.names();
        if !names.has_scents() {
            return text;
        }
        let (mut places, mut from) = (Vec::new(), 0);
        for (at, head) in Scent::heads(&text) {
            if at < from {
                continue;
            }
            if let Some((length, kind, digest)) = names.value_at(&text, at, head)
                && let Some(pseudonym) = names.known(kind, digest)
                && !is_in_pseudonym(&text, at, at + length)
            {
                places.push(Place { start: at, end: at + length, kind, pseudonym });
                from = at + length;
            }
        }
        if places.is_empty() { text } else { replaced(&text, &places, counted) }
    }
}

/// The text with places replaced; they are sorted and do not overlap.
fn replaced(text: &[u8], places: &[Place], counted: &mut Counted) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 32 * places.len());
    let mut from = 0;
    for place in places {
        out.extend_from_slice(&text[from..place.start]);
        context::write(text, place.start, place.end, &place.pseudonym, &mut out);
        counted.one(place.kind);
        from = place.end;
    }
    out.extend_from_slice(&text[from..]);
    out
}
