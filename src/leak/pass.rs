//! One pass over one line: triggers to candidates, candidates to spans that do not overlap.

use std::borrow::Cow;
use std::cmp::Reverse;

use aho_corasick::AhoCorasick;

use super::LeakScanner;
use super::bytes::{COLOUR, ESCAPING, JOINED, before, decode, is_boundary, is_cut, quote, run_end, unit};
use super::carrier::{self, Key, Opening};
use super::triggers::Action;
use super::value::{SAMPLE_JWT, entropy, is_placeholder, is_secret, is_uuid};
use super::{jwt, text};
use crate::model::is_in_pseudonym;
use crate::rules::{Detect, Keys, LeakRule, Scheme, Shape};

/// A span that a rule takes for a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'s> {
    pub start: usize,
    pub end: usize,
    pub rule: usize,
    /// How much the rule knows about the value; the most specific one names a span.
    rank: u8,
    /// The key or header.
    pub field: Option<&'s str>,
    /// The public prefix of the value.
    pub prefix: &'s [u8],
    /// The value is the base64 of `id:secret`.
    pub pair: bool,
}

const RANK_GENERIC: u8 = 1;
const RANK_SCHEME: u8 = 2;
const RANK_KEY: u8 = 3;
const RANK_SHAPE: u8 = 4;

/// What is known about the line so far.
pub(super) struct Pass<'s, 'l> {
    scanner: &'s LeakScanner,
    line: &'l [u8],
    found: Vec<Candidate<'s>>,
    /// Which requirements were looked up, and which of them are met: a bit each.
    asked: u64,
    met: u64,
    /// Schemes before here are inside a value that was read already.
    scheme_from: usize,
}

/// What a rule asks of the line around its key.
#[derive(Debug)]
pub(super) struct Requirement {
    texts: AhoCorasick,
    /// Where a pass notes the answer; beyond 64 rules there is no place, and it is looked up each time.
    bit: u64,
}

/// The requirements of all rules, at their places.
pub(super) fn requirements(rules: &[LeakRule]) -> Vec<Option<Requirement>> {
    let mut bit = 1u64;
    let mut of_rule = |rule: &LeakRule| {
        let Detect::Keys(Keys { requires, .. }) = &rule.detect else { return None };
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(requires).ok();
        let own = bit;
        let texts = texts.filter(|_| !requires.is_empty())?;
        bit <<= 1;
        Some(Requirement { texts, bit: own })
    };
    rules.iter().map(&mut of_rule).collect()
}

impl<'s, 'l> Pass<'s, 'l> {
    pub(super) fn new(scanner: &'s LeakScanner, line: &'l [u8]) -> Self {
        Self { scanner, line, found: Vec::new(), asked: 0, met: 0, scheme_from: 0 }
    }

    pub(super) fn run(mut self) -> Vec<Candidate<'s>> {
        let scanner = self.scanner;
        for hit in scanner.triggers.automaton.find_overlapping_iter(self.line) {
            let letter = letter_before(self.line, hit.start());
            for action in &scanner.triggers.actions[hit.pattern().as_usize()] {
                match action {
                    Action::Shape { rule, literal } => self.shape(*rule, literal, hit.start()),
                    Action::Key { rule, key, letter: wanted } => {
                        if *wanted == 0 || *wanted == letter {
                            self.key(*rule, key, hit.end());
                        }
                    }
                    Action::Scheme { rule, length } => self.scheme(*rule, *length, hit.end()),
                }
            }
        }
        let line = self.line;
        self.found.retain(|found| !is_in_pseudonym(line, found.start, found.end));
        merged(self.found)
    }

    fn shape(&mut self, rule: usize, literal: &'s [u8], trigger: usize) {
        let definition = &self.scanner.rules[rule];
        let Detect::Shape(shape) = &definition.detect else { return };
        let Some(start) = trigger.checked_sub(shape.lead) else { return };
        if !self.line[trigger..].starts_with(literal) || !(shape.inner || is_boundary(self.line, start)) {
            return;
        }
        let Some((start, end)) = shape_span(self.line, shape, start, literal.len()) else { return };
        let value = decode(&self.line[start..end]);
        if is_cut(self.line, end) || value.starts_with(SAMPLE_JWT) || value.ends_with(b"EXAMPLE") {
            return;
        }
        if value.len() < definition.demand.min_length || entropy(&value) < definition.demand.min_entropy {
            return;
        }
        let rank = match (shape.generic, shape.inner) {
            (true, _) => RANK_GENERIC,
            // The place (a URL, a PEM header) says less than a prefix of the value does.
            (_, true) => RANK_KEY,
            _ => RANK_SHAPE,
        };
        let prefix = if shape.lead == 0 && !shape.inner { literal } else { b"" };
        self.found.push(Candidate { start, end, rule, rank, field: None, prefix, pair: false });
    }

    fn key(&mut self, rule: usize, name: &'s str, end: usize) {
        let definition = &self.scanner.rules[rule];
        let Detect::Keys(keys) = &definition.detect else { return };
        let Some(key) = carrier::key_ending_at(self.line, end, name.as_bytes(), keys.exact) else { return };
        let assigned = carrier::open(self.line, key).and_then(|opening| self.assigned(definition, keys, opening));
        let span = assigned.or_else(|| self.told(definition, keys, name, key));
        if let Some((start, end)) = span
            && self.is_met(rule)
        {
            let rank = if keys.pattern.is_some() { RANK_SHAPE } else { RANK_KEY };
            self.found.push(Candidate { start, end, rule, rank, field: Some(name), prefix: b"", pair: false });
        }
    }

    /// A value that is assigned to a key.
    fn assigned(&self, definition: &LeakRule, keys: &Keys, opening: Opening) -> Option<(usize, usize)> {
        let end = carrier::value_end(self.line, opening, definition.demand.printable)?;
        let value = decode(&self.line[opening.at..end]);
        // What is followed by an operator is a key itself.
        let is_key = !opening.quoted && matches!(unit(self.line, end), Some((b':' | b'=', _)));
        (!is_key && self.accepts(definition, keys, &value)).then_some((opening.at, end))
    }

    /// A value that a sentence names after a key of several words, or the argument of a command-line option.
    fn told(&self, definition: &LeakRule, keys: &Keys, name: &str, key: Key) -> Option<(usize, usize)> {
        // A sentence parts the words of the name; run together they are something else (Zoho's `oauthtoken`).
        if definition.demand.printable || !name.contains('_') || key.end - key.start != name.len() {
            return None;
        }
        let opening = text::opening(self.line, key)?;
        let end = carrier::value_end(self.line, opening, false)?;
        let value = decode(&self.line[opening.at..end]);
        let ids = is_uuid(&value);
        let is_key = matches!(unit(self.line, end), Some((b':' | b'=', _)));
        (!ids && !is_key && self.accepts(definition, keys, &value)).then_some((opening.at, end))
    }

    #[allow(clippy::unused_self, reason = "one of the three steps of `key`")]
    fn accepts(&self, definition: &LeakRule, keys: &Keys, value: &[u8]) -> bool {
        match &keys.pattern {
            Some(pattern) => {
                pattern.regex().find(value).is_some_and(|found| found.len() == value.len()) && !is_placeholder(value)
            }
            None => is_secret(value, definition.demand),
        }
    }

    fn scheme(&mut self, rule: usize, length: usize, end: usize) {
        let definition = &self.scanner.rules[rule];
        let Detect::Scheme(scheme) = &definition.detect else { return };
        let start = end - length;
        let alone = before(self.line, start)
            .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.' | b'+'));
        if start < self.scheme_from || !alone {
            return;
        }
        let Some(from) = after_scheme(self.line, end) else { return };
        let field = header_before(self.line, start, scheme);
        if field.is_none() && !scheme.anywhere {
            return;
        }
        let Some(value_end) = carrier::value_end(self.line, Opening { at: from, quoted: false }, false) else { return };
        self.scheme_from = value_end;
        let value = decode(&self.line[from..value_end]);
        let secret = if scheme.pair {
            jwt::basic_secret(&value).is_some_and(|secret| !is_placeholder(&secret))
        } else {
            is_secret(&value, definition.demand)
        };
        if secret {
            let candidate = Candidate {
                start: from,
                end: value_end,
                rule,
                rank: RANK_SCHEME,
                field,
                prefix: b"",
                pair: scheme.pair,
            };
            self.found.push(candidate);
        }
    }

    /// Whether the line has what the rule asks of it; looked up once a line, so that many keys cost no more.
    fn is_met(&mut self, rule: usize) -> bool {
        let Some(requirement) = &self.scanner.requirements[rule] else { return true };
        if self.asked & requirement.bit == 0 {
            self.asked |= requirement.bit;
            if requirement.texts.is_match(self.line) {
                self.met |= requirement.bit;
                return true;
            }
        }
        self.met & requirement.bit != 0
    }
}

/// The letter before a trigger, in lower case, over one separator.
fn letter_before(line: &[u8], start: usize) -> u8 {
    let skip = usize::from(matches!(start.checked_sub(1).map(|at| line[at]), Some(b'_' | b'-' | b' ')));
    start.checked_sub(1 + skip).map_or(0, |at| line[at].to_ascii_lowercase())
}

/// Steps over the white space behind a scheme, and over Rails' `token=`.
fn after_scheme(line: &[u8], end: usize) -> Option<usize> {
    let mut at = end;
    while let Some((b' ' | b'\t' | b'+' | COLOUR, length)) = unit(line, at).filter(|_| at < end + 16) {
        at += length;
    }
    if at == end {
        return None;
    }
    if line[at..].get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"token=")) {
        at += 6;
        at += quote(line, at).unwrap_or(0);
    }
    Some(at)
}

/// The header that holds a scheme.
fn header_before<'s>(line: &[u8], start: usize, scheme: &'s Scheme) -> Option<&'s str> {
    // Room for the longest operator between them: quotes and a colon, escaped and percent-encoded.
    let window = &line[start.saturating_sub(16 + 32)..start];
    let holder = scheme.headers.iter().find(|header| {
        let last = header.rsplit('_').next().unwrap_or(header).as_bytes();
        (0..=16.min(window.len())).any(|gap| {
            let head = &window[..window.len() - gap];
            head.len() >= last.len()
                && head[head.len() - last.len()..].eq_ignore_ascii_case(last)
                && carrier::key_ending_at(window, head.len(), header.as_bytes(), false).is_some()
        })
    });
    holder.map(String::as_str)
}

/// The span of a shape that starts at `start`: as it stands, or else decoded.
fn shape_span(line: &[u8], shape: &Shape, start: usize, literal: usize) -> Option<(usize, usize)> {
    if shape.has_group {
        // Finding is cheaper than telling groups apart, and mostly finds nothing.
        shape.pattern.regex().find(&line[start..])?;
        let value = shape.pattern.regex().captures(&line[start..])?.name("value")?;
        return Some((start + value.start(), start + value.end()));
    }
    let ends = |end: usize| unit(line, end).is_none_or(|(byte, _)| !byte.is_ascii_alphanumeric() && byte != b'_');
    if let Some(found) = shape.pattern.regex().find(&line[start..]) {
        let end = start + found.end();
        let goes_on = line.get(end).is_some_and(|byte| ESCAPING[usize::from(*byte)])
            && unit(line, end).is_some_and(|(byte, _)| JOINED[usize::from(byte)]);
        if !goes_on {
            return ends(end).then_some((start, end));
        }
    }
    let run = run_end(line, start + shape.lead + literal, &JOINED);
    let raw = &line[start..run];
    let Cow::Owned(decoded) = decode(raw) else { return None };
    let length = shape.pattern.regex().find(&decoded)?.end();
    let mut end = start;
    for _ in 0..length {
        end += unit(line, end)?.1;
    }
    ends(end).then_some((start, end))
}

/// Candidates that overlap become one: it spans them all, and the most specific rule names it.
fn merged(mut found: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    if found.len() < 2 {
        return found;
    }
    found.sort_by_key(|candidate| (candidate.start, Reverse(candidate.end), Reverse(candidate.rank), candidate.rule));
    let mut kept: Vec<Candidate<'_>> = Vec::with_capacity(found.len());
    for next in found {
        match kept.last_mut().filter(|last| next.start < last.end) {
            Some(last) => {
                let winner = if next.rank > last.rank { next } else { *last };
                let (start, end) = (last.start, last.end.max(next.end));
                let field = last.field.or(next.field);
                *last = Candidate {
                    start,
                    end,
                    field,
                    pair: winner.pair && winner.start == start && winner.end == end,
                    ..winner
                };
            }
            None => kept.push(next),
        }
    }
    kept
}
