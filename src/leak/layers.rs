//! A text and everything that is encoded in it, to three levels: what is found in an inner text is reported at its
//! place in the outer one.

use super::LeakScanner;
use super::bytes::decode;
use super::pass::{Candidate, Pass};
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
}

/// All values of a text, sorted by start, not overlapping.
pub(super) fn search<'s>(scanner: &'s LeakScanner, text: &[u8]) -> Vec<Found<'s>> {
    search_to(scanner, text, DEPTH)
}

fn search_to<'s>(scanner: &'s LeakScanner, text: &[u8], depth: usize) -> Vec<Found<'s>> {
    let candidates = Pass::new(scanner, text).run().into_iter();
    let mut found: Vec<Found<'s>> = candidates
        .map(|candidate| Found { value: decode(&text[candidate.start..candidate.end]).into_owned(), candidate })
        .collect();
    if depth == 0 {
        return found;
    }
    let own = found.len();
    view::each(text, &mut |view| {
        for mut inner in search_to(scanner, &view.bytes, depth - 1) {
            let span = view.outer(inner.candidate.start, inner.candidate.end);
            (inner.candidate.start, inner.candidate.end) = span;
            found.push(inner);
        }
    });
    if found.len() > own { apart(found) } else { found }
}

/// Of those that overlap the longest stays: the outer value where one is encoded in another, the inner one where
/// the outer text shows but a part of it.
fn apart(mut found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    // The sort is stable: of two of one span the one that was found first stays.
    found.sort_by_key(|found| std::cmp::Reverse(found.candidate.end - found.candidate.start));
    let mut kept: Vec<Found<'_>> = Vec::with_capacity(found.len());
    let mut taken = std::collections::BTreeMap::new();
    for next in found {
        let (start, end) = (next.candidate.start, next.candidate.end);
        let overlaps = taken.range(..end).next_back().is_some_and(|(_, last)| *last > start);
        if !overlaps {
            taken.insert(start, end);
            kept.push(next);
        }
    }
    kept.sort_by_key(|found| found.candidate.start);
    kept
}
