//! Values that were wrapped over lines: base64 at 76 columns, a long word at the edge of a terminal, a text that a
//! printer broke in two. Here the line ends inside of them are taken out.

use super::bytes::{quote, unit};
use super::view::View;

/// What wrapped values are made of. `=` only ends them.
const PART: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/' | b'_' | b'-' | b'.' | b'~');
        byte += 1;
    }
    table
};
/// The first two parts of a value are at least so long: shorter ones are words.
const SHORTEST: usize = 16;
/// So many bytes of a part tell what it is.
const TELLING: usize = 128;
/// How deep a part may be indented.
const INDENT: usize = 64;

/// A line end inside of a value, with the quotes and the indentation around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fold {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The line ends inside of wrapped values, rising.
pub(super) fn folds(text: &[u8]) -> Vec<Fold> {
    let (mut folds, mut at) = (Vec::<Fold>::new(), 0);
    while let Some(found) = memchr::memchr3(b'\n', b'\\', b'%', &text[at..]) {
        at += found;
        let last = folds.last().copied();
        match break_at(text, at).filter(|fold| last.is_none_or(|last| last.end < fold.start)) {
            Some(fold) if is_inside(text, fold, last) => {
                at = fold.end;
                folds.push(fold);
            }
            _ => at += 1,
        }
    }
    folds
}

/// The text without the line ends that wrap values.
pub(super) fn unfolded(text: &[u8], folds: &[Fold]) -> View {
    let (mut view, mut from) = (View::default(), 0);
    let last = Fold { start: text.len(), end: text.len() };
    for fold in folds.iter().chain([&last]) {
        (from..fold.start).for_each(|at| view.push(text[at], at, at + 1));
        from = fold.end;
    }
    view
}

/// The line end at a place, as it stands or escaped, that has nothing but a value's bytes before it.
fn break_at(text: &[u8], at: usize) -> Option<Fold> {
    let (start, quoted) = before_break(text, at)?;
    let mut end = match text[at] {
        // A shell goes on behind it.
        b'\\' if text.get(at + 1) == Some(&b'\n') => at + 2,
        _ => at + line_end(text, at)?,
    };
    // `\r\n` in escaped text; as it stands the `\r` is before the line feed.
    if text[at] != b'\n' {
        end += line_end(text, end).unwrap_or(0);
    }
    let blank = text[end..].iter().take(INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    end += blank;
    if let Some(length) = quoted {
        let same = text[start..start + length] == *text.get(end..end + length)?;
        return same.then_some(Fold { start, end: end + length });
    }
    Some(Fold { start, end })
}

fn line_end(text: &[u8], at: usize) -> Option<usize> {
    unit(text, at).filter(|(byte, _)| matches!(byte, b'\n' | b'\r')).map(|(_, length)| length)
}

/// Where a value ends before a line end: over `\r`, over the `+` of JavaScript, and the quote, whose length is told.
fn before_break(text: &[u8], at: usize) -> Option<(usize, Option<usize>)> {
    let mut start = at;
    let last = |start: usize| start.checked_sub(1).map(|at| text[at]);
    if last(start) == Some(b'\r') {
        start -= 1;
    }
    if last(start) == Some(b'+') && text[..start].ends_with(b" +") {
        start -= 2;
    }
    let quoted = matches!(last(start), Some(b'\'' | b'"')).then_some(1);
    start -= quoted.unwrap_or(0);
    last(start).filter(|byte| PART[usize::from(*byte)]).map(|_| (start, quoted))
}

/// Whether one value stands on both sides of a line end.
fn is_inside(text: &[u8], fold: Fold, last: Option<Fold>) -> bool {
    let length = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| PART[usize::from(**byte)]).count();
    let left = length(&mut text[..fold.start].iter().rev().take(TELLING));
    let right = length(&mut text[fold.end..].iter());
    if right == 0 || !ends(text, fold.end + right) {
        return false;
    }
    // The last part is a shorter one.
    let goes_on = last.is_some_and(|last| fold.start - last.end >= right && fold.start - last.end <= left.max(TELLING));
    if goes_on && last.is_some_and(|last| left == (fold.start - last.end).min(TELLING)) {
        return true;
    }
    let (left, right) = (&text[fold.start - left..fold.start], &text[fold.end..fold.end + right.min(TELLING)]);
    // Where another token begins the one before it has ended.
    is_random(left) && is_random(right) && !right.starts_with(b"eyJ")
}

/// Whether a value, its padding included, ends with its line, its text or its quote.
fn ends(text: &[u8], at: usize) -> bool {
    let padding = text[at..].iter().take(3).take_while(|byte| **byte == b'=').count();
    let at = at + padding;
    padding < 3
        && (quote(text, at).is_some()
            || match unit(text, at) {
                None | Some((b'\n' | b'\r' | b'<', _)) => true,
                Some((byte, _)) => byte == b'\\' && text.get(at + 1) == Some(&b'\n'),
            })
}

/// How many bytes of whole lines of base64 stand before a place, their line ends (as they stand or escaped) included.
pub(super) fn body_before(text: &[u8], at: usize) -> usize {
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/' | b'=');
    let mut start = at;
    while let Some(end) = line_before(&text[..start]) {
        let mut length = text[..end].iter().rev().take_while(is_digit).count();
        // The letter of an escape is none of the line.
        let first = end - length;
        length -= usize::from(first > 0 && text[first - 1] == b'\\' && length > 0);
        if length == 0 {
            break;
        }
        start = end - length;
    }
    at - start
}

/// Where the line ends that is followed by nothing but a line end and blanks.
fn line_before(text: &[u8]) -> Option<usize> {
    let blank = text.iter().rev().take(INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let text = &text[..text.len() - blank];
    let unescaped = |text: &[u8]| text.iter().rposition(|byte| *byte != b'\\').map_or(0, |last| last + 1);
    if let Some(line) = text.strip_suffix(b"\n") {
        return Some(line.strip_suffix(b"\r").unwrap_or(line).len());
    }
    let line = unescaped(text.strip_suffix(b"n").filter(|head| head.ends_with(b"\\"))?);
    let carried = text[..line].strip_suffix(b"r").filter(|head| head.ends_with(b"\\"));
    Some(carried.map_or(line, unescaped))
}

/// Whether nothing but one long random text stands from a place on to the end of its line.
pub(super) fn is_line(text: &[u8], at: usize) -> bool {
    let length = text[at..].iter().take_while(|byte| PART[usize::from(**byte)]).count();
    is_random(&text[at..at + length.min(TELLING)]) && ends(text, at + length)
}

/// Whether it is a long piece of random text: of base64, or of hexadecimal text.
pub(super) fn is_random(part: &[u8]) -> bool {
    let any = |test: &dyn Fn(&u8) -> bool| part.iter().any(test);
    let mixed = any(&u8::is_ascii_uppercase) && any(&u8::is_ascii_lowercase);
    let digit = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'.';
    let hexadecimal = part.len() > SHORTEST && part.iter().all(digit) && any(&u8::is_ascii_alphabetic);
    part.len() >= SHORTEST && any(&u8::is_ascii_digit) && (mixed || hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::{folds, unfolded};

    const A: &str = "aB3dE5gH7jK9mN1pQ2sT4vW6";
    const B: &str = "Zy8xW6vU4tS2rQ0pO9nM7lK5";

    fn read(text: &str) -> String {
        let folds = folds(text.as_bytes());
        String::from_utf8_lossy(&unfolded(text.as_bytes(), &folds).bytes).into_owned()
    }

    #[test]
    fn a_wrapped_value_is_read_whole() {
        let whole = format!("k={A}{B}");
        for between in ["\n", "\r\n", "\n    ", "\\n", "\\r\\n", "\\\\n", "%0A", "%0D%0A", "\\\n", "\\n  "] {
            assert_eq!(read(&format!("k={A}{between}{B}")), whole, "{between:?}");
        }
        for between in ["'\n   '", "' +\n   '", "' +\r\n '"] {
            assert_eq!(read(&format!("k='{A}{between}{B}'")), format!("k='{A}{B}'"), "{between:?}");
        }
        // The last part may be anything that is no longer.
        assert_eq!(read(&format!("k={A}\n{B}\n{A}\nend==")), format!("k={A}{B}{A}end=="));
    }

    #[test]
    fn the_body_of_a_key_is_found_from_its_end() {
        for between in ["\n", "\r\n", "\\n", "\\\\r\\\\n", "\n  "] {
            let body = format!("{A}{between}nZy8{between}=ab/{between}");
            let text = format!("Version: x\n\n{body}-----END");
            assert_eq!(super::body_before(text.as_bytes(), text.len() - 8), body.len(), "{between:?}");
        }
        assert_eq!(super::body_before(b"some words\n-----END", 11), 6);
        assert_eq!(super::body_before(b"x -----END", 2), 0);
    }

    #[test]
    fn lines_that_follow_a_value_are_not_of_it() {
        for text in [
            format!("k={A}\nDone"),
            format!("k={A}\n    at com.example.Foo.bar(Foo.java:12)"),
            format!("k={A}\nexpires_in: 3600"),
            format!("k={A}\n\n{B}"),
            format!("k={A}\n{B}=x"),
            format!("token eyJ{A}\neyJ{B}"),
            format!("refreshed the access token for u1\\n{A}"),
        ] {
            assert_eq!(read(&text), text);
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = format!("k={A}\n  {B}");
        let view = unfolded(text.as_bytes(), &folds(text.as_bytes()));
        assert_eq!(view.outer(2, view.bytes.len()), (2, text.len()));
    }
}
