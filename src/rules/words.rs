//! Which of many patterns may be in a text at all.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::needed::{Literal, needed};

/// Most patterns that are told apart; of those beyond each may be there.
const MOST: usize = 128;
/// Shorter words are in every text.
const SHORTEST: usize = 2;

/// The words that patterns cannot do without: a pattern is searched for in texts that hold one of its words.
#[derive(Clone, Debug)]
pub struct PatternWords {
    patterns: Vec<String>,
    words: OnceLock<Words>,
}

#[derive(Clone, Debug)]
struct Words {
    automaton: AhoCorasick,
    /// By word the patterns that it may be the sign of.
    signs: Vec<u128>,
    /// The patterns that need no word.
    always: u128,
}

/// The patterns that may be in some texts.
#[derive(Clone, Copy, Debug)]
pub struct Possible(u128);

impl Possible {
    /// Any pattern may be there.
    pub fn all() -> Self {
        Self(u128::MAX)
    }

    /// Whether a pattern may be there, by its place among those that were asked for.
    pub fn holds(self, pattern: usize) -> bool {
        pattern >= MOST || self.0 >> pattern & 1 == 1
    }
}

impl PatternWords {
    /// Of patterns as they are compiled; their words are found out when a text is first asked about.
    pub fn of<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        Self { patterns: patterns.into_iter().map(str::to_owned).collect(), words: OnceLock::new() }
    }

    /// The patterns of which one of the texts may hold a match.
    pub fn possible<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Possible {
        let words = self.words.get_or_init(|| self.words());
        let found = texts.flat_map(|text| words.automaton.find_overlapping_iter(text));
        Possible(found.fold(words.always, |possible, word| possible | words.signs[word.pattern().as_usize()]))
    }

    fn words(&self) -> Words {
        let (mut texts, mut signs, mut always) = (Vec::<String>::new(), Vec::<u128>::new(), 0);
        for (number, pattern) in self.patterns.iter().take(MOST).enumerate() {
            let Some(own) = rarest(pattern) else {
                always |= 1 << number;
                continue;
            };
            for text in own {
                let place = texts.iter().position(|known| *known == text).unwrap_or_else(|| {
                    texts.push(text);
                    signs.push(0);
                    texts.len() - 1
                });
                signs[place] |= 1 << number;
            }
        }
        // A case too many costs a search, one too few would lose what it finds.
        let automaton =
            AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(texts);
        automaton.map_or_else(|_| Words::of_none(), |automaton| Words { automaton, signs, always })
    }
}

impl Words {
    /// Every pattern may be anywhere.
    fn of_none() -> Self {
        let automaton = AhoCorasick::new::<_, &str>([]);
        #[allow(clippy::expect_used, reason = "nothing is below every limit")]
        Self { automaton: automaton.expect("an automaton of no words"), signs: Vec::new(), always: u128::MAX }
    }
}

/// Of the words that a pattern needs one of, the set that is longest at least.
fn rarest(pattern: &str) -> Option<Vec<String>> {
    let sets = needed(pattern).into_iter().map(|set| set.iter().map(Literal::lower).collect::<Vec<String>>());
    let shortest = |set: &Vec<String>| set.iter().map(String::len).min().unwrap_or(0);
    sets.filter(|set| shortest(set) >= SHORTEST).max_by_key(shortest)
}

#[cfg(test)]
mod tests {
    use super::PatternWords;

    #[test]
    fn a_pattern_is_possible_where_one_of_its_words_is() {
        let patterns =
            [r"(?i)\b(?:user|account) (?P<value>\w+)", r"(?:->|=>) \d+", r"\d+", r"HTTP/[\d.]+ (?P<value>\d)"];
        let words = PatternWords::of(patterns);
        for (texts, expected) in [
            (vec!["an Account x"], [true, false, true, false]),
            (vec!["a => 5", "http/1"], [false, true, true, true]),
            (vec![], [false, false, true, false]),
        ] {
            let possible = words.possible(texts.iter().copied());
            assert_eq!([0, 1, 2, 3].map(|pattern| possible.holds(pattern)), expected, "{texts:?}");
            assert!(possible.holds(1000));
        }
    }
}
