//! Which patterns may match a text at all, whatever stands in its slots: most need a word that is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::{Bytes, Place};
use crate::rules::needed::{Literal, OneOf};
use crate::rules::syntax::Parsed;

/// Shorter words are in every text.
const SHORTEST: usize = 3;
/// Stands for what is not known; it is in no word.
const UNKNOWN: u8 = 0;

/// What patterns need.
#[derive(Debug)]
pub(super) struct Needs {
    /// `None` where that is too much.
    words: Option<AhoCorasick>,
    /// By word the needs that it meets.
    meets: Vec<Vec<usize>>,
    /// By need the pattern that has it.
    of: Vec<usize>,
    patterns: usize,
}

impl Needs {
    pub(super) fn of(patterns: &[Arc<Parsed>]) -> Self {
        let (mut meets, mut of) = (BTreeMap::<String, Vec<usize>>::new(), Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            let cores = |set: &OneOf| set.iter().map(core).collect::<Option<Vec<String>>>();
            for set in pattern.needed().iter().filter_map(cores) {
                for word in set {
                    meets.entry(word).or_default().push(of.len());
                }
                of.push(number);
            }
        }
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(meets.keys()).ok();
        let meets = meets.into_values().collect();
        Self { words, meets, of, patterns: patterns.len() }
    }

    /// By pattern whether all that it needs is in a text.
    pub(super) fn met(&self, text: &[Place]) -> Vec<bool> {
        let mut possible = vec![true; self.patterns];
        let Some(words) = &self.words else { return possible };
        if text.iter().any(|place| place.bytes == Bytes::MAX) {
            return possible;
        }
        let known: Vec<u8> = text.iter().map(Place::known).collect();
        let mut met = vec![false; self.of.len()];
        for word in words.find_overlapping_iter(&known) {
            self.meets[word.pattern().as_usize()].iter().for_each(|need| met[*need] = true);
        }
        for (pattern, met) in self.of.iter().zip(met) {
            possible[*pattern] &= met;
        }
        possible
    }
}

impl Place {
    /// The byte that stands there.
    fn known(&self) -> u8 {
        if self.bytes.is_power_of_two() { self.bytes.trailing_zeros() as u8 } else { UNKNOWN }
    }
}

/// What of a word cannot stand in a slot: the digits at its ends may. `None` where too little is left of it, or a slot may
/// stand within.
fn core(word: &Literal) -> Option<String> {
    let word = word.lower();
    let core = word.trim_matches(|letter: char| letter.is_ascii_hexdigit());
    let known = core.len() >= SHORTEST && !core.contains(|letter: char| letter.is_ascii_digit() || letter == '\0');
    known.then(|| core.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{DIGITS, HEXADECIMAL};
    use super::{Needs, Place};
    use crate::rules::syntax;

    /// Which of the patterns may match, with `#` for a number and `x` for a word of hexadecimal digits.
    fn met(patterns: &[&str], text: &str) -> Vec<bool> {
        let slot = |bytes| Place { bytes, slot: Some(0), most: 1 };
        let place = |letter: char| match letter {
            '#' => slot(DIGITS),
            'x' => slot(HEXADECIMAL),
            _ => Place::of(letter),
        };
        let patterns: Vec<_> = patterns.iter().filter_map(|pattern| syntax::of_ascii(pattern)).collect();
        Needs::of(&patterns).met(&text.chars().map(place).collect::<Vec<_>>())
    }

    #[test]
    fn a_pattern_whose_words_are_not_there_matches_nothing() {
        let patterns = ["(?i)token.{0,9}revoked", r"\d+", "status 401", "(?:began|begun) here", "a2/t"];
        assert_eq!(met(&patterns, "Token ###"), [false, true, false, false, true]);
        assert_eq!(met(&patterns, "token # revoked"), [true, true, false, false, true]);
        assert_eq!(
            met(&patterns, "status ###"),
            [false, true, true, false, true],
            "what a slot may hold is not needed"
        );
        assert_eq!(met(&patterns, "xxxxgan here"), [false, true, false, true, true], "nor what it may begin with");
        assert_eq!(met(&patterns, "…"), [true; 5]);
    }
}
