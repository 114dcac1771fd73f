//! Rules that search by a regular expression: those of other programs' catalogues.
//!
//! One automaton finds the keywords of all of them; an expression only runs around the keywords of its own rule, each
//! byte of a line at most once for each rule. So the time is linear in the line, whatever the expressions are.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::refusal::Refusal;
use super::value::entropy;
use crate::rules::{Detect, LeakRule, Match, Search};

/// An expression sees so many bytes before a keyword …
const BEFORE: usize = 1 << 10;
/// … and so many behind it: a private key is a few thousand bytes long.
const BEHIND: usize = 16 << 10;

/// The keywords of such rules.
#[derive(Debug)]
pub(super) struct Searches {
    keywords: AhoCorasick,
    /// The rules of each keyword.
    rules: Vec<Vec<usize>>,
    /// The keywords themselves, in lower case.
    pub(super) words: Vec<Vec<u8>>,
}

impl Searches {
    /// Of all rules; `None` where none searches.
    pub(super) fn of(rules: &[LeakRule]) -> Option<Self> {
        let mut by_word: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (number, rule) in rules.iter().enumerate() {
            if let Detect::Search(search) = &rule.detect {
                for word in &search.keywords {
                    by_word.entry(word.clone().into_bytes()).or_default().push(number);
                }
            }
        }
        let words: Vec<Vec<u8>> = by_word.keys().cloned().collect();
        // Keywords that make no automaton are longer than any file of rules.
        let keywords = automaton(&words)?;
        (!words.is_empty()).then(|| Self { keywords, rules: by_word.into_values().collect(), words })
    }

    /// Whether a line holds any keyword.
    pub(super) fn is_brought(&self, line: &[u8]) -> bool {
        self.keywords.is_match(line)
    }

    /// Where each rule has to look, ascending and apart.
    pub(super) fn windows(&self, line: &[u8]) -> BTreeMap<usize, Vec<Range<usize>>> {
        let mut windows: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
        for hit in self.keywords.find_overlapping_iter(line) {
            let window = hit.start().saturating_sub(BEFORE)..(hit.end() + BEHIND).min(line.len());
            for rule in &self.rules[hit.pattern().as_usize()] {
                let of_rule = windows.entry(*rule).or_default();
                match of_rule.last_mut().filter(|last| last.end >= window.start) {
                    Some(last) => last.end = last.end.max(window.end),
                    None => of_rule.push(window.clone()),
                }
            }
        }
        windows
    }
}

fn automaton(words: &[Vec<u8>]) -> Option<AhoCorasick> {
    let build = |kind| {
        AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(kind).build(words)
    };
    build(Some(AhoCorasickKind::DFA)).or_else(|_| build(None)).ok()
}

/// The secrets that a rule finds in a window of a line: their spans, and why one is none.
pub(super) fn matches(
    search: &Search,
    line: &[u8],
    window: Range<usize>,
    each: &mut dyn FnMut(Range<usize>, Result<(), Refusal>),
) {
    // The expression sees what stands before the window, so that `\b` and `^` mean what they say.
    let text = &line[..window.end];
    let mut at = window.start;
    while let Some(found) = search.pattern.find_at(text, at) {
        let secret = secret(search, text, found.range());
        each(secret.clone(), judged(search, line, &found.range(), &secret));
        at = found.end().max(found.start() + 1);
        if at > text.len() {
            break;
        }
    }
}

/// The group of a match that is the secret.
fn secret(search: &Search, text: &[u8], whole: Range<usize>) -> Range<usize> {
    if search.pattern.captures_len() == 1 {
        return whole;
    }
    let Some(groups) = search.pattern.captures_at(text, whole.start) else { return whole };
    let taken = if search.group > 0 {
        groups.get(search.group)
    } else {
        groups.iter().skip(1).flatten().find(|group| !group.is_empty())
    };
    taken.map_or(whole, |group| group.range())
}

fn judged(search: &Search, line: &[u8], whole: &Range<usize>, secret: &Range<usize>) -> Result<(), Refusal> {
    if secret.is_empty() {
        return Err(Refusal::Shape);
    }
    let value = &line[secret.clone()];
    let found = entropy(value);
    if search.entropy > 0.0 && found <= search.entropy {
        return Err(Refusal::Entropy { found, wanted: search.entropy });
    }
    let start = memchr::memrchr(b'\n', &line[..whole.start]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &line[whole.end..]).map_or(line.len(), |length| whole.end + length);
    let found = Match { secret: value, whole: &line[whole.clone()], line: &line[start..end] };
    if search.allow.iter().any(|list| list.allows(found)) { Err(Refusal::Allowed) } else { Ok(()) }
}
