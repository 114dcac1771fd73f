//! Which pseudonym each value has: as few digits of its digest as tell it from all others.

use std::collections::BTreeMap;

use crate::leak::LeakHit;
use crate::model::{LeakKind, Scent, TokenDigest, pseudonym};

/// Digits of a pseudonym, unless another value begins with the same.
const DIGITS: usize = 8;
/// Of a value that could be guessed: 16 bits say too little to find it back.
const GUESSABLE_DIGITS: usize = 4;
/// Bits of a head that the filter looks at, at least and at most.
const FILTER_BITS: std::ops::RangeInclusive<u32> = 16..=23;

/// A value that leaked, as far as it may be remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) struct Learned {
    pub(super) digest: TokenDigest,
    pub(super) kind: LeakKind,
    pub(super) guessable: bool,
    pub(super) scents: Vec<Scent>,
}

impl Learned {
    pub(super) fn of(hit: &LeakHit) -> Self {
        Self { digest: hit.digest, kind: hit.kind, guessable: hit.guessable, scents: hit.scents.clone() }
    }
}

/// The values of a run.
#[derive(Debug, Default)]
pub(in crate::scan) struct Names {
    digits: BTreeMap<TokenDigest, String>,
    taken: BTreeMap<String, TokenDigest>,
    /// The scents of all values, by head; the longest first.
    by_head: BTreeMap<u32, Vec<(Scent, LeakKind, TokenDigest)>>,
    /// Whether any head ends in these bits.
    filter: Vec<bool>,
}

impl Names {
    /// Takes values in. Their order does not matter among those that come together.
    pub(super) fn know(&mut self, mut values: Vec<Learned>) {
        values.sort();
        values.dedup();
        for value in &values {
            self.digits(value.digest, value.guessable);
            value.scents.iter().for_each(|scent| self.scent(*scent, value));
        }
    }

    fn scent(&mut self, scent: Scent, value: &Learned) {
        let known = self.by_head.entry(scent.head).or_default();
        if known.iter().any(|(other, _, _)| *other == scent) {
            return;
        }
        known.push((scent, value.kind, value.digest));
        known.sort_by(|a, b| b.0.length.cmp(&a.0.length).then(a.0.digest.cmp(&b.0.digest)));
        let bits = (self.by_head.len().ilog2() + 5).clamp(*FILTER_BITS.start(), *FILTER_BITS.end());
        if self.filter.len() == 1 << bits {
            let at = low(scent.head, self.filter.len());
            self.filter[at] = true;
        } else {
            // It doubles as the values do: made anew so seldom, it costs nothing.
            self.filter = vec![false; 1 << bits];
            for head in self.by_head.keys() {
                let at = low(*head, self.filter.len());
                self.filter[at] = true;
            }
        }
    }

    /// The pseudonym of a value of a kind.
    pub(super) fn pseudonym(&mut self, kind: LeakKind, digest: TokenDigest, guessable: bool) -> String {
        pseudonym(kind, &self.digits(digest, guessable))
    }

    /// The pseudonym of a value that is known.
    pub(super) fn known(&self, kind: LeakKind, digest: TokenDigest) -> Option<String> {
        self.digits.get(&digest).map(|digits| pseudonym(kind, digits))
    }

    fn digits(&mut self, digest: TokenDigest, guessable: bool) -> String {
        if let Some(digits) = self.digits.get(&digest) {
            return digits.clone();
        }
        let all = digest.to_string();
        let fewest = if guessable { GUESSABLE_DIGITS } else { DIGITS };
        let length = (fewest..all.len()).find(|length| !self.taken.contains_key(&all[..*length])).unwrap_or(all.len());
        let digits = all[..length].to_owned();
        self.taken.insert(digits.clone(), digest);
        self.digits.insert(digest, digits.clone());
        digits
    }

    /// Whether any value has a scent.
    pub(super) fn has_scents(&self) -> bool {
        !self.by_head.is_empty()
    }

    /// The known value that begins at a place of a text whose head is given: its length, kind and digest.
    pub(super) fn value_at(&self, text: &[u8], at: usize, head: u32) -> Option<(usize, LeakKind, TokenDigest)> {
        if !self.filter[low(head, self.filter.len())] {
            return None;
        }
        let same = |(scent, _, _): &&(Scent, LeakKind, TokenDigest)| {
            text.get(at..at + scent.length).is_some_and(|value| TokenDigest::of(value) == scent.digest)
        };
        self.by_head.get(&head)?.iter().find(same).map(|(scent, kind, digest)| (scent.length, *kind, *digest))
    }
}

fn low(head: u32, size: usize) -> usize {
    head as usize & (size - 1)
}

#[cfg(test)]
mod tests {
    use super::{LeakKind, Learned, Names, TokenDigest};

    #[test]
    fn values_are_told_apart_whatever_their_order() {
        let values: Vec<Learned> = (0..600)
            .map(|number| Learned {
                digest: TokenDigest::of(format!("invented-{number}").as_bytes()),
                kind: LeakKind::Password,
                guessable: true,
                scents: Vec::new(),
            })
            .collect();
        let names = |values: &[Learned]| {
            let mut names = Names::default();
            names.know(values.to_vec());
            let mut all: Vec<String> =
                values.iter().filter_map(|value| names.known(value.kind, value.digest)).collect();
            all.sort();
            all
        };
        let mut all = names(&values);
        assert!(all.iter().any(|name| name.len() > "‹password:1234›".len()), "none of 600 begins like another");
        let backwards: Vec<Learned> = values.iter().rev().cloned().collect();
        assert_eq!(all, names(&backwards));
        all.dedup();
        assert_eq!(all.len(), values.len());
    }
}
