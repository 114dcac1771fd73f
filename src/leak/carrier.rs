//! From a key to its value, through every notation that logs hold: JSON (escaped, percent-encoded, as HTML), forms
//! and queries, logfmt, the dumps of Python, Ruby, Go, Java, .NET, Rust, Objective-C, PHP, and XML.

use super::bytes::{COLOUR, IDENT, QUOTED, TOKEN, before, is_cut, quote, run_end, skip_blank, unit};
use super::{fold, notation};

/// Longest value that a key may hold.
const MAX_PASSWORD: usize = 128;
/// Before a key these words say that its value is no secret any more.
pub(super) const DEAD_PREFIXES: [&[u8]; 9] =
    [b"hash", b"hashed", b"masked", b"redacted", b"encrypted", b"sha256", b"csrf", b"xsrf", b"hmac"];

/// Where a key stands in the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub start: usize,
    pub end: usize,
}

/// Where a value starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub at: usize,
    pub quoted: bool,
}

/// Reads `key` (snake form) backwards from `end`, in any case and style.
pub(super) fn key_ending_at(line: &[u8], end: usize, key: &[u8], exact: bool) -> Option<Key> {
    let mut at = end;
    for &wanted in key.iter().rev() {
        let found = line.get(at.checked_sub(1)?)?.to_ascii_lowercase();
        if found == wanted {
            at -= 1;
        } else if wanted == b'_' {
            // Between words: a dash, a space, or nothing (camel case).
            at -= usize::from(matches!(found, b'-' | b' '));
        } else {
            return None;
        }
    }
    let standing = match before(line, at) {
        Some(b'_' | b'-') => !exact && !has_dead_prefix(line, at),
        Some(byte) if byte.is_ascii_alphanumeric() => {
            let camel = line[at].is_ascii_uppercase() && !byte.is_ascii_uppercase();
            camel && !exact && !has_dead_prefix(line, at)
        }
        Some(b'.') => !exact,
        _ => true,
    };
    // The identifier has to end here: `access_token_hash` and `access-token.id` are other keys.
    let ends = match line.get(end) {
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => false,
        Some(b'-' | b'.') => !line.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
        _ => true,
    };
    (standing && ends).then_some(Key { start: at, end })
}

fn has_dead_prefix(line: &[u8], at: usize) -> bool {
    let head = &line[at.saturating_sub(24)..at];
    let kept = head.iter().rev().take_while(|byte| IDENT[usize::from(**byte)]).count();
    let ident = &head[head.len() - kept..];
    let word = ident.strip_suffix(b"_").or(ident.strip_suffix(b"-")).unwrap_or(ident);
    DEAD_PREFIXES
        .iter()
        .any(|dead| word.len() >= dead.len() && word[word.len() - dead.len()..].eq_ignore_ascii_case(dead))
}

/// Steps over what stands between a key and its value; `None` where no value is assigned.
pub(super) fn open(line: &[u8], key: Key) -> Option<Opening> {
    let mut at = skip_colour(line, key.end);
    let closing = quote(line, at).map_or(0, |length| length + quote(line, at + length).unwrap_or(0));
    at = notation::closed(line, at + closing);
    let paired = notation::paired(line, at).or_else(|| notation::form_part(line, at).filter(|_| closing > 0));
    if let Some(from) = paired {
        return Some(unwrap(line, from));
    }
    let operator_from = skip_blank(line, at).0;
    if operator_from > at && is_next_word(line, key, closing, operator_from) {
        return Some(unwrap(line, operator_from));
    }
    let (operator, length) = unit(line, operator_from)?;
    let spaced = operator_from > at;
    at = operator_from + length;
    match operator {
        b'=' | b':' => {
            // `=>`, `:=`, `==`
            while let Some((b'>' | b'=', length)) = unit(line, at).filter(|_| at < operator_from + 16) {
                at += length;
            }
        }
        b'-' if line.get(at) == Some(&b'>') => at += 1,
        b',' if is_listed(line, key.start) => {}
        // PHP's `serialize`: `s:5:"key";s:43:"…"`.
        b';' if closing > 0 => at = notation::string_header(line, at)?,
        b'>' if matches!(before(line, name_start(line, key.start)), Some(b'<' | b';')) => {}
        // A table of psql.
        b'|' if spaced => {}
        _ => return None,
    }
    let (value_from, wrapped) = skip_blank(line, at);
    let opening = unwrap(line, value_from);
    // `a= b=c` and a key at the end of its line are empty values, not values further on.
    let apart = operator == b'=' && !spaced && skip_colour(line, at) < value_from;
    let below = wrapped && operator == b':' && fold::is_line(line, value_from);
    ((!wrapped && !apart) || below || opening.quoted).then_some(opening)
}

/// Whether the next word is the value: that of an option of a command line, or of Redis' `"SET" "key" "value"`.
fn is_next_word(line: &[u8], key: Key, closing: usize, next: usize) -> bool {
    is_option(line, key.start) || (closing > 0 && quote(line, next).is_some())
}

/// The length of a second quote before a value: CSV doubles those inside of a cell.
fn doubled(line: &[u8], at: usize) -> usize {
    let second = quote(line, at).unwrap_or(0);
    // A text that is empty is followed by something else.
    if line.get(at + second).is_some_and(|byte| IDENT[usize::from(*byte)]) { second } else { 0 }
}

fn skip_colour(line: &[u8], mut at: usize) -> usize {
    while let Some((COLOUR, length)) = unit(line, at) {
        at += length;
    }
    at
}

/// Where the name begins that a key is the end of: `registration_access_token`.
fn name_start(line: &[u8], key_start: usize) -> usize {
    let head = &line[key_start.saturating_sub(40)..key_start];
    // With the namespace of an XML element.
    key_start - head.iter().rev().take_while(|byte| IDENT[usize::from(**byte)] || **byte == b':').count()
}

/// Whether the key is an option of a command line, whose value is the next word.
fn is_option(line: &[u8], key_start: usize) -> bool {
    let start = name_start(line, key_start);
    line[start..].starts_with(b"--")
        && before(line, start).is_none_or(|byte| byte == b' ' || byte == b'\'' || byte == b'"')
}

/// Whether a key is the first of a pair: `('key', …)`, `["key", …]`, `[key, …]`.
fn is_listed(line: &[u8], key_start: usize) -> bool {
    // The quote before the key may be an escaped one, so the bracket is looked for just before it.
    let start = name_start(line, key_start);
    let head = &line[start.saturating_sub(8)..start];
    let outer = head.iter().rev().find(|byte| !matches!(byte, b'"' | b'\'' | b'\\'));
    outer.is_some_and(|byte| matches!(byte, b'(' | b'[')) || head.ends_with(b"{<<\"")
}

/// Steps into lists, constructors (`Some("…")`, `Secret('…')`) and string prefixes (`b'…'`).
fn unwrap(line: &[u8], from: usize) -> Opening {
    let mut at = notation::typed(line, from);
    for _ in 0..4 {
        if let Some(length) = quote(line, at) {
            return Opening { at: at + length + doubled(line, at + length), quoted: true };
        }
        if line[at..].get(..4).is_some_and(|sign| sign.eq_ignore_ascii_case(b"s%3a")) {
            // A cookie that Express signed.
            at += 4;
            break;
        }
        match line.get(at) {
            Some(b'[' | b'(') => at = skip_blank(line, at + 1).0,
            Some(b'<') if line[at..].starts_with(b"<<\"") => at += 2,
            Some(byte) if byte.is_ascii_alphabetic() => {
                let word = line[at..].iter().take(24).take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let called = line.get(at + word) == Some(&b'(');
                if called || (word == 1 && quote(line, at + word).is_some()) {
                    at += word + usize::from(called);
                } else {
                    break;
                }
            }
            _ => break,
        }
    }
    Opening { at, quoted: false }
}

/// The raw end of the value at an opening; `None` where it was cut or starred out.
pub(super) fn value_end(line: &[u8], opening: Opening, printable: bool) -> Option<usize> {
    let from = opening.at;
    if printable {
        return printable_end(line, opening);
    }
    let mut end = run_end(line, from, if opening.quoted { &QUOTED } else { &TOKEN });
    if !opening.quoted {
        end = padded(line, end);
        if is_cut(line, end) || line[from..end].ends_with(b"..") {
            return None;
        }
        // The end of a sentence.
        while end > from && matches!(line[end - 1], b'.' | b'!') {
            end -= 1;
        }
    }
    (end > from && !is_cut(line, end)).then_some(end)
}

/// Takes the padding of base64, but not the `=` of a next assignment.
pub(super) fn padded(line: &[u8], end: usize) -> usize {
    let mut at = end;
    for _ in 0..2 {
        match unit(line, at) {
            Some((b'=', length)) => at += length,
            _ => break,
        }
    }
    match unit(line, at) {
        Some((byte, _)) if TOKEN[usize::from(byte)] || matches!(byte, b'=' | b':') => end,
        // An assignment without a value is `a=&`: nothing tells it from padding, and as such it does no harm.
        _ => at,
    }
}

/// Passwords hold anything, so only their end is looked for: the quote, or white space and list separators.
fn printable_end(line: &[u8], opening: Opening) -> Option<usize> {
    let mut at = opening.at;
    while at < opening.at + MAX_PASSWORD {
        match unit(line, at) {
            None | Some((b'"' | b'\'' | b'`' | b'\n' | b'\r' | COLOUR, _)) => break,
            Some((b' ' | b'\t' | b'&' | b',' | b';' | b')' | b'}' | b']' | b'<' | b'>', _)) if !opening.quoted => break,
            Some((_, length)) => at += length,
        }
    }
    (at > opening.at && at < opening.at + MAX_PASSWORD).then_some(at.min(line.len()))
}
