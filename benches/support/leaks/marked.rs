//! A text in which one value is marked, so that its place is known after any number of encodings.

use std::fmt::Write;

/// A text and the bytes of it that are the planted value.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Marked {
    /// The value alone.
    pub(crate) fn value(value: &str) -> Self {
        Self { text: value.to_owned(), start: 0, end: value.len() }
    }

    /// `template` with the marked text where its `{}` is.
    pub(crate) fn within(&self, template: &str) -> Self {
        let (before, after) = template.split_once("{}").expect("a template has a place for the value");
        Self {
            text: format!("{before}{}{after}", self.text),
            start: before.len() + self.start,
            end: before.len() + self.end,
        }
    }

    /// Every character written as `encode` says.
    pub(crate) fn each(&self, encode: impl Fn(char) -> String) -> Self {
        let (mut text, mut start, mut end) = (String::new(), 0, 0);
        for (at, letter) in self.text.char_indices() {
            if at == self.start {
                start = text.len();
            }
            text.push_str(&encode(letter));
            if at + letter.len_utf8() == self.end {
                end = text.len();
            }
        }
        Self { text, start, end }
    }

    /// As a JSON string's inside.
    pub(crate) fn json(&self) -> Self {
        self.each(|letter| match letter {
            '"' => "\\\"".into(),
            '\\' => "\\\\".into(),
            '\n' => "\\n".into(),
            '\u{1b}' => "\\u001b".into(),
            other => other.into(),
        })
    }

    /// Percent-encoded, as `encodeURIComponent` does.
    pub(crate) fn percent(&self) -> Self {
        self.each(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.!~*'()".contains(letter) {
                return letter.into();
            }
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "%{byte:02X}");
                text
            })
        })
    }

    /// In base64; the marks are the characters that hold bits of the value.
    pub(crate) fn base64(&self, url_safe: bool) -> Self {
        Self {
            text: base64(self.text.as_bytes(), url_safe),
            start: self.start * 4 / 3,
            end: (self.end * 4).div_ceil(3),
        }
    }

    /// With a text after every so many bytes.
    pub(crate) fn folded(&self, width: usize, between: &str) -> Self {
        let mut folded = Self { text: String::new(), start: 0, end: 0 };
        for (at, letter) in self.text.chars().enumerate() {
            if at > 0 && at % width == 0 {
                folded.text.push_str(between);
            }
            if at == self.start {
                folded.start = folded.text.len();
            }
            folded.text.push(letter);
            if at + 1 == self.end {
                folded.end = folded.text.len();
            }
        }
        folded
    }

    /// As numbers: `write` gives each byte, `between` stands between two.
    pub(crate) fn numbers(&self, between: &str, write: impl Fn(u8) -> String) -> Self {
        let (mut text, mut start, mut end) = (String::new(), 0, 0);
        for (at, byte) in self.text.bytes().enumerate() {
            if at > 0 {
                text.push_str(between);
            }
            if at == self.start {
                start = text.len();
            }
            text.push_str(&write(byte));
            if at + 1 == self.end {
                end = text.len();
            }
        }
        Self { text, start, end }
    }

    /// With a text between the halves of the value.
    pub(crate) fn broken_by(&self, piece: &str) -> Self {
        let middle = usize::midpoint(self.start, self.end);
        let text = format!("{}{piece}{}", &self.text[..middle], &self.text[middle..]);
        Self { text, start: self.start, end: self.end + piece.len() }
    }
}

/// Base64 with padding in the standard alphabet, without it in the other.
pub(crate) fn base64(bytes: &[u8], url_safe: bool) -> String {
    let alphabet: &[u8; 64] = if url_safe {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..=group.len() {
            text.push(char::from(alphabet[(bits >> (18 - 6 * at) & 63) as usize]));
        }
        if !url_safe {
            text.push_str(&"=".repeat(3 - group.len()));
        }
    }
    text
}
