//! The last line of defence: a value that leaked in one place is masked wherever else it stands.
//!
//! A worker masks what it recognises as a secret by its key or shape. The same value may also stand
//! where nothing gives it away (as a client's name, in a file's name, in another line's text, in the middle
//! of a word); its scent does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{EventSet, LeakSighting, Scent, TokenDigest};

/// Bits of a head that the filter looks at.
const FILTER_BITS: u32 = 16;

/// The scents of all leaked values.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    /// By head; the longest first, so that a value is found before another that it begins with.
    by_head: BTreeMap<u32, Vec<Scent>>,
    /// Whether any head ends in these bits: most places of a text are done with that.
    filter: Vec<bool>,
}

impl Scrubber {
    pub(super) fn new(leaks: &[LeakSighting]) -> Self {
        let mut by_head: BTreeMap<u32, Vec<Scent>> = BTreeMap::new();
        let mut filter = vec![false; 1 << FILTER_BITS];
        for scent in leaks.iter().flat_map(|leak| &leak.scents) {
            by_head.entry(scent.head).or_default().push(*scent);
            filter[low(scent.head)] = true;
        }
        for scents in by_head.values_mut() {
            scents.sort_by(|a, b| b.length.cmp(&a.length).then(a.digest.cmp(&b.digest)));
            scents.dedup();
        }
        Self { by_head, filter }
    }

    /// Scrubs every string of the events.
    pub(super) fn events(&self, events: &mut EventSet) {
        if !self.by_head.is_empty() {
            events.rewrite(|text| self.text(text));
        }
    }

    /// The text with every leaked value in it replaced.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.by_head.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut clean, mut from) = (String::new(), 0);
        for (at, head) in Scent::heads(text.as_bytes()) {
            if at < from || !self.filter[low(head)] {
                continue;
            }
            if let Some(length) = self.value_at(text, at, head) {
                clean.push_str(&text[from..at]);
                // Writing into a String cannot fail.
                let _ = write!(clean, "…(len {length})");
                from = at + length;
            }
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }

    /// The length of the leaked value that begins here, if one does.
    fn value_at(&self, text: &str, at: usize, head: u32) -> Option<usize> {
        let same = |scent: &&Scent| {
            text.get(at..at + scent.length).is_some_and(|value| TokenDigest::of(value.as_bytes()) == scent.digest)
        };
        self.by_head.get(&head)?.iter().find(same).map(|scent| scent.length)
    }
}

fn low(head: u32) -> usize {
    (head & ((1 << FILTER_BITS) - 1)) as usize
}
