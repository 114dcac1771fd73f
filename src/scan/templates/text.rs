//! Which digits of a running text may be others: those of ids, numbers and times.
//!
//! A value in quotes is told by its key; what stands in a text is told by all of it. So the shape stays: a digit may
//! stand for a digit, and of words that hold nothing but hexadecimal digits one of those for another. No pattern tells
//! them apart, no code asks for their worth, and nothing decoded is made of them. A number may also be a longer or a
//! shorter one where no pattern counts its digits, or how far it is from one word to another, and no code does.

use std::ops::Range;

use super::Names;
use super::RuleSet;
use super::lengths::{self, is_number};
use super::sense::Sense;
use super::sheets::{Sheet, Sheets};
use super::slots::Slot;
use super::tree::Span;
use crate::format::{Clock, Field, Record, TimeAt, ValueKind, leading_time};

/// Longest text.
const LONGEST: usize = 4 << 10;
/// Most digits of a number.
const NUMBER: usize = 32;
/// Lengths of words of hexadecimal digits.
const WORD: std::ops::RangeInclusive<usize> = 8..=64;
/// Most numbers in one word: beyond that it is random, and its letters are others in each line.
const NUMBERS: usize = 2;
/// Most digits of a number that may be longer or shorter.
const LENGTH: u8 = 9;
/// Most digits of a byte, and so many of them may be a list.
const BYTE: usize = 3;
const LISTED: usize = 20;
/// The groups of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// The slots of the running texts of a record, beside its members that are slots as a whole.
pub(super) fn candidates(
    rules: &RuleSet,
    names: &Names,
    (raw, sheets): (&[u8], &Sheets<'_>),
    (record, members): (&Record<'_>, &[(Slot, Span)]),
    clock: &Clock,
) -> Vec<(Slot, Span)> {
    if raw.len() > LONGEST || !sheets.are_nested() || !sheets.iter().all(|sheet| is_plain(sheet, sheets)) {
        return Vec::new();
    }
    let Some(sense) = names.sense(rules) else { return Vec::new() };
    let over = |span: Span| members.iter().any(|(_, other)| other.0 < span.1 && span.0 < other.1);
    let asked = rules.extractor.asked_in_text(record);
    let mut slots = Vec::new();
    for sheet in sheets.iter() {
        let page = Page::of((rules, sense), (record, &asked), clock, (sheet, sheets));
        let Some(page) = page else { return Vec::new() };
        let found = page.slots().into_iter().map(|(slot, span)| (slot, sheet.in_line(span)));
        slots.extend(found.filter(|(_, span)| sheets.is_innermost(sheet, *span) && !over(*span)));
    }
    slots.sort_unstable_by_key(|(_, span)| *span);
    if slots.is_empty() || slots.len() > super::slots::MOST {
        return Vec::new();
    }
    if sheets.iter().any(|sheet| may_be_list(sheet, &slots)) {
        lengths::fix(&mut slots);
    }
    if lengths::indiscernible(rules, &sense.discerner, (raw, sheets), record, &mut slots).is_none() {
        return Vec::new();
    }
    for sheet in sheets.iter() {
        if untouched(rules, sheet, &mut slots).is_none() {
            return Vec::new();
        }
    }
    slots
}

/// Keeps the slots that no leak rule would look at in a text, whatever stood in their places; `None` where that cannot be told.
fn untouched(rules: &RuleSet, sheet: &Sheet<'_>, slots: &mut Vec<(Slot, Span)>) -> Option<()> {
    let local = |(slot, span): &(Slot, Span)| Some((*slot, sheet.of_line(*span)?));
    let own: Vec<(Slot, Span)> = slots.iter().filter_map(local).collect();
    let (random, filled) = super::slots::filled(sheet.text.as_bytes(), &own);
    let (here, there) = (rules.leaks.values(sheet.text.as_bytes())?, rules.leaks.values(&random)?);
    let over = |values: &[Range<usize>], span: Span| values.iter().any(|it| it.start <= span.1 && span.0 <= it.end);
    let mut touched = own.iter().zip(filled).map(|((_, span), filled)| over(&here, *span) || over(&there, filled));
    slots.retain(|(_, span)| sheet.of_line(*span).is_none() || touched.next() == Some(false));
    Some(())
}

/// Whether nothing in a text stands for other bytes, but for the escapes of the strings that stand in it; it may end a line.
fn is_plain(sheet: &Sheet<'_>, sheets: &Sheets<'_>) -> bool {
    let text = sheet.text.trim_ascii().as_bytes();
    let decoded = |byte: &u8| !(byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t')) || *byte == b'%';
    let holds = |part: &[u8]| memchr::memmem::find(text, part).is_some();
    let is_read_as_it_stands = !text.iter().any(decoded) && !holds(b"&#") && !holds(b"eyJ");
    is_read_as_it_stands && !may_be_list(sheet, &[]) && sheet.is_escaped_only_within(sheets)
}

/// Whether words that stand one behind the other may be a list of bytes: where they may be shorter, long numbers may be bytes,
/// too. In a list nothing but commas, spaces and colons part them.
fn may_be_list(sheet: &Sheet<'_>, slots: &[(Slot, Span)]) -> bool {
    let base = sheet.text.as_ptr() as usize;
    let of_any_length = slots.iter().filter(|(slot, _)| matches!(slot, Slot::UpTo(_)));
    let numbers: Vec<Span> = of_any_length.filter_map(|(_, span)| sheet.of_line(*span)).collect();
    let is_byte = |word: &&str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let start = word.as_ptr() as usize - base;
        let may_be = || numbers.iter().any(|number| number.0 < start + word.len() && start < number.1);
        !digits.is_empty() && (digits.len() <= BYTE || may_be())
    };
    let is_listed = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, 'x' | ',' | ' ' | ':');
    let stretches = sheet.text.split(|letter| !is_listed(letter));
    let bytes = |stretch: &str| stretch.split([',', ' ', ':']).filter(is_byte).count();
    stretches.into_iter().any(|stretch| bytes(stretch) >= LISTED)
}

/// One text of a record, and what is asked of its values.
struct Page<'p, 'a> {
    rules: &'p RuleSet,
    sense: &'p Sense,
    text: &'a str,
    /// Where running texts stand.
    texts: Vec<Span>,
    /// Fields and where their values stand.
    fields: Vec<(&'p Field<'a>, Span)>,
    /// What is looked at in the texts.
    asked: Vec<Span>,
    /// The times that the record is read with.
    times: Vec<Span>,
    /// The texts near whose beginnings they were searched for, up to them.
    searched: Vec<Span>,
}

impl<'p, 'a> Page<'p, 'a> {
    /// `None` where something was read that stands in no text as it is.
    fn of(
        (rules, sense): (&'p RuleSet, &'p Sense),
        (record, asked): (&'p Record<'a>, &[&str]),
        clock: &Clock,
        (sheet, sheets): (&Sheet<'a>, &Sheets<'a>),
    ) -> Option<Self> {
        // Where it stands in this one, if it does.
        let span = |part: &str| {
            let (found, span) = sheets.find(part)?;
            Some(Some(span).filter(|_| std::ptr::eq(found.text, sheet.text)))
        };
        let spans = |parts: &[&str]| {
            let spans = parts.iter().map(|part| span(part)).collect::<Option<Vec<_>>>()?;
            Some(spans.into_iter().flatten().collect::<Vec<Span>>())
        };
        let texts = spans(&record.texts)?;
        let written = record.fields.iter().filter(|field| !field.value.is_empty());
        let fields = written.map(|field| Some((field, span(field.value)?))).collect::<Option<Vec<_>>>()?;
        let fields = fields.into_iter().filter_map(|(field, span)| Some((field, span?))).collect();
        let asked = spans(asked)?;
        let (mut times, mut searched) = (Vec::new(), Vec::new());
        for (at, _) in &record.times {
            match at {
                TimeAt::Value(value) => times.extend(span(value)?),
                TimeAt::Text(text) => {
                    let (Some((start, _)), time) = (span(text)?, leading_time(text, clock)?) else { continue };
                    times.push((start + time.start, start + time.end));
                    searched.push((start, start + time.end));
                }
            }
        }
        Some(Self { rules, sense, text: sheet.text, texts, fields, asked, times, searched })
    }

    fn slots(&self) -> Vec<(Slot, Span)> {
        let found = runs(self.text.as_bytes()).into_iter();
        let free = found.filter(|(slot, span)| self.container(*span).is_some() && self.is_free(*slot, *span));
        let of_any_length = |slot: Slot, span: Span| is_number(slot) && self.is_of_any_length(span);
        free.map(|(slot, span)| (if of_any_length(slot, span) { Slot::UpTo(LENGTH) } else { slot }, span)).collect()
    }

    /// What a place is read in: the whole text, or that of a value of an object.
    fn container(&self, span: Span) -> Option<Span> {
        if !self.text.starts_with('{') {
            return Some((0, self.text.len()));
        }
        let is_member = |(field, span): &&(&Field<'_>, Span)| {
            let written = matches!(field.kind, ValueKind::Quoted | ValueKind::Number);
            written && super::slots::is_member(self.text, *span, field.kind)
        };
        let members = self.fields.iter().filter(is_member);
        let values = members.map(|(_, value)| *value).chain(self.texts.iter().copied());
        values.filter(|value| value.0 <= span.0 && span.1 <= value.1).min_by_key(|value| value.1 - value.0)
    }

    /// What stands before a place and behind it, where it is read.
    fn around(&self, span: Span) -> (&str, &str) {
        let (start, end) = self.container(span).unwrap_or((0, self.text.len()));
        (&self.text[start..span.0], &self.text[span.1..end])
    }

    /// Whether a number that may be another one may be longer or shorter, too: no code counts its digits.
    fn is_of_any_length(&self, span: Span) -> bool {
        let (before, behind) = self.around(span);
        let (before, behind) = (before.as_bytes(), behind.as_bytes());
        let in_word = |byte: &&u8| !matches!(**byte, b' ' | b'\t' | b'"' | b'\'' | b'=');
        let head = &before[before.len() - before.iter().rev().take_while(in_word).count()..];
        let (end, next) = behind.split_at(behind.iter().take_while(in_word).count());
        // A date or a time of day has its length.
        let dashed = head.contains(&b'-') || end.contains(&b'-');
        let of_date = match (head, end) {
            ([.., digit, b'-' | b':'], _) | (_, [b'-', digit, ..]) if digit.is_ascii_digit() => true,
            _ => dashed && matches!(next, [b' ', _, _, b':', ..]),
        };
        // So has what stands around a bar, and what stands before a bracket may be the name of a type.
        let of_name = head.contains(&b'|') || end.iter().any(|byte| b"({[|".contains(byte)) || next.starts_with(b" {");
        let over = |other: &Span| other.0 < span.1 && span.0 < other.1;
        let mut fields = self.fields.iter().filter(|(_, value)| over(value));
        span.1 - span.0 <= LENGTH.into()
            && !self.is_time(span)
            && !of_date
            && !of_name
            && !self.key_around(span).is_some_and(|(_, spelled)| spelled)
            && fields.all(|(field, _)| self.rules.extractor.is_of_any_length(field))
    }

    /// Whether it is a part of a time that the record is read with: that is parsed each time.
    fn is_time(&self, span: Span) -> bool {
        self.times.iter().any(|time| time.0 <= span.0 && span.1 <= time.1)
    }

    /// Whether what stands there is copied at most.
    fn is_free(&self, slot: Slot, span: Span) -> bool {
        let over = |other: &Span| other.0 < span.1 && span.0 < other.1;
        // A name that is a text by itself is cut into the words that its capitals show.
        let is_one_word = |text: &Span| !self.text[text.0..text.1].contains([' ', '=', '/', '&']);
        let fields = self.fields.iter().filter(|(_, value)| over(value) && !self.times.contains(value));
        let is_number = is_number(slot);
        let copied = |(field, value): &(&Field<'_>, Span)| {
            let extractor = &self.rules.extractor;
            // What an object or a line was read from is looked at by its parts.
            let is_whole = *value == (0, self.text.len()) && !extractor.has_role(field);
            if is_whole || self.texts.contains(value) {
                return !extractor.is_told_by_digits(field);
            }
            let named = if is_number { extractor.is_number_or_name(field) } else { extractor.is_name(field) };
            let written = is_number || matches!(field.kind, ValueKind::Quoted | ValueKind::Word);
            named && written && !self.rules.reader.reads(field)
        };
        let stands = self.stands_free(span, is_number);
        stands
            && !self.asked.iter().any(over)
            && !self.texts.iter().filter(|text| over(text)).any(is_one_word)
            && fields.into_iter().all(copied)
            && (self.is_time(span) || !self.searched.iter().any(over))
    }

    /// Whether nothing around it makes it a key, an address, an item of a list or a bare word of an object.
    fn stands_free(&self, span: Span, is_number: bool) -> bool {
        let (before, behind) = self.around(span);
        let word = before.rsplit([' ', '\t', '"', '\'', '(', '[', ',']).next().unwrap_or(before);
        let key = self.key_around(span);
        let is_named = key.is_some_and(|(key, spelled)| !is_number || (spelled && self.sense.may_be_key(key)));
        let (left, right) = (before.trim_end().bytes().last(), behind.trim_start().bytes().next());
        let listed = matches!(left, Some(b'[' | b',')) && matches!(right, Some(b',' | b']'));
        let alone = left == Some(b'[') && right == Some(b']');
        let bare = !is_number && is_in_object(before) && !before.trim_end_matches(is_key).ends_with(['"', '\'']);
        !word.contains("http://") && !is_named && (!listed || alone) && !bare
    }

    /// What a value could follow around a place, and whether it has what a key needs.
    fn key_around(&self, span: Span) -> Option<(&str, bool)> {
        let (before, behind) = self.around(span);
        let rest = behind.trim_start_matches(is_key);
        let (head, tail) = (before.trim_end_matches(is_key).len(), behind.len() - rest.len());
        let key = &self.text[span.0 - (before.len() - head)..span.1 + tail];
        // The hours of a time are no key.
        let in_object = is_in_object(before) && !self.is_time(span);
        let spelled = in_object || key.contains(|letter: char| letter.is_ascii_alphabetic());
        rest.trim_start_matches([' ', '"', '\'', ']', '`']).starts_with(['=', ':']).then_some((key, spelled))
    }
}

/// Whether an object, or the fields of a type, may have begun in a text.
fn is_in_object(before: &str) -> bool {
    before.contains('{') || before.split_once('(').is_some_and(|(_, inner)| inner.contains('='))
}

fn is_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_.@-".contains(letter)
}

/// Words of digits, and the numbers in other words.
fn runs(text: &[u8]) -> Vec<(Slot, Span)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if let Some(end) = uuid(text, at) {
            for group in UUID {
                found.push((Slot::Group(group as u8), (at, at + group)));
                at += group + 1;
            }
            at = end;
        } else if length > 0 {
            word(text, (at, at + length), &mut found);
            at += length;
        } else {
            at += 1;
        }
    }
    found
}

/// Where the UUID ends that begins at a place.
fn uuid(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for (number, group) in UUID.into_iter().enumerate() {
        let from = if number > 0 { end + 1 } else { end };
        let digits = text.get(from..)?.iter().take_while(|byte| is_hexadecimal(**byte)).count();
        if digits != group || (number > 0 && text[end] != b'-') {
            return None;
        }
        end = from + group;
    }
    (!text.get(end).is_some_and(u8::is_ascii_alphanumeric)).then_some(end)
}

fn word(text: &[u8], span: Span, found: &mut Vec<(Slot, Span)>) {
    let word = &text[span.0..span.1];
    let whole = Slot::Hexadecimal(word.len() as u8);
    if WORD.contains(&word.len()) && word.iter().all(|byte| is_hexadecimal(*byte)) && whole.holds(word) {
        return found.push((whole, span));
    }
    let (mut numbers, mut at) = (Vec::new(), 0);
    while at < word.len() {
        let digits = word[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            numbers.push((Slot::Digits(digits as u8), (span.0 + at, span.0 + at + digits)));
        }
        at += digits.max(1);
    }
    if numbers.len() <= NUMBERS && numbers.iter().all(|(_, span)| span.1 - span.0 <= NUMBER) {
        found.append(&mut numbers);
    }
}

fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
