//! Values that printers write behind the name of their type: Rust's `Some("u-8")` and `User { id: 8 }`, Java's
//! `Optional[u-8]` and `User{id=8}`, Kotlin's and Python's `User(id=8)`, Scala's `Some(u-8)`.

/// Longest name of a type, its path included.
const NAME: usize = 64;

/// Where the brackets behind the name of a type open, if the text begins with one that holds a value.
///
/// `Request (retry later)` is prose, and so is `Unauthorized(bad token)`: only what can hold any value holds a bare one.
pub(super) fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = &text[..name_length(bytes.iter().copied())];
    let own =
        name.rsplit(['.', ':', '$']).next().filter(|own| own.starts_with(|first: char| first.is_ascii_uppercase()));
    own?;
    let at = name.len();
    let brace = at + usize::from(bytes.get(at) == Some(&b' '));
    if bytes.get(brace) == Some(&b'{') {
        return Some(brace);
    }
    let holds = match bytes.get(at)? {
        b'(' => holds_any(name) || matches!(bytes.get(at + 1), Some(b'"' | b'\'')) || opens_fields(&text[at..]),
        b'[' => name == "Optional",
        _ => false,
    };
    holds.then_some(at)
}

/// Whether the brackets at the start of a text hold fields: braces, or the parentheses of `(id=8, …`.
pub(super) fn opens_fields(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('(') else { return text.starts_with('{') };
    let key = inner.bytes().take(NAME).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let after = &inner.as_bytes()[key..];
    key > 0 && after.first() == Some(&b'=') && after.get(1).is_some_and(|next| !b"=>".contains(next))
}

/// Where the name of a type begins that ends at `open`, where brackets open: `User` in `user=User(id=8)`. With a space
/// between them it takes Rust's `user: User { id: 8 }`: `level=WARN {id=8}` has a level.
pub(super) fn name_before(text: &str, open: usize) -> Option<usize> {
    let head = &text[..open];
    let bare = head.strip_suffix(' ').unwrap_or(head);
    let start = bare.len() - name_length(bare.bytes().rev());
    let spaced = bare.len() < head.len();
    let fits = !spaced || (text[open..].starts_with('{') && text[..start].ends_with(": "));
    (fits && opening(&text[start..]) == Some(open - start)).then_some(start)
}

/// The key of the value that follows: `user` of `refreshed user=` and of `user: `.
pub(super) fn key_of(head: &str) -> Option<&str> {
    let keyed = head.strip_suffix('=').or_else(|| head.strip_suffix(": "))?;
    let letters =
        keyed.bytes().rev().take(NAME).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (letters > 0).then(|| &keyed[keyed.len() - letters..])
}

fn name_length(bytes: impl Iterator<Item = u8>) -> usize {
    bytes.take(NAME).take_while(|byte| byte.is_ascii_alphanumeric() || b"_.:$".contains(byte)).count()
}

fn holds_any(name: &str) -> bool {
    matches!(name, "Some" | "Ok" | "Err" | "Optional" | "Just" | "Left" | "Right")
}

/// Whether a bare word says that there is no value.
pub(super) fn is_nothing(value: &str) -> bool {
    matches!(value, "null" | "None" | "nil" | "undefined" | "NULL" | "<nil>" | "<null>" | "Optional.empty" | "Nothing")
}
