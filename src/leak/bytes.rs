//! The bytes of a log line, seen through whatever encoded them: JSON and Unicode escapes, percent-encoding (also
//! twice), HTML entities, terminal colours. Everything works on positions in the outer line.

use std::borrow::Cow;

/// Stands for a terminal colour sequence.
pub(super) const COLOUR: u8 = 0x1B;
/// Stands for any character beyond ASCII.
pub(super) const WIDE: u8 = 0x80;
/// More backslashes than that are no escape of anything.
const MAX_DEPTH: usize = 8;

const fn table(extra: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < extra.len() {
        table[extra[at] as usize] = true;
        at += 1;
    }
    table
}

/// What identifiers are made of.
pub(super) const IDENT: [bool; 256] = table(b"_-");
/// What a token continues with: such a byte before a shape means that the shape is the inside of something else.
pub(super) const JOINED: [bool; 256] = table(b"-_.~!");
/// What unquoted tokens are made of. No operator is in it, so that no two keys read the same run of bytes.
pub(super) const TOKEN: [bool; 256] = table(b"-._~+/!$*");
/// What quoted tokens are made of.
pub(super) const QUOTED: [bool; 256] = table(b"-._~+/!$*:=|");
/// Bytes that may begin an encoded character.
pub(super) const ESCAPING: [bool; 256] = {
    let mut table = [false; 256];
    table[b'%' as usize] = true;
    table[b'\\' as usize] = true;
    table[b'&' as usize] = true;
    table[COLOUR as usize] = true;
    table
};

/// The character that starts at `at`, decoded, and how many bytes of the line it takes.
pub(super) fn unit(line: &[u8], at: usize) -> Option<(u8, usize)> {
    let byte = *line.get(at)?;
    Some(match byte {
        b'%' => percent(line, at),
        b'\\' => backslash(line, at),
        b'&' => entity(line, at),
        COLOUR => (COLOUR, colour_tail(line, at + 1) + 1),
        0x80.. => (WIDE, 1),
        _ => (byte, 1),
    })
}

fn hex(line: &[u8], at: usize, digits: usize) -> Option<u32> {
    let text = line.get(at..at + digits)?;
    text.iter().try_fold(0, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
}

fn narrow(code: u32) -> u8 {
    u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(WIDE)
}

/// `%22`, `%2522`, and the backslashes of escaped JSON that was percent-encoded (`%5C%22`).
fn percent(line: &[u8], at: usize) -> (u8, usize) {
    let Some(code) = hex(line, at + 1, 2) else { return (b'%', 1) };
    match narrow(code) {
        b'%' => match hex(line, at + 3, 2) {
            Some(inner) => (narrow(inner), 5),
            None => (b'%', 3),
        },
        b'\\' => {
            let mut end = at + 3;
            while end < at + 3 * MAX_DEPTH && line[end..].len() > 2 && line[end..end + 3].eq_ignore_ascii_case(b"%5c") {
                end += 3;
            }
            match (line.get(end), hex(line, end + 1, 2)) {
                (Some(b'%'), Some(0x22)) => (b'"', end + 3 - at),
                (Some(b'%'), Some(0x2F)) => (b'/', end + 3 - at),
                (Some(b'"' | b'/'), _) => (line[end], end + 1 - at),
                (Some(b'n' | b'r' | b't'), _) => (b'\n', end + 1 - at),
                _ => (b'\\', 3),
            }
        }
        byte => (byte, 3),
    }
}

/// `\"`, `\\\"`, `\/`, `\n`, `\u0022`, `\x22`, at any depth of escaping.
fn backslash(line: &[u8], at: usize) -> (u8, usize) {
    let depth = line[at..].iter().take(MAX_DEPTH).take_while(|byte| **byte == b'\\').count();
    let end = at + depth;
    let (code, digits) = match line.get(end) {
        Some(byte @ (b'"' | b'\'' | b'/' | b'`')) => return (*byte, depth + 1),
        Some(b'n' | b'r' | b't') => return (b'\n', depth + 1),
        Some(b'u') => (hex(line, end + 1, 4), 4),
        Some(b'x') => (hex(line, end + 1, 2), 2),
        _ => (None, 0),
    };
    match code.map(narrow) {
        Some(COLOUR) => (COLOUR, depth + 1 + digits + colour_tail(line, end + 1 + digits)),
        Some(byte) => (byte, depth + 1 + digits),
        None => (b'\\', 1),
    }
}

/// How long the rest of a colour sequence is: `[0;32m`.
fn colour_tail(line: &[u8], at: usize) -> usize {
    if line.get(at) != Some(&b'[') {
        return 0;
    }
    let digits = line[at + 1..].iter().take(16).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    if line.get(at + 1 + digits).is_some_and(u8::is_ascii_alphabetic) { digits + 2 } else { 1 }
}

/// `&quot;`, `&#34;`, `&#x22;`, `&amp;`, also with the ampersand itself as an entity.
fn entity(line: &[u8], at: usize) -> (u8, usize) {
    let doubled = line[at + 1..].starts_with(b"amp;");
    let name = at + 1 + if doubled { 4 } else { 0 };
    let rest = &line[name..];
    for (text, byte) in [
        (&b"quot;"[..], b'"'),
        (b"apos;", b'\''),
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"equals;", b'='),
        (b"hellip;", WIDE),
    ] {
        if rest.starts_with(text) {
            return (byte, name + text.len() - at);
        }
    }
    if rest.first() == Some(&b'#') {
        let radix = if matches!(rest.get(1), Some(b'x' | b'X')) { 16 } else { 10 };
        let from = if radix == 16 { 2 } else { 1 };
        let digits = rest[from.min(rest.len())..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 0 && rest.get(from + digits) == Some(&b';') {
            let code = rest[from..from + digits]
                .iter()
                .try_fold(0, |value: u32, byte| Some(value * radix + char::from(*byte).to_digit(radix)?));
            if let Some(code) = code {
                return (narrow(code), name + from + digits + 1 - at);
            }
        }
    }
    (b'&', name - at)
}

/// The decoded character that ends just before `at`; `None` at the start of the line.
pub(super) fn before(line: &[u8], at: usize) -> Option<u8> {
    let last = *line.get(at.checked_sub(1)?)?;
    if !last.is_ascii_alphanumeric() {
        return Some(if last.is_ascii() { last } else { WIDE });
    }
    // Only the forms that end in a letter or a digit can hide a boundary.
    if matches!(last, b'n' | b'r' | b't') && at >= 2 && line[at - 2] == b'\\' {
        return Some(b'\n');
    }
    for (length, mark) in [(3, &b"%"[..]), (5, b"%25"), (6, b"\\u"), (4, b"\\x")] {
        if at >= length
            && line[at - length..].starts_with(mark)
            && let Some(code) = hex(line, at - length + mark.len(), length - mark.len())
        {
            return Some(narrow(code));
        }
    }
    if last == b'm' {
        let tail = &line[at.saturating_sub(18)..at - 1];
        let kept = tail.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if let Some(head) = tail[..tail.len() - kept].strip_suffix(b"[")
            && (head.last() == Some(&COLOUR)
                || head.ends_with(b"u001b")
                || head.ends_with(b"u001B")
                || head.ends_with(b"x1b"))
        {
            return Some(COLOUR);
        }
    }
    Some(last)
}

/// Whether a value of its own may start at `at`.
pub(super) fn is_boundary(line: &[u8], at: usize) -> bool {
    before(line, at).is_none_or(|byte| !JOINED[usize::from(byte)])
}

/// The decoded form of a piece of the line; borrowed where nothing is encoded.
pub(super) fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&' | &COLOUR)) {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some((byte, length)) = unit(raw, at) {
        if byte == WIDE {
            out.extend_from_slice(&raw[at..at + length]);
        } else if byte != COLOUR {
            out.push(byte);
        }
        at += length;
    }
    Cow::Owned(out)
}

/// Where the run of `class` that starts at `from` ends, encoded members included.
pub(super) fn run_end(line: &[u8], from: usize, class: &[bool; 256]) -> usize {
    let mut at = from;
    loop {
        while line.get(at).is_some_and(|byte| class[usize::from(*byte)]) {
            at += 1;
        }
        match line.get(at) {
            Some(byte) if ESCAPING[usize::from(*byte)] => match unit(line, at) {
                // An encoded quote, space or ampersand ends a value as a plain one does.
                Some((byte, length)) if class[usize::from(byte)] && !matches!(byte, b'%' | b'&' | b'\\') => {
                    at += length;
                }
                _ => return at,
            },
            _ => return at,
        }
    }
}

/// Whether what follows says that the value was cut or starred out on purpose.
pub(super) fn is_cut(line: &[u8], end: usize) -> bool {
    let rest = &line[end.min(line.len())..];
    [&b"..."[..], b"\xE2\x80\xA6", b"***", b"\\u2026", b"%E2%80%A6", b"&hellip;", b"[...]", b"[truncated"]
        .iter()
        .any(|mark| rest.starts_with(mark))
}

/// Skips spaces and colours; tells whether a line end was among them.
pub(super) fn skip_blank(line: &[u8], from: usize) -> (usize, bool) {
    let (mut at, mut wrapped) = (from, false);
    // No carrier indents deeper; the bound keeps a line of nothing but spaces linear.
    while at < from + 64 {
        match unit(line, at) {
            Some((b' ' | b'\t' | COLOUR, length)) => at += length,
            Some((b'\n' | b'\r', length)) => {
                wrapped = true;
                at += length;
            }
            _ => break,
        }
    }
    (at, wrapped)
}

/// The length of the quote at `at`, in whatever encoding.
pub(super) fn quote(line: &[u8], at: usize) -> Option<usize> {
    match unit(line, at) {
        Some((b'"' | b'\'' | b'`', length)) => Some(length),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{before, decode, is_boundary, unit};

    #[test]
    fn one_value_decodes_the_same_from_every_encoding() {
        for raw in [r"1//0-a", r"1\/\/0-a", "1%2F%2F0-a", "1%252F%252F0-a", r"1\\/\\/0\u002da", "1&#x2F;&#47;0-a"] {
            assert_eq!(decode(raw.as_bytes()), &b"1//0-a"[..], "{raw}");
        }
    }

    #[test]
    fn quotes_are_seen_in_every_encoding() {
        for raw in
            ["\"", "\\\"", "\\\\\\\"", "%22", "%2522", "%5C%22", "&quot;", "&amp;quot;", "&#34;", "\\u0022", "\\x22"]
        {
            assert_eq!(unit(raw.as_bytes(), 0), Some((b'"', raw.len())), "{raw}");
        }
    }

    #[test]
    fn boundaries_hold_behind_escapes() {
        for raw in ["", "=", "%3D", "%253D", "\\n", "\\u0022", "\\x22", "\x1b[0;32m", "\\u001b[32m", "/", "Bearer+"] {
            assert!(is_boundary(raw.as_bytes(), raw.len()), "{raw:?}");
        }
        for raw in ["a", "_", "-", ".", "%41", "7m"] {
            assert!(!is_boundary(raw.as_bytes(), raw.len()), "{raw:?}");
        }
        assert_eq!(before(b"%2F", 3), Some(b'/'));
    }
}
