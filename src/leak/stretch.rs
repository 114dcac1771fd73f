//! Where a text may hold base64, hexadecimal text or a list of bytes: long stretches of nothing but the bytes that
//! these are written with, found without a look at every byte.

/// Not a digit of the system.
pub(super) const NO_DIGIT: u8 = 0xFF;

/// A number system for bytes.
#[derive(Debug)]
pub(super) struct System {
    /// The value of each digit, or [`NO_DIGIT`].
    pub(super) values: [u8; 256],
    /// Its digits and whatever may stand for one that is escaped (`\u002b`, `%2B`, `&#43;`), with the colours of a
    /// terminal, so that no stretch begins inside of an escape.
    pub(super) written_with: [bool; 256],
}

/// Base64 of either alphabet.
pub(super) static BASE64: System = {
    let mut values = with_letters_and_digits();
    values[b'+' as usize] = 62;
    values[b'-' as usize] = 62;
    values[b'/' as usize] = 63;
    values[b'_' as usize] = 63;
    System { values, written_with: written_with(&values, b"") }
};

/// Hexadecimal, in either case.
pub(super) static HEXADECIMAL: System = {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    // `x`, `u` and `amp` are in escapes, `m` ends a colour.
    System { values, written_with: written_with(&values, b"xXumpUMP") }
};

/// What lists of bytes are written with.
pub(super) static LISTED: [bool; 256] = with(class_of(&HEXADECIMAL.values), b"x, :");

const fn with_letters_and_digits() -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut at = 0;
    while at < 26 {
        values[b'A' as usize + at] = at as u8;
        values[b'a' as usize + at] = at as u8 + 26;
        at += 1;
    }
    at = 0;
    while at < 10 {
        values[b'0' as usize + at] = at as u8 + 52;
        at += 1;
    }
    values
}

const fn written_with(values: &[u8; 256], letters: &[u8]) -> [bool; 256] {
    with(with(class_of(values), b"\\%&#;[\x1b"), letters)
}

const fn class_of(values: &[u8; 256]) -> [bool; 256] {
    let mut class = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = values[byte] != NO_DIGIT;
        byte += 1;
    }
    class
}

const fn with(mut class: [bool; 256], bytes: &[u8]) -> [bool; 256] {
    let mut at = 0;
    while at < bytes.len() {
        class[bytes[at] as usize] = true;
        at += 1;
    }
    class
}

/// Stretches of at least `shortest` bytes of a class, each as long as it goes.
pub(super) fn stretches(text: &[u8], shortest: usize, class: &[bool; 256], found: &mut dyn FnMut(usize, usize)) {
    let inside = |byte: &u8| class[usize::from(*byte)];
    let mut at = 0;
    while let Some(window) = text.get(at..at + shortest) {
        // From the back: whatever is outside rules out all starts before it.
        if let Some(outside) = window.iter().rposition(|byte| !inside(byte)) {
            at += outside + 1;
            continue;
        }
        let end = at + shortest + text[at + shortest..].iter().take_while(|byte| inside(byte)).count();
        found(at, end);
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{BASE64, HEXADECIMAL, LISTED, stretches};

    fn found(text: &str, shortest: usize, class: &[bool; 256]) -> Vec<String> {
        let mut found = Vec::new();
        stretches(text.as_bytes(), shortest, class, &mut |start, end| found.push(text[start..end].to_owned()));
        found
    }

    #[test]
    fn each_long_stretch_is_found_whole() {
        let class = &HEXADECIMAL.written_with;
        assert_eq!(found("0123", 4, class), ["0123"]);
        assert_eq!(found("zz012z0123456zz0123", 4, class), ["0123456", "0123"]);
        assert_eq!(found("012 345 678 9ab", 4, class), Vec::<String>::new());
        assert_eq!(found("", 4, class), Vec::<String>::new());
    }

    #[test]
    fn no_stretch_begins_inside_an_escape() {
        for escaped in ["\\u002b", "%252B", "&amp;#x2B;", "\u{1b}[1;31m", "\\u001b[1;31m"] {
            let text = format!("({escaped}0123");
            let expected = [text[1..].to_owned()];
            assert_eq!(found(&text, 4, &BASE64.written_with), expected);
            assert_eq!(found(&text, 4, &HEXADECIMAL.written_with), expected);
        }
        assert_eq!(found("<0x7b, 0x22, 1>", 8, &LISTED), ["0x7b, 0x22, 1"]);
    }
}
