//! Which records are worth parsing: a search for the literals of all rules over whole segments.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind as Longest, Span};

use super::grams::{self, Grams};
use super::rule_set::RuleSet;
use crate::leak::{LeakScanner, next_url_password};

/// Literals of one vector search (Teddy). It takes no more; beyond it an automaton reads byte by byte at a fifth of the
/// speed, so that several vector passes are cheaper than one automaton.
const LITERALS: usize = 64;

/// So many literals of a second look are searched for as those of the rules are.
const FEW: usize = 64;

/// The literals of the vocabulary, of event rules and of leak rules.
#[derive(Debug)]
pub(super) struct Prefilter {
    passes: Vec<Pass>,
}

#[derive(Debug)]
enum Pass {
    /// All literals that are long enough, in one pass.
    Grams(Grams),
    /// The others.
    Vector(Searcher),
    /// Where the processor has no vectors that serve, and where there are thousands of literals.
    Automaton(AhoCorasick),
    /// Short keywords, in any case.
    Keywords(AhoCorasick),
    /// Passwords in URLs.
    Urls,
    /// Every record is a candidate: what the others are held to.
    Everything,
}

/// How far each pass has looked in one segment.
pub(super) struct Candidates<'p, 'b> {
    passes: &'p [Pass],
    bytes: &'b [u8],
    next: Vec<usize>,
}

impl Prefilter {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let mut literals: Vec<Vec<u8>> = rules.triggers.iter().map(|literal| literal.clone().into_bytes()).collect();
        literals.extend(rules.leaks.literals());
        Self::of(literals, rules.leaks.keywords())
    }

    /// The literals of leak rules alone.
    pub(super) fn of_leaks(leaks: &LeakScanner) -> Self {
        Self::of(leaks.literals(), leaks.keywords())
    }

    /// Literals that a second look is for, and nothing else.
    pub(super) fn of_texts(mut literals: Vec<Vec<u8>>) -> Self {
        literals.sort();
        literals.dedup();
        // Thousands of ids are alike in parts, and each place would be compared with all that share the part.
        let short = literals.iter().any(|literal| literal.len() < grams::SHORTEST);
        // Of the numbers 12 and 123 the longer one must be found where it stands: the shorter one is a part of it there.
        let nested = literals.windows(2).any(|pair| pair[1].starts_with(&pair[0]));
        let longest = || AhoCorasick::builder().match_kind(Longest::LeftmostLongest).build(&literals).ok();
        let automaton = (short || nested || literals.len() > FEW).then(longest).flatten();
        Self { passes: vec![automaton.map_or_else(|| Pass::Grams(Grams::new(literals)), Pass::Automaton)] }
    }

    fn of(mut literals: Vec<Vec<u8>>, keywords: &[Vec<u8>]) -> Self {
        literals.sort();
        literals.dedup();
        // A literal that holds another one adds nothing: the shorter is found wherever it is.
        let held = |literal: &Vec<u8>| {
            literals.iter().any(|other| other != literal && memchr::memmem::find(literal, other).is_some())
        };
        let kept = literals.iter().filter(|literal| !held(literal)).cloned();
        let (long, short): (Vec<_>, Vec<_>) = kept.partition(|literal| literal.len() >= grams::SHORTEST);
        let grams = (!long.is_empty()).then(|| Pass::Grams(Grams::new(long)));
        let (any_case, few): (Vec<_>, Vec<_>) =
            keywords.iter().cloned().partition(|keyword| keyword.len() >= grams::SHORTEST);
        let any_case = (!any_case.is_empty()).then(|| Pass::Grams(Grams::any_case(any_case)));
        let few = (!few.is_empty()).then(|| Pass::keywords(&few));
        let passes = grams.into_iter().chain(short.chunks(LITERALS).map(Pass::vector)).chain(any_case).chain(few);
        Self { passes: passes.chain([Pass::Urls]).collect() }
    }

    /// The slow way: takes every record.
    pub(super) fn everything() -> Self {
        Self { passes: vec![Pass::Everything] }
    }

    /// Whether a text holds any trigger.
    pub(super) fn is_candidate(&self, bytes: &[u8]) -> bool {
        self.passes.iter().any(|pass| pass.find(bytes, 0).is_some())
    }

    /// The triggers of a segment.
    pub(super) fn candidates<'p, 'b>(&'p self, bytes: &'b [u8]) -> Candidates<'p, 'b> {
        let next = self.passes.iter().map(|pass| pass.find(bytes, 0).unwrap_or(bytes.len())).collect();
        Candidates { passes: &self.passes, bytes, next }
    }
}

impl Candidates<'_, '_> {
    /// Where the next trigger begins at or after `from`, which must not fall from call to call.
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        for (pass, next) in self.passes.iter().zip(&mut self.next) {
            if *next < from {
                *next = pass.find(self.bytes, from).unwrap_or(self.bytes.len());
            }
        }
        self.next.iter().copied().min().filter(|at| *at < self.bytes.len())
    }
}

impl Pass {
    fn vector(literals: &[Vec<u8>]) -> Self {
        let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
        for literal in literals {
            builder.add(literal);
        }
        #[allow(
            clippy::expect_used,
            reason = "64 literals of checked rules are far below every limit of the automaton"
        )]
        builder.build().map_or_else(
            || Self::Automaton(AhoCorasick::new(literals).expect("the literals of the rules make an automaton")),
            Self::Vector,
        )
    }

    fn keywords(keywords: &[Vec<u8>]) -> Self {
        let build = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(keywords);
        #[allow(clippy::expect_used, reason = "an automaton of them was built when the rules were read")]
        let automaton = build(Some(AhoCorasickKind::DFA)).or_else(|_| build(None)).expect("keywords make an automaton");
        Self::Keywords(automaton)
    }

    /// Where the next trigger begins. A number counts only where it is not a part of a longer one, nor the start of a
    /// word: long texts in hexadecimal or base64 hold every number.
    fn find(&self, bytes: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let (start, end) = match self {
                Self::Grams(grams) => grams.find(bytes, from)?,
                Self::Vector(searcher) => {
                    let found = searcher.find_in(bytes, Span::from(from..bytes.len()))?;
                    (found.start(), found.end())
                }
                Self::Automaton(automaton) | Self::Keywords(automaton) => {
                    let found = automaton.find(&bytes[from..])?;
                    (from + found.start(), from + found.end())
                }
                Self::Urls => return next_url_password(bytes, from),
                Self::Everything => return Some(from),
            };
            let before = start.checked_sub(1).map(|before| bytes[before]);
            let within = before.is_some_and(|byte| byte.is_ascii_digit())
                || bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
            if !(within && bytes[start..end].iter().all(u8::is_ascii_digit)) {
                return Some(start);
            }
            from = start + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Prefilter;

    #[test]
    fn a_number_counts_by_itself_and_a_token_may_begin_with_digits() {
        let literals = ["401", "1//0", "7b226"].map(|literal| literal.as_bytes().to_vec());
        let prefilter = Prefilter::of(literals.into(), &[]);
        for text in ["status 401", "\\n401: no", "saved 1//03q7Zk2V", "11//0g", "=7b22616363"] {
            assert!(prefilter.is_candidate(text.as_bytes()), "{text}");
        }
        for text in ["1401", "4012", "a401f", "401ms"] {
            assert!(!prefilter.is_candidate(text.as_bytes()), "{text}");
        }
    }
}
