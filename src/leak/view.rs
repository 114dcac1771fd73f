//! What a piece of a text says once it is decoded, and where in the text each byte of that stands.
//!
//! Most encodings leave names and values readable between the signs that they change, and the matchers read
//! through those (see `bytes`). What is left are the encodings that hide letters too: all characters as escapes or
//! entities, colours or line ends in the middle of a value, base64, lists of bytes, hexadecimal text. Such a piece is
//! decoded into a view; a view is searched as the text was, and may hold views of its own.

use super::bytes::{COLOUR, ESCAPING, JOINED, WIDE, before, unit};
use super::digits::of_digits;
use super::fold;
use super::stretch::{LISTED, stretches};

/// Texts of which one is in every line with such a piece, as far as it can be told from ordinary text: `{"` and
/// `token` in the forms that the decoders read.
pub(super) const LITERALS: [&str; 27] = [
    "\\u006",
    "\\x6",
    "%65",
    "&#101;",
    "&#x65;",
    "eyJ",
    "ewog",
    "ZXlK",
    // `token`, wherever it stands among groups of three bytes.
    "dG9rZW",
    "Rva2Vu",
    "b2tlb",
    // `Bearer` and `secret`
    "QmVhcmVy",
    "JlYXJlc",
    "CZWFyZX",
    "c2VjcmV0",
    "NlY3Jld",
    "zZWNyZX",
    "123, 34",
    "123 34",
    "123,34",
    "7b 22",
    "7b:22",
    "7b226",
    "7b227",
    // `ken`
    "107, 101, 110",
    "107 101 110",
    "107,101,110",
];

/// Text is looked at in windows, so that the places of a view stay small beside the text.
const WINDOW: usize = 1 << 20;
/// What two windows share: longer than any value.
const OVERLAP: usize = 64 << 10;
/// Fewer decoded bytes than that hold no name with a value.
pub(super) const SHORTEST: usize = 20;

/// Decoded bytes and their places.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// For each byte where it starts and ends in the window.
    places: Vec<(u32, u32)>,
    /// Where the window starts in the text.
    base: usize,
    /// Whether it is the text itself, without the line ends that wrap values.
    pub(super) unfolded: bool,
}

impl View {
    pub(super) fn push(&mut self, byte: u8, start: usize, end: usize) {
        self.bytes.push(byte);
        // A window is far smaller than 4 GiB.
        self.places.push((start as u32, end as u32));
    }

    /// The span of the text that a span of the decoded bytes stands for.
    pub(super) fn outer(&self, start: usize, end: usize) -> (usize, usize) {
        (self.base + self.places[start].0 as usize, self.base + self.places[end - 1].1 as usize)
    }
}

/// Shows every view of a text.
pub(super) fn each(text: &[u8], look: &mut dyn FnMut(&View)) {
    let mut base = 0;
    loop {
        let end = text.len().min(base + WINDOW + OVERLAP);
        let window = &text[base..end];
        let mut at_base = |mut view: View| {
            view.base = base;
            if view.bytes.len() >= SHORTEST {
                look(&view);
            }
        };
        let folds = fold::folds(window);
        if !folds.is_empty() {
            at_base(View { unfolded: true, ..fold::unfolded(window, &folds) });
        }
        unescaped(window).into_iter().for_each(&mut at_base);
        of_digits(window, &mut at_base);
        numbers(window, &mut at_base);
        if end == text.len() {
            break;
        }
        base += WINDOW;
    }
}

/// The whole text without its escapes and colours, where they hide letters.
fn unescaped(text: &[u8]) -> Option<View> {
    if !hides_letters(text) {
        return None;
    }
    let (mut view, mut at) = (View::default(), 0);
    while let Some((byte, length)) = unit(text, at) {
        match byte {
            COLOUR => {}
            WIDE => (at..at + length).for_each(|at| view.push(text[at], at, at + 1)),
            _ => view.push(byte, at, at + length),
        }
        at += length;
    }
    Some(view)
}

/// Whether letters, or signs that are looked for as they stand, are encoded.
fn hides_letters(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|byte| ESCAPING[usize::from(*byte)]) {
        at += next;
        let Some((byte, length)) = unit(text, at) else { return false };
        let hidden = match byte {
            COLOUR => {
                let joined = |byte: u8| JOINED[usize::from(byte)];
                // Only the first of several in a row follows a letter.
                before(text, at).is_some_and(joined)
                    && unit(text, after_colours(text, at)).is_some_and(|(byte, _)| joined(byte))
            }
            // Percent-encoded more often than twice.
            b'%' => length == 5,
            // The matchers read these signs as they stand, and others in every form.
            _ => length > 1 && (byte.is_ascii_alphanumeric() || b"_-[]()<>;:".contains(&byte)),
        };
        if hidden {
            return true;
        }
        at += length;
    }
    false
}

/// Past the colours that stand at a place.
fn after_colours(text: &[u8], mut at: usize) -> usize {
    while let Some((COLOUR, length)) = unit(text, at) {
        at += length;
    }
    at
}

pub(super) fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | COLOUR)
}

/// What lists of bytes say: `[123, 34, …]`, `[123 34 …]`, `<Buffer 7b 22 …>`, `[0x7b, 0x22, …]`, `7b:22:…`.
fn numbers(text: &[u8], look: &mut dyn FnMut(View)) {
    let mut listed = Vec::new();
    stretches(text, SHORTEST * 2 - 1, &LISTED, &mut |start, stretch_end| {
        let mut at = start;
        while at < stretch_end {
            let starts =
                text[at].is_ascii_hexdigit() && !at.checked_sub(1).is_some_and(|at| text[at].is_ascii_alphanumeric());
            if !starts {
                let rest = &text[at..stretch_end];
                at += memchr::memchr3(b',', b' ', b':', rest).map_or(rest.len(), |separator| separator + 1);
                continue;
            }
            at = list(text, at, &mut listed);
            if listed.len() >= SHORTEST
                && let Some(view) = spelled(text, &listed)
            {
                look(view);
            }
        }
    });
}

/// Fills in the numbers from `at` on, as long as the same separator parts them, and tells where they end.
fn list(text: &[u8], mut at: usize, list: &mut Vec<(usize, usize)>) -> usize {
    let mut separator = &b""[..];
    list.clear();
    loop {
        let marked = text[at..].starts_with(b"0x");
        let from = at + if marked { 2 } else { 0 };
        let digits = text[from..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = from + digits;
        let goes_on = text.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if !(1..=3).contains(&digits) || goes_on {
            return end.max(at + 1);
        }
        list.push((at, end));
        let rest = &text[end..];
        if separator.is_empty() {
            separator =
                [&b", "[..], b",", b" ", b":"].into_iter().find(|sign| rest.starts_with(sign)).unwrap_or_default();
        }
        let next = end + separator.len();
        if separator.is_empty() || !rest.starts_with(separator) || !text.get(next).is_some_and(u8::is_ascii_hexdigit) {
            return end;
        }
        at = next;
    }
}

/// The text of a list of numbers, if it is one.
fn spelled(text: &[u8], list: &[(usize, usize)]) -> Option<View> {
    let digits = |(start, end): (usize, usize)| text[start..end].strip_prefix(b"0x").unwrap_or(&text[start..end]);
    let decimal = list.iter().all(|place| text[place.0..place.1].iter().all(u8::is_ascii_digit));
    let paired = list.iter().all(|place| digits(*place).len() == 2);
    let radix = if decimal && !paired { 10 } else { 16 };
    let mut view = View::default();
    for place in list {
        let digits = std::str::from_utf8(digits(*place)).ok()?;
        view.push(u8::from_str_radix(digits, radix).ok()?, place.0, place.1);
    }
    let printable = view.bytes.iter().filter(|byte| is_printable(**byte)).count();
    (printable * 10 >= view.bytes.len() * 9).then_some(view)
}

#[cfg(test)]
mod tests {
    use super::{View, each};

    fn views(text: &str) -> Vec<String> {
        let mut views = Vec::new();
        each(text.as_bytes(), &mut |view: &View| views.push(String::from_utf8_lossy(&view.bytes).into_owned()));
        views
    }

    #[test]
    fn each_encoding_that_hides_letters_is_read() {
        for text in [
            "\\u0074\\u0068e quick brown fox jumps",
            "%74%68e quick brown fox jumps",
            "&#116;&#x68;e quick brown fox jumps",
            "the qu\u{1b}[1;31mick brown fox jumps",
            "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw==",
            "74686520717569636b2062726f776e20666f78206a756d7073",
            "[116, 104, 101, 32, 113, 117, 105, 99, 107, 32, 98, 114, 111, 119, 110, 32, 102, 111, 120, 32, 106, 117, 109, 112, 115]",
            "74:68:65:20:71:75:69:63:6b:20:62:72:6f:77:6e:20:66:6f:78:20:6a:75:6d:70:73",
            "<Buffer 74 68 65 20 71 75 69 63 6b 20 62 72 6f 77 6e 20 66 6f 78 20 6a 75 6d 70 73>",
        ] {
            assert_eq!(views(text), ["the quick brown fox jumps"], "{text}");
        }
    }

    #[test]
    fn ordinary_text_has_no_view() {
        for text in [
            "GET /a%20b?c=%C3%A9&d=%2Fx \"q\\\"\\n\" \u{1b}[32mINFO\u{1b}[0m done",
            "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a",
            "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9vB7mN2pL5sD8fG1hJ4wE6",
            "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]",
        ] {
            assert!(views(text).is_empty(), "{text}: {:?}", views(text));
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "x=dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw==";
        each(text.as_bytes(), &mut |view| {
            let at = memchr::memmem::find(&view.bytes, b"quick").unwrap();
            let (start, end) = view.outer(at, at + 5);
            assert_eq!(&text[start..end], "HF1aWNr", "the characters that hold bits of it");
        });
    }
}
