//! Bytes of a record to text that can be read.

use bumpalo::Bump;

/// Text without NUL bytes and colour codes; invalid UTF-8 becomes replacement characters.
pub(super) fn clean<'a>(arena: &'a Bump, bytes: &'a [u8]) -> &'a str {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => arena.alloc_str(&String::from_utf8_lossy(bytes)),
    };
    if memchr::memchr2(0, 0x1b, bytes).is_none() {
        return text;
    }
    let mut out = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\0' => {}
            '\u{1b}' => {
                let tail = rest.as_str();
                let code = tail
                    .strip_prefix('[')
                    .map(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
                if let Some(code) = code.filter(|code| code.starts_with(|c: char| c.is_ascii_alphabetic())) {
                    rest = code[1..].chars();
                }
            }
            other => out.push(other),
        }
    }
    out.into_bump_str()
}
