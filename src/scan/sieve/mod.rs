//! A search for hundreds of literals in one pass.
//!
//! A vector search (Teddy) asks of each place whether the halves of its next bytes may stand there in any literal; one
//! instruction looks up dozens of places. With hundreds of literals nearly every half may, and each further rule made
//! the whole log slower to read. Here the tables are asked for mixtures of neighbours, too: which letters follow each
//! other is what tells a word, and each mixture lets through about a third of what comes to it, at the price of three
//! instructions. Where a processor looks up bytes among 64 instead of 16, fewer mixtures of whole bytes let through
//! less. Of ordinary text few places in a thousand are left (one in a hundred by halves alone). Those are listed for a
//! stretch of text before any is looked at: to begin with each as it is found costs a wrongly predicted branch, and more
//! than all the rest. Measured on 280 literals: 8 GB/s by whole bytes (Xeon, AVX-512), 3.5 by halves and mixtures of
//! neighbours (EPYC, AVX2), where a table of bits looked up place by place gave 2.

mod filter;
mod groups;
mod lookup;
mod marks;
mod places;
mod window;

use fearless_simd::Level;
use hashbrown::HashMap;

use filter::Filter;
use lookup::Lookup;
pub(super) use places::Places;
pub(super) use window::SHORTEST;

/// The literals of one search.
#[derive(Debug)]
pub(super) struct Sieve {
    literals: Vec<Vec<u8>>,
    any_case: bool,
    lookup: Lookup,
    windows: Filter,
    /// By window: which literals, and how far into them it begins.
    owners: HashMap<u32, Vec<(usize, usize)>>,
}

/// A search through one text, from its start to its end.
pub(super) struct Search<'s, 'b> {
    sieve: &'s Sieve,
    bytes: &'b [u8],
    /// The places of the last stretch at which a window may begin.
    places: Box<Places>,
}

impl Sieve {
    /// A search for literals of at least [`SHORTEST`] bytes; `None` where the processor has no instruction that looks up
    /// bytes.
    pub(super) fn new(literals: Vec<Vec<u8>>) -> Option<Self> {
        Self::of(Level::new(), literals, false)
    }

    /// The same for literals in lower case, which are found in any case.
    pub(super) fn any_case(literals: Vec<Vec<u8>>) -> Option<Self> {
        Self::of(Level::new(), literals, true)
    }

    fn of(level: Level, literals: Vec<Vec<u8>>, any_case: bool) -> Option<Self> {
        let (lookup, chosen) = Lookup::of(level, &literals, any_case)?;
        let mut owners: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
        for (number, window) in chosen.iter().enumerate() {
            owners.entry(window.key).or_default().push((number, window.offset));
        }
        let keys: Vec<u32> = chosen.iter().map(|window| window.key).collect();
        let windows = Filter::of(&keys, any_case);
        Some(Self { literals, any_case, lookup, windows, owners })
    }

    /// A search through a text.
    pub(super) fn search<'s, 'b>(&'s self, bytes: &'b [u8]) -> Search<'s, 'b> {
        Search { sieve: self, bytes, places: Box::default() }
    }

    /// Whether any literal is in a text, with room for the places of a stretch that others used before.
    pub(super) fn is_in(&self, bytes: &[u8], places: &mut Places) -> bool {
        places.restart();
        self.find(bytes, places, 0).is_some()
    }

    fn find(&self, bytes: &[u8], places: &mut Places, from: usize) -> Option<(usize, usize)> {
        loop {
            while let Some(at) = places.first() {
                for key in window::keys(four(bytes, at), self.any_case) {
                    if self.windows.holds(key)
                        && let Some(found) = self.at_window(key, bytes, from, at)
                    {
                        return Some(found);
                    }
                }
                places.pass();
            }
            if !places.list(&self.lookup, bytes, self.any_case) {
                return None;
            }
        }
    }

    /// The literal whose window begins at a place.
    #[inline(never)]
    fn at_window(&self, key: u32, bytes: &[u8], from: usize, at: usize) -> Option<(usize, usize)> {
        self.owners.get(&key)?.iter().find_map(|(number, offset)| {
            let literal = self.literals[*number].as_slice();
            let begin = at.checked_sub(*offset).filter(|begin| *begin >= from)?;
            let here = bytes.get(begin..begin + literal.len())?;
            let same = if self.any_case { here.eq_ignore_ascii_case(literal) } else { here == literal };
            same.then_some((begin, begin + literal.len()))
        })
    }
}

impl Search<'_, '_> {
    /// Where a literal that begins at or after `from` stands, start and end; `from` must not fall from call to call. Of
    /// several the one whose window is met first: two of them in two lines are found in the order of the lines.
    pub(super) fn next(&mut self, from: usize) -> Option<(usize, usize)> {
        self.places.forget(from);
        self.sieve.find(self.bytes, &mut self.places, from)
    }
}

/// The bytes of the window at a place; behind the text there is nothing but zeros.
fn four(bytes: &[u8], at: usize) -> [u8; window::LENGTH] {
    let rest = &bytes[at..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut four = [0; window::LENGTH];
        four[..rest.len()].copy_from_slice(rest);
        four
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Level, Sieve};

    fn sieve(literals: &[&str]) -> Sieve {
        Sieve::new(literals.iter().map(|literal| literal.as_bytes().to_vec()).collect()).unwrap()
    }

    /// What the processor can do, and what an older one could.
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    fn levels() -> Vec<Level> {
        let best = Level::new();
        [best.as_sse4_2().map(Level::Sse4_2), best.as_avx2().map(Level::Avx2), Some(best)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// What the processor can do.
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    fn levels() -> Vec<Level> {
        vec![Level::new()]
    }

    fn all(sieve: &Sieve, text: &[u8]) -> Vec<(usize, usize)> {
        let (mut search, mut found, mut from) = (sieve.search(text), Vec::new(), 0);
        while let Some((start, end)) = search.next(from) {
            found.push((start, end));
            from = start + 1;
        }
        found
    }

    #[test]
    fn a_literal_is_found_at_every_place() {
        let sieve = sieve(&["oken", "grant_", "xox"]);
        for length in (0..150).chain([2000, 2047, 2048, 2049, 5000]) {
            for at in (0..length).filter(|at| *at < 150 || length - at < 150) {
                for literal in ["oken", "xox", "grant_"] {
                    let text = [&b".".repeat(at), literal.as_bytes(), &b".".repeat(length - at)].concat();
                    assert_eq!(all(&sieve, &text), [(at, at + literal.len())], "{literal} {length} {at}");
                }
            }
        }
    }

    #[test]
    fn many_places_in_a_row_are_all_listed() {
        let text = b"xox".repeat(3000);
        assert_eq!(all(&sieve(&["xox"]), &text).len(), 3000);
    }

    #[test]
    fn keywords_are_found_in_any_case_and_no_other_sign_is_one() {
        let sieve = Sieve::any_case(vec![b"api_key".to_vec(), b"sk-a".to_vec(), b"pwd".to_vec()]).unwrap();
        for (text, found) in [
            ("x API_Key", Some((2, 9))),
            ("x api_key", Some((2, 9))),
            ("SK-A", Some((0, 4))),
            ("PwD", Some((0, 3))),
            ("api\u{7f}key", None),
            ("sk\ra", None),
        ] {
            assert_eq!(sieve.search(text.as_bytes()).next(0), found, "{text:?}");
        }
    }

    #[test]
    fn what_begins_before_the_start_is_not_found() {
        let sieve = sieve(&["grant_type"]);
        assert_eq!(sieve.search(b"grant_type grant_type").next(1), Some((11, 21)));
        assert_eq!(sieve.search(b"grant_typ").next(0), None);
        assert_eq!(sieve.search(b"").next(0), None);
        let mut search = sieve.search(b"grant_type grant_type");
        assert_eq!(
            [search.next(0), search.next(0), search.next(5), search.next(12)],
            [Some((0, 10)), Some((0, 10)), Some((11, 21)), None]
        );
    }

    proptest! {
        /// Every place of every literal is met, whatever stands around it.
        #[test]
        fn nothing_is_missed(
            text in "[abcA_ é]{0,300}",
            literals in proptest::collection::vec("[abc_ é]{3,7}", 1..40),
            any_case: bool,
        ) {
            let bytes: Vec<Vec<u8>> = literals.iter().map(|literal| literal.as_bytes().to_vec()).collect();
            let same = |here: &[u8], literal: &str| {
                if any_case { here.eq_ignore_ascii_case(literal.as_bytes()) } else { here == literal.as_bytes() }
            };
            let stands = |at: usize| {
                let here = |literal: &String| text.as_bytes().get(at..at + literal.len());
                literals.iter().any(|literal| here(literal).is_some_and(|here| same(here, literal)))
            };
            for level in levels() {
                let sieve = Sieve::of(level, bytes.clone(), any_case).unwrap();
                for (start, end) in all(&sieve, text.as_bytes()) {
                    prop_assert!(literals.iter().any(|literal| same(&text.as_bytes()[start..end], literal)));
                }
                for at in (0..text.len()).filter(|at| stands(*at)) {
                    // A window that is met later can belong to a literal that begins earlier; a line is found all the same.
                    prop_assert!(sieve.search(text.as_bytes()).next(at).is_some());
                }
            }
        }
    }
}
