//! One log line, as JSON or logfmt, written straight into a buffer.

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Json,
    Logfmt,
}

/// The buffer and the line at its end. Keys and fixed texts need no escapes.
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    style: Style,
    /// The second of the last time written, with its text up to the seconds.
    second: u64,
    stamp: [u8; 19],
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl Line {
    pub(crate) fn new(style: Style, capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), style, second: u64::MAX, stamp: *b"1970-01-01T00:00:00" }
    }

    /// Begins a line with its time, microseconds since the epoch, written to the millisecond.
    pub(crate) fn begin(&mut self, at_us: u64) {
        if at_us / 1_000_000 != self.second {
            self.second = at_us / 1_000_000;
            self.stamp = stamp(self.second);
        }
        let ms = at_us / 1000 % 1000;
        let head: &[u8] = if self.style == Style::Json { b"{\"ts\":\"" } else { b"ts=" };
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(&self.stamp);
        let digits = [b'.', digit(ms / 100), digit(ms / 10), digit(ms), b'Z'];
        self.bytes.extend_from_slice(&digits);
        if self.style == Style::Json {
            self.bytes.push(b'"');
        }
    }

    /// A field with a text value.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        let bare = self.style == Style::Logfmt && !value.bytes().any(|byte| matches!(byte, b' ' | b'=' | b'"'));
        self.key(key);
        if bare {
            self.bytes.extend_from_slice(value.as_bytes());
            return;
        }
        self.bytes.push(b'"');
        for part in value.split_inclusive('"') {
            if let Some(plain) = part.strip_suffix('"') {
                self.bytes.extend_from_slice(plain.as_bytes());
                self.bytes.extend_from_slice(b"\\\"");
            } else {
                self.bytes.extend_from_slice(part.as_bytes());
            }
        }
        self.bytes.push(b'"');
    }

    /// A field with a number.
    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        self.decimal(value, 1);
    }

    /// A field with a prefix and a number of at least `width` digits.
    pub(crate) fn id(&mut self, key: &str, prefix: &str, value: u64, width: usize) {
        self.key(key);
        self.quote();
        self.bytes.extend_from_slice(prefix.as_bytes());
        self.decimal(value, width);
        self.quote();
    }

    /// A field with words as hexadecimal digits, 16 each.
    pub(crate) fn hex(&mut self, key: &str, words: &[u64]) {
        self.key(key);
        self.quote();
        for word in words {
            let mut digits = [0_u8; 16];
            for (place, byte) in word.to_be_bytes().into_iter().enumerate() {
                digits[2 * place] = HEX[usize::from(byte >> 4)];
                digits[2 * place + 1] = HEX[usize::from(byte & 15)];
            }
            self.bytes.extend_from_slice(&digits);
        }
        self.quote();
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) {
        let tail: &[u8] = if self.style == Style::Json { b"}\n" } else { b"\n" };
        self.bytes.extend_from_slice(tail);
    }

    fn key(&mut self, key: &str) {
        let (before, after): (&[u8], &[u8]) = if self.style == Style::Json { (b",\"", b"\":") } else { (b" ", b"=") };
        self.bytes.extend_from_slice(before);
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(after);
    }

    /// A quote where the style needs one around any text.
    fn quote(&mut self) {
        if self.style == Style::Json {
            self.bytes.push(b'"');
        }
    }

    fn decimal(&mut self, value: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut place = digits.len();
        let mut rest = value;
        while rest > 0 || digits.len() - place < width {
            place -= 1;
            digits[place] = digit(rest);
            rest /= 10;
        }
        self.bytes.extend_from_slice(&digits[place..]);
    }
}

/// The last decimal digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

/// `YYYY-MM-DDTHH:MM:SS` of seconds since the epoch.
fn stamp(second: u64) -> [u8; 19] {
    let text = i64::try_from(second)
        .ok()
        .and_then(|second| chrono::DateTime::from_timestamp(second, 0))
        .map(|time| time.format("%Y-%m-%dT%H:%M:%S").to_string());
    text.and_then(|text| text.into_bytes().try_into().ok()).unwrap_or(*b"1970-01-01T00:00:00")
}
