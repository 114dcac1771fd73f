//! A search for hundreds of literals in one pass.
//!
//! A vector search (Teddy) takes 64 literals at a time, so that each further rule made the whole log slower to read.
//! Here every literal is known by two of its runs of three bytes that begin next to each other. Of any two places next to
//! each other one is even: looking at every second place is enough to meet one of them, and a table of bits says of
//! nearly all places that nothing begins there.

use hashbrown::HashMap;

/// Bytes of a run.
const RUN: usize = 3;
/// Shortest literal: two runs next to each other.
pub(super) const SHORTEST: usize = RUN + 1;
/// Bits of the table, as a power of two: 16 KiB stay in the nearest cache, and of places chosen at random one in 350 is
/// looked at in vain when there are 180 literals.
const TABLE_BITS: u32 = 17;
/// Words of the table.
const TABLE: usize = 1 << (TABLE_BITS - 6);
/// Fibonacci hashing: the upper bits of the product depend on all bytes.
const SPREAD: u32 = 0x9E37_79B1;
/// Places are looked at so many bytes at a time.
const BLOCK: usize = 16;
/// What ordinary log lines are made of: runs that stand here tell little.
const ORDINARY: &str = include_str!("ordinary.txt");

/// Of a letter the bit that tells its case, in each byte of a number. Signs that it changes as well are told apart when a
/// literal is compared.
const CASE: u32 = 0x2020_2020;

/// The literals of one search.
#[derive(Debug)]
pub(super) struct Grams {
    literals: Vec<Vec<u8>>,
    /// The bits that are set before anything is looked up: none, or the case.
    folded: u32,
    /// The runs, each in the upper three bytes of a number.
    runs: Bits,
    /// The four bytes that two runs make together.
    windows: Bits,
    /// By run: which literal, and how far into it the run begins.
    owners: HashMap<u32, Vec<(usize, usize)>>,
}

impl Grams {
    /// A search for literals of at least [`SHORTEST`] bytes.
    pub(super) fn new(literals: Vec<Vec<u8>>) -> Self {
        Self::of(literals, 0)
    }

    /// The same for literals in lower case, which are found in any case.
    pub(super) fn any_case(literals: Vec<Vec<u8>>) -> Self {
        Self::of(literals, CASE)
    }

    fn of(literals: Vec<Vec<u8>>, folded: u32) -> Self {
        let mut owners: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
        let mut windows = Vec::with_capacity(literals.len());
        let ordinary = ordinary();
        for (number, literal) in literals.iter().enumerate() {
            let rarest = rarest(literal, &ordinary);
            windows.extend(literal[rarest..].first_chunk().map(|window| u32::from_le_bytes(*window) | folded));
            for offset in [rarest, rarest + 1] {
                owners.entry(run(&literal[offset..]) | folded >> 8).or_default().push((number, offset));
            }
        }
        let runs = Bits::of(owners.keys().map(|run| run << 8));
        Self { literals, folded, runs, windows: Bits::of(windows.into_iter()), owners }
    }

    /// Where a literal that begins at or after `from` stands, start and end. Of several the one whose run is met first.
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut at = from;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<{ BLOCK + 2 }>()) {
            if self.may_begin(block) {
                let mut places = Places(self.places(block));
                if let Some(found) = places.find_map(|place| self.at_place(bytes, from, at + place)) {
                    return Some(found);
                }
            }
            at += BLOCK;
        }
        let mut places = (at..bytes.len().saturating_sub(RUN - 1)).step_by(2);
        places.find_map(|at| self.at_place(bytes, from, at))
    }

    /// Whether any place of a block may be the start of a run.
    fn may_begin(&self, block: &[u8; BLOCK + 2]) -> bool {
        let mut met = 0;
        for place in (0..BLOCK).step_by(2) {
            met |= self.begins(block, place);
        }
        met & 1 != 0
    }

    /// At which places of a block a run may begin, a bit for each.
    fn places(&self, block: &[u8; BLOCK + 2]) -> u32 {
        let mut places = 0;
        for place in (0..BLOCK).step_by(2) {
            places |= (self.begins(block, place) as u32 & 1) << place;
        }
        places
    }

    /// In the lowest bit whether a place of a block may be the start of a run.
    fn begins(&self, block: &[u8; BLOCK + 2], place: usize) -> u64 {
        let Some(four) = block[place..].first_chunk() else { return 0 };
        self.runs.at_run(u32::from_le_bytes(*four) | self.folded)
    }

    /// The literal of which a run begins at a place.
    fn at_place(&self, bytes: &[u8], from: usize, at: usize) -> Option<(usize, usize)> {
        if !self.has_window(bytes, at) {
            return None;
        }
        self.owners.get(&(run(&bytes[at..]) | self.folded >> 8))?.iter().find_map(|(number, offset)| {
            let literal = self.literals[*number].as_slice();
            let begin = at.checked_sub(*offset).filter(|begin| *begin >= from)?;
            let here = bytes.get(begin..begin + literal.len())?;
            let same = if self.folded == 0 { here == literal } else { here.eq_ignore_ascii_case(literal) };
            same.then_some((begin, begin + literal.len()))
        })
    }

    /// Whether the other one of two runs may be there, too: before the run at a place, or behind it.
    fn has_window(&self, bytes: &[u8], at: usize) -> bool {
        let four = |from: Option<usize>| from.and_then(|from| bytes.get(from..)?.first_chunk().copied());
        let windows = [four(Some(at)), four(at.checked_sub(1))];
        let mut windows = windows.into_iter().flatten().map(u32::from_le_bytes);
        windows.any(|window| self.windows.at(window | self.folded) & 1 == 1)
    }
}

/// The places of a block that have their bit set, in order.
struct Places(u32);

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (place < BLOCK).then_some(place)
    }
}

/// A set of numbers that may also hold others.
#[derive(Debug)]
struct Bits(Box<[u64; TABLE]>);

impl Bits {
    fn of(numbers: impl Iterator<Item = u32>) -> Self {
        let mut bits = Box::new([0; TABLE]);
        for number in numbers {
            let (word, bit) = place(number);
            bits[word] |= 1 << bit;
        }
        Self(bits)
    }

    /// In the lowest bit whether the number may be in the set; the others say nothing.
    fn at(&self, number: u32) -> u64 {
        let (word, bit) = place(number);
        self.0[word] >> bit
    }

    /// The same for the run in the lower three bytes of a number: its product is that of the run further up, and one
    /// step less for each place of a log.
    fn at_run(&self, four: u32) -> u64 {
        let (word, bit) = of_hash(four.wrapping_mul(SPREAD << 8));
        self.0[word] >> bit
    }
}

/// Where a table says whether it holds a number.
fn place(number: u32) -> (usize, u32) {
    of_hash(number.wrapping_mul(SPREAD))
}

fn of_hash(product: u32) -> (usize, u32) {
    let hash = product >> (32 - TABLE_BITS);
    ((hash >> 6) as usize, hash & 63)
}

fn run(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

/// How often each run stands in ordinary text.
fn ordinary() -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for window in ORDINARY.as_bytes().windows(RUN) {
        *counts.entry(run(window)).or_default() += 1;
    }
    counts
}

/// Where the two runs begin that the fewest texts have: those that are rare in ordinary text, and of rare letters.
fn rarest(literal: &[u8], ordinary: &HashMap<u32, usize>) -> usize {
    let seen = |at: usize| ordinary.get(&run(&literal[at..])).copied().unwrap_or(0);
    let letters = |at: usize| literal[at..at + SHORTEST].iter().map(|byte| commonness(*byte)).sum::<usize>();
    let cost = |at: &usize| 32 * (seen(*at) + seen(*at + 1)) + letters(*at);
    (0..=literal.len() - SHORTEST).min_by_key(cost).unwrap_or(0)
}

/// How common a byte is in logs: English text, then digits and signs, then capitals.
fn commonness(byte: u8) -> usize {
    const LETTERS: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate";
    match byte {
        b'a'..=b'z' => 10 + LETTERS.iter().position(|letter| *letter == byte).unwrap_or(0),
        b'0'..=b'9' | b' ' | b'"' | b':' | b',' | b'.' | b'-' | b'/' | b'_' => 20,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Grams;

    fn all(literals: &[&str], text: &[u8]) -> Vec<(usize, usize)> {
        let grams = Grams::new(literals.iter().map(|literal| literal.as_bytes().to_vec()).collect());
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((start, end)) = grams.find(text, from) {
            found.push((start, end));
            from = start + 1;
        }
        found
    }

    #[test]
    fn a_literal_is_found_at_every_place() {
        for length in 0..80 {
            for at in 0..length {
                let text = [&b".".repeat(at)[..], b"oken", &b".".repeat(length - at)].concat();
                assert_eq!(all(&["oken", "grant_"], &text), [(at, at + 4)], "{length} {at}");
            }
        }
    }

    #[test]
    fn keywords_are_found_in_any_case_and_no_other_sign_is_one() {
        let grams = Grams::any_case(vec![b"api_key".to_vec(), b"sk-a".to_vec()]);
        for (text, found) in [
            ("x API_Key", Some((2, 9))),
            ("x api_key", Some((2, 9))),
            ("SK-A", Some((0, 4))),
            ("api\u{7f}key", None),
            ("sk\ra", None),
        ] {
            assert_eq!(grams.find(text.as_bytes(), 0), found, "{text:?}");
        }
    }

    #[test]
    fn what_begins_before_the_start_is_not_found() {
        let grams = Grams::new(vec![b"grant_type".to_vec()]);
        assert_eq!(grams.find(b"grant_type grant_type", 1), Some((11, 21)));
        assert_eq!(grams.find(b"grant_typ", 0), None);
        assert_eq!(grams.find(b"", 0), None);
    }

    proptest! {
        /// Every place of every literal is met, whatever stands around it.
        #[test]
        fn nothing_is_missed(text in "[abc_ ]{0,120}", literals in proptest::collection::vec("[abc_ ]{4,7}", 1..12)) {
            let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
            let found = all(&literals, text.as_bytes());
            let starts = |at: &usize| literals.iter().any(|literal| text[*at..].starts_with(literal));
            let expected: Vec<usize> = (0..text.len()).filter(starts).collect();
            // A run that is met later can belong to a literal that begins earlier; a line is found all the same.
            prop_assert_eq!(found.is_empty(), expected.is_empty());
            for (start, end) in found {
                prop_assert!(literals.contains(&&text[start..end]));
            }
            for at in expected {
                let grams = Grams::new(literals.iter().map(|literal| literal.as_bytes().to_vec()).collect());
                prop_assert!(grams.find(text.as_bytes(), at).is_some());
            }
        }
    }
}
