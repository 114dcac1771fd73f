//! A forgiving reader of object notation: JSON, and what printers of other languages make of it.
//!
//! It flattens an object into its leaves. Single quotes, bare keys, `=>` and `=` between key and
//! value, `None`/`True`/`nil`, `b'…'` strings and a missing end are taken as they come; what stands
//! before the first mistake is kept, so a line cut short still gives its fields.

use bumpalo::Bump;
use bumpalo::collections::String as Text;

use super::wrapped;

/// What a leaf's value was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// In quotes; decoded.
    Quoted,
    /// A number.
    Number,
    /// `true`, `false`, or a bare word.
    Word,
    /// `null`, `None`, `nil`, `undefined`.
    Null,
    /// A bare word behind a colon in running text: often no value at all (`Client Error: Bad Request`).
    Prose,
}

/// One leaf: its dotted path (array indices left out) and its decoded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// `details.familyId`; empty for a bare value.
    pub path: &'a str,
    /// The decoded value.
    pub value: &'a str,
    /// How it was written.
    pub kind: ValueKind,
    /// The value as it was written, where that was decoded.
    pub escaped: Option<&'a str>,
}

/// How far a text was an object or array, and whether it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes used.
    pub used: usize,
    /// Whether it was closed.
    pub complete: bool,
}

/// Deepest nesting that is followed, and most leaves of one value: hostile input stays bounded.
const DEPTH: usize = 32;
const LEAVES: usize = 4096;

/// Flattens the object or array at the start of `text` into `sink`.
pub fn flatten<'a>(arena: &'a Bump, text: &'a str, base: &str, sink: &mut Vec<Leaf<'a>>) -> Extent {
    let mut path = Text::from_str_in(base, arena);
    let limit = sink.len() + LEAVES;
    let mut reader = Reader { arena, text, at: 0, sink, limit };
    let complete = reader.value(&mut path, 0).is_some();
    Extent { used: reader.at, complete }
}

struct Reader<'a, 's> {
    arena: &'a Bump,
    text: &'a str,
    at: usize,
    sink: &'s mut Vec<Leaf<'a>>,
    limit: usize,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    fn push(&mut self, path: &str, value: &'a str, kind: ValueKind) -> Option<()> {
        if self.sink.len() >= self.limit {
            return None;
        }
        self.sink.push(Leaf { path: self.arena.alloc_str(path), value, kind, escaped: None });
        Some(())
    }

    fn push_string(&mut self, path: &str) -> Option<()> {
        let raw = self.raw_string()?;
        let decoded = raw.contains('\\').then(|| unescape(self.arena, raw));
        self.push(path, decoded.unwrap_or(raw), ValueKind::Quoted)?;
        if let Some(leaf) = self.sink.last_mut() {
            leaf.escaped = decoded.map(|_| raw);
        }
        Some(())
    }

    fn value(&mut self, path: &mut Text<'a>, depth: usize) -> Option<()> {
        self.space();
        match self.peek() {
            b'{' if depth < DEPTH => self.object(path, depth),
            b'[' | b'(' if depth < DEPTH => self.array(path, depth),
            b'"' | b'\'' => self.push_string(path),
            b'b' | b'u' if matches!(self.text.as_bytes().get(self.at + 1), Some(b'\'' | b'"')) => {
                self.at += 1;
                self.push_string(path)
            }
            0 | b'{' | b'[' | b'(' => None,
            byte if byte.is_ascii_alphabetic() && depth < DEPTH => self.typed(path, depth),
            _ => self.bare(path),
        }
    }

    /// A value behind the name of its type: `Some("u-8")`, `Optional[u-8]`, `User{id=u-8}`, `User(id=u-8)`.
    fn typed(&mut self, path: &mut Text<'a>, depth: usize) -> Option<()> {
        let rest = &self.text[self.at..];
        let Some(open) = wrapped::opening(rest) else { return self.bare(path) };
        self.at += open;
        if wrapped::opens_fields(&rest[open..]) { self.object(path, depth) } else { self.array(path, depth) }
    }

    fn object(&mut self, path: &mut Text<'a>, depth: usize) -> Option<()> {
        let close = if self.peek() == b'(' { b')' } else { b'}' };
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                byte if byte == close => {
                    self.at += 1;
                    return Some(());
                }
                b',' | b';' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let key = self.key()?;
            self.separator()?;
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(key);
            let read = self.value(path, depth + 1);
            path.truncate(length);
            read?;
        }
    }

    fn key(&mut self) -> Option<&'a str> {
        match self.peek() {
            b'"' | b'\'' => self.string(),
            b'[' => self.bracketed_key(),
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                let skip = usize::from(rest.first() == Some(&b':'));
                let length = rest[skip..].iter().take_while(|byte| is_key_byte(**byte)).count();
                let start = self.at + skip;
                self.at = start + length;
                (length > 0).then(|| &self.text[start..start + length])
            }
        }
    }

    /// PHP's `print_r` writes `[key] => value`.
    fn bracketed_key(&mut self) -> Option<&'a str> {
        let length = self.text[self.at..].find(']').filter(|length| *length < 64)?;
        let key = &self.text[self.at + 1..self.at + length];
        self.at += length + 1;
        Some(key)
    }

    fn separator(&mut self) -> Option<()> {
        self.space();
        let rest = &self.text[self.at..];
        let width = if rest.starts_with("=>") { 2 } else { usize::from(rest.starts_with([':', '='])) };
        self.at += width;
        (width > 0).then_some(())
    }

    fn array(&mut self, path: &mut Text<'a>, depth: usize) -> Option<()> {
        if let Some((text, length)) = byte_list(self.arena, &self.text[self.at..]) {
            self.at += length;
            return self.push(path, text, ValueKind::Quoted);
        }
        let close = if self.peek() == b'[' { b']' } else { b')' };
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                byte if byte == close => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => self.value(path, depth + 1)?,
            }
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        let raw = self.raw_string()?;
        Some(if raw.contains('\\') { unescape(self.arena, raw) } else { raw })
    }

    /// A string as it is written, without its quotes.
    fn raw_string(&mut self) -> Option<&'a str> {
        let quote = self.peek();
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut end = start;
        loop {
            end += memchr::memchr2(quote, b'\\', bytes.get(end..)?)?;
            if bytes[end] == quote {
                break;
            }
            end += 2;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    fn bare(&mut self, path: &str) -> Option<()> {
        let rest = &self.text[self.at..];
        let length = bare_length(rest);
        let value = rest[..length].trim_end();
        self.at += length;
        if value.is_empty() {
            return None;
        }
        let kind = match value {
            _ if wrapped::is_nothing(value) => ValueKind::Null,
            _ if value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => ValueKind::Number,
            _ => ValueKind::Word,
        };
        self.push(path, value, kind)
    }
}

/// Bytes up to the sign that ends a bare value, or to the next key: Go prints a struct as
/// `{Email:a@b User:u1 Expires:2026-01-02 03:04:05 +0000 UTC}`, Rust a span as `{user=u1 provider=okta}`.
fn bare_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let begins_key = |space: usize| {
        let word = bytes[space + 1..]
            .iter()
            .take(64)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let after = bytes.get(space + 1 + word..).unwrap_or_default();
        let named = bytes.get(space + 1).is_some_and(u8::is_ascii_alphabetic);
        let sign = after.first().filter(|sign| b":=".contains(sign));
        named && sign.is_some() && after.get(1).is_none_or(|next| !b" /:=".contains(next))
    };
    let ends = |(at, byte): (usize, &u8)| b",}])\n;".contains(byte) || (*byte == b' ' && begins_key(at));
    bytes.iter().enumerate().position(ends).unwrap_or(bytes.len())
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.@$".contains(&byte)
}

/// Fewest numbers of a list that are taken for the bytes of a text.
const BYTES: usize = 8;

/// The text that a list of byte numbers at the start spells (journald, Rust's `{:?}` of a body), and the
/// length of the list.
pub(super) fn byte_list<'a>(arena: &'a Bump, list: &str) -> Option<(&'a str, usize)> {
    let inner = list.strip_prefix('[')?;
    inner.trim_start().starts_with(|first: char| first.is_ascii_digit()).then_some(())?;
    let end = inner.find(|letter: char| !(letter.is_ascii_digit() || letter == ',' || letter.is_ascii_whitespace()))?;
    inner[end..].starts_with(']').then_some(())?;
    let numbers = inner[..end].split(',').map(|number| number.trim().parse::<u8>());
    let bytes = numbers.collect::<Result<Vec<u8>, _>>().ok().filter(|bytes| bytes.len() >= BYTES)?;
    let readable = |byte: &u8| !byte.is_ascii_control() || b"\n\r\t\x1b".contains(byte);
    let spelled = bytes.iter().all(readable) && bytes.iter().any(u8::is_ascii_alphabetic);
    let text = spelled.then(|| String::from_utf8_lossy(&bytes))?;
    Some((super::clean::clean(arena, arena.alloc_str(&text).as_bytes()), end + 2))
}

/// Decodes the escapes of a JSON (or Python, or JavaScript) string once.
pub fn unescape<'a>(arena: &'a Bump, raw: &str) -> &'a str {
    let mut out = Text::with_capacity_in(raw.len(), arena);
    let mut rest = raw;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        rest = &rest[slash + 1..];
        let Some(escaped) = rest.chars().next() else { break };
        rest = &rest[escaped.len_utf8()..];
        match escaped {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' | 'f' | '0' => out.push(' '),
            'u' => rest = code_unit(rest, &mut out),
            other => out.push(other),
        }
    }
    out.push_str(rest);
    out.into_bump_str()
}

/// `\uXXXX`, a surrogate pair included; anything else is kept as it stands.
fn code_unit<'r>(rest: &'r str, out: &mut Text<'_>) -> &'r str {
    let unit = |text: &str| text.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let Some(first) = unit(rest) else {
        out.push('u');
        return rest;
    };
    let tail = &rest[4..];
    if (0xD800..0xDC00).contains(&first)
        && let Some(second) = tail.strip_prefix("\\u").and_then(unit).filter(|low| (0xDC00..0xE000).contains(low))
    {
        let scalar = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        out.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
        return &tail[6..];
    }
    out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    tail
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::{Leaf, ValueKind, flatten};

    fn leaves(text: &str) -> (Vec<(String, String)>, bool) {
        let arena = Bump::new();
        let mut sink: Vec<Leaf<'_>> = Vec::new();
        let extent = flatten(&arena, arena.alloc_str(text), "", &mut sink);
        (sink.iter().map(|leaf| (leaf.path.to_owned(), leaf.value.to_owned())).collect(), extent.complete)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn nested_objects_become_dotted_leaves() {
        let (found, complete) = leaves(r#"{"a":{"b":"x\u005fy","c":[1,{"d":null}]},"e":true}"#);
        assert_eq!(found, pairs(&[("a.b", "x_y"), ("a.c", "1"), ("a.c.d", "null"), ("e", "true")]));
        assert!(complete);
    }

    #[test]
    fn other_languages_printers_are_read_too() {
        let wanted = pairs(&[("error", "invalid_grant"), ("status", "400")]);
        for text in [
            "{'error': 'invalid_grant', 'status': 400}",
            "{ error: 'invalid_grant', status: 400 }",
            r#"{"error"=>"invalid_grant", "status"=>400}"#,
            r#"{:error=>"invalid_grant", :status=>400}"#,
            r#"{ error = "invalid_grant"; status = 400; }"#,
            "{error=invalid_grant, status=400}",
        ] {
            assert_eq!(leaves(text), (wanted.clone(), true), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_the_name_of_a_type_is_the_value() {
        let wanted = pairs(&[("client_id", "a"), ("user_id", "u-8"), ("error", "None"), ("try", "2")]);
        for text in [
            r#"{ client_id: "a", user_id: Some("u-8"), error: None, try: Ok(2) }"#,
            r#"{ client_id: ClientId("a"), user_id: Some(UserId("u-8")), error: None, try: Some(Ok(2)) }"#,
            "{client_id=a, user_id=Optional[u-8], error=None, try=2}",
            "{client_id=a, user_id=Some(u-8), error=None, try=Right(2)}",
        ] {
            assert_eq!(leaves(text), (wanted.clone(), true), "{text}");
        }
        let wanted = pairs(&[("user.id", "u-8"), ("error.code", "invalid_grant"), ("status", "400")]);
        for text in [
            "{user=User{id=u-8}, error=Error{code='invalid_grant'}, status=400}",
            "{user=User(id=u-8), error=Error(code='invalid_grant'), status=400}",
            r#"{ user: User { id: "u-8" }, error: Err(oauth2::Error { code: "invalid_grant" }), status: 400 }"#,
        ] {
            assert_eq!(leaves(text), (wanted.clone(), true), "{text}");
        }
        let prose = "{error=Bad Request (retry later), status=400}";
        assert_eq!(leaves(prose).0, pairs(&[("error", "Bad Request (retry later")]));
        assert!(!leaves(&format!("{{a: {}", "Some(".repeat(100_000))).1);
    }

    #[test]
    fn a_struct_of_go_is_read_by_its_keys() {
        let (found, _) =
            leaves("{Email:a@b.example User:u1 Expires:2026-01-02 03:04:05 +0000 UTC Url:https://x/y Valid:true}");
        let wanted = [
            ("Email", "a@b.example"),
            ("User", "u1"),
            ("Expires", "2026-01-02 03:04:05 +0000 UTC"),
            ("Url", "https://x/y"),
            ("Valid", "true"),
        ];
        assert_eq!(found, pairs(&wanted));
        assert_eq!(leaves("{user=u1 provider=okta}").0, pairs(&[("user", "u1"), ("provider", "okta")]));
    }

    #[test]
    fn a_cut_object_keeps_what_stands_before_the_cut() {
        let (found, complete) = leaves(r#"{"error":"invalid_grant","client_id":"c1","user":"u"#);
        assert_eq!(found, pairs(&[("error", "invalid_grant"), ("client_id", "c1")]));
        assert!(!complete);
    }

    #[test]
    fn a_list_of_bytes_is_the_text_that_it_spells() {
        let (found, _) = leaves(r#"{"a":[104,105,32,116,104,101,114,101],"b":[1,2,3],"c":[700082,1,2,3,4,5,6,7]}"#);
        assert_eq!(found[0], ("a".to_owned(), "hi there".to_owned()));
        assert_eq!(found.len(), 1 + 3 + 8);
    }

    #[test]
    fn nesting_is_bounded() {
        let (found, complete) = leaves(&"[".repeat(100_000));
        assert!(found.is_empty() && !complete);
    }

    #[test]
    fn kinds_are_told_apart() {
        let arena = Bump::new();
        let mut sink = Vec::new();
        flatten(&arena, r#"{"a":"1","b":1,"c":null,"d":None,"e":yes,"f":Optional.empty}"#, "", &mut sink);
        let kinds: Vec<ValueKind> = sink.iter().map(|leaf| leaf.kind).collect();
        let wanted = [ValueKind::Quoted, ValueKind::Number, ValueKind::Null, ValueKind::Null, ValueKind::Word];
        assert_eq!(kinds[..5], wanted);
        assert_eq!(kinds[5], ValueKind::Null);
    }
}
