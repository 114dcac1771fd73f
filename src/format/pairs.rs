//! Key and value pairs in running text: logfmt, query strings, form bodies, `Key: value`,
//! `"key"=>"value"`, and what is left of a broken object.

use bumpalo::Bump;

use super::json::{Leaf, ValueKind, unescape};
use super::wrapped;

/// Longest key that is taken for one, and most pairs of one text.
const KEY: usize = 64;
const PAIRS: usize = 1024;

/// Appends the pairs of `text` to `sink`; returns how many were written with `=`.
pub(super) fn scan<'a>(arena: &'a Bump, text: &'a str, sink: &mut Vec<Leaf<'a>>) -> usize {
    let bytes = text.as_bytes();
    let (mut from, mut equals, limit) = (0, 0, sink.len() + PAIRS);
    while let Some(found) = memchr::memchr2(b'=', b':', &bytes[from..]) {
        let at = from + found;
        from = at + 1;
        let Some(key) = key_before(text, at) else { continue };
        let Some((value, kind, end)) = value_after(arena, text, at) else { continue };
        equals += usize::from(bytes[at] == b'=');
        sink.push(Leaf { path: key, value, kind, escaped: None });
        if sink.len() >= limit {
            break;
        }
        // A URL holds pairs of its own behind its question mark.
        from = value.find('?').map_or(end, |_| text[at..].find('?').map_or(end, |mark| at + mark)).max(from);
    }
    equals
}

/// The key that ends before the separator at `at`: bare, quoted, or quoted with escaped quotes.
fn key_before(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut end = at;
    while end > 0 && bytes[end - 1] == b' ' && at - end < 2 {
        end -= 1;
    }
    let quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'');
    if quoted {
        end -= 1;
        while end > 0 && bytes[end - 1] == b'\\' {
            end -= 1;
        }
    }
    // PHP's print_r: `[client_id] => crm`.
    let bracketed = end > 0 && bytes[end - 1] == b']' && bytes.get(at + 1) == Some(&b'>');
    end -= usize::from(bracketed);
    let length = bytes[..end].iter().rev().take(KEY).take_while(|byte| is_key_byte(**byte)).count();
    if bracketed && !bytes[..end - length].ends_with(b"[") {
        return None;
    }
    let key = text.get(end - length..end)?.trim_matches(['.', '-', '@']);
    let named = key.bytes().any(|byte| byte.is_ascii_alphabetic());
    (named && (quoted || bracketed || bytes[at] == b'=' || end == at)).then_some(key)
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte)
}

/// The value that begins after the separator at `at`, and where it ends.
fn value_after<'a>(arena: &'a Bump, text: &'a str, at: usize) -> Option<(&'a str, ValueKind, usize)> {
    let bytes = text.as_bytes();
    let mut start = at + 1;
    match bytes.get(start)? {
        b'=' | b':' => return None,
        b'/' if bytes[at] == b':' => return None,
        b'>' => start += 1,
        _ => {}
    }
    while bytes.get(start) == Some(&b' ') && start - at < 3 {
        start += 1;
    }
    // Rust's Debug: `user_id: Some("u-8")`. The fields of `User(id=8)` are pairs of their own.
    while let Some(open) = text.get(start..).and_then(wrapped::opening) {
        if wrapped::opens_fields(&text[start + open..]) {
            return None;
        }
        start += open + 1;
    }
    let mut quote = start;
    while bytes.get(quote) == Some(&b'\\') {
        quote += 1;
    }
    if matches!(bytes.get(quote), Some(b'"' | b'\'')) {
        return quoted(arena, text, start, quote);
    }
    let rest = text.get(start..)?;
    let length =
        rest.find(|letter: char| letter.is_whitespace() || ",;)]}&|\"<".contains(letter)).unwrap_or(rest.len());
    let length = whole_value(rest, length);
    let value = rest[..length].trim_end_matches(['.', ':']);
    // `refresh failed: client_id=c1`: what stands behind a colon may be a pair of its own.
    if bytes[at] == b':' && value.contains('=') && !value.contains("://") {
        return None;
    }
    let kind = match value {
        "" => return None,
        "-" => ValueKind::Null,
        _ if wrapped::is_nothing(value) => ValueKind::Null,
        _ if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => ValueKind::Number,
        _ if bytes[at] == b':' => ValueKind::Prose,
        _ => ValueKind::Word,
    };
    Some((value, kind, start + length))
}

/// Where a bare value ends that its first sign of an end did not end: the date before a time of day, and the connection
/// before an id (`auth0|65aa0c1f`).
fn whole_value(rest: &str, length: usize) -> usize {
    let bytes = rest.as_bytes();
    let word = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    match bytes.get(length) {
        Some(b' ') if length == 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes.get(length + 3) == Some(&b':') => {
            let tail = rest[length + 1..].find(|letter: char| letter.is_whitespace() || ",;)]}|\"<".contains(letter));
            tail.map_or(rest.len(), |tail| length + 1 + tail)
        }
        Some(b'|') if length > 1 => {
            let end = length + 1 + word(length + 1);
            let id = &bytes[length + 1..end];
            let ends = !matches!(bytes.get(end), Some(b'=' | b':' | b'.' | b'-' | b'_'));
            let whole = id.len() >= 4 && ends && id.iter().any(u8::is_ascii_digit);
            if whole { end } else { length }
        }
        _ => length,
    }
}

/// A quoted value; `quote - start` backslashes stand before each of its quotes.
fn quoted<'a>(arena: &'a Bump, text: &'a str, start: usize, quote: usize) -> Option<(&'a str, ValueKind, usize)> {
    let (bytes, level) = (text.as_bytes(), quote - start);
    let mut end = quote + 1;
    loop {
        end += memchr::memchr2(bytes[quote], b'\\', bytes.get(end..)?)?;
        let slashes = bytes[end..].iter().take_while(|byte| **byte == b'\\').count();
        end += slashes;
        if bytes.get(end) == Some(&bytes[quote]) && slashes == level {
            break;
        }
        end += 1;
    }
    let raw = text.get(quote + 1..end - level)?;
    let value = if raw.contains('\\') { unescape(arena, raw) } else { raw };
    Some((value, ValueKind::Quoted, end + 1))
}

/// Whether a text begins as a form or an object does that was percent-encoded as a whole: `key%3D`, `%7B%22`.
pub(super) fn is_encoded(text: &str) -> bool {
    // Every value of a record is asked, and hardly one has the sign.
    if memchr::memchr(b'%', &text.as_bytes()[..text.len().min(KEY + 1)]).is_none() {
        return false;
    }
    let key =
        text.bytes().take(KEY).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let rest = &text[key.count()..];
    let starts = |sign: &str| rest.get(..sign.len()).is_some_and(|head| head.eq_ignore_ascii_case(sign));
    if rest.len() < text.len() { starts("%3D") || starts("%253D") } else { starts("%7B%22") || starts("%257B%2522") }
}

/// Decodes `%41` and `+` of a query or form value; borrowed where there is nothing to decode.
pub fn percent_decode<'a>(arena: &'a Bump, raw: &'a str) -> &'a str {
    if !raw.contains(['%', '+']) || raw.contains(' ') {
        return raw;
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    arena.alloc_str(&String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::{percent_decode, scan};

    #[test]
    fn printers_of_php_and_rust() {
        let of = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let php = pairs("Array ( [error] => invalid_grant [client_id] => crm )");
        assert_eq!(php, [of("error", "invalid_grant"), of("client_id", "crm")]);
        assert_eq!(
            pairs("E { user_id: Some(\"u-8\"), age: Some(7), x: None }")[..2],
            [of("user_id", "u-8"), of("age", "7")]
        );
        assert_eq!(pairs("user=Optional[u-8] last=Optional.empty")[0], of("user", "u-8"));
        assert_eq!(pairs("refresh user=User(id=u-8, age=7)"), [of("id", "u-8"), of("age", "7")]);
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        let arena = Bump::new();
        let mut sink = Vec::new();
        scan(&arena, arena.alloc_str(text), &mut sink);
        sink.iter().map(|leaf| (leaf.path.to_owned(), leaf.value.to_owned())).collect()
    }

    fn has(text: &str, key: &str, value: &str) {
        assert!(pairs(text).contains(&(key.to_owned(), value.to_owned())), "{text}: {:?}", pairs(text));
    }

    #[test]
    fn every_way_to_write_a_pair() {
        has(r#"time=x level=warn msg="refresh failed" client_id=c1"#, "msg", "refresh failed");
        has(
            r#"err="oauth2: \"invalid_grant\" \"Token is not active\"""#,
            "err",
            r#"oauth2: "invalid_grant" "Token is not active""#,
        );
        has("POST /token?grant_type=refresh_token&client_id=c1 HTTP/1.1", "client_id", "c1");
        has("User: u1; SessionAge: 5m20.5s", "User", "u1");
        has(r#""error"=>"invalid_grant""#, "error", "invalid_grant");
        has(r#"broken {"error": "invalid_grant", "x"#, "error", "invalid_grant");
        has(r#"body: {\"error\":\"invalid_grant\"}"#, "error", "invalid_grant");
        has("type=REFRESH_TOKEN_ERROR, realmId=r, clientId=c, userId=null", "clientId", "c");
        has("uri=https://idp.example/token?client_id=c2 next=1", "client_id", "c2");
        has("'status': 400", "status", "400");
        has("token refresh failed: client_id=heating user=u1", "client_id", "heating");
    }

    #[test]
    fn times_urls_and_operators_are_no_pairs() {
        assert!(pairs("at 10:20:30 https://x/y a::b if x == y").iter().all(|(key, _)| key != "https" && key != "a"));
        assert!(pairs("10:20:30").is_empty());
    }

    #[test]
    fn hostile_text_stays_bounded() {
        assert!(pairs(&"a=".repeat(100_000)).len() <= 1024);
        assert!(pairs(&"=\"".repeat(10_000)).len() <= 1024);
        assert!(pairs(&":".repeat(100_000)).is_empty());
    }

    #[test]
    fn what_was_encoded_as_a_whole_is_told_by_its_beginning() {
        for text in ["grant_type%3Dx%26a%3Db", "a%253Db", "%7B%22a%22%3A1%7D", "%7b%22", "a%3d"] {
            assert!(super::is_encoded(text), "{text}");
        }
        for text in ["", "a", "a%20b%3Dc", "https%3A%2F%2Fapp%3Fcode%3D1", "%3Da", "100%", "%7B"] {
            assert!(!super::is_encoded(text), "{text}");
        }
    }

    #[test]
    fn percent_escapes_are_decoded() {
        let arena = Bump::new();
        assert_eq!(percent_decode(&arena, "a%2Fb%zz+c"), "a/b%zz c");
    }
}
