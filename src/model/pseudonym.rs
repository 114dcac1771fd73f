//! What stands in a redacted log where a secret was: `‹refresh_token:7f3a01c2›`.
//!
//! The digits are the beginning of the value's digest, so that equal values have equal pseudonyms and a redacted log
//! still shows which token was presented twice. A pseudonym is no secret: no rule takes it, or a part of it, for one.

use std::borrow::Cow;
use std::ops::Range;

use super::LeakKind;

/// The forms of the opening, the colon and the closing: as they stand, percent-encoded once and twice, escaped by JSON.
const FORMS: [[&str; 3]; 4] = [
    ["‹", ":", "›"],
    ["%E2%80%B9", "%3A", "%E2%80%BA"],
    ["%25E2%2580%25B9", "%253A", "%25E2%2580%25BA"],
    ["\\u2039", ":", "\\u203a"],
];
/// What an opening may begin with.
const OPENERS: [u8; 3] = [0xE2, b'%', b'\\'];
/// Digits of a pseudonym.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=16;
/// Bytes of the longest one.
const LONGEST: usize = 15 + 20 + 5 + 16 + 15;

/// A pseudonym of so many leading digits of a digest.
pub fn pseudonym(kind: LeakKind, digits: &str) -> String {
    format!("‹{}:{digits}›", kind.name())
}

/// The digits of a text that is a pseudonym, in whatever encoding, with or without its kind.
pub fn pseudonym_digits(text: &str) -> Option<&str> {
    let parts = parse(text.as_bytes(), 0)?;
    if parts.end == text.len() { text.get(parts.digits) } else { None }
}

/// The text with the kinds taken out of its pseudonyms (`‹7f3a01c2›`), in whatever encoding: the name of a kind is a
/// word that events are told by, and a pseudonym must say no more than the value did. Borrowed where there is none.
pub fn without_kinds(text: &[u8]) -> Cow<'_, [u8]> {
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = memchr::memchr3(OPENERS[0], OPENERS[1], OPENERS[2], &text[at..]) {
        at += found;
        let Some(Parts { opening, digits, end, .. }) = parse(text, at).filter(|parts| parts.has_kind) else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&text[copied..opening]);
        copied = digits.start;
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[copied..]);
    Cow::Owned(out)
}

/// Whether a span of a line overlaps a pseudonym: then it is no secret.
pub fn is_in_pseudonym(line: &[u8], start: usize, end: usize) -> bool {
    let reach = start.saturating_sub(LONGEST)..end.min(line.len());
    reach.into_iter().any(|at| {
        OPENERS.contains(&line[at]) && parse(line, at).is_some_and(|parts| parts.has_kind && parts.end > start)
    })
}

/// The places in a pseudonym.
struct Parts {
    /// Just past the opening.
    opening: usize,
    has_kind: bool,
    digits: Range<usize>,
    /// Just past the closing.
    end: usize,
}

/// The pseudonym that begins at a place.
fn parse(line: &[u8], at: usize) -> Option<Parts> {
    let starts = |at: usize, text: &str| {
        line.get(at..at + text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text.as_bytes()))
    };
    let [opening, colon, closing] = FORMS.iter().find(|form| starts(at, form[0]))?;
    let opening = at + opening.len();
    // The longer name first: none is the beginning of another, but that is not to be relied on.
    let kinds = LeakKind::ALL.iter().map(|kind| kind.name()).filter(|kind| starts(opening, kind));
    let kind = kinds.filter(|kind| starts(opening + kind.len(), colon)).max_by_key(|kind| kind.len());
    let from = kind.map_or(opening, |kind| opening + kind.len() + colon.len());
    let is_digit = |byte: &&u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(*byte);
    let digits = from..from + line[from..].iter().take_while(is_digit).count();
    let whole = DIGITS.contains(&digits.len()) && starts(digits.end, closing);
    whole.then(|| Parts { opening, has_kind: kind.is_some(), end: digits.end + closing.len(), digits })
}

#[cfg(test)]
mod tests {
    use super::{is_in_pseudonym, pseudonym, pseudonym_digits, without_kinds};
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
            let blind = String::from_utf8(without_kinds(line.as_bytes()).into_owned()).unwrap();
            assert!(!blind.contains("refresh_token") && blind.ends_with("&b=1") && blind.starts_with("a="), "{blind}");
            assert_eq!(pseudonym_digits(&blind[2..blind.len() - 4]), Some("7f3a01c2"), "{blind}");
        }
        assert!(matches!(without_kinds("a=%7f ‹refresh_token› ‹7f3a›".as_bytes()), std::borrow::Cow::Borrowed(_)));
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
