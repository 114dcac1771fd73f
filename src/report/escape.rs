//! Log text made safe to show, one function per target.
//!
//! Log lines are written by strangers: a client id can hold a terminal escape that recolours,
//! hides or rewrites what the reader sees. What would act, or hide, is shown as an escape instead.

use std::borrow::Cow;
use std::fmt::{self, Write};

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

/// Text for a paragraph or a table of GitHub's Markdown, on one line: nothing of it is markup, a link, a mention of
/// somebody or a reference to an issue. What hides is shown as on a terminal.
pub fn markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for character in terminal(text).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // Mentions and references are found in the text that was rendered: a comment parts it.
            '@' | '#' => shown.extend([character.to_string().as_str(), "<!-- -->"]),
            // The name of a field or an error code is no emphasis.
            '_' if before.is_ascii_alphanumeric() => shown.push_str("\\_"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' | ':' => {
                shown.extend(['\\', character]);
            }
            // At the beginning of a line these would make a list, a heading or a rule; `www.` a link.
            '+' | '-' | '=' if before == ' ' => shown.extend(['\\', character]),
            '.' if before.is_ascii_digit() || before.eq_ignore_ascii_case(&'w') => shown.push_str("\\."),
            _ => shown.push(character),
        }
        before = character;
    }
    shown
}

/// Text as a code span of Markdown, inside a table or not: shown as it is, whatever it holds.
pub fn markdown_code(text: &str) -> String {
    let shown = terminal(text);
    let longest = shown.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // In a table the bar would part cells, also inside of code; written so it is the bar outside of tables, too,
    // but for the backslash.
    let shown = shown.replace('|', "\\|");
    let room = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) || shown.is_empty() { " " } else { "" };
    format!("{fence}{room}{shown}{room}{fence}")
}

/// A name inside a Mermaid diagram: what is not a letter, a digit, a space or one of `._-` is a dot. Its grammar has no
/// escape that holds everywhere.
pub fn mermaid(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || " ._-".contains(character);
    let shown: String = text.chars().take(48).map(|character| if plain(character) { character } else { '·' }).collect();
    let shown = shown.trim();
    if shown.is_empty() { "·".into() } else { shown.to_owned() }
}

/// The escaper of the HTML templates: every text in them goes through it, without being asked.
///
/// What would act on a page becomes a character reference; what hides, or changes the direction of the text
/// around it, is shown as on a terminal. The result is safe as text of an element and inside a quoted attribute.
#[derive(Clone, Copy, Debug)]
pub struct Html;

impl askama::filters::Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let shown = terminal(string);
        let mut rest = shown.as_ref();
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '`']) {
            let (before, from) = rest.split_at(at);
            dest.write_str(before)?;
            dest.write_str(match from.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'`' => "&#96;",
                _ => "&#39;",
            })?;
            rest = &from[1..];
        }
        dest.write_str(rest)
    }
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

/// What a formula begins with; the wide forms do where such a keyboard is used
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A cell of a table that a spreadsheet may open: what it would take for a formula begins with an apostrophe.
pub fn csv(text: &str) -> Cow<'_, str> {
    let shown = terminal(text);
    if shown.trim_start().starts_with(FORMULAS) {
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

    use askama::filters::Escaper;

    use super::{
        Html, acts_or_hides, csv, github_message, github_property, markdown, markdown_code, mermaid, sarif, terminal,
        uri, xml,
    };

    fn html(text: &str) -> String {
        let mut shown = String::new();
        Html.write_escaped_str(&mut shown, text).unwrap();
        shown
    }

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
    fn html_text_cannot_leave_its_element_or_attribute() {
        assert_eq!(html("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(html("\" onload='x' `"), "&quot; onload=&#39;x&#39; &#96;");
        assert_eq!(html("a\u{202e}b &amp; \x1b[31m"), "a\\u{202e}b &amp;amp; \\x1b[31m");
    }

    #[test]
    fn markdown_text_is_no_markup() {
        assert_eq!(markdown("[x](javascript:alert(1))"), "\\[x\\]\\(javascript\\:alert\\(1\\)\\)");
        assert_eq!(markdown("<img> a|b *c* @team #12"), "&lt;img&gt; a\\|b \\*c\\* @<!-- -->team #<!-- -->12");
        assert_eq!(markdown("invalid_grant, 12. May"), "invalid\\_grant, 12\\. May");
        assert_eq!(markdown_code("a`b``c|d"), "```a`b``c\\|d```");
        assert_eq!(markdown_code("`x"), "`` `x ``");
        assert_eq!(mermaid("a;b\"c\n%%{init}%% ```"), "a·b·c····init··· ···");
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
        assert_eq!(csv("＝1"), "'＝1");
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
            prop_assert!(!csv(&text).trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']));
        }

        #[test]
        fn a_code_span_of_markdown_is_closed_by_its_end_alone(text in any::<String>()) {
            let span = markdown_code(&text);
            let fence: String = span.chars().take_while(|character| *character == '`').collect();
            let inside = &span[fence.len()..span.len() - fence.len()];
            prop_assert!(span.ends_with(&fence) && !inside.contains(&fence) && !inside.contains('\n'), "{span}");
        }

        #[test]
        fn nothing_of_markdown_gets_through(text in any::<String>()) {
            let shown = markdown(&text).replace("<!-- -->", "");
            prop_assert!(!shown.contains(['<', '>', '\n']));
            let mut escaped = false;
            for character in shown.chars() {
                prop_assert!(escaped || !"`*_[]|!~".contains(character), "{shown}");
                escaped = character == '\\' && !escaped;
            }
        }

        #[test]
        fn a_mermaid_name_is_plain(text in any::<String>()) {
            prop_assert!(mermaid(&text).chars().all(|c| c.is_ascii_alphanumeric() || " ._-·".contains(c)));
        }

        #[test]
        fn nothing_of_html_gets_through(text in any::<String>()) {
            let shown = html(&text);
            prop_assert!(!shown.contains(['<', '>', '"', '\'', '`']) && !shown.chars().any(acts_or_hides), "{shown}");
            let unescaped = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&#96;", "`").replace("&amp;", "&");
            prop_assert_eq!(unescaped, terminal(&text).into_owned());
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
