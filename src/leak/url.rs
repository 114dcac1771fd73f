//! Passwords in URLs: found by their `@`, because `://` is in every other line of a log.

use std::ops::Range;

/// How far back from the `@` a URL may begin.
const REACH: usize = 330;
/// The shortest password that is looked at.
const SHORTEST: usize = 8;

/// Where the next URL with a password begins within a range: the place of its `://`.
pub fn next_url_password(bytes: &[u8], within: Range<usize>) -> Option<usize> {
    let end = bytes.len().min(within.end + REACH);
    let mut ats = memchr::memchr_iter(b'@', bytes.get(within.start..end)?).map(|at| within.start + at);
    ats.find_map(|at| scheme_before(bytes, at).filter(|start| within.contains(start)))
}

/// The `://` before `name:password@`.
fn scheme_before(bytes: &[u8], at: usize) -> Option<usize> {
    let head = &bytes[at.saturating_sub(REACH)..at];
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>');
    let slash = head.iter().rposition(ends)?;
    let colon = memchr::memchr(b':', &head[slash + 1..])?;
    let password = head.len() - (slash + 1 + colon + 1);
    (password >= SHORTEST && head[..=slash].ends_with(b"://")).then(|| at - head.len() + slash - 2)
}

#[cfg(test)]
mod tests {
    use super::next_url_password;

    #[test]
    fn a_url_with_a_password_is_found_by_its_sign() {
        for (text, found) in [
            ("cloning https://ci:abcd1234efgh@git.example/x", Some(13)),
            ("redis://:abcd1234efgh@cache", Some(5)),
            ("mail bob@example.com https://idp.example:8443/x", None),
            ("https://user@host/a:b@c", None),
            ("https://ci:short@host", None),
            ("https://ci:with@sign@host", Some(5)),
            ("https://bob@corp:abcd1234efgh@host", Some(5)),
            ("{\"@timestamp\":1}", None),
            ("@", None),
            ("", None),
        ] {
            assert_eq!(next_url_password(text.as_bytes(), 0..text.len()), found, "{text}");
        }
        let text = b"https://ci:abcd1234efgh@a https://ci:abcd1234efgh@b";
        assert_eq!(next_url_password(text, 6..text.len()), Some(31));
        assert_eq!([next_url_password(text, 6..31), next_url_password(text, 6..32)], [None, Some(31)]);
    }
}
