//! The reader of records: cuts a batch into its records, and has each unwrapped.

use bumpalo::Bump;
use hashbrown::{HashMap, HashSet};

use super::json::ValueKind;
use super::time_choice::{Candidate, TimeAt};
use super::timestamp::{Clock, Stamp};
use super::unwrap::State;
use super::{Columns, batch, clean, exports, jwt};
use crate::rules::{Formats, TextFormat};

/// Bytes of one record that are looked at; a batch is cut into its records first.
const RECORD: usize = 1 << 20;

/// One value of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Dotted path, lower case, without `_`, `-`, `@`: `details.familyid`.
    pub path: &'a str,
    /// The decoded value.
    pub value: &'a str,
    /// How it was written.
    pub kind: ValueKind,
    /// How many wrappers it was in.
    pub depth: u8,
    /// Where the last part of the path begins; found once, asked for by every rule.
    leaf: usize,
}

impl<'a> Field<'a> {
    /// A value at a path that is written as paths are compared.
    pub fn new(path: &'a str, value: &'a str, kind: ValueKind, depth: u8) -> Self {
        let leaf = path.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1);
        Self { path, value, kind, depth, leaf }
    }

    /// The last part of the path.
    pub fn leaf(&self) -> &str {
        &self.path[self.leaf..]
    }
}

/// A string of an object that held escapes.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// As it was written: a part of the record's text, or of a string that was decoded before.
    pub escaped: &'a str,
    /// What was read.
    pub text: &'a str,
}

/// One decoded log entry. Borrows from the segment and the arena.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its values, outermost first.
    pub fields: Vec<Field<'a>>,
    /// Its running texts, outermost first: the line or message, as far as it is prose.
    pub texts: Vec<&'a str>,
    /// When, as far as it says so.
    pub stamp: Option<Stamp>,
    /// The times that it was chosen of; none where one of them does not stand in the record as it is.
    pub times: Vec<(TimeAt<'a>, Candidate)>,
    /// The text that it was read from.
    pub text: &'a str,
    /// The strings in it that were decoded, each behind the one that it stood in.
    pub decoded: Vec<Decoded<'a>>,
    /// `json`, `logfmt`, `text`, a layout's id, or a wrapper's id joined to one with `+`.
    pub format: &'a str,
}

/// Reads records by the formats of the rule packs.
#[derive(Debug)]
pub struct Reader {
    pub(super) texts: Vec<TextFormat>,
    /// The rank of each key of a time: a whole path or its last part.
    pub(super) time_keys: HashMap<String, usize>,
    pub(super) message_keys: HashSet<String>,
    pub(super) trace_keys: HashSet<String>,
    cited_keys: HashSet<String>,
    envelope_keys: Vec<String>,
}

/// What a record stands in.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'s> {
    /// What completes its times.
    pub clock: &'s Clock,
    /// The columns of the table that it is a row of.
    pub columns: Option<&'s Columns>,
}

/// A key as paths are compared: lower case, without `_`, `-`, `@`, `$`.
pub fn normal_key(key: &str) -> String {
    key.chars().filter(|letter| !"_-@$ ".contains(*letter)).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The same, without an allocation of its own: done for every field of every record that is read.
pub(super) fn normal_in<'a>(arena: &'a Bump, key: &str) -> &'a str {
    let mut normal = bumpalo::collections::String::with_capacity_in(key.len(), arena);
    normal.extend(key.chars().filter(|letter| !"_-@$ ".contains(*letter)).map(|letter| letter.to_ascii_lowercase()));
    normal.into_bump_str()
}

impl Reader {
    /// A reader of these formats.
    pub fn new(formats: &Formats) -> Self {
        let keys = &formats.keys;
        Self {
            texts: formats.texts.clone(),
            // The best place of a key that is named twice: collecting keeps the last.
            time_keys: keys.time.iter().enumerate().rev().map(|(rank, key)| (normal_key(key), rank)).collect(),
            message_keys: keys.message.iter().map(|key| normal_key(key)).collect(),
            trace_keys: keys.trace.iter().map(|key| normal_key(key)).collect(),
            cited_keys: keys.cited.iter().map(|key| normal_key(key)).collect(),
            envelope_keys: keys.envelope.iter().map(|key| normal_key(key)).collect(),
        }
    }

    /// The columns that a heading names, if it names any.
    pub fn columns(&self, heading: &[u8]) -> Option<Columns> {
        let known = |name: &str| self.time_keys.contains_key(name) || self.message_keys.contains(name);
        Columns::of(heading, &known)
    }

    /// The keys that values are looked at for.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.time_keys.keys().chain(&self.message_keys).chain(&self.trace_keys).map(String::as_str)
    }

    /// Whether what stands at a path is cited by the record, and no part of it.
    pub(super) fn is_cited(&self, path: &str) -> bool {
        path.split('.').any(|part| self.cited_keys.contains(part))
    }

    /// The patterns of the text layouts.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|layout| layout.pattern.text())
    }

    /// Whether the value of a field is looked at because of its key: as a time, a message or a trace.
    pub fn reads(&self, field: &Field<'_>) -> bool {
        let keys = [field.leaf(), field.path];
        let reads = |key: &str| {
            self.time_keys.contains_key(key) || self.message_keys.contains(key) || self.trace_keys.contains(key)
        };
        keys.into_iter().any(reads) || matches!(field.leaf(), "epochsecond" | "nanoofsecond")
    }

    /// Hands the record of `bytes` to `sink`: several where it is a batch.
    pub fn read(&self, arena: &Bump, bytes: &[u8], setting: &Setting<'_>, sink: &mut dyn FnMut(&Record<'_>)) {
        if let Some(records) = exports::records(bytes.trim_ascii()) {
            for record in records {
                self.one(arena, &record.text, Some(record.format), setting, sink);
            }
            return;
        }
        // Objects between zero bytes: GELF as it comes over TCP.
        if memchr::memchr(0, bytes).is_some() && memchr::memmem::find(bytes, b"}\0{").is_some() {
            bytes.split(|byte| *byte == 0).for_each(|part| self.read(arena, part, setting, sink));
            return;
        }
        let text = clean::clean(arena, bytes);
        let text = text.trim().trim_start_matches(['\u{feff}', ',']).trim_end_matches(',').trim();
        if let Some(batch) = batch::elements(text, &self.envelope_keys) {
            for element in batch {
                self.one(arena, element, None, setting, sink);
            }
            return;
        }
        self.one(arena, text, None, setting, sink);
    }

    fn one(
        &self,
        arena: &Bump,
        text: &str,
        wrapper: Option<&'static str>,
        setting: &Setting<'_>,
        sink: &mut dyn FnMut(&Record<'_>),
    ) {
        let mut end = text.len().min(RECORD);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut state = State::new(self, arena, setting.clock, wrapper);
        let text: &str = arena.alloc_str(&text[..end]);
        match setting.columns.map(|columns| (columns, columns.row(text))) {
            Some((columns, Some(row))) => state.row(columns, row),
            Some((columns, None)) if columns.is_heading(text) => return,
            _ => state.line(text, 0),
        }
        jwt::claims(arena, text, &mut |key, value| {
            state.field(key, value, ValueKind::Quoted, 0);
        });
        sink(&state.finish(text));
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
