//! Whether a name says nothing to any rule.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::super::rule_set::RuleSet;
use crate::leak::{Telling, is_encoded};

/// Shorter names hold no encoded text.
const ENCODED: usize = 24;

/// What a name must not hold.
#[derive(Debug)]
pub(in crate::scan) struct Names {
    automaton: AhoCorasick,
    /// Of each pattern, when it says something.
    weights: Vec<Weight>,
}

#[derive(Debug, Default)]
struct Weight {
    anywhere: bool,
    at_end: bool,
    exact: Vec<Box<[u8]>>,
}

impl Names {
    /// By what the rules look for; `None` where that is too much for an automaton.
    pub(in crate::scan) fn new(rules: &RuleSet) -> Option<Self> {
        let mut weights: BTreeMap<Vec<u8>, Weight> = BTreeMap::new();
        let of_events = rules.extractor.telling().map(|text| Telling::AnyCase(text.as_bytes()));
        for telling in of_events.chain(rules.leaks.telling()) {
            let (Telling::AnyCase(text) | Telling::Exact(text) | Telling::AtEnd(text)) = telling;
            let weight = weights.entry(text.to_ascii_lowercase()).or_default();
            match telling {
                Telling::AnyCase(_) => weight.anywhere = true,
                Telling::AtEnd(_) => weight.at_end = true,
                Telling::Exact(text) => weight.exact.push(text.into()),
            }
        }
        let builder = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(weights.keys());
        let automaton = builder(Some(AhoCorasickKind::DFA)).or_else(|_| builder(None)).ok()?;
        Some(Self { automaton, weights: weights.into_values().collect() })
    }

    /// Whether a name says nothing.
    pub(super) fn is_silent(&self, name: &[u8]) -> bool {
        let telling = self.automaton.find_overlapping_iter(name).any(|found| {
            let weight = &self.weights[found.pattern().as_usize()];
            let here = &name[found.start()..found.end()];
            weight.anywhere
                || (weight.at_end && found.end() == name.len())
                || weight.exact.iter().any(|text| **text == *here)
        });
        !telling && (name.len() < ENCODED || !is_encoded(name))
    }
}
