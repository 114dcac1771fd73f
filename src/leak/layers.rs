//! A text and everything that is encoded in it, to three levels: what is found in an inner text is reported at its
//! place in the outer one.

use std::collections::BTreeMap;

use super::LeakScanner;
use super::bytes::decode;
use super::pass::{Candidate, Note, Pass};
use super::refusal::Refusal;
use super::view;

/// Views of views of views.
const DEPTH: usize = 3;

/// A value and where it stands in the outer text.
#[derive(Clone, Debug)]
pub(super) struct Found<'s> {
    /// Its span, in the outer text, and the rule.
    pub(super) candidate: Candidate<'s>,
    /// The decoded value.
    pub(super) value: Vec<u8>,
    /// It stands in a text that is encoded in the line.
    pub(super) encoded: bool,
}

/// All values of a text, sorted by start, not overlapping.
pub(super) fn search<'s>(scanner: &'s LeakScanner, text: &[u8]) -> Vec<Found<'s>> {
    search_to(scanner, text, DEPTH, &mut None)
}

/// The same, and what the rules looked at and passed over.
pub(super) fn explain<'s>(scanner: &'s LeakScanner, text: &[u8]) -> (Vec<Found<'s>>, Vec<Note<'s>>) {
    let mut notes = Some(Vec::new());
    let found = search_to(scanner, text, DEPTH, &mut notes);
    (found, notes.unwrap_or_default())
}

fn search_to<'s>(
    scanner: &'s LeakScanner,
    text: &[u8],
    depth: usize,
    notes: &mut Option<Vec<Note<'s>>>,
) -> Vec<Found<'s>> {
    let pass = if notes.is_some() { Pass::noting(scanner, text) } else { Pass::new(scanner, text) };
    let (candidates, own_notes) = pass.run();
    if let Some(notes) = notes {
        notes.extend(own_notes);
    }
    let value = |candidate: &Candidate<'_>| decode(&text[candidate.start..candidate.end]).into_owned();
    let mut found: Vec<Found<'s>> =
        candidates.into_iter().map(|candidate| Found { value: value(&candidate), candidate, encoded: false }).collect();
    if depth == 0 {
        return found;
    }
    let own = found.len();
    view::each(text, &mut |view| {
        let mut inner_notes = notes.is_some().then(Vec::new);
        for mut inner in search_to(scanner, &view.bytes, depth - 1, &mut inner_notes) {
            let span = view.outer(inner.candidate.start, inner.candidate.end);
            if view.unfolded && is_list(&found[..own], span) {
                continue;
            }
            (inner.candidate.start, inner.candidate.end) = span;
            found.push(Found { encoded: inner.encoded || !view.unfolded, ..inner });
        }
        if let Some(notes) = notes {
            let inner = inner_notes.unwrap_or_default().into_iter();
            notes.extend(inner.map(|note| Note { at: view.outer(note.at, note.at + 1).0, encoded: true, ..note }));
        }
    });
    if found.len() > own { apart(found, notes) } else { found }
}

/// Whether a span that crosses line ends holds several values: a list of them, each on a line of its own.
fn is_list(own: &[Found<'_>], span: (usize, usize)) -> bool {
    own.iter().filter(|own| own.candidate.start >= span.0 && own.candidate.end <= span.1).count() > 1
}

/// Of those that overlap the longest stays: the outer value where one is encoded in another, the inner one where
/// the outer text shows but a part of it.
fn apart<'s>(mut found: Vec<Found<'s>>, notes: &mut Option<Vec<Note<'s>>>) -> Vec<Found<'s>> {
    // The sort is stable: of two of one span the one that was found first stays.
    found.sort_by_key(|found| std::cmp::Reverse(found.candidate.end - found.candidate.start));
    let mut kept: Vec<Found<'_>> = Vec::with_capacity(found.len());
    let mut taken = BTreeMap::new();
    for next in found {
        let Candidate { start, end, rule, field, .. } = next.candidate;
        match taken.range(..end).next_back().filter(|(_, (last, _))| *last > start) {
            None => {
                taken.insert(start, (end, rule));
                kept.push(next);
            }
            Some((_, (_, winner))) if *winner != rule => {
                let refusal = Refusal::Outranked(*winner);
                if let Some(notes) = notes {
                    notes.push(Note { at: start, rule, field, refusal, encoded: next.encoded });
                }
            }
            Some(_) => {}
        }
    }
    kept.sort_by_key(|found| found.candidate.start);
    kept
}
