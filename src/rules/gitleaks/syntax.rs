//! The expressions of Go in the syntax of this program.

use regex::bytes::{Regex, RegexBuilder};

/// An expression of Go. Its classes are those of ASCII, which is also what makes it fast on bytes.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let text = translated(pattern);
    let ascii = RegexBuilder::new(&text).unicode(false).build();
    ascii.or_else(|_| RegexBuilder::new(&text).size_limit(64 << 20).build())
}

/// Go's syntax in that of this program: `\Q…\E`, escapes of signs that mean something else here, the operators
/// that a class has here, and braces that count nothing.
pub(super) fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(letter) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(literal));
            rest = after;
            continue;
        }
        let mut taken = letter.len_utf8();
        match letter {
            '\\' => {
                let escaped = rest[1..].chars().next();
                taken += escaped.map_or(0, char::len_utf8);
                match escaped {
                    Some(sign @ ('<' | '>')) => out.push(sign),
                    // `\p{Greek}`, `\x{41}`
                    Some('p' | 'P' | 'x') if rest[taken..].starts_with('{') => {
                        taken += rest[taken..].find('}').map_or(0, |end| end + 1);
                        out.push_str(&rest[..taken]);
                    }
                    _ => out.push_str(&rest[..taken]),
                }
            }
            '[' if !in_class => {
                in_class = true;
                // A bracket that comes first stands for itself.
                let first = rest[1..].strip_prefix('^').map_or("[", |_| "[^");
                taken = first.len();
                out.push_str(first);
                if rest[taken..].starts_with(']') {
                    out.push_str("\\]");
                    taken += 1;
                }
            }
            '[' => match rest.strip_prefix("[:").and_then(|inner| inner.find(":]")) {
                Some(end) => {
                    taken = end + 4;
                    out.push_str(&rest[..taken]);
                }
                None => out.push_str("\\["),
            },
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(letter);
            }
            '-' if in_class && rest.starts_with("--") => out.push_str("\\-"),
            '{' if !in_class && !is_count(rest) => out.push_str("\\{"),
            _ => out.push(letter),
        }
        rest = &rest[taken..];
    }
    out
}

/// Whether braces say how often something is repeated: `{3}`, `{3,}`, `{3,5}`. Others stand for themselves in Go.
fn is_count(rest: &str) -> bool {
    let inner = rest[1..].split_once('}').map_or("", |(inner, _)| inner);
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
