//! The baseline: leaks that are known already, so that only new ones fail a build.
//!
//! An entry is a keyed digest of the value (HMAC-SHA-256 with the baseline's own random key, over the digest that
//! reports show), so that it survives shifted lines and rotated file names and holds no secret. The key lies beside
//! the digests, so whoever has the file can try values; of a token that is hopeless. Of a *guessable* value (a
//! password) no more than [`GUESSABLE_DIGITS`] hexadecimal digits are kept: 12 bits say nothing that could be found
//! back, however long one tries, and the rule and the field must agree as well.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::GateError;
use crate::model::{Leak, LeakKind, Notice, Trouble};

/// Version of the file's form.
const FORM: u32 = 1;
/// Hexadecimal digits kept of a guessable value.
const GUESSABLE_DIGITS: usize = 3;
/// Hexadecimal digits kept of others.
const DIGITS: usize = 32;

/// Known leaks, and the key of their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// As it was named.
    path: String,
    key: [u8; 32],
    entries: Vec<Entry>,
}

/// One known value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    kind: LeakKind,
    field: Option<String>,
    digest: String,
    /// Where it stood when it was taken in; for people, never compared.
    path: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tokscan_baseline: u32,
    /// 64 hexadecimal digits.
    key: String,
    leaks: Vec<Entry>,
}

impl Baseline {
    /// An empty baseline with a fresh key.
    pub fn new(path: &str, key: [u8; 32]) -> Self {
        Self { path: path.to_owned(), key, entries: Vec::new() }
    }

    /// Reads the text of a baseline file.
    pub fn read(path: &str, text: &str) -> Result<Self, GateError> {
        let wrong = |line: usize, message: String| GateError { path: path.to_owned(), line: line.max(1), message };
        let file: File = serde_json::from_str(text).map_err(|error| {
            wrong(error.line(), format!("this is no baseline ({error}); --write-baseline writes one"))
        })?;
        if file.tokscan_baseline != FORM {
            let message = format!("a baseline of form {}; this program knows form {FORM}", file.tokscan_baseline);
            return Err(wrong(1, message));
        }
        let key = from_hex(&file.key).ok_or_else(|| wrong(1, "`key` must be 64 hexadecimal digits".into()))?;
        Ok(Self { path: path.to_owned(), key, entries: file.leaks })
    }

    /// The same key with these leaks instead. One key for the life of the file: under many keys, the few digits
    /// kept of a guessable value would add up.
    #[must_use]
    pub fn with(&self, leaks: &[&Leak]) -> Self {
        let mut entries: Vec<Entry> = leaks.iter().map(|leak| self.entry(leak)).collect();
        for entry in &mut entries {
            // Where it stood first: a rotated file name must not churn the file.
            let same = |known: &&Entry| {
                let place = (&known.rule, &known.field) == (&entry.rule, &entry.field);
                known.digest == entry.digest && (place || entry.digest.len() > GUESSABLE_DIGITS)
            };
            let known = self.entries.iter().find(same);
            if let Some(known) = known {
                entry.path.clone_from(&known.path);
            }
        }
        entries.sort();
        entries.dedup_by(|a, b| (&a.rule, &a.field, &a.digest) == (&b.rule, &b.field, &b.digest));
        Self { entries, ..self.clone() }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        let file = File { tokscan_baseline: FORM, key: to_hex(&self.key), leaks: self.entries.clone() };
        // Plain strings and numbers always serialise.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Whether a leak is known.
    pub fn knows(&self, leak: &Leak) -> bool {
        self.entries.iter().any(|entry| self.is_of(entry, leak))
    }

    /// Parts the leaks that are known from those that are not, and says how many there are of each kind of entry.
    pub(super) fn cover(&self, leaks: &mut Vec<Leak>) -> (Vec<Leak>, Vec<Notice>) {
        let mut used = vec![false; self.entries.len()];
        let (known, new): (Vec<Leak>, Vec<Leak>) = std::mem::take(leaks).into_iter().partition(|leak| {
            let place = self.entries.iter().position(|entry| self.is_of(entry, leak));
            place.is_some_and(|place| {
                used[place] = true;
                true
            })
        });
        *leaks = new;
        let note = |code: &str, count: usize, message: &str| {
            let notice = Notice::new(code, Some(&self.path), message, Trouble::Note);
            (count > 0).then_some(Notice { count: count as u64, ..notice })
        };
        let gone = used.iter().filter(|used| !**used).count();
        let notices = [
            note("baseline-covered", known.len(), "leaks that this baseline knows are not reported"),
            note(
                "baseline-unused",
                gone,
                "entries of this baseline were not met in these inputs; --write-baseline drops them",
            ),
        ];
        (known, notices.into_iter().flatten().collect())
    }

    fn is_of(&self, entry: &Entry, leak: &Leak) -> bool {
        entry.digest == self.digest(leak) && (!leak.guessable || (entry.rule == leak.rule && entry.field == leak.field))
    }

    fn entry(&self, leak: &Leak) -> Entry {
        let Leak { rule, kind, field, path, .. } = leak.clone();
        Entry { rule, kind, field, digest: self.digest(leak), path }
    }

    fn digest(&self, leak: &Leak) -> String {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(b"tokscan baseline ");
        mac.update(leak.digest.as_bytes());
        let mut digits = to_hex(&mac.finalize().into_bytes());
        digits.truncate(if leak.guessable { GUESSABLE_DIGITS } else { DIGITS });
        digits
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::sighting;
    use super::*;

    fn leak(value: &str, guessable: bool) -> Leak {
        let mut seen = sighting(0, value);
        seen.guessable = guessable;
        super::super::leaks(&[seen], &["logs/a.log".into()], &BTreeMap::new(), None).remove(0)
    }

    fn known(baseline: &Baseline, leak: &Leak) -> bool {
        baseline.cover(&mut vec![leak.clone()]).0.len() == 1
    }

    #[test]
    fn an_entry_survives_other_lines_and_names_and_no_other_value() {
        let first = leak("invented-value-1", false);
        let baseline = Baseline::new("b.json", [7; 32]).with(&[&first]);
        let read = Baseline::read("b.json", &baseline.to_json()).unwrap();
        assert_eq!(read, baseline);
        let moved = Leak { path: "logs/a.log.1.gz".into(), line: 99, rule: "other".into(), ..first.clone() };
        assert!(known(&read, &moved));
        assert!(!known(&read, &leak("invented-value-2", false)));
        assert_eq!(read.with(&[&moved]).entries[0].path, "logs/a.log");
        assert!(!known(&Baseline { key: [8; 32], ..read }, &first), "the key decides");
    }

    #[test]
    fn of_a_guessable_value_little_is_kept_and_the_place_must_agree() {
        let password = leak("hunter2!", true);
        let baseline = Baseline::new("b.json", [7; 32]).with(&[&password]);
        assert_eq!(baseline.entries[0].digest.len(), GUESSABLE_DIGITS);
        assert!(known(&baseline, &password));
        assert!(!known(&baseline, &Leak { field: Some("pwd".into()), ..password.clone() }));
        assert!(!known(&baseline, &Leak { rule: "other".into(), ..password }));
    }

    #[test]
    fn the_file_holds_neither_the_value_nor_its_common_digest() {
        let leak = leak("invented-value-1", false);
        let text = Baseline::new("b.json", [7; 32]).with(&[&leak]).to_json();
        assert!(!text.contains("invented") && !text.contains(&leak.digest), "{text}");
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        for (text, wanted) in [
            ("", "b.json:1: this is no baseline"),
            ("{\"tokscan_baseline\":1,\"key\":\"00\",\"leaks\":[]}", "b.json:1: `key` must be 64"),
            ("{\"tokscan_baseline\":2,\"key\":\"\",\"leaks\":[]}", "b.json:1: a baseline of form 2"),
            ("{\n\"tokscan_baseline\":1,\n\"keys\":1}", "b.json:3: this is no baseline (unknown field `keys`"),
        ] {
            let error = Baseline::read("b.json", text).unwrap_err();
            assert!(error.to_string().starts_with(wanted), "{error}");
        }
    }
}
