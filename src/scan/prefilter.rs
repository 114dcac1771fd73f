//! Which records are worth parsing: one search for the literals of all rules over whole segments.

use aho_corasick::{AhoCorasick, MatchKind};

use super::rule_set::RuleSet;

/// The literals of the vocabulary, of the providers' and of the leak rules, in one automaton.
#[derive(Debug)]
pub(super) struct Prefilter {
    literals: AhoCorasick,
}

impl Prefilter {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let mut literals: Vec<Vec<u8>> = rules.triggers.iter().map(|literal| literal.clone().into_bytes()).collect();
        literals.extend(rules.leaks.literals());
        literals.sort();
        literals.dedup();
        // A literal that holds another one adds nothing: the shorter is found wherever it is.
        let held = |literal: &Vec<u8>| literals.iter().any(|other| other != literal && memchr::memmem::find(literal, other).is_some());
        let kept: Vec<&Vec<u8>> = literals.iter().filter(|literal| !held(literal)).collect();
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&kept);
        #[allow(clippy::expect_used, reason = "a few dozen literals of checked rules are far below every limit of the automaton")]
        let literals = built.expect("the literals of the rules make an automaton");
        Self { literals }
    }

    /// Where the next trigger begins at or after `from`.
    pub(super) fn next(&self, bytes: &[u8], from: usize) -> Option<usize> {
        self.literals.find(&bytes[from..]).map(|found| from + found.start())
    }
}
