//! How a pseudonym must be written where a value stood: as it is in JSON, headers and text, percent-encoded in URLs
//! and forms, as often as its surroundings are.

use std::fmt::Write;

/// How far a URL is followed back.
const REACH: usize = 4096;

/// Appends a pseudonym in the form that the place asks for.
pub(super) fn write(text: &[u8], start: usize, end: usize, pseudonym: &str, out: &mut Vec<u8>) {
    match depth(text, start, end) {
        0 => out.extend_from_slice(pseudonym.as_bytes()),
        1 => out.extend_from_slice(percent(pseudonym).as_bytes()),
        _ => out.extend_from_slice(percent(&percent(pseudonym)).as_bytes()),
    }
}

/// Whether a piece of a text stands where `+`, `/` and `=` have to be percent-encoded.
pub(super) fn is_in_url(text: &[u8], start: usize, end: usize) -> bool {
    depth(text, start, end) > 0
}

/// How often the surroundings of a value are percent-encoded: never, once, or twice.
fn depth(text: &[u8], start: usize, end: usize) -> usize {
    let value = &text[start..end];
    let is_hex = |bytes: &[u8]| bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit);
    let twice = |bytes: &[u8]| bytes.starts_with(b"%25") && is_hex(&bytes[3..]);
    let once = |bytes: &[u8]| bytes.starts_with(b"%") && is_hex(&bytes[1..]);
    let before = |length: usize| &text[start.saturating_sub(length)..start];
    let any = |test: &dyn Fn(&[u8]) -> bool| (0..value.len()).any(|at| value[at] == b'%' && test(&value[at..]));
    if twice(before(5)) || twice(&text[end..]) || any(&twice) {
        return 2;
    }
    if once(before(3)) || once(&text[end..]) || any(&once) || is_url(text, start, end) {
        return 1;
    }
    0
}

/// Whether a value is a part of a URL or of a form: the word around it says so.
fn is_url(text: &[u8], start: usize, end: usize) -> bool {
    let stop = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>(){}[]\\".contains(byte);
    let reach = &text[start.saturating_sub(REACH)..start];
    let word = reach.iter().rposition(stop).map_or(reach, |at| &reach[at + 1..]);
    let parameters = |bytes: &[u8]| {
        memchr::memchr_iter(b'&', bytes).any(|at| {
            let rest = &bytes[at + 1..];
            ![&b"quot;"[..], b"#", b"apos;", b"lt;", b"gt;"].iter().any(|entity| rest.starts_with(entity))
        })
    };
    memchr::memmem::find(word, b"://").is_some()
        || memchr::memchr(b'?', word).is_some()
        || word.first() == Some(&b'/')
        || parameters(word)
        || (text.get(end) == Some(&b'&') && parameters(&text[end..(end + 8).min(text.len())]))
}

pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn a_pseudonym_is_encoded_as_its_surroundings_are() {
        for (text, wanted) in [
            (r#"{"access_token":"VALUE"}"#, "‹x›"),
            ("Authorization: Bearer VALUE", "‹x›"),
            ("level=debug refresh_token=VALUE status=200", "‹x›"),
            ("&quot;refresh_token&quot;:&quot;VALUE&quot;", "‹x›"),
            ("GET /cb?code=VALUE HTTP/1.1", "%E2%80%B9x%E2%80%BA"),
            ("url=https://h/cb#access_token=VALUE", "%E2%80%B9x%E2%80%BA"),
            ("body='grant_type=refresh_token&refresh_token=VALUE'", "%E2%80%B9x%E2%80%BA"),
            ("refresh_token=VALUE&client_id=a", "%E2%80%B9x%E2%80%BA"),
            ("postgres://app:VALUE@db/x", "%E2%80%B9x%E2%80%BA"),
            ("GET /token/VALUE/info", "%E2%80%B9x%E2%80%BA"),
            ("b=%7B%22refresh_token%22%3A%22VALUE%22%7D", "%E2%80%B9x%E2%80%BA"),
            ("body=a%253Db%2526refresh_token%253DVALUE%2526c", "%25E2%2580%25B9x%25E2%2580%25BA"),
        ] {
            let start = text.find("VALUE").unwrap();
            let mut out = Vec::new();
            write(text.as_bytes(), start, start + 5, "‹x›", &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), wanted, "{text}");
        }
    }
}
