//! Log text made safe to show, one function per target.
//!
//! Log lines are written by strangers: a client id can hold a terminal escape that recolours,
//! hides or rewrites what the reader sees. What would act, or hide, is shown as an escape instead.

use std::borrow::Cow;
use std::fmt::Write;

/// Text for one line of a terminal: control characters, escape sequences and invisible or
/// direction-changing characters become visible escapes (`\x1b`, `\u{202e}`); a line end becomes `⏎`.
/// Idempotent, and borrowed where nothing had to change.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts_or_hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' => shown.push('⏎'),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            _ if !acts_or_hides(character) => shown.push(character),
            // Writing into a String cannot fail.
            _ if u32::from(character) < 0x100 => drop(write!(shown, "\\x{:02x}", u32::from(character))),
            _ => drop(write!(shown, "\\u{{{:x}}}", u32::from(character))),
        }
    }
    shown.into()
}

/// Text for XML, in an attribute or between tags: control characters are visible escapes (most are not allowed in
/// XML at all), and what XML would read as markup is an entity.
pub fn xml(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for character in terminal(text).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&apos;"),
            // The two code points that are characters to Rust and none to XML.
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            _ => shown.push(character),
        }
    }
    shown
}

/// The message of a GitHub workflow command; lines are kept, and no line of it can be a command of its own.
pub fn github_message(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| terminal(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// A property (file, title) of a GitHub workflow command.
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// A SARIF message: brackets would be links, so they are escaped.
pub fn sarif(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '[' | ']' | '\\' => shown.extend(['\\', character]),
            '\n' => shown.push('\n'),
            _ => shown.push_str(&terminal(character.encode_utf8(&mut [0; 4]))),
        }
    }
    shown
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/`, `!`, `@`, `+`, `=`, `,` is
/// percent-encoded. An absolute path has the scheme `file`.
pub fn uri(path: &str) -> String {
    let mut shown = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-._~/!@+=,".contains(&byte) => shown.push(char::from(byte)),
            // Writing into a String cannot fail.
            _ => {
                let _ = write!(shown, "%{byte:02X}");
            }
        }
    }
    shown
}

/// A cell of a table that a spreadsheet may open: what it would take for a formula begins with an apostrophe.
pub fn csv(text: &str) -> Cow<'_, str> {
    let shown = terminal(text);
    if shown.trim_start().starts_with(['=', '+', '-', '@']) {
        return format!("'{shown}").into();
    }
    shown
}

/// Whether a terminal would obey the character, or show nothing (or something else) for it.
fn acts_or_hides(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' // soft hyphen
            | '\u{34f}' // combining grapheme joiner
            | '\u{61c}' // Arabic letter mark
            | '\u{115f}'..='\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}'..='\u{17b5}' // invisible Khmer vowels
            | '\u{180b}'..='\u{180f}' // Mongolian separators and selectors
            | '\u{200b}'..='\u{200f}' // zero width, marks of direction
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, bidi embeddings and overrides
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, bidi isolates
            | '\u{fe00}'..='\u{fe0f}' // variation selectors
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // invisible format controls
            | '\u{e0000}'..='\u{e0fff}' // tags and further variation selectors
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{acts_or_hides, csv, github_message, github_property, sarif, terminal, uri, xml};

    #[test]
    fn shows_what_would_act_or_hide() {
        assert_eq!(terminal("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
        assert_eq!(terminal("a\u{202e}b\u{2066}c"), "a\\u{202e}b\\u{2066}c");
        assert_eq!(terminal("one\r\ntwo\nthree\rfour\tfive"), "one⏎two⏎three\\rfour\\tfive");
        assert_eq!(terminal("\u{9b}31m\u{7f}\0"), "\\x9b31m\\x7f\\x00");
        assert_eq!(terminal("zero\u{200b}width\u{feff}"), "zero\\u{200b}width\\u{feff}");
    }

    #[test]
    fn leaves_ordinary_text_alone() {
        for text in ["", "client-17", "Grüße, 東京, \\u003d \"quoted\"", "⏎ … ✖"] {
            assert_eq!(terminal(text), text);
        }
    }

    #[test]
    fn each_target_has_its_own_dangers() {
        assert_eq!(xml("<a b='\"'>&\0\n"), "&lt;a b=&apos;&quot;&apos;&gt;&amp;\\x00⏎");
        assert_eq!(github_message("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(github_property("C:\\a,b"), "C%3A\\a%2Cb");
        assert_eq!(sarif("[x](http://evil)\n\u{202e}"), "\\[x\\](http://evil)\n\\u{202e}");
        assert_eq!(uri("logs/a b:ü%.log"), "logs/a%20b%3A%C3%BC%25.log");
        assert_eq!(uri("/tmp/a"), "file:///tmp/a");
        assert_eq!((csv("=1+1"), csv(" @x"), csv("a-b")), ("'=1+1".into(), "' @x".into(), "a-b".into()));
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_target(text in any::<String>()) {
            let markup = ['<', '>', '"', '\'', '\0', '\u{fffe}', '\u{ffff}', '\n'];
            prop_assert!(!xml(&text).contains(markup));
            prop_assert!(!github_message(&text).contains(['\n', '\r']));
            prop_assert!(!github_property(&text).contains(['\n', '\r', ':', ',']));
            let links = sarif(&text).replace("\\\\", "").replace("\\[", "").replace("\\]", "");
            prop_assert!(!links.contains(['[', ']', '\x1b']));
            let reserved = b"\"<>\\^`{|}#?";
            prop_assert!(uri(&text).bytes().all(|byte| byte.is_ascii_graphic() && !reserved.contains(&byte)));
            prop_assert!(!csv(&text).trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']));
        }

        #[test]
        fn nothing_that_acts_gets_through_and_twice_is_once(text in any::<String>()) {
            let once = terminal(&text).into_owned();
            prop_assert!(!once.chars().any(acts_or_hides));
            prop_assert_eq!(terminal(&once).into_owned(), once);
        }

        #[test]
        fn text_around_an_escape_survives(before in "[a-z]{0,8}", code in 0_u32..0x20, after in "[a-z]{0,8}") {
            let text = format!("{before}{}{after}", char::from_u32(code).unwrap());
            let shown = terminal(&text).into_owned();
            prop_assert!(shown.starts_with(&before) && shown.ends_with(&after));
        }
    }
}
