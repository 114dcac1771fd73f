//! Values in sentences: `Refresh token issued for app / u1: <value>`, `refresh token is <value>`.

use super::bytes::{TOKEN, is_boundary, run_end, skip_blank};
use super::carrier::{Key, Opening};

/// Words that lead from the name of a token to its value.
const LINKS: [&[u8]; 9] =
    [b"is", b"was", b"value", b"string", b"received", b"returned", b"presented", b"used", b"equals"];
/// Words that begin a longer way there, which then has to end in a colon.
const VERBS: [&[u8]; 8] = [b"issued", b"generated", b"created", b"stored", b"saved", b"returned", b"received", b"for"];
/// Before the colon these say that something else follows, and so do words that end in `id`.
const OTHERS: [&[u8]; 37] = [
    b"client",
    b"user",
    b"username",
    b"account",
    b"subject",
    b"principal",
    b"tenant",
    b"session",
    b"app",
    b"application",
    b"connection",
    b"provider",
    b"realm",
    b"issuer",
    b"audience",
    b"host",
    b"resource",
    b"grant",
    b"name",
    b"email",
    b"trace",
    b"request",
    b"hash",
    b"digest",
    b"jti",
    b"sha256",
    b"correlation",
    b"error",
    b"code",
    b"status",
    b"reason",
    b"at",
    b"fingerprint",
    b"key",
    b"etag",
    b"scope",
    b"expires",
];
/// Words on the way.
const MAX_WORDS: usize = 9;

/// Where a value that a sentence names may start: the next word, the word behind a link, or the one behind a colon.
///
/// Nothing is skipped over that could itself be a value.
pub(super) fn opening(line: &[u8], key: Key) -> Option<Opening> {
    let mut at = word_start(line, key.end)?;
    let word = word_at(line, at);
    if let Some(end) = one_of(word, &LINKS) {
        let mut next = at + end;
        next += usize::from(matches!(line.get(next), Some(b':' | b'=')));
        let found = word_start(line, next).filter(|found| looks_random(line, *found));
        if found.is_some() {
            return found.map(closed);
        }
    }
    if one_of(word, &VERBS).is_none() {
        return looks_random(line, at).then(|| closed(at));
    }
    let mut last = word;
    for _ in 0..MAX_WORDS {
        let found = word_at(line, at);
        let end = at + found.len();
        // `Client ID : …`: a colon that stands alone belongs to the word before it.
        let word = if found.is_empty() { last } else { found };
        if line.get(end) == Some(&b':') {
            let tail = &word[word.len().saturating_sub(2)..];
            let other = tail.eq_ignore_ascii_case(b"id") || one_of(word, &OTHERS).is_some();
            let found = word_start(line, end + 1).filter(|found| !other && looks_random(line, *found));
            return found.map(closed);
        }
        if word.len() > 40 {
            return None;
        }
        (at, last) = (word_start(line, end)?, word);
    }
    None
}

fn closed(at: usize) -> Opening {
    Opening { at, quoted: false }
}

/// The next word of the line after one space, inside a quote or a bracket if there is one.
fn word_start(line: &[u8], end: usize) -> Option<usize> {
    let (at, wrapped) = skip_blank(line, end);
    if wrapped {
        return None;
    }
    let opened = matches!(line.get(at), Some(b'[' | b'(' | b'<' | b'\'' | b'"' | b'/' | b'`' | b'#' | b'{'));
    let from = if opened { skip_blank(line, at + 1).0 } else { at };
    (at > end && from < line.len()).then_some(from)
}

fn word_at(line: &[u8], at: usize) -> &[u8] {
    let length = line[at..]
        .iter()
        .take(64)
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'(' | b')' | b'/')
        })
        .count();
    &line[at..at + length]
}

fn one_of(word: &[u8], words: &[&[u8]]) -> Option<usize> {
    words.iter().find(|known| word.eq_ignore_ascii_case(known)).map(|known| known.len())
}

/// A sentence names users, requests and hosts too, so a value in it needs digits and letters, mixed.
fn looks_random(line: &[u8], at: usize) -> bool {
    // The head of a run is enough to judge by, and keeps repeated looks at a long one cheap.
    let end = run_end(&line[..line.len().min(at + 64)], at, &TOKEN);
    let piece = &line[at..end];
    piece.len() >= 16
        && is_boundary(line, at)
        && piece.iter().any(u8::is_ascii_digit)
        && piece.iter().any(u8::is_ascii_alphabetic)
        && !piece.contains(&b'@')
}
