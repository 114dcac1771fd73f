//! What single languages and formats write between a key and its value.

use super::bytes::{quote, skip_blank, unit};

/// How far a type or the name of a class goes.
const REACH: usize = 96;

/// Steps over what closes a key behind its quote: the bracket of `["key"] =>`, the visibility that PHP writes
/// (`["key":protected]=>`, `[key:Some\Class:private] =>`), the binary of Erlang (`<<"key">>`), the bold of Markdown.
pub(super) fn closed(line: &[u8], at: usize) -> usize {
    let rest = &line[at.min(line.len())..];
    match rest {
        [b']', ..] => at + 1 + quote(line, at + 1).unwrap_or(0),
        [b':', ..] => {
            let head = &rest[..rest.len().min(REACH)];
            let inner = memchr::memchr(b']', head).map(|length| &head[..length]);
            let seen = inner.filter(|inner| inner.ends_with(b":protected") || inner.ends_with(b":private"));
            seen.map_or(at, |inner| at + inner.len() + 1)
        }
        [b'>', b'>', ..] | [b'*', b'*', ..] => at + 2,
        _ => at,
    }
}

/// Where the value of a pair begins whose key was its name: `"name":"key","value":"…"` of HAR and of containers,
/// `name="key" value="…"`, `"key":"key","value":{"stringValue":"…"}` of OTLP.
pub(super) fn paired(line: &[u8], at: usize) -> Option<usize> {
    let (mut next, _) = skip_blank(line, at);
    if let Some((b',' | b';', length)) = unit(line, next) {
        next = skip_blank(line, next + length).0;
    }
    if next == at {
        return None;
    }
    let from = assigned(line, next, &[b"value"])?;
    let inside = match unit(line, from) {
        Some((b'{', length)) => assigned(line, skip_blank(line, from + length).0, &[b"stringvalue", b"string_value"]),
        _ => None,
    };
    inside.or(Some(from))
}

/// Past a word, quoted or not, its operator and what is blank around them.
fn assigned(line: &[u8], at: usize, words: &[&[u8]]) -> Option<usize> {
    let from = at + quote(line, at).unwrap_or(0);
    let is_here = |word: &&&[u8]| line.get(from..from + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word));
    let mut next = from + words.iter().find(is_here)?.len();
    next = skip_blank(line, next + quote(line, next).unwrap_or(0)).0;
    match unit(line, next)? {
        (b':' | b'=', length) => Some(skip_blank(line, next + length).0),
        _ => None,
    }
}

/// The content of a part of a multipart form: behind the empty line that ends its head.
pub(super) fn form_part(line: &[u8], at: usize) -> Option<usize> {
    let (mut next, mut ended) = (at, 0);
    while let Some((b'\n' | b'\r', length)) = unit(line, next).filter(|_| next < at + REACH) {
        next += length;
        // `\n` and `\r` read alike in escaped text.
        ended += usize::from(!matches!(line[next - 1], b'\r' | b'r'));
    }
    (ended == 2).then_some(next)
}

/// Steps over `s:43:`, which must be followed by a quote.
pub(super) fn string_header(line: &[u8], at: usize) -> Option<usize> {
    let rest = line.get(at..)?.strip_prefix(b"s:")?;
    let digits = rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    let end = at + 2 + digits + 1;
    (rest.get(digits) == Some(&b':') && quote(line, end).is_some()).then_some(end)
}

/// Steps over the type of a value: `string(43) "…"` of PHP's `var_dump`, `(string) (len=43) "…"` of go-spew,
/// `[]string{"…"}` of Go, `<![CDATA[` of XML.
pub(super) fn typed(line: &[u8], from: usize) -> usize {
    let rest = &line[from.min(line.len())..];
    let quoted = |length: usize| quote(line, from + length).is_some().then_some(from + length);
    let found = match rest {
        [b's', ..] => {
            let digits = rest
                .strip_prefix(b"string(")
                .map(|rest| rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count());
            digits.filter(|digits| rest[7 + digits..].starts_with(b") ")).and_then(|digits| quoted(7 + digits + 2))
        }
        [b'(', ..] => quoted(notes(rest)),
        [b'[', b']', ..] => {
            let word = rest[2..].iter().take(REACH).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.');
            let length = 2 + word.count();
            if rest.get(length) == Some(&b'{') { quoted(length + 1) } else { None }
        }
        [b'<', ..] if rest.starts_with(b"<![CDATA[") => Some(from + 9),
        _ => None,
    };
    found.unwrap_or(from)
}

/// The length of notes in parentheses, each with a space behind it.
fn notes(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < REACH && rest.get(at) == Some(&b'(') {
        let head = &rest[at..rest.len().min(at + REACH)];
        match memchr::memchr(b')', head) {
            Some(close) if head.get(close + 1) == Some(&b' ') => at += close + 2,
            _ => break,
        }
    }
    at
}
