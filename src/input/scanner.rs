//! A resumable, string-aware scan of JSON text for the documents in it: the elements of arrays and
//! of the record arrays of envelopes (`{"Records": [{…}, …]}`), across several values in a row.
//!
//! It is no validator. Damaged text costs as little as possible: a line end inside a string ends
//! the string (JSON forbids it there, and a torn write must not swallow the rest), and text that
//! is no JSON becomes one document per line.

use std::ops::Range;

use memchr::{memchr, memchr3};

/// Keys under which envelopes of log exports keep their records.
const RECORD_KEYS: [&[u8]; 14] = [
    b"records",
    b"Records",
    b"value",
    b"events",
    b"Events",
    b"logEvents",
    b"items",
    b"Items",
    b"data",
    b"logs",
    b"entries",
    b"results",
    b"hits",
    b"resourceLogs",
];

/// Keys of records inside of an object of an envelope: HAR, Elasticsearch, Grafana Loki.
const NESTED_KEYS: [(&[u8], &[u8]); 3] = [(b"log", b"entries"), (b"hits", b"hits"), (b"data", b"result")];

/// One byte more than the longest key.
const KEY_BYTES: usize = 13;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between top-level values.
    Top,
    /// After the `[` of a top-level array, or of a text line such as `[2026-01-02] …`.
    TopArray,
    /// In a line that is no JSON.
    Text,
    /// In an envelope, outside its records.
    Envelope,
    /// After the `[` of what may be the records of an envelope.
    RecordArray,
    /// Between the elements of an array.
    Elements,
    /// In a document.
    Document,
}

/// Where the scan stands relative to a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// The scan; feed it the stream in order.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    state: State,
    /// Open brackets of the document or envelope; 0 in a document is a number, word or string.
    depth: u64,
    quote: Quote,
    /// Where the document, text line or `[` began.
    start: u64,
    /// Whether the document is given up: its end is not reported.
    abandoned: bool,
    envelope: Envelope,
    /// Top-level values that ended.
    values: u64,
    /// Whether the first top-level value is an envelope with records.
    first_has_records: bool,
}

#[derive(Clone, Debug, Default)]
struct Envelope {
    open: bool,
    start: u64,
    /// Whether records were found in it; if none are, the envelope itself is the document.
    taken: bool,
    /// The last strings at depths 1 and 2, if short enough to be one of the keys.
    keys: [Vec<u8>; 2],
    /// Whether a colon followed the last one of each.
    colons: [bool; 2],
    /// How deep the array of the records stands.
    array_depth: u64,
}

impl Envelope {
    fn note_key(&mut self, depth: u64, part: &[u8]) {
        // One byte more than the longest key is enough to be none of them.
        let key = &mut self.keys[depth as usize - 1];
        let room = KEY_BYTES.saturating_sub(key.len());
        key.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn leads_to_records(&self, depth: u64) -> bool {
        let [outer, inner] = [self.keys[0].as_slice(), self.keys[1].as_slice()];
        match depth {
            1 => self.colons[0] && RECORD_KEYS.contains(&outer),
            _ => self.colons == [true, true] && NESTED_KEYS.contains(&(outer, inner)),
        }
    }
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            state: State::Top,
            depth: 0,
            quote: Quote::Outside,
            start: 0,
            abandoned: false,
            envelope: Envelope::default(),
            values: 0,
            first_has_records: false,
        }
    }

    /// Scans the bytes at `offset`, which follow those scanned before, and adds the documents that
    /// end in them.
    pub(super) fn feed(&mut self, bytes: &[u8], offset: u64, documents: &mut Vec<Range<u64>>) {
        let mut index = 0;
        while index < bytes.len() {
            if self.quote != Quote::Outside {
                index += self.string(&bytes[index..]);
                continue;
            }
            if self.state == State::Text {
                let Some(end) = memchr(b'\n', &bytes[index..]) else { return };
                index += end;
            }
            // A byte that ends one state and belongs to the next is looked at again.
            if self.byte(bytes[index], offset + index as u64, documents) {
                index += 1;
            }
        }
    }

    /// Ends the scan at offset `end`; a document that was cut off there is given as it is.
    pub(super) fn finish(&mut self, end: u64, documents: &mut Vec<Range<u64>>) {
        if let Some(start) = self.open() {
            documents.push(start..end);
        }
    }

    /// Where the text begins that may still become a document.
    pub(super) fn open(&self) -> Option<u64> {
        match self.state {
            State::Document | State::Text | State::TopArray if !self.abandoned => Some(self.start),
            State::Envelope | State::RecordArray if !self.envelope.taken => Some(self.envelope.start),
            _ => None,
        }
    }

    /// Gives up the open document; the next one is found all the same.
    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
        self.envelope.taken = true;
    }

    fn byte(&mut self, byte: u8, at: u64, documents: &mut Vec<Range<u64>>) -> bool {
        match self.state {
            State::Top => self.top(byte, at),
            State::TopArray => self.top_array(byte),
            State::Text => self.end_document(State::Top, at, documents),
            State::Envelope => self.in_envelope(byte, at, documents),
            State::RecordArray => self.record_array(byte),
            State::Elements => self.elements(byte, at),
            State::Document => self.in_document(byte, at, documents),
        }
    }

    fn top(&mut self, byte: u8, at: u64) -> bool {
        match byte {
            b'{' => {
                self.envelope = Envelope { open: true, start: at, ..Envelope::default() };
                self.enter(State::Envelope, at, 1);
            }
            b'[' => self.enter(State::TopArray, at, 0),
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}' => {}
            0xef | 0xbb | 0xbf if at < 3 => {}
            _ => self.enter(State::Text, at, 0),
        }
        true
    }

    fn top_array(&mut self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b']' => self.close_value(),
            b'{' => {
                self.state = State::Elements;
                return false;
            }
            _ => {
                self.state = State::Text;
                return false;
            }
        }
        true
    }

    fn in_envelope(&mut self, byte: u8, at: u64, documents: &mut Vec<Range<u64>>) -> bool {
        match byte {
            b'"' => {
                self.quote = Quote::Inside;
                if self.depth <= 2 {
                    self.envelope.keys[self.depth as usize - 1].clear();
                }
            }
            b':' if self.depth <= 2 => self.envelope.colons[self.depth as usize - 1] = true,
            b',' if self.depth <= 2 => self.envelope.colons[self.depth as usize - 1] = false,
            b'[' if self.depth <= 2 && self.envelope.leads_to_records(self.depth) => {
                self.envelope.array_depth = self.depth;
                self.state = State::RecordArray;
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.envelope.colons[1] = false;
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    if !self.envelope.taken {
                        documents.push(self.envelope.start..at + 1);
                    }
                    self.close_value();
                }
            }
            _ => {}
        }
        true
    }

    fn record_array(&mut self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return true,
            b'{' => {
                self.envelope.taken = true;
                self.first_has_records |= self.values == 0;
                self.state = State::Elements;
            }
            _ => {
                self.depth = self.envelope.array_depth + 1;
                self.state = State::Envelope;
            }
        }
        false
    }

    fn elements(&mut self, byte: u8, at: u64) -> bool {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
            b']' if self.envelope.open => {
                self.depth = self.envelope.array_depth;
                self.state = State::Envelope;
            }
            b']' | b'}' => self.close_value(),
            b'{' | b'[' => self.enter(State::Document, at, 1),
            _ => {
                self.enter(State::Document, at, 0);
                if byte == b'"' {
                    self.quote = Quote::Inside;
                }
            }
        }
        true
    }

    fn in_document(&mut self, byte: u8, at: u64, documents: &mut Vec<Range<u64>>) -> bool {
        match byte {
            b'"' => self.quote = Quote::Inside,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                self.end_document(State::Elements, at, documents);
                return false;
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.end_document(State::Elements, at + 1, documents);
                }
            }
            _ => {}
        }
        true
    }

    /// Inside a string; gives how many bytes were used.
    fn string(&mut self, bytes: &[u8]) -> usize {
        if self.quote == Quote::Escaped {
            self.quote = Quote::Inside;
            return 1;
        }
        let end = memchr3(b'"', b'\\', b'\n', bytes);
        if self.state == State::Envelope && self.depth <= 2 {
            self.envelope
                .note_key(self.depth, &bytes[..end.map_or(bytes.len(), |end| end + usize::from(bytes[end] == b'\\'))]);
        }
        let Some(end) = end else { return bytes.len() };
        self.quote = if bytes[end] == b'\\' { Quote::Escaped } else { Quote::Outside };
        end + 1
    }

    fn enter(&mut self, state: State, at: u64, depth: u64) {
        self.state = state;
        self.start = at;
        self.depth = depth;
        self.abandoned = false;
    }

    fn end_document(&mut self, next: State, end: u64, documents: &mut Vec<Range<u64>>) -> bool {
        if !self.abandoned {
            documents.push(self.start..end);
        }
        self.state = next;
        true
    }

    fn close_value(&mut self) {
        self.envelope.open = false;
        self.values += 1;
        self.state = State::Top;
    }

    /// Whether exactly one whole value was scanned.
    fn is_one_value(&self) -> bool {
        self.state == State::Top && self.values == 1
    }
}

/// Whether a stream that begins with `head` is JSON whose records are elements of arrays, rather
/// than lines: an array of objects, or an envelope with an array of objects that does not end on
/// its first line (that would be JSON lines). `at_end` tells that nothing follows the head.
pub(super) fn is_documents(head: &[u8], at_end: bool) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        Some(b'[') => matches!(text[1..].trim_ascii_start().first(), Some(b'{' | b']')),
        Some(b'{') => {
            let scan = |part: &[u8]| {
                let mut scanner = Scanner::new();
                scanner.feed(part, 0, &mut Vec::new());
                scanner
            };
            let first_line = memchr(b'\n', text).map(|end| &text[..end]);
            let whole_line = first_line.or(at_end.then_some(text));
            !whole_line.is_some_and(|line| scan(line).is_one_value()) && scan(text).first_has_records
        }
        _ => false,
    }
}
