//! Which literals a pattern cannot do without: what the search before parsing is made of.
//!
//! A rule that is added must not be forgotten by that search, so its literals are derived from its
//! pattern and never listed beside it.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::syntax;

/// Shortest literal that is worth a search.
const SHORTEST: usize = 4;
/// Most spellings that are followed through a pattern at once.
const SPELLINGS: usize = 32;
/// Beyond this a longer literal finds nothing that is rarer.
const LONG: usize = 8;

/// A text that must stand in a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    /// The text; in lower case where any case will do.
    text: String,
    any_case: bool,
}

/// Literals of which one is in every record that fits.
pub(super) type OneOf = Vec<Literal>;

impl Literal {
    /// A text that is written just so.
    pub(super) fn exact(text: &str) -> Self {
        Self { text: text.to_owned(), any_case: false }
    }

    /// A text in any case.
    pub(super) fn any_case(text: &str) -> Self {
        Self { text: text.to_ascii_lowercase(), any_case: true }
    }

    /// Its text in lower case.
    pub(super) fn lower(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// The spellings that logs use: as written, and for any case in lower case, with a capital, and in capitals.
    fn spellings(&self) -> Vec<String> {
        if !self.any_case {
            return vec![self.text.clone()];
        }
        let mut capital = self.text.clone();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        vec![self.text.clone(), capital, self.text.to_ascii_uppercase()]
    }

    /// The longest part that stands in a raw record as it stands in a decoded one: without what JSON escapes.
    fn raw(&self) -> Self {
        let plain = |letter: char| (letter.is_ascii_graphic() || letter == ' ') && !"/\\\"'".contains(letter);
        let parts = self.text.split(|letter| !plain(letter));
        let text = parts.rev().max_by_key(|part| part.len()).unwrap_or("").to_owned();
        Self { text, any_case: self.any_case }
    }
}

/// The literals to search for.
#[derive(Clone, Debug, Default)]
pub(super) struct Needles(BTreeSet<String>);

impl Needles {
    /// Begins with literals that were chosen by hand: short, rare, and shared by many rules.
    pub(super) fn new(chosen: &[String]) -> Self {
        Self(chosen.iter().cloned().collect())
    }

    /// Adds a literal as it is.
    pub(super) fn add(&mut self, literal: &str) {
        self.0.insert(literal.to_owned());
    }

    /// Makes sure that one of the sets is searched for, and says which; `None` where none can be.
    pub(super) fn cover(&mut self, sets: &[OneOf]) -> Option<usize> {
        if let Some(covered) = sets.iter().position(|set| self.covers(set)) {
            return Some(covered);
        }
        let (number, best) = best(sets)?;
        for literal in best {
            self.0.extend(literal.spellings().into_iter().map(stem));
        }
        Some(number)
    }

    fn covers(&self, set: &OneOf) -> bool {
        let found = |spelling: &String| self.0.iter().any(|needle| spelling.contains(needle.as_str()));
        set.iter().all(|literal| literal.raw().spellings().iter().all(found))
    }

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

/// Without its first letter a word is the same at the start of a sentence: one literal for two.
fn stem(text: String) -> String {
    if text.len() > SHORTEST && text.as_bytes()[0].is_ascii_alphabetic() { text[1..].to_owned() } else { text }
}

/// The set that the fewest records will hold, as far as lengths tell, and its number.
pub(super) fn best(sets: &[OneOf]) -> Option<(usize, OneOf)> {
    let raw = sets.iter().map(|set| set.iter().map(Literal::raw).collect::<OneOf>());
    let shortest = |set: &OneOf| set.iter().map(|literal| literal.text.len()).min().unwrap_or(0);
    let searchable = raw.enumerate().filter(|(_, set)| shortest(set) >= SHORTEST);
    searchable.max_by_key(|(_, set)| (shortest(set).min(LONG), std::cmp::Reverse(set.len())))
}

/// The sets of literals that a pattern needs: one of each set is in every text that it matches.
pub(super) fn needed(pattern: &str) -> Vec<OneOf> {
    syntax::of_ascii(pattern).map(|parsed| parsed.needed().to_vec()).unwrap_or_default()
}

/// The same of one that is parsed.
pub(super) fn needed_of(pattern: &Hir) -> Vec<OneOf> {
    let mut walk = Walk::default();
    walk.follow(pattern);
    walk.cut();
    walk.sets
}

/// The sets of patterns of which one must match: one set, if there are any and each of them needs something.
pub(super) fn needed_by_any<'p>(patterns: impl Iterator<Item = &'p str>, needles: &Needles) -> Vec<OneOf> {
    let of_each = patterns.map(|pattern| {
        let sets = needed(pattern);
        sets.iter().find(|set| needles.covers(set)).cloned().or_else(|| best(&sets).map(|(_, set)| set))
    });
    of_each
        .collect::<Option<Vec<OneOf>>>()
        .map(|sets| sets.concat())
        .filter(|set| !set.is_empty())
        .into_iter()
        .collect()
}

/// A way through a pattern. What has been read without a gap is a set of spellings.
struct Walk {
    spellings: Vec<Literal>,
    sets: Vec<OneOf>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { spellings: vec![Literal::exact("")], sets: Vec::new() }
    }
}

impl Walk {
    fn follow(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Capture(capture) => self.follow(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.follow(part)),
            _ => match exact(hir) {
                Some(next) if next.len() * self.spellings.len() <= SPELLINGS => self.append(&next),
                _ => self.gap(hir),
            },
        }
    }

    fn append(&mut self, next: &[Literal]) {
        let joined = |head: &Literal, tail: &Literal| Literal {
            text: format!("{}{}", head.text, tail.text),
            any_case: head.any_case || tail.any_case,
        };
        self.spellings =
            self.spellings.iter().flat_map(|head| next.iter().map(move |tail| joined(head, tail))).collect();
    }

    /// Something that cannot be spelt out: what it needs itself counts, and what follows begins anew.
    fn gap(&mut self, hir: &Hir) {
        self.cut();
        match hir.kind() {
            HirKind::Repetition(repetition) if repetition.min > 0 => self.follow(&repetition.sub),
            HirKind::Alternation(branches) => {
                let of_each = branches.iter().map(|branch| {
                    let mut walk = Self::default();
                    walk.follow(branch);
                    walk.cut();
                    best(&walk.sets).map(|(_, set)| set)
                });
                self.sets.extend(of_each.collect::<Option<Vec<OneOf>>>().map(|sets| sets.concat()));
            }
            _ => {}
        }
        self.cut();
    }

    fn cut(&mut self) {
        let set = std::mem::replace(&mut self.spellings, vec![Literal::exact("")]);
        if set.iter().all(|literal| !literal.text.is_empty()) {
            self.sets.push(set);
        }
    }
}

/// All texts that a part matches, if they are few.
fn exact(hir: &Hir) -> Option<Vec<Literal>> {
    let found = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Literal::exact("")],
        HirKind::Literal(literal) => vec![Literal::exact(std::str::from_utf8(&literal.0).ok()?)],
        HirKind::Class(class) => letters(class)?,
        HirKind::Capture(capture) => exact(&capture.sub)?,
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut found = exact(&repetition.sub)?;
            found.push(Literal::exact(""));
            found
        }
        HirKind::Concat(parts) => {
            let mut walk = Walk::default();
            for part in parts {
                let next = exact(part)?;
                if next.len() * walk.spellings.len() > SPELLINGS {
                    return None;
                }
                walk.append(&next);
            }
            walk.spellings
        }
        HirKind::Alternation(branches) => branches.iter().map(exact).collect::<Option<Vec<_>>>()?.concat(),
        HirKind::Repetition(_) => return None,
    };
    (found.len() <= SPELLINGS).then_some(found)
}

/// A small class: `[sz]`, or one letter in any case (with its foreign forms, which no log of tokens has).
fn letters(class: &Class) -> Option<Vec<Literal>> {
    let mut letters = BTreeSet::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges().iter().take(8) {
                letters.extend((range.start()..=range.end()).take(8));
            }
        }
        Class::Bytes(class) => {
            for range in class.ranges().iter().take(8) {
                letters.extend((range.start()..=range.end()).take(8).map(char::from));
            }
        }
    }
    let folded: BTreeSet<Literal> = letters
        .iter()
        .filter(|letter| letter.is_ascii())
        .map(|letter| {
            let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
            let both = lower != upper && letters.contains(&lower) && letters.contains(&upper);
            if both { Literal::any_case(&lower.to_string()) } else { Literal::exact(&letter.to_string()) }
        })
        .collect();
    let foreign = letters.iter().filter(|letter| !letter.is_ascii()).all(|letter| "ſ\u{212a}".contains(*letter));
    (foreign && folded.len() <= 4 && letters.len() < 8).then(|| folded.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{Literal, Needles, best, needed, needed_by_any};

    fn best_of(pattern: &str) -> Vec<String> {
        best(&needed(pattern)).into_iter().flat_map(|(_, set)| set).map(|literal| literal.text).collect()
    }

    #[test]
    fn a_pattern_needs_its_longest_word() {
        assert_eq!(best_of("(?i)could not .{0,9} refresh .{0,9}token"), [" refresh "]);
        assert_eq!(best_of(r"\bOAuth2Session\(\w+\)"), ["OAuth2Session("]);
        assert_eq!(best_of(r"a{0,2}\d+"), Vec::<String>::new());
    }

    #[test]
    fn every_branch_counts_and_one_that_needs_nothing_spoils_the_set() {
        assert_eq!(best_of("(?:reconnect|re-connect)ed"), ["reconnected", "re-connected"]);
        assert_eq!(best_of("(?:revoked|dis[a-z]+connected) .*"), ["revoked", "connected"]);
        assert_eq!(best_of(r"(?:revoked|\d+) .*"), Vec::<String>::new());
        assert_eq!(best_of("authori[sz]ed"), ["authorised", "authorized"]);
    }

    #[test]
    fn what_json_escapes_is_no_literal() {
        assert_eq!(best_of("POST /oauth2/token"), ["oauth2"]);
        assert_eq!(best_of("the token \"x"), ["the token "]);
    }

    #[test]
    fn a_needle_covers_every_spelling_or_is_not_enough() {
        let mut needles = Needles::new(&["efresh".to_owned()]);
        assert_eq!(needles.cover(&needed("(?i)refresh")), Some(0));
        assert_eq!(needles.into_vec(), ["EFRESH", "efresh"]);
        let mut needles = Needles::new(&["efresh".to_owned()]);
        assert_eq!(needles.cover(&needed("[Rr]efresh|REFRESHED")), Some(0));
        let sets = [vec![Literal::exact("other")], vec![Literal::exact("refresh_token")]];
        assert_eq!(needles.cover(&sets), Some(1));
        assert_eq!(needles.cover(&needed(r"\d{3}")), None);
        // A letter of either case makes the whole word one of any case: one needle too many, never one too few.
        assert_eq!(needles.into_vec(), ["EFRESH", "EFRESHED", "efresh"]);
    }

    #[test]
    fn one_of_several_patterns_needs_a_literal_of_each() {
        let needles = Needles::new(&[]);
        let sets = needed_by_any(["first word", r"second \d+"].into_iter(), &needles);
        assert_eq!(best(&sets).map(|(_, set)| set.len()), Some(2));
        assert!(needed_by_any(["first word", r"\d+"].into_iter(), &needles).is_empty());
    }
}
