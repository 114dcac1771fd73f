//! From rules to one automaton: which bytes of a line make which rule look closer.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::view;
use crate::rules::{Detect, LeakRule};

/// What to do where a trigger ends.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// A value of this shape may start `lead` bytes before the trigger.
    Shape {
        /// The rule.
        rule: usize,
        /// The trigger as the rule spells it: shapes are case-sensitive, the automaton is not.
        literal: Box<[u8]>,
    },
    /// A key of a rule may end here.
    Key {
        /// The rule.
        rule: usize,
        /// The key, snake form.
        key: Box<str>,
        /// The last letter of the word before the trigger, or 0: tells most keys apart at a glance.
        letter: u8,
    },
    /// A scheme word of a rule may end here.
    Scheme {
        /// The rule.
        rule: usize,
        /// Its length.
        length: usize,
    },
}

/// All triggers of a set of rules.
#[derive(Debug)]
pub(super) struct Triggers {
    /// Finds them, in any case.
    pub automaton: AhoCorasick,
    /// What each pattern of the automaton asks for.
    pub actions: Vec<Vec<Action>>,
    /// Finds the literals that bring a line here.
    pub brought: AhoCorasick,
    /// Those literals.
    pub literals: Vec<Vec<u8>>,
}

impl Triggers {
    pub(super) fn new(rules: &[LeakRule]) -> Self {
        let mut by_text: BTreeMap<Vec<u8>, Vec<Action>> = BTreeMap::new();
        let mut add = |text: &str, action: Action| {
            by_text.entry(text.to_ascii_lowercase().into_bytes()).or_default().push(action);
        };
        for (rule, definition) in rules.iter().enumerate() {
            match &definition.detect {
                Detect::Shape(shape) => {
                    for literal in definition.literals.iter().chain(&shape.context_literals) {
                        add(literal, Action::Shape { rule, literal: literal.as_bytes().into() });
                    }
                }
                Detect::Keys(keys) => {
                    for key in &keys.keys {
                        let word = last_word(key);
                        let letter = key.len().checked_sub(word.len() + 2).map_or(0, |at| key.as_bytes()[at]);
                        add(word, Action::Key { rule, key: key.as_str().into(), letter });
                    }
                }
                Detect::Scheme(scheme) => {
                    for word in &scheme.schemes {
                        add(word, Action::Scheme { rule, length: word.len() });
                    }
                }
                // Found by their own keywords.
                Detect::Search(_) => {}
            }
        }
        let mut literals: Vec<Vec<u8>> =
            rules.iter().flat_map(|rule| &rule.literals).map(|literal| literal.clone().into_bytes()).collect();
        literals.extend(view::LITERALS.map(|literal| literal.as_bytes().to_vec()));
        literals.sort_by_key(|literal| (literal.len(), literal.clone()));
        // A literal that holds a shorter one brings no line that the shorter one does not.
        let mut kept: Vec<Vec<u8>> = Vec::new();
        for literal in literals {
            if !kept.iter().any(|short| memchr::memmem::find(&literal, short).is_some()) {
                kept.push(literal);
            }
        }
        kept.sort();
        Self {
            automaton: automaton(by_text.keys(), true, MatchKind::Standard),
            actions: by_text.into_values().collect(),
            brought: automaton(&kept, false, MatchKind::LeftmostFirst),
            literals: kept,
        }
    }
}

fn last_word(key: &str) -> &str {
    key.rsplit_once('_').map_or(key, |(_, word)| word)
}

fn automaton<'p>(patterns: impl IntoIterator<Item = &'p Vec<u8>>, any_case: bool, kind: MatchKind) -> AhoCorasick {
    let patterns: Vec<&Vec<u8>> = patterns.into_iter().collect();
    let build =
        |engine| AhoCorasick::builder().ascii_case_insensitive(any_case).match_kind(kind).kind(engine).build(&patterns);
    // A table that is too big falls back to the compact form; that one fails beyond 2^31 states only, and then no
    // rule can be looked for at all.
    build(Some(AhoCorasickKind::DFA))
        .or_else(|_| build(None))
        .expect("leak rules hold fewer than 2^31 bytes of literals")
}
