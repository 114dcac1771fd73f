//! The last line of defence: a value that leaked in one place is masked wherever else it stands.
//!
//! A worker masks what it recognises as a secret by its key or shape. The same value may also stand
//! where nothing gives it away (as a client's name, in another line's text); its digest does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::model::{EventSet, LeakSighting, TokenDigest};

/// Shortest value that is looked for: shorter ones would be found in ordinary words.
const SHORTEST: usize = 12;

/// The digests of all leaked values, by the length of the value.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    by_length: BTreeMap<usize, BTreeSet<TokenDigest>>,
}

impl Scrubber {
    pub(super) fn new(leaks: &[LeakSighting]) -> Self {
        let mut by_length: BTreeMap<usize, BTreeSet<TokenDigest>> = BTreeMap::new();
        for leak in leaks {
            let raw = (leak.position.byte_end - leak.position.byte_start) as usize;
            // An encoded value is longer in its line than by itself; its masked form tells its own length.
            let own = leak.masked.rsplit_once("len ").and_then(|(_, tail)| tail.trim_end_matches(')').parse().ok());
            for length in [own.unwrap_or(raw), raw] {
                if length >= SHORTEST {
                    by_length.entry(length).or_default().insert(leak.digest);
                }
            }
        }
        Self { by_length }
    }

    /// Scrubs every string of the events.
    pub(super) fn events(&self, events: &mut EventSet) {
        if !self.by_length.is_empty() {
            events.rewrite(|text| self.text(text));
        }
    }

    /// The text with every leaked value that stands in it as a word replaced.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.by_length.is_empty() || text.len() < SHORTEST {
            return Cow::Borrowed(text);
        }
        let mut found = Vec::new();
        for word in words(text) {
            self.search(text, word, &mut found);
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut clean, mut from) = (String::with_capacity(text.len()), 0);
        for (start, end) in found {
            clean.push_str(&text[from..start]);
            // Writing to a string cannot fail.
            let _ = write!(clean, "…(len {})", end - start);
            from = end;
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }

    /// A word, whole or as what stands behind an `=`, `:` or `/` in it.
    fn search(&self, text: &str, word: (usize, usize), found: &mut Vec<(usize, usize)>) {
        let cuts = text[word.0..word.1].match_indices(['=', ':', '/']).map(|(at, _)| word.0 + at + 1);
        for start in std::iter::once(word.0).chain(cuts) {
            for end in [word.1, word.0 + text[word.0..word.1].trim_end_matches(['.', ':', '/', '=']).len()] {
                let Some(digests) = end.checked_sub(start).and_then(|length| self.by_length.get(&length)) else {
                    continue;
                };
                if digests.contains(&TokenDigest::of(&text.as_bytes()[start..end])) {
                    found.push((start, end));
                    return;
                }
            }
        }
    }
}

/// The runs of token characters in a text.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=!:|@$%".contains(&byte);
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| token(*byte))?;
        let length = bytes[start..].iter().position(|byte| !token(*byte)).unwrap_or(bytes.len() - start);
        at = start + length;
        Some((start, at))
    })
}
