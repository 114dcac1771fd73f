//! Whether a name says nothing to any rule.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::RuleSet;
use crate::leak::{Telling, is_encoded};

/// Shorter names hold no encoded text: the shortest that is looked at takes 27 signs of base64.
const ENCODED: usize = 27;

/// What a name must not hold.
#[derive(Debug)]
pub(in crate::scan) struct Names {
    /// The texts that say something wherever they stand, in any case.
    anywhere: AhoCorasick,
    /// Of those, how they must be written; nothing where any case will do.
    written: Vec<Vec<Box<[u8]>>>,
    /// The texts that say something at the end of a name, in any case.
    at_end: Vec<Box<[u8]>>,
    /// The bytes that those end in.
    last: [bool; 256],
}

impl Names {
    /// By what the rules look for; `None` where that is too much for an automaton.
    pub(in crate::scan) fn new(rules: &RuleSet) -> Option<Self> {
        let mut anywhere: BTreeMap<Vec<u8>, Vec<Box<[u8]>>> = BTreeMap::new();
        let (mut at_end, mut last) = (BTreeSet::new(), [false; 256]);
        let of_events = rules.extractor.telling().map(|text| Telling::AnyCase(text.as_bytes()));
        for telling in of_events.chain(rules.leaks.telling()) {
            match telling {
                Telling::AnyCase(text) => anywhere.entry(text.to_ascii_lowercase()).or_default().clear(),
                Telling::Exact(text) => match anywhere.entry(text.to_ascii_lowercase()) {
                    Entry::Vacant(new) => new.insert(Vec::new()).push(text.into()),
                    // An empty list is that of a text in any case.
                    Entry::Occupied(known) if known.get().is_empty() => {}
                    Entry::Occupied(mut known) => known.get_mut().push(text.into()),
                },
                Telling::AtEnd(text) => {
                    let Some(end) = text.last() else { continue };
                    last[usize::from(end.to_ascii_lowercase())] = true;
                    last[usize::from(end.to_ascii_uppercase())] = true;
                    at_end.insert(text.into());
                }
            }
        }
        let build = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(anywhere.keys());
        let automaton = build(Some(AhoCorasickKind::DFA)).or_else(|_| build(None)).ok()?;
        let written = anywhere.into_values().collect();
        Some(Self { anywhere: automaton, written, at_end: at_end.into_iter().collect(), last })
    }

    /// Whether a name says nothing.
    pub(super) fn is_silent(&self, name: &[u8]) -> bool {
        let ends = |text: &[u8]| name.len() >= text.len() && name[name.len() - text.len()..].eq_ignore_ascii_case(text);
        let may_end = name.last().is_some_and(|byte| self.last[usize::from(*byte)]);
        let tells = self.anywhere.is_match(name)
            && self.anywhere.find_overlapping_iter(name).any(|found| {
                let written = &self.written[found.pattern().as_usize()];
                written.is_empty() || written.iter().any(|text| **text == name[found.range()])
            });
        let names_key = may_end && self.at_end.iter().any(|text| ends(text));
        let encoded = name.len() >= ENCODED && is_encoded(name);
        !tells && !names_key && !encoded
    }
}
