//! One pass over one line: triggers to candidates, candidates to spans that do not overlap.

use std::borrow::Cow;
use std::cmp::Reverse;

use super::LeakScanner;
use super::bytes::{COLOUR, ESCAPING, JOINED, before, decode, is_boundary, is_cut, quote, run_end, unit};
use super::carrier::{self, Key, Opening};
use super::refusal::Refusal;
use super::triggers::Action;
use super::value::{is_uuid, long_enough, mixed_enough, no_placeholder, no_sample, secret};
use super::{fold, jwt, search, text};
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

/// A place that a rule looked at and passed over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'s> {
    /// Where the key, the scheme, the literal or the value begins.
    pub at: usize,
    pub rule: usize,
    pub field: Option<&'s str>,
    pub refusal: Refusal,
    /// The place is in a text that is encoded in the line.
    pub encoded: bool,
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
    /// Where it is asked what was passed over.
    notes: Option<Vec<Note<'s>>>,
}

/// A span that a rule takes for a value, or why it takes none.
type Taken = Result<(usize, usize), Refusal>;

impl<'s, 'l> Pass<'s, 'l> {
    pub(super) fn new(scanner: &'s LeakScanner, line: &'l [u8]) -> Self {
        Self { scanner, line, found: Vec::new(), asked: 0, met: 0, scheme_from: 0, notes: None }
    }

    /// A pass that also tells what it passed over.
    pub(super) fn noting(scanner: &'s LeakScanner, line: &'l [u8]) -> Self {
        Self { notes: Some(Vec::new()), ..Self::new(scanner, line) }
    }

    /// The values, and the notes if they were asked for.
    pub(super) fn run(mut self) -> (Vec<Candidate<'s>>, Vec<Note<'s>>) {
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
        self.searched();
        for found in std::mem::take(&mut self.found) {
            if is_in_pseudonym(self.line, found.start, found.end) {
                self.refuse(found.rule, found.field, found.start, Refusal::Pseudonym);
            } else {
                self.found.push(found);
            }
        }
        self.merge();
        (self.found, self.notes.unwrap_or_default())
    }

    fn refuse(&mut self, rule: usize, field: Option<&'s str>, at: usize, refusal: Refusal) {
        if let Some(notes) = &mut self.notes {
            notes.push(Note { at, rule, field, refusal, encoded: false });
        }
    }

    fn shape(&mut self, rule: usize, literal: &'s [u8], trigger: usize) {
        let definition = &self.scanner.rules[rule];
        let Detect::Shape(shape) = &definition.detect else { return };
        let body = if shape.tail { fold::body_before(self.line, trigger) } else { 0 };
        let Some(start) = trigger.checked_sub(shape.lead + body) else { return };
        if !self.line[trigger..].starts_with(literal) {
            return;
        }
        let (start, end) = match self.shaped(definition, shape, start, literal.len()) {
            Ok(span) => span,
            Err(refusal) => return self.refuse(rule, None, start, refusal),
        };
        let rank = match (shape.generic, shape.inner) {
            (true, _) => RANK_GENERIC,
            // The place (a URL, a PEM header) says less than a prefix of the value does.
            (_, true) => RANK_KEY,
            _ => RANK_SHAPE,
        };
        let prefix = if shape.lead == 0 && !shape.inner { literal } else { b"" };
        self.found.push(Candidate { start, end, rule, rank, field: None, prefix, pair: false });
    }

    fn shaped(&self, definition: &LeakRule, shape: &Shape, start: usize, literal: usize) -> Taken {
        if !shape.inner && !is_boundary(self.line, start) {
            return Err(Refusal::Inside);
        }
        let (start, end) = shape_span(self.line, shape, start, literal).ok_or(Refusal::Shape)?;
        if is_cut(self.line, end) {
            return Err(Refusal::Cut);
        }
        let value = decode(&self.line[start..end]);
        no_sample(&value)?;
        if definition.demand.printable {
            return secret(&value, definition.demand).map(|()| (start, end));
        }
        long_enough(&value, definition.demand)?;
        mixed_enough(&value, definition.demand)?;
        Ok((start, end))
    }

    fn key(&mut self, rule: usize, name: &'s str, end: usize) {
        let definition = &self.scanner.rules[rule];
        let Detect::Keys(keys) = &definition.detect else { return };
        let Some(key) = carrier::key_ending_at(self.line, end, name.as_bytes(), keys.exact) else { return };
        let assigned = carrier::open(self.line, key).ok_or(Refusal::Unassigned);
        let assigned = assigned.and_then(|opening| self.assigned(definition, keys, opening));
        let taken = assigned.or_else(|why| {
            let told = self.told(definition, keys, name, key);
            told.map_err(|other| if why == Refusal::Unassigned { other } else { why })
        });
        match taken {
            Ok((start, end)) if self.is_met(rule) => {
                let rank = if keys.pattern.is_some() { RANK_SHAPE } else { RANK_KEY };
                self.found.push(Candidate { start, end, rule, rank, field: Some(name), prefix: b"", pair: false });
            }
            Ok(_) => self.refuse(rule, Some(name), key.start, Refusal::Requires),
            Err(refusal) => self.refuse(rule, Some(name), key.start, refusal),
        }
    }

    /// A value that is assigned to a key.
    fn assigned(&self, definition: &LeakRule, keys: &Keys, opening: Opening) -> Taken {
        let end = carrier::value_end(self.line, opening, definition.demand.printable).ok_or(Refusal::Cut)?;
        let value = decode(&self.line[opening.at..end]);
        // What is followed by an operator is a key itself.
        if !opening.quoted && matches!(unit(self.line, end), Some((b':' | b'=', _))) {
            return Err(Refusal::Key);
        }
        accepts(definition, keys, &value)?;
        Ok((opening.at, end))
    }

    /// A value that a sentence names after a key of several words, or the argument of a command-line option.
    fn told(&self, definition: &LeakRule, keys: &Keys, name: &str, key: Key) -> Taken {
        if !may_be_told(definition, name, key) {
            return Err(Refusal::Unassigned);
        }
        let opening = text::opening(self.line, key).ok_or(Refusal::Unassigned)?;
        let end = carrier::value_end(self.line, opening, false).ok_or(Refusal::Cut)?;
        let value = decode(&self.line[opening.at..end]);
        if is_uuid(&value) {
            return Err(Refusal::Uuid);
        }
        if matches!(unit(self.line, end), Some((b':' | b'=', _))) {
            return Err(Refusal::Key);
        }
        accepts(definition, keys, &value)?;
        Ok((opening.at, end))
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
        let Some(value_end) = carrier::value_end(self.line, Opening { at: from, quoted: false }, false) else {
            return self.refuse(rule, field, start, Refusal::Cut);
        };
        self.scheme_from = value_end;
        let value = decode(&self.line[from..value_end]);
        let accepted = if scheme.pair {
            jwt::basic_secret(&value).ok_or(Refusal::NoPair).and_then(|secret| no_placeholder(&secret))
        } else {
            secret(&value, definition.demand)
        };
        match accepted {
            Ok(()) => self.found.push(Candidate {
                start: from,
                end: value_end,
                rule,
                rank: RANK_SCHEME,
                field,
                prefix: b"",
                pair: scheme.pair,
            }),
            Err(refusal) => self.refuse(rule, field, start, refusal),
        }
    }

    /// What the rules find that search for themselves.
    fn searched(&mut self) {
        let scanner = self.scanner;
        let Some(searches) = &scanner.searches else { return };
        for (rule, windows) in searches.windows(self.line) {
            let Detect::Search(search) = &scanner.rules[rule].detect else { continue };
            let rank = if search.generic { RANK_GENERIC } else { RANK_SHAPE };
            let first = windows.first().map_or(0, |window| window.start);
            let mut any = false;
            for window in windows {
                search::matches(search, self.line, window, &mut |span, judged| {
                    any = true;
                    let (start, end) = (span.start, span.end);
                    match judged {
                        Ok(()) => {
                            self.found.push(Candidate {
                                start,
                                end,
                                rule,
                                rank,
                                field: None,
                                prefix: b"",
                                pair: false,
                            });
                        }
                        Err(refusal) => self.refuse(rule, None, start, refusal),
                    }
                });
            }
            if !any {
                self.refuse(rule, None, first, Refusal::Shape);
            }
        }
    }

    /// Candidates that overlap become one: it spans them all, and the most specific rule names it.
    fn merge(&mut self) {
        if self.found.len() < 2 {
            return;
        }
        let mut found = std::mem::take(&mut self.found);
        // Of two keys the longer one says more (`client_secret` than `secret`), and the place in a URL more than a key.
        let told = |next: &Candidate<'_>| (next.rank, next.field.map_or(usize::MAX, str::len));
        found.sort_by_key(|next| (next.start, Reverse(next.end), Reverse(told(next)), next.rule));
        for next in found {
            let Some(last) = self.found.last().copied().filter(|last| next.start < last.end) else {
                self.found.push(next);
                continue;
            };
            let (winner, loser) = if next.rank > last.rank { (next, last) } else { (last, next) };
            let (start, end) = (last.start, last.end.max(next.end));
            if let Some(place) = self.found.last_mut() {
                let pair = winner.pair && winner.start == start && winner.end == end;
                *place = Candidate { start, end, field: last.field.or(next.field), pair, ..winner };
            }
            if loser.rule != winner.rule {
                self.refuse(loser.rule, loser.field, loser.start, Refusal::Outranked(winner.rule));
            }
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

fn accepts(definition: &LeakRule, keys: &Keys, value: &[u8]) -> Result<(), Refusal> {
    match &keys.pattern {
        Some(pattern) => {
            let whole = pattern.regex().find(value).is_some_and(|found| found.len() == value.len());
            if whole { no_placeholder(value) } else { Err(Refusal::Shape) }
        }
        None => secret(value, definition.demand),
    }
}

/// The letter before a trigger, in lower case, over one separator.
fn letter_before(line: &[u8], start: usize) -> u8 {
    let skip = usize::from(matches!(start.checked_sub(1).map(|at| line[at]), Some(b'_' | b'-' | b' ')));
    start.checked_sub(1 + skip).map_or(0, |at| line[at].to_ascii_lowercase())
}

/// Whether a sentence may name a value after a key: it parts the words of the name; run together they are something else
/// (Zoho's `oauthtoken`).
pub(super) fn may_be_told(definition: &LeakRule, name: &str, key: Key) -> bool {
    !definition.demand.printable && name.contains('_') && key.end - key.start == name.len()
}

/// Steps over the white space behind a scheme, and over Rails' `token=`.
pub(super) fn after_scheme(line: &[u8], end: usize) -> Option<usize> {
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
