//! What stands in a redacted log where a secret was: `‹refresh_token:7f3a01c2›`.
//!
//! The digits are the beginning of the value's digest, so that equal values have equal pseudonyms and a redacted log
//! still shows which token was presented twice. A pseudonym is no secret: no rule takes it, or a part of it, for one.

use std::ops::Range;

use super::LeakKind;

/// The opening character of a pseudonym as it stands.
pub const PSEUDONYM_OPENING: char = '‹';

/// The forms of the opening, the colon and the closing: as they stand, percent-encoded once and twice, escaped by JSON.
const FORMS: [[&str; 3]; 4] = [
    ["‹", ":", "›"],
    ["%E2%80%B9", "%3A", "%E2%80%BA"],
    ["%25E2%2580%25B9", "%253A", "%25E2%2580%25BA"],
    ["\\u2039", ":", "\\u203a"],
];
/// Digits of a pseudonym.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=16;
/// Bytes of the longest one.
const LONGEST: usize = 15 + 20 + 5 + 16 + 15;

/// A pseudonym of so many leading digits of a digest.
pub fn pseudonym(kind: LeakKind, digits: &str) -> String {
    format!("‹{}:{digits}›", kind.name())
}

/// The digits of a text that is a pseudonym, in whatever encoding.
pub fn pseudonym_digits(text: &str) -> Option<&str> {
    let (digits, end) = parse(text.as_bytes(), 0)?;
    if end == text.len() { text.get(digits) } else { None }
}

/// Whether a span of a line overlaps a pseudonym: then it is no secret.
pub fn is_in_pseudonym(line: &[u8], start: usize, end: usize) -> bool {
    let reach = start.saturating_sub(LONGEST)..end.min(line.len());
    reach
        .into_iter()
        .any(|at| matches!(line[at], 0xE2 | b'%' | b'\\') && parse(line, at).is_some_and(|(_, closed)| closed > start))
}

/// The pseudonym that begins at a place: where its digits are, and where it ends.
fn parse(line: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let starts = |at: usize, text: &str| {
        line.get(at..at + text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text.as_bytes()))
    };
    let [opening, colon, closing] = FORMS.iter().find(|form| starts(at, form[0]))?;
    let from = at + opening.len();
    // The longer name first: none is the beginning of another, but that is not to be relied on.
    let kind = LeakKind::ALL.iter().filter(|kind| starts(from, kind.name())).max_by_key(|kind| kind.name().len())?;
    let from = from + kind.name().len();
    let from = starts(from, colon).then(|| from + colon.len())?;
    let is_digit = |byte: &&u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(*byte);
    let digits = from..from + line[from..].iter().take_while(is_digit).count();
    (DIGITS.contains(&digits.len()) && starts(digits.end, closing))
        .then(|| (digits.clone(), digits.end + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::{is_in_pseudonym, pseudonym, pseudonym_digits};
    use crate::model::LeakKind;

    #[test]
    fn a_pseudonym_is_known_in_every_encoding() {
        let plain = pseudonym(LeakKind::RefreshToken, "7f3a01c2");
        assert_eq!(plain, "‹refresh_token:7f3a01c2›");
        for text in [
            plain.as_str(),
            "%E2%80%B9refresh_token%3A7f3a01c2%E2%80%BA",
            "%25E2%2580%25B9refresh_token%253A7f3a01c2%25E2%2580%25BA",
            "\\u2039refresh_token:7f3a01c2\\u203A",
        ] {
            assert_eq!(pseudonym_digits(text), Some("7f3a01c2"), "{text}");
            let line = format!("a={text}&b=1");
            let digits = line.find("7f3a").unwrap();
            assert!(is_in_pseudonym(line.as_bytes(), digits, digits + 8), "{text}");
            assert!(is_in_pseudonym(line.as_bytes(), 2, 2 + text.len()), "{text}");
            assert!(is_in_pseudonym(line.as_bytes(), 0, line.len()), "{text}");
            assert!(!is_in_pseudonym(line.as_bytes(), line.len() - 1, line.len()), "{text}");
            assert!(!is_in_pseudonym(line.as_bytes(), 0, 2), "{text}");
        }
        for text in [
            "refresh_token:7f3a01c2",
            "‹refresh›",
            "‹name:7f3a›",
            "‹refresh_token:xyz›",
            "‹refresh_token:7f3a01c2",
            "‹refresh_token:7f3aSecret›",
            "‹refresh_token:7f3a01c2› ",
            "",
        ] {
            assert_eq!(pseudonym_digits(text), None, "{text}");
        }
    }
}
