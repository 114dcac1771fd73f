//! Which of many patterns may be in a text at all.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::needed::{Literal, needed};

/// Most patterns that are told apart, and most sets of words; of patterns beyond each may be there.
const MOST: usize = 128;
/// Shorter words are in every text.
const SHORTEST: usize = 2;

/// The words that patterns cannot do without: a pattern is searched for in texts that hold one of each of its sets.
#[derive(Clone, Debug)]
pub struct PatternWords {
    patterns: Vec<String>,
    words: OnceLock<Words>,
}

#[derive(Clone, Debug)]
struct Words {
    automaton: AhoCorasick,
    /// By word the sets that it is in.
    sets: Vec<u128>,
    /// By pattern the sets that it needs a word of.
    needs: Vec<u128>,
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
        let words = self.words.get_or_init(|| Words::of(&self.patterns));
        let found = texts.flat_map(|text| words.automaton.find_overlapping_iter(text));
        let met = found.fold(0, |met, word| met | words.sets[word.pattern().as_usize()]);
        let possible = words.needs.iter().rev().map(|needs| needs & !met == 0);
        Possible(possible.fold(0, |all, possible| all << 1 | u128::from(possible)))
    }
}

impl Words {
    fn of(patterns: &[String]) -> Self {
        let of_each: Vec<Vec<Set>> = patterns.iter().take(MOST).map(|pattern| rarest_first(pattern)).collect();
        let (mut known, mut needs) = (Vec::<&Set>::new(), vec![0; of_each.len()]);
        // The best one of each pattern first: there may be no room for all.
        for rank in 0..of_each.iter().map(Vec::len).max().unwrap_or(0) {
            for (needs, own) in needs.iter_mut().zip(&of_each) {
                let Some(set) = own.get(rank) else { continue };
                let number = known.iter().position(|other| *other == set).unwrap_or(known.len());
                if number < MOST {
                    *needs |= 1 << number;
                    known.extend((number == known.len()).then_some(set));
                }
            }
        }
        let mut words: BTreeMap<&str, u128> = BTreeMap::new();
        for (number, set) in known.into_iter().enumerate() {
            for word in set {
                *words.entry(word).or_default() |= 1 << number;
            }
        }
        // A case too many costs a search, one too few would lose what it finds.
        let builder = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).clone();
        match builder.build(words.keys()) {
            Ok(automaton) => Self { automaton, sets: words.into_values().collect(), needs },
            Err(_) => Self::of_none(needs.len()),
        }
    }

    /// Every pattern may be anywhere.
    fn of_none(patterns: usize) -> Self {
        let automaton = AhoCorasick::new::<_, &str>([]);
        #[allow(clippy::expect_used, reason = "nothing is below every limit")]
        Self { automaton: automaton.expect("an automaton of no words"), sets: Vec::new(), needs: vec![0; patterns] }
    }
}

/// Words of which a pattern needs one.
type Set = Vec<String>;

/// The sets of a pattern, the one first that is longest at least.
fn rarest_first(pattern: &str) -> Vec<Set> {
    let sets = needed(pattern).into_iter().map(|set| set.iter().map(Literal::lower).collect::<Set>());
    let shortest = |set: &Set| set.iter().map(String::len).min().unwrap_or(0);
    let mut sets: Vec<Set> = sets.filter(|set| shortest(set) >= SHORTEST).collect();
    sets.sort_by_key(|set| std::cmp::Reverse(shortest(set)));
    sets
}

#[cfg(test)]
mod tests {
    use super::PatternWords;

    #[test]
    fn a_pattern_is_possible_where_one_of_its_words_is() {
        let patterns =
            [r"(?i)\b(?:user|account) (?P<value>\w+)", r"(?:->|=>) \d+", r"\d+", r"HTTP/[\d.]+ .{0,9}by (?P<value>\d)"];
        let words = PatternWords::of(patterns);
        for (texts, expected) in [
            (vec!["an Account x"], [true, false, true, false]),
            (vec!["a => 5", "http/1 BY 7"], [false, true, true, true]),
            (vec!["http/1"], [false, false, true, false]),
            (vec![], [false, false, true, false]),
        ] {
            let possible = words.possible(texts.iter().copied());
            assert_eq!([0, 1, 2, 3].map(|pattern| possible.holds(pattern)), expected, "{texts:?}");
            assert!(possible.holds(1000));
        }
    }

    #[test]
    fn sets_that_there_is_no_room_for_are_not_asked_for() {
        let patterns: Vec<String> = (100..228).map(|number| format!("one{number}.*and{number}.*all")).collect();
        let words = PatternWords::of(patterns.iter().map(String::as_str));
        let possible = words.possible(std::iter::once("one101 one227 and227"));
        assert_eq!((0..128).filter(|pattern| possible.holds(*pattern)).collect::<Vec<_>>(), [1, 127]);
    }
}
