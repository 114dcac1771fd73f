//! Which records are worth parsing: a search for the literals of all rules over whole segments.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use super::rule_set::RuleSet;
use super::sieve::{self, Sieve};
use crate::leak::{LeakScanner, next_url_password};

/// So many literals of a second look are searched for as those of the rules are.
const FEW: usize = 64;
/// Literals of one vector search: with more of them in its tables it would let through what holds none.
const LITERALS: usize = 512;

/// So many hexadecimal digits are an id.
const ID: usize = 8;

/// The literals of the vocabulary, of event rules and of leak rules.
#[derive(Debug)]
pub(super) struct Prefilter {
    passes: Vec<Pass>,
}

#[derive(Debug)]
enum Pass {
    /// Literals that are long enough, by vectors.
    Sieve(Box<Sieve>),
    /// The others, and all where the processor has no vectors that serve.
    Automaton(AhoCorasick),
    /// Passwords in URLs.
    Urls,
    /// Every record is a candidate: what the others are held to.
    Everything,
}

/// How far each pass has looked in one segment.
pub(super) struct Candidates<'p, 'b> {
    looks: Vec<Look<'p, 'b>>,
    length: usize,
}

/// One pass over one segment.
struct Look<'p, 'b> {
    pass: &'p Pass,
    bytes: &'b [u8],
    /// The search of a sieve.
    search: Option<sieve::Search<'p, 'b>>,
    /// Where its next trigger begins, if that was found.
    found: Option<usize>,
    /// No other trigger begins before.
    looked: usize,
}

impl Prefilter {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let mut literals = of_events(rules);
        literals.extend(rules.leaks.literals());
        Self::of(literals, rules.leaks.keywords())
    }

    /// The literals of the vocabulary and of event rules alone.
    pub(super) fn of_events(rules: &RuleSet) -> Self {
        Self { passes: Pass::of(&without_holders(of_events(rules)), false) }
    }

    /// The literals of leak rules alone.
    pub(super) fn of_leaks(leaks: &LeakScanner) -> Self {
        Self::of(leaks.literals(), leaks.keywords())
    }

    /// Literals that a second look is for, and nothing else.
    pub(super) fn of_texts(mut literals: Vec<Vec<u8>>) -> Self {
        literals.sort();
        literals.dedup();
        // Thousands of ids are alike in parts, and each place would be compared with all that share the part.
        let many = literals.len() > FEW;
        // Of the numbers 12 and 123 the longer one must be found where it stands: the shorter one is a part of it there.
        let nested = literals.windows(2).any(|pair| pair[1].starts_with(&pair[0]));
        let longest = || Pass::automaton(&literals, AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest));
        Self { passes: if many || nested { vec![longest()] } else { Pass::of(&literals, false) } }
    }

    fn of(literals: Vec<Vec<u8>>, keywords: &[Vec<u8>]) -> Self {
        let literals = Pass::of(&without_holders(literals), false);
        Self { passes: literals.into_iter().chain(Pass::of(keywords, true)).chain([Pass::Urls]).collect() }
    }

    /// The slow way: takes every record.
    pub(super) fn everything() -> Self {
        Self { passes: vec![Pass::Everything] }
    }

    /// Whether a text holds any trigger.
    pub(super) fn is_candidate(&self, bytes: &[u8]) -> bool {
        self.passes.iter().any(|pass| pass.look(bytes).find(0, bytes.len()).is_some())
    }

    /// The triggers of a segment.
    pub(super) fn candidates<'p, 'b>(&'p self, bytes: &'b [u8]) -> Candidates<'p, 'b> {
        Candidates { looks: self.passes.iter().map(|pass| pass.look(bytes)).collect(), length: bytes.len() }
    }
}

fn of_events(rules: &RuleSet) -> Vec<Vec<u8>> {
    rules.triggers.iter().map(|literal| literal.clone().into_bytes()).collect()
}

/// The literals that hold no other: the shorter one is found wherever the longer one is.
fn without_holders(mut literals: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    literals.sort();
    literals.dedup();
    let holds = |literal: &Vec<u8>| {
        literals.iter().any(|other| other != literal && memchr::memmem::find(literal, other).is_some())
    };
    literals.iter().filter(|literal| !holds(literal)).cloned().collect()
}

impl Candidates<'_, '_> {
    /// Where the next trigger begins at or after `from`, which must not fall from call to call. URLs are looked for last, and
    /// not much further than where another trigger begins: that text is still in the nearest cache.
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        let first = |first: usize, look: &mut Look<'_, '_>| look.next(from, first).unwrap_or(first);
        Some(self.looks.iter_mut().fold(self.length, first)).filter(|at| *at < self.length)
    }
}

impl Pass {
    /// The passes for some literals; those for any case are in lower case.
    fn of(literals: &[Vec<u8>], any_case: bool) -> Vec<Self> {
        let (long, short): (Vec<_>, Vec<_>) =
            literals.iter().cloned().partition(|literal| literal.len() >= sieve::SHORTEST);
        let by_vectors = |literals: &[Vec<u8>]| {
            let sieve = if any_case { Sieve::any_case(literals.into()) } else { Sieve::new(literals.into()) };
            sieve.map_or_else(|| Self::slow(literals, any_case), |sieve| Self::Sieve(Box::new(sieve)))
        };
        let slow = (!short.is_empty()).then(|| Self::slow(&short, any_case));
        long.chunks(LITERALS).map(by_vectors).chain(slow).collect()
    }

    fn slow(literals: &[Vec<u8>], any_case: bool) -> Self {
        Self::automaton(literals, AhoCorasick::builder().ascii_case_insensitive(any_case))
    }

    fn automaton(literals: &[Vec<u8>], builder: &AhoCorasickBuilder) -> Self {
        #[allow(clippy::expect_used, reason = "checked rules and ids are far below every limit of an automaton")]
        Self::Automaton(builder.build(literals).expect("literals make an automaton"))
    }

    fn look<'p, 'b>(&'p self, bytes: &'b [u8]) -> Look<'p, 'b> {
        let search = if let Self::Sieve(sieve) = self { Some(sieve.search(bytes)) } else { None };
        Look { pass: self, bytes, search, found: None, looked: 0 }
    }
}

impl Look<'_, '_> {
    /// Where the next trigger begins at or after `from`, if that is before `until`.
    fn next(&mut self, from: usize, until: usize) -> Option<usize> {
        if self.found.is_none_or(|found| found < from) && self.looked < until {
            let from = from.max(self.looked);
            self.found = self.find(from, until);
            let looked = if matches!(self.pass, Pass::Urls) { until } else { self.bytes.len() };
            self.looked = self.found.map_or(looked, |found| found + 1);
        }
        self.found.filter(|found| (from..until).contains(found))
    }

    /// Where the next trigger begins, at least if that is before `until`. A number counts only where it is not a part of a
    /// longer one, nor the start of a word: long texts in hexadecimal or base64 hold every number.
    fn find(&mut self, mut from: usize, until: usize) -> Option<usize> {
        let bytes = self.bytes;
        loop {
            let (start, end) = match (self.pass, &mut self.search) {
                (Pass::Urls, _) => return next_url_password(bytes, from..until),
                (Pass::Everything, _) => return Some(from),
                (Pass::Automaton(automaton), _) => {
                    let found = automaton.find(&bytes[from..])?;
                    (from + found.start(), from + found.end())
                }
                (Pass::Sieve(_), search) => search.as_mut()?.next(from)?,
            };
            let is_number = bytes[start..end].iter().all(u8::is_ascii_digit);
            if !(is_number && is_part(bytes, start, end)) {
                return Some(start);
            }
            from = start + 1;
        }
    }
}

/// Whether what surrounds a number makes it a part of something else: of a longer number, of a word that begins with it, or
/// of an id in hexadecimal. One letter before it may be that of an escape: `\n401`, `\x1b[31m401`.
fn is_part(bytes: &[u8], start: usize, end: usize) -> bool {
    let digit_before = start.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_digit());
    let letter_behind = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let id = start.checked_sub(ID).is_some_and(|from| bytes[from..start].iter().all(u8::is_ascii_hexdigit));
    digit_before || letter_behind || id
}

#[cfg(test)]
mod tests {
    use super::{Prefilter, RuleSet};
    use crate::extract::Hints;

    #[test]
    fn an_ordinary_request_is_no_candidate() {
        let prefilter = Prefilter::new(&RuleSet::load(&[], Hints::default()).unwrap());
        let request = r#"203.0.113.7 - - [02/Mar/2026:12:00:00 +0000] "POST /api/v2/orders/7 HTTP/1.1" 200 812"#;
        assert!(!prefilter.is_candidate(request.as_bytes()));
        for path in ["/token", "/oauth2/token?x", "/auth/refresh", "/v1/access_token", "/oauth2/revoke"] {
            assert!(prefilter.is_candidate(request.replace("/api/v2/orders/7", path).as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_number_counts_by_itself_and_a_token_may_begin_with_digits() {
        let literals = ["401", "1//0", "7b226"].map(|literal| literal.as_bytes().to_vec());
        let prefilter = Prefilter::of(literals.into(), &[]);
        for text in
            ["status 401", "\\n401: no", "saved 1//03q7Zk2V", "11//0g", "=7b22616363", "\u{1b}[31m401", "face401"]
        {
            assert!(prefilter.is_candidate(text.as_bytes()), "{text}");
        }
        for text in ["1401", "4012", "a401f", "401ms", "\"4bf92f3577b34dac401\""] {
            assert!(!prefilter.is_candidate(text.as_bytes()), "{text}");
        }
    }
}
