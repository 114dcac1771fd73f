//! What stands in a redacted log where a secret was: `‹refresh_token:7f3a01c2›`.
//!
//! The digits are the beginning of the value's digest, so that equal values have equal pseudonyms and a redacted log
//! still shows which token was presented twice. A pseudonym is no secret: no rule takes it, or a part of it, for one.

use std::borrow::Cow;

use super::LeakKind;

/// How a pseudonym begins, as it stands, percent-encoded once and twice, and escaped by JSON.
const OPENINGS: [&[u8]; 6] =
    ["‹".as_bytes(), b"%E2%80%B9", b"%e2%80%b9", b"%25E2%2580%25B9", b"%25e2%2580%25b9", b"\\u2039"];
/// What stands between kind and digits, in the same forms.
const COLONS: [&[u8]; 4] = [b":", b"%3A", b"%3a", b"%253A"];
/// Bytes of the longest opening, kind and colon.
const LONGEST: usize = 15 + 20 + 5;

/// A pseudonym of so many leading digits of a digest.
pub fn pseudonym(kind: LeakKind, digits: &str) -> String {
    format!("‹{}:{digits}›", kind.name())
}

/// The opening character of a pseudonym as it stands.
pub const PSEUDONYM_OPENING: char = '‹';

/// The digits of a text that is a pseudonym, in whatever encoding.
pub fn pseudonym_digits(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let opening = OPENINGS.iter().find(|opening| bytes.starts_with(opening))?;
    let inner = text.get(opening.len()..)?;
    let kind = LeakKind::ALL.iter().find(|kind| inner.starts_with(kind.name()))?;
    let rest = inner.get(kind.name().len()..)?;
    let colon = COLONS.iter().find(|colon| rest.as_bytes().starts_with(colon))?;
    let digits = rest.get(colon.len()..)?;
    let length = digits.bytes().take_while(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)).count();
    (length >= 4).then(|| &digits[..length])
}

/// Whether a span of a line holds a pseudonym, or begins inside of one: then it is no secret.
pub fn is_in_pseudonym(line: &[u8], start: usize, end: usize) -> bool {
    let opens_at = |at: usize| {
        let rest = &line[at..line.len().min(at + LONGEST + 8)];
        OPENINGS.iter().any(|opening| rest.starts_with(opening)) && pseudonym_digits(&lossy(rest)).is_some()
    };
    let from = start.saturating_sub(LONGEST);
    // Before the span an opening must reach into it; nothing that ends a pseudonym may lie between.
    let before = (from..start).rev().find(|at| OPENINGS.iter().any(|opening| line[*at..].starts_with(opening)));
    before.is_some_and(|at| opens_at(at) && !line[at..start].ends_with("›".as_bytes()) && is_open(&line[at..start]))
        || (start..end.min(line.len())).any(|at| matches!(line[at], 0xE2 | b'%' | b'\\') && opens_at(at))
}

/// Whether what follows an opening is still the kind, the colon or the digits.
fn is_open(text: &[u8]) -> bool {
    let opening = OPENINGS.iter().find(|opening| text.starts_with(opening)).map_or(0, |opening| opening.len());
    text[opening..].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'%'))
        && !text[opening..].windows(6).any(|part| part.eq_ignore_ascii_case(b"%E2%80"))
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
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
            "\\u2039refresh_token:7f3a01c2\\u203a",
        ] {
            assert_eq!(pseudonym_digits(text), Some("7f3a01c2"), "{text}");
            let line = format!("a={text}&b=1");
            let digits = line.find("7f3a").unwrap();
            assert!(is_in_pseudonym(line.as_bytes(), digits, digits + 8), "{text}");
            assert!(is_in_pseudonym(line.as_bytes(), 2, 2 + text.len()), "{text}");
            assert!(!is_in_pseudonym(line.as_bytes(), line.len() - 1, line.len()), "{text}");
        }
        for text in ["refresh_token:7f3a01c2", "‹refresh›", "‹name:7f3a›", "‹refresh_token:xyz›", ""] {
            assert_eq!(pseudonym_digits(text), None, "{text}");
        }
    }
}
