//! Whether a name says nothing to any rule.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, packed};

use super::RuleSet;
use super::reach::{Halves, halves, reach};
use super::sense::Sense;
use super::sightings::Unknown;
use super::slots::Slot;
use super::tree::Span;
use crate::leak::{Telling, is_encoded};
use crate::scan::sieve::{self, Places, Sieve};

/// Shorter names hold no encoded text: the shortest that is looked at takes 27 signs of base64.
pub(super) const ENCODED: usize = 27;

/// Stands between names, and in none of the texts.
const BETWEEN: u8 = 0;
/// Most texts that a sieve finds without letting through names that hold none.
const MOST: usize = 512;

/// What times, numbers and ids are written with: letters of one case each.
static DIGITS: Halves = {
    let mut digits = [false; 128];
    let all = b"0123456789abcdef-.:,+/ TZ";
    let mut at = 0;
    while at < all.len() {
        digits[all[at] as usize] = true;
        at += 1;
    }
    halves(&digits)
};

/// What a name must not hold.
#[derive(Debug)]
pub(in crate::scan) struct Names {
    /// The texts that say something wherever they stand, in any case.
    anywhere: AhoCorasick,
    /// Of those, how they must be written; nothing where any case will do.
    written: Vec<Vec<Box<[u8]>>>,
    /// By last byte the texts that say something at the end of a name, in any case.
    at_end: Vec<Vec<Box<[u8]>>>,
    /// Finds whether any of the texts that say something anywhere may be there, in all names of a line at once; without
    /// vectors each name is looked at.
    sieve: Option<Sieve>,
    /// Finds the few of them that are written with [`DIGITS`]: nothing else can be in what is written so, as most new names
    /// are.
    digits: Option<packed::Searcher>,
    /// What rules make of texts; found out when the first one is learned.
    sense: OnceLock<Option<Sense>>,
    /// The records that were read in full.
    pub(super) unknown: Unknown,
}

/// Room for the names of one line.
#[derive(Debug, Default)]
pub(super) struct Room {
    joined: Vec<u8>,
    digits: Vec<u8>,
    places: Box<Places>,
}

impl Names {
    /// By what the rules look for; `None` where that is too much for an automaton.
    pub(in crate::scan) fn new(rules: &RuleSet) -> Option<Self> {
        let mut anywhere: BTreeMap<Vec<u8>, Vec<Box<[u8]>>> = BTreeMap::new();
        let mut at_end = BTreeSet::new();
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
                    at_end.insert(text.to_ascii_lowercase());
                }
            }
        }
        let sieve = sieve_of(anywhere.keys().cloned().collect());
        // With a sieve few names come so far: not worth the time and the memory that the fast automaton takes.
        let fast = if sieve.is_some() { AhoCorasickKind::ContiguousNFA } else { AhoCorasickKind::DFA };
        let build = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(anywhere.keys());
        let automaton = build(Some(fast)).or_else(|_| build(None)).ok()?;
        let digits = packed::Searcher::new(anywhere.iter().flat_map(|(text, written)| in_digits(text, written)));
        let written = anywhere.into_values().collect();
        Some(Self {
            anywhere: automaton,
            written,
            at_end: by_last_byte(at_end),
            sieve,
            digits,
            sense: OnceLock::new(),
            unknown: Unknown::default(),
        })
    }

    /// What the rules make of running texts; `None` where that is too much.
    pub(super) fn sense(&self, rules: &RuleSet) -> Option<&Sense> {
        self.sense.get_or_init(|| Sense::of(rules)).as_ref()
    }

    /// Whether a word of hexadecimal digits holds a text that rules look for.
    pub(super) fn is_spelled(&self, word: &[u8]) -> bool {
        self.sense.get().and_then(Option::as_ref).is_none_or(|sense| sense.discerner.is_spelled(word))
    }

    /// Whether a name says nothing.
    pub(super) fn is_silent(&self, name: &[u8]) -> bool {
        !self.names_key(name) && !is_long_encoded(name) && !self.tells(name)
    }

    /// Whether none of these values of a line says anything; with the slots of those that do not go into its event.
    pub(super) fn are_silent(&self, line: &[u8], values: &[(Span, Option<Slot>)], room: &mut Room) -> bool {
        let mut names = values.iter().map(|((start, end), slot)| (&line[*start..*end], *slot));
        let Some(sieve) = &self.sieve else { return names.all(|(name, _)| self.is_silent(name)) };
        room.joined.clear();
        room.digits.clear();
        for (name, slot) in names.clone() {
            if self.names_key(name) || is_long_encoded(name) {
                return false;
            }
            let joined = if self.is_in_digits(name, slot) { &mut room.digits } else { &mut room.joined };
            joined.extend_from_slice(name);
            joined.push(BETWEEN);
        }
        let in_digits = || self.digits.as_ref().is_some_and(|digits| digits.find(&room.digits).is_some());
        let may_tell = in_digits() || (!room.joined.is_empty() && sieve.is_in(&room.joined, &mut room.places));
        !may_tell || !names.any(|(name, _)| self.tells(name))
    }

    /// Whether a name is written with digits, and they are searched by themselves.
    fn is_in_digits(&self, name: &[u8], slot: Option<Slot>) -> bool {
        let by_kind = matches!(slot, Some(Slot::Number | Slot::Time | Slot::Count));
        self.digits.is_some() && (by_kind || reach(&DIGITS, name) == name.len())
    }

    fn tells(&self, name: &[u8]) -> bool {
        self.anywhere.is_match(name)
            && self.anywhere.find_overlapping_iter(name).any(|found| {
                let written = &self.written[found.pattern().as_usize()];
                written.is_empty() || written.iter().any(|text| **text == name[found.range()])
            })
    }

    fn names_key(&self, name: &[u8]) -> bool {
        let ends = |text: &[u8]| name.len() >= text.len() && name[name.len() - text.len()..].eq_ignore_ascii_case(text);
        name.last().is_some_and(|byte| self.at_end[usize::from(*byte)].iter().any(|text| ends(text)))
    }
}

/// The forms of a text in lower case that are written with [`DIGITS`]: at most one where any case will do.
fn in_digits(text: &[u8], written: &[Box<[u8]>]) -> Vec<Vec<u8>> {
    let held = |text: &[u8]| reach(&DIGITS, text) == text.len();
    let one_case = |byte: &u8| if held(&[*byte]) { *byte } else { byte.to_ascii_uppercase() };
    let any_case = text.iter().map(one_case).collect();
    let forms = if written.is_empty() { vec![any_case] } else { written.iter().map(|form| form.to_vec()).collect() };
    forms.into_iter().filter(|form| held(form)).collect()
}

/// Texts by the byte that they end in, in either case.
fn by_last_byte(texts: BTreeSet<Vec<u8>>) -> Vec<Vec<Box<[u8]>>> {
    let mut sorted = vec![Vec::new(); 256];
    for text in texts {
        let Some(last) = text.last() else { continue };
        for byte in BTreeSet::from([last.to_ascii_lowercase(), last.to_ascii_uppercase()]) {
            sorted[usize::from(byte)].push(text.as_slice().into());
        }
    }
    sorted
}

/// A search for texts in any case; `None` where they are not fit for it.
fn sieve_of(texts: Vec<Vec<u8>>) -> Option<Sieve> {
    let fit = texts.len() <= MOST && texts.iter().all(|text| text.len() >= sieve::SHORTEST);
    fit.then(|| Sieve::any_case(texts)).flatten()
}

/// Whether a text says something else once it is decoded.
pub(super) fn is_long_encoded(name: &[u8]) -> bool {
    name.len() >= ENCODED && is_encoded(name)
}
