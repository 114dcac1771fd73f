//! What a rule could take for a value in a line, whatever stood there: which parts of a line may be exchanged for others
//! of their kind without a look by the rules.

use std::ops::Range;

use super::triggers::Action;
use super::{LeakScanner, carrier, digits, layers, pass, text};
use crate::rules::Detect;

/// A text that makes a rule look, in lower case.
#[derive(Clone, Copy, Debug)]
pub enum Telling<'s> {
    /// Wherever it stands, in any case.
    AnyCase(&'s [u8]),
    /// Wherever it stands, as it is written.
    Exact(&'s [u8]),
    /// Where something may be assigned to it: at the end of a name.
    AtEnd(&'s [u8]),
}

impl LeakScanner {
    /// Whether nothing in a line is a leak, whether or not a literal brings it to a search.
    pub fn is_silent(&self, line: &[u8]) -> bool {
        layers::search(self, line).is_empty()
    }

    /// Where the values begin that rules would look at; `None` where that depends on more than keys and schemes.
    pub fn openings(&self, line: &[u8]) -> Option<Vec<usize>> {
        if self.searches.as_ref().is_some_and(|searches| searches.is_brought(line)) {
            return None;
        }
        let mut openings = Vec::new();
        for hit in self.triggers.automaton.find_overlapping_iter(line) {
            for action in &self.triggers.actions[hit.pattern().as_usize()] {
                match action {
                    // Without a quote it stays in the string that its literal is in.
                    Action::Shape { rule, literal } => {
                        let Detect::Shape(shape) = &self.rules[*rule].detect else { continue };
                        if line[hit.start()..].starts_with(literal) && shape.pattern.can_hold(b'"') {
                            return None;
                        }
                    }
                    Action::Key { rule, key: name, .. } => {
                        let definition = &self.rules[*rule];
                        let Detect::Keys(keys) = &definition.detect else { continue };
                        let key = carrier::key_ending_at(line, hit.end(), name.as_bytes(), keys.exact);
                        let Some(key) = key else { continue };
                        let told = || text::opening(line, key).filter(|_| pass::may_be_told(definition, name, key));
                        openings.extend([carrier::open(line, key), told()].into_iter().flatten().map(|open| open.at));
                    }
                    Action::Scheme { .. } => openings.extend(pass::after_scheme(line, hit.end())),
                }
            }
        }
        Some(openings)
    }

    /// The parts of a line of text that rules would look at as values; `None` where that cannot be told.
    pub fn values(&self, line: &[u8]) -> Option<Vec<Range<usize>>> {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`,;)]}<>&".contains(byte);
        let value = |at: usize| {
            let quoted = at > 0 && matches!(line[at - 1], b'"' | b'\'' | b'`');
            let rest = &line[at.min(line.len())..];
            let end = rest.iter().position(|byte| if quoted { *byte == line[at - 1] } else { ends(byte) });
            at..at + end.unwrap_or(rest.len())
        };
        let mut values: Vec<Range<usize>> = self.openings(line)?.into_iter().map(value).collect();
        for hit in self.triggers.automaton.find_overlapping_iter(line) {
            for action in &self.triggers.actions[hit.pattern().as_usize()] {
                let Action::Shape { rule, literal } = action else { continue };
                let Detect::Shape(shape) = &self.rules[*rule].detect else { continue };
                if !line[hit.start()..].starts_with(literal) {
                    continue;
                }
                if shape.tail || shape.pattern.can_hold(b' ') || shape.pattern.can_hold(b'\t') {
                    return None;
                }
                values.push(word_around(line, hit.start(), shape.pattern.can_hold(b'"')));
            }
        }
        Some(values)
    }

    /// The patterns of the shapes that have triggers which are too common to look for: such a text says nothing by itself.
    pub fn common_shapes(&self) -> impl Iterator<Item = &str> {
        let shapes = self.rules.iter().filter_map(|rule| match &rule.detect {
            Detect::Shape(shape) => Some(shape),
            _ => None,
        });
        shapes.filter(|shape| !shape.context_literals.is_empty()).map(|shape| shape.pattern.text())
    }

    /// Every other text that makes a rule look, or that one asks for, and whether it must be written so.
    pub fn spellings(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let schemes = self.rules.iter().flat_map(|rule| match &rule.detect {
            Detect::Scheme(scheme) => scheme.schemes.as_slice(),
            _ => &[],
        });
        let keys = self.rules.iter().flat_map(|rule| match &rule.detect {
            Detect::Keys(keys) => keys.keys.as_slice(),
            _ => &[],
        });
        let texts = self.telling().map(|telling| match telling {
            Telling::AnyCase(text) | Telling::AtEnd(text) => (text, false),
            Telling::Exact(text) => (text, true),
        });
        let common = self.rules.iter().flat_map(|rule| match &rule.detect {
            Detect::Shape(shape) => shape.context_literals.as_slice(),
            _ => &[],
        });
        let common: Vec<&[u8]> = common.map(String::as_bytes).collect();
        let texts = texts.filter(move |(text, _)| !common.contains(text));
        let words = schemes.chain(keys).map(String::as_bytes).chain(carrier::DEAD_PREFIXES);
        texts.chain(words.map(|word| (word, false)))
    }

    /// The texts without which a name of letters, digits and joining signs makes no rule look.
    pub fn telling(&self) -> impl Iterator<Item = Telling<'_>> {
        let of_actions = self.triggers.actions.iter().flatten().filter_map(|action| match action {
            Action::Shape { literal, .. } => Some(Telling::Exact(literal)),
            Action::Key { key, .. } => Some(Telling::AtEnd(key.rsplit('_').next().unwrap_or(key).as_bytes())),
            // A scheme is followed by a space, which no name has.
            Action::Scheme { .. } => None,
        });
        let required = self.rules.iter().flat_map(|rule| match &rule.detect {
            Detect::Keys(keys) => keys.requires.as_slice(),
            _ => &[],
        });
        let searched = self.keywords().iter().map(Vec::as_slice);
        of_actions.chain(required.map(String::as_bytes).chain(searched).map(Telling::AnyCase))
    }
}

/// What stands between white space around a place, or between quotes, where a value holds none.
fn word_around(line: &[u8], at: usize, quoted: bool) -> Range<usize> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || (*byte == b'"' && !quoted);
    let start = line[..at].iter().rposition(ends).map_or(0, |space| space + 1);
    let end = line[at..].iter().position(ends).map_or(line.len(), |length| at + length);
    start..end
}

/// Whether a name of letters, digits and joining signs says something else once it is decoded.
pub fn is_encoded(name: &[u8]) -> bool {
    let mut any = false;
    digits::of_plain_digits(name, &mut |_| any = true);
    any
}
