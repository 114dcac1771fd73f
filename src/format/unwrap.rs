//! One record from the outside in: finds its format, follows what it wraps, and flattens it into fields.

use std::borrow::Cow;

use bumpalo::Bump;

use super::json::{self, Leaf, ValueKind};
use super::leading::{self, LeadingTime};
use super::reader::{Decoded, Field, Reader, Record, normal_in};
use super::time_choice::{self, Candidate, TimeAt};
use super::timestamp::{self, Clock, Stamp};
use super::{Columns, epoch, pairs, wrapped};
use crate::rules::{Groups, TextFormat};

/// How many wrappers deep a record is followed: four, and the body inside of the innermost.
const DEPTH: u8 = 5;
/// Longest bare key, with the space before it, that shows an object in running text.
const KEY: usize = 48;
#[derive(Default)]
struct Parts<'a> {
    fields: Vec<Field<'a>>,
    texts: Vec<&'a str>,
    times: Vec<Candidate>,
    /// Where each of them stands, unless one was put together of several values.
    found: Vec<TimeAt<'a>>,
    /// A time of day that stands alone: what is left where no other time is.
    time_of_day: Option<Stamp>,
    decoded: Vec<Decoded<'a>>,
    wrapper: Option<&'a str>,
    format: Option<&'a str>,
}

pub(super) struct State<'a, 'r> {
    reader: &'r Reader,
    arena: &'a Bump,
    clock: &'r Clock,
    leaves: Vec<Leaf<'a>>,
    record: Parts<'a>,
    /// Whether what is read now is cited, or stands behind words in a text.
    spoken: bool,
}

impl<'a, 'r> State<'a, 'r> {
    pub(super) fn new(reader: &'r Reader, arena: &'a Bump, clock: &'r Clock, wrapper: Option<&'a str>) -> Self {
        let record = Parts { wrapper, ..Parts::default() };
        Self { reader, arena, clock, leaves: Vec::new(), record, spoken: false }
    }
}

impl<'a> State<'a, '_> {
    pub(super) fn finish(mut self, text: &'a str) -> Record<'a> {
        let stamp = time_choice::choose(&self.record.times).or_else(|| self.split_time()).or(self.record.time_of_day);
        let inner = self.record.format.unwrap_or("text");
        let format = match self.record.wrapper {
            Some(wrapper) => self.arena.alloc_str(&format!("{wrapper}+{inner}")),
            None => inner,
        };
        let Parts { fields, texts, times, found, decoded, .. } = std::mem::take(&mut self.record);
        let told = found.len() == times.len();
        let times = if told { found.into_iter().zip(times).collect() } else { Vec::new() };
        Record { fields, texts, stamp, times, text, decoded, format }
    }

    /// A date and a time of day in fields of their own.
    fn split_time(&self) -> Option<Stamp> {
        let value = |name: &str| self.record.fields.iter().find(|field| field.leaf() == name).map(|field| field.value);
        timestamp::parse(&format!("{} {}", value("date")?, value("time")?), self.clock)
    }

    /// A row of a table.
    pub(super) fn row(&mut self, columns: &Columns, row: Vec<(&str, Cow<'a, str>)>) {
        self.record.format = Some(columns.format());
        for (name, cell) in row {
            let value = match cell {
                Cow::Borrowed(value) => value,
                Cow::Owned(value) => self.arena.alloc_str(&value),
            };
            if !matches!(value, "" | "-") {
                let path = self.arena.alloc_str(name);
                self.leaf(Leaf { path, value, kind: ValueKind::Quoted, escaped: None }, 0);
            }
        }
    }

    /// A text in the place of a log line: an object, a layout, or prose behind a time.
    pub(super) fn line(&mut self, text: &'a str, depth: u8) {
        let text = text.trim();
        if text.is_empty() || depth > DEPTH {
            return;
        }
        if text.starts_with('{') || text.starts_with("[{") {
            self.object(text, depth);
            return;
        }
        // Groups cost an allocation for each layout that is tried: they are asked for when one fits.
        let first = text.as_bytes()[0];
        let mut layouts = self.reader.texts.iter().filter(|layout| layout.pattern.can_begin_with(first));
        let layout = layouts.find(|layout| layout.pattern.is_match(text));
        if let Some((layout, groups)) = layout.and_then(|layout| Some((layout, layout.pattern.captures(text)?))) {
            self.layout(layout, &groups, text, depth);
            return;
        }
        let rest = self.leading_time(text, depth);
        self.prose(rest, depth);
        self.record.format.get_or_insert("text");
    }

    fn layout(&mut self, layout: &TextFormat, groups: &Groups<'a>, text: &'a str, depth: u8) {
        let id: &'a str = self.arena.alloc_str(&layout.id);
        if layout.wrapper {
            self.record.wrapper.get_or_insert(id)
        } else {
            self.record.format.get_or_insert(id)
        };
        let mut message = None;
        for (name, value) in groups.named() {
            if name == "message" {
                message = Some(value);
            } else if !value.is_empty() && value != "-" {
                self.field(name, value, ValueKind::Word, depth);
                if name == "time" {
                    self.time_of_day(value);
                }
                // A query, or the context of a thread.
                if value.contains(['?', '=']) {
                    self.pairs(value, depth);
                }
            }
        }
        match message {
            Some(message) if layout.wrapper => self.line(message, depth + 1),
            Some(message) => self.prose(message, depth),
            None => self.record.texts.push(text),
        }
    }

    /// Takes the time at or near the start of an unknown layout; returns what follows it.
    fn leading_time(&mut self, text: &'a str, depth: u8) -> &'a str {
        let Some(LeadingTime { stamp, start, end, second, spoken }) = leading::leading_time(text, self.clock) else {
            self.time_of_day(text);
            return text;
        };
        let spoken = self.spoken || spoken;
        self.record.times.push(Candidate { stamp, depth, rank: 0, spoken });
        self.record.times.extend(second.map(|stamp| Candidate { stamp, depth: depth + 1, rank: 0, spoken }));
        self.record.found.push(TimeAt::Text(text));
        if start < 8 { text[end..].trim_start_matches(leading::BETWEEN) } else { text }
    }

    /// Remembers a time without a date; the outermost is as good as any.
    fn time_of_day(&mut self, text: &str) {
        let found = || timestamp::time_of_day(text, self.clock);
        self.record.time_of_day = self.record.time_of_day.or_else(found);
    }

    fn object(&mut self, text: &'a str, depth: u8) {
        let from = self.leaves.len();
        let extent = json::flatten(self.arena, text, "", &mut self.leaves);
        if self.leaves.len() == from {
            self.prose(text, depth);
            return;
        }
        let leaves = self.leaves.split_off(from);
        let docker = ["log", "stream", "time"].iter().all(|key| leaves.iter().any(|leaf| leaf.path == *key));
        if docker {
            self.record.wrapper.get_or_insert("docker");
        }
        self.record.format = Some("json").filter(|_| !docker).or(self.record.format);
        for leaf in leaves {
            self.leaf(leaf, depth);
        }
        let rest = text[extent.used..].trim_matches([',', ' ', ']', '\n', '\r', '\t']);
        if !rest.is_empty() {
            self.prose(rest, depth);
        }
    }

    fn leaf(&mut self, leaf: Leaf<'a>, depth: u8) {
        self.record.decoded.extend(leaf.escaped.map(|escaped| Decoded { escaped, text: leaf.value }));
        let path = self.field(leaf.path, leaf.value, leaf.kind, depth);
        if leaf.kind != ValueKind::Quoted || leaf.value.len() < 3 || depth >= DEPTH {
            return;
        }
        self.inside(path, leaf.value, depth);
        self.encoded(leaf.value, depth);
    }

    /// Reads what a string holds, if it is one that holds something.
    fn inside(&mut self, path: &str, value: &'a str, depth: u8) {
        let name = path.rsplit('.').next().unwrap_or(path);
        let read: fn(&mut Self, &'a str, u8) = if self.reader.message_keys.contains(name) {
            Self::line
        } else if self.reader.trace_keys.contains(name) {
            // A time in it is one that the exception speaks of.
            Self::prose
        } else if holds_structure(value) {
            Self::embedded
        } else {
            return;
        };
        let around = self.spoken;
        self.spoken |= self.reader.is_cited(path);
        read(self, value, depth + 1);
        self.spoken = around;
    }

    pub(super) fn field(&mut self, path: &str, value: &'a str, kind: ValueKind, depth: u8) -> &'a str {
        let path = normal_in(self.arena, path);
        let field = Field::new(path, value, kind, depth);
        let ranks = &self.reader.time_keys;
        let whole = Some(path).filter(|path| path.len() > field.leaf().len()).and_then(|path| ranks.get(path));
        let rank = ranks.get(field.leaf()).into_iter().chain(whole).min();
        if let Some(&rank) = rank
            && let Some(stamp) = timestamp::parse(value, self.clock)
        {
            let spoken = self.spoken || kind == ValueKind::Prose || self.reader.is_cited(path);
            self.record.times.push(Candidate { stamp, depth, rank, spoken });
            self.record.found.push(TimeAt::Value(value));
        }
        // Log4j writes a moment as two numbers.
        if field.leaf() == "nanoofsecond" {
            self.add_nanos(value, depth);
        }
        self.record.fields.push(field);
        path
    }

    /// The nanoseconds of the second that was read before them.
    fn add_nanos(&mut self, nanos: &str, depth: u8) {
        let second =
            self.record.fields.iter().rev().find(|field| field.leaf() == "epochsecond" && field.depth == depth);
        let moment = second.and_then(|second| epoch::epoch(&format!("{}.{nanos:0>9}", second.value)));
        if let Some((stamp, last)) = moment.zip(self.record.times.last_mut()) {
            last.stamp = stamp;
            self.record.found.clear();
        }
    }

    /// Running text: remembered as such, and searched for objects and pairs.
    fn prose(&mut self, text: &'a str, depth: u8) {
        self.record.texts.push(text);
        self.embedded(text, depth);
    }

    fn embedded(&mut self, text: &'a str, depth: u8) {
        let text = if text.contains("{\\\"") { json::unescape(self.arena, text) } else { text };
        self.spelled(text, depth);
        let mut rest = text;
        let mut equals = 0;
        while let Some(open) = next_object(rest) {
            let before = &rest[..open];
            let typed = !rest[open..].starts_with('{');
            let base = wrapped::key_of(before).filter(|_| typed).unwrap_or_default();
            equals += self.pairs(before, depth);
            let from = self.leaves.len();
            let extent = json::flatten(self.arena, &rest[open..], base, &mut self.leaves);
            let leaves = self.leaves.split_off(from);
            let used = if leaves.is_empty() { 1 } else { extent.used.max(1) };
            let around = self.spoken;
            self.spoken |= before.contains(char::is_alphanumeric);
            for leaf in leaves {
                self.leaf(leaf, (depth + 1).min(DEPTH));
            }
            self.spoken = around;
            rest = &rest[floor(rest, open + used)..];
        }
        equals += self.pairs(rest, depth);
        if equals >= 3 && depth <= 1 {
            self.record.format.get_or_insert("logfmt");
        }
    }

    /// A body that a printer wrote as the list of its bytes, `[123, 34, …]`: an object that begins with a quote.
    fn spelled(&mut self, text: &'a str, depth: u8) {
        let opens = |at: &usize| ["[123, 34, ", "[123,34,"].iter().any(|start| text[*at..].starts_with(start));
        let list = memchr::memchr_iter(b'[', text.as_bytes()).find(opens);
        if let Some((body, _)) = list.and_then(|at| json::byte_list(self.arena, &text[at..]))
            && depth < DEPTH
        {
            self.embedded(body, depth + 1);
        }
    }

    fn pairs(&mut self, text: &'a str, depth: u8) -> usize {
        if text.len() < 3 {
            return 0;
        }
        let from = self.leaves.len();
        let equals = pairs::scan(self.arena, text, &mut self.leaves);
        for leaf in self.leaves.split_off(from) {
            let path = self.field(leaf.path, leaf.value, leaf.kind, depth);
            let is_message = self.reader.message_keys.contains(path);
            if is_message && leaf.kind == ValueKind::Quoted {
                self.record.texts.push(leaf.value);
            }
            if leaf.kind == ValueKind::Quoted && depth < DEPTH && holds_structure(leaf.value) {
                self.embedded(leaf.value, depth + 1);
            }
            self.encoded(leaf.value, depth);
        }
        equals
    }

    /// A form or an object that was percent-encoded as a whole, also twice: `body=grant_type%3Drefresh_token%26…`.
    fn encoded(&mut self, value: &'a str, depth: u8) {
        // Most values hold no such sign, and there are many of them.
        if depth >= DEPTH || !value.contains('%') {
            return;
        }
        let mut text = value;
        for _ in 0..2 {
            if pairs::is_encoded(text) {
                text = pairs::percent_decode(self.arena, text);
            }
        }
        if text.len() < value.len() {
            self.embedded(text, depth + 1);
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a value may hold an object or pairs of its own.
fn holds_structure(value: &str) -> bool {
    memchr::memchr2(b'{', b'=', value.as_bytes()).is_some() || value.contains("\":") || value.contains(": ")
}

/// Where the next object begins: a brace before a quote or a key, or the name of a type before its fields. Looks no
/// further than a key is long: a line of nothing but braces must not be read once for each of them.
fn next_object(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'{', b'(', bytes).find_map(|at| {
        if bytes[at] == b'(' {
            return wrapped::name_before(text, at).filter(|_| wrapped::opens_fields(&text[at..]));
        }
        let rest = bytes[at + 1..bytes.len().min(at + 1 + KEY)].trim_ascii_start();
        let key = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
        let after = rest[key..].trim_ascii_start().first();
        let named = key > 0 && matches!(after, Some(b':' | b'='));
        let opens = named || matches!(rest.first(), Some(b'"' | b'\'' | b':'));
        opens.then(|| wrapped::name_before(text, at).filter(|_| named).unwrap_or(at))
    })
}
