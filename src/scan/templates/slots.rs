//! Which values of a record may be exchanged for others.
#![allow(
    clippy::inline_always,
    reason = "what works with vectors must be a part of the function that `dispatch` makes for a processor"
)]

use fearless_simd::Simd;

use super::RuleSet;
use super::names::Names;
use super::part::Part;
use super::reach::{Halves, halves, reach, reach_by};
use super::sheets::{Sheets, span_in};
use super::text;
use super::tree::Span;
use super::when::When;
use crate::extract::{Copies, Copy, names_nobody};
use crate::format::{Clock, Field, Record, TimeAt, ValueKind, is_export_key};
use crate::model::{Position, Symbols, TokenEvent};

/// Most values of one template.
pub(super) const MOST: usize = 48;
/// Lengths of names: shorter ones are words such as `GET`, and few.
const NAME: std::ops::RangeInclusive<usize> = 4..=128;

/// What may stand in the place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Letters, digits and signs that join them: nothing that could be read as a key, a space or an escape.
    Name,
    /// The same with dots, as in an address.
    Dotted,
    /// A number as JSON writes it, without sign or exponent.
    Number,
    /// A time of digits and signs, in quotes.
    Time,
    /// Up to three digits in quotes, of a key that stands for nothing.
    Count,
    /// So many digits of a running text.
    Digits(u8),
    /// Up to so many of them.
    UpTo(u8),
    /// So many hexadecimal digits, with one of those that are no numbers among them.
    Hexadecimal(u8),
    /// So many hexadecimal digits between dashes.
    Group(u8),
}

/// The kinds of slots, by the bytes that they hold.
const KINDS: [Slot; 6] = [Slot::Name, Slot::Dotted, Slot::Number, Slot::Time, Slot::Count, Slot::Hexadecimal(0)];

/// By kind the bytes that it may hold.
static HALVES: [Halves; KINDS.len()] = {
    let mut all = [[0; 16]; KINDS.len()];
    let mut kind = 0;
    while kind < KINDS.len() {
        let (mut held, mut byte) = ([false; 128], 0);
        while byte < held.len() {
            held[byte] = KINDS[kind].goes_on(byte as u8);
            byte += 1;
        }
        all[kind] = halves(&held);
        kind += 1;
    }
    all
};

/// The template of one record.
pub(super) struct Learned {
    /// Its values, ascending.
    pub(super) slots: Vec<(Slot, Span)>,
    pub(super) event: Option<TokenEvent>,
    /// Which parts of the line go where in the event.
    pub(super) copies: Vec<(Part, Copy)>,
    /// Its times; where there are none, it has no time that varies.
    pub(super) times: Vec<When>,
    pub(super) format: String,
}

impl Slot {
    /// The slot for a name that stands in quotes.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        [Self::Name, Self::Dotted].into_iter().find(|slot| slot.length(name) == name.len() && slot.holds(name))
    }

    /// How far it may go at the start of a text.
    pub(super) fn length(self, text: &[u8]) -> usize {
        reach(&HALVES[self.kind()], text)
    }

    /// The same, as a part of what works with vectors.
    #[inline(always)]
    pub(super) fn length_by<S: Simd>(self, simd: S, text: &[u8]) -> usize {
        reach_by(simd, &HALVES[self.kind()], text)
    }

    const fn kind(self) -> usize {
        match self {
            Self::Name => 0,
            Self::Dotted => 1,
            Self::Number => 2,
            Self::Time => 3,
            Self::Count | Self::Digits(_) | Self::UpTo(_) => 4,
            Self::Hexadecimal(_) | Self::Group(_) => 5,
        }
    }

    /// Whether it is a part of a running text.
    pub(super) fn is_of_text(self) -> bool {
        matches!(self, Self::Digits(_) | Self::UpTo(_) | Self::Hexadecimal(_) | Self::Group(_))
    }

    /// Whether it may hold a byte.
    const fn goes_on(self, byte: u8) -> bool {
        match self {
            Self::Name => joins(byte),
            Self::Dotted => joins(byte) || byte == b'.',
            Self::Number => byte.is_ascii_digit() || byte == b'.',
            Self::Time => matches!(byte, b'0'..=b'9' | b'T' | b'Z' | b':' | b'.' | b',' | b'+' | b'-' | b'/' | b' '),
            Self::Count | Self::Digits(_) | Self::UpTo(_) => byte.is_ascii_digit(),
            Self::Hexadecimal(_) | Self::Group(_) => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        }
    }

    /// Whether it may hold a value of such bytes.
    pub(super) fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Name | Self::Dotted => {
                NAME.contains(&value.len()) && value.iter().any(u8::is_ascii_alphanumeric) && !says_kind(value)
            }
            Self::Number => value.first().is_some_and(u8::is_ascii_digit) && value.len() <= 20,
            Self::Time => value.first().is_some_and(u8::is_ascii_digit) && value.len() <= 40,
            Self::Count => (1..*NAME.start()).contains(&value.len()),
            Self::Digits(length) | Self::Group(length) => value.len() == usize::from(length),
            Self::UpTo(most) => (1..=usize::from(most)).contains(&value.len()),
            // A number with an exponent is a number, too.
            Self::Hexadecimal(length) => {
                let letter = |byte: &u8| byte.is_ascii_alphabetic() && *byte != b'e';
                value.len() == usize::from(length) && value.iter().any(u8::is_ascii_digit) && value.iter().any(letter)
            }
        }
    }
}

/// Words that are taken for no name, and keys that exports are known by; none of them ends with a digit, as most ids do.
fn says_kind(name: &[u8]) -> bool {
    if name.last().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    names_nobody(name) || matches!(name, b"true" | b"false") || is_export_key(name)
}

/// What names are made of: no sign of a key, a space or an escape.
const fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'|')
}

/// Finds out what of a record may vary, and what its event is; `None` where it must be read in full each time.
pub(super) fn learn(
    rules: &RuleSet,
    names: &Names,
    raw: &[u8],
    (record, clock, with_texts): (&Record<'_>, &Clock, bool),
    symbols: &mut Symbols,
) -> Option<Learned> {
    if raw.trim_ascii() != record.text.as_bytes() {
        return None;
    }
    let base = raw.len() - raw.trim_ascii_start().len();
    let sheets = Sheets::of(record, base);
    let slots = slots_of(rules, names, (raw, base, &sheets), (record, clock, with_texts))?;
    let literals = slots.windows(2).map(|pair| pair[0].1.1..pair[1].1.0);
    let (first, last) = (slots.first()?.1.0, slots.last()?.1.1);
    let is_worded =
        || literals.chain([0..first, last..raw.len()]).any(|literal| rules.extractor.is_worded(&raw[literal]));
    if rules.extractor.is_told_by_words(record) && !is_worded() {
        return None;
    }
    let times = When::of(record, &sheets, &slots, clock).unwrap_or_default();
    let of_text = slots.iter().any(|(slot, _)| slot.is_of_text());
    let place = Position::default();
    let extracted = rules.extractor.extract_with_copies(record, raw, place, &|text| rules.leaks.mask(text), symbols);
    // A text is told by all of it, and by when it was.
    if (extracted.is_some() && times.is_empty() == record.stamp.is_some()) || (of_text && times.is_empty()) {
        return None;
    }
    let (event, given) = extracted.unzip();
    let spans = || slots.iter().map(|(_, span)| *span);
    let part = |value: &str| Part::of(spans(), sheets.span(value)?);
    let copies = given.iter().flat_map(Copies::each).filter_map(|(value, copy)| Some((part(value)?, copy)));
    Some(Learned { copies: copies.collect(), slots, event, times, format: record.format.to_owned() })
}

/// The values that may be others, ascending.
fn slots_of(
    rules: &RuleSet,
    names: &Names,
    (raw, base, sheets): (&[u8], usize, &Sheets<'_>),
    (record, clock, with_texts): (&Record<'_>, &Clock, bool),
) -> Option<Vec<(Slot, Span)>> {
    let is_object = record.text.starts_with('{') && record.text.ends_with('}');
    let members = if is_object { untouched(rules, raw, candidates(rules, names, base, record)?)? } else { Vec::new() };
    if !is_object && !rules.leaks.is_silent(raw) {
        return None;
    }
    let texts = with_texts.then(|| text::candidates(rules, names, (raw, sheets), (record, &members), clock));
    let mut slots = texts.unwrap_or_default();
    slots.extend(members);
    slots.sort_by_key(|(_, span)| *span);
    (slots.len() <= MOST).then_some(slots)
}

/// The values of an object that are names at most.
fn candidates(rules: &RuleSet, names: &Names, base: usize, record: &Record<'_>) -> Option<Vec<(Slot, Span)>> {
    let of_field = |field: &Field<'_>| {
        let span = span_in(record.text, field.value)?;
        let in_text = |text: &&str| span_in(record.text, text).is_some_and(|text| text.0 < span.1 && span.0 < text.1);
        let slot =
            slot_of(rules, record, field).filter(|_| field.depth == 0 && is_member(record.text, span, field.kind))?;
        let fits = !record.texts.iter().any(in_text) && names.is_silent(field.value.as_bytes());
        fits.then_some((slot, (base + span.0, base + span.1)))
    };
    let mut slots: Vec<(Slot, Span)> = record.fields.iter().filter_map(of_field).collect();
    slots.sort_by_key(|(_, span)| *span);
    slots.dedup_by_key(|(_, span)| *span);
    let apart = slots.windows(2).all(|pair| pair[0].1.1 < pair[1].1.0);
    (apart && slots.len() <= MOST).then_some(slots)
}

fn slot_of(rules: &RuleSet, record: &Record<'_>, field: &Field<'_>) -> Option<Slot> {
    let value = field.value.as_bytes();
    let fits = |slot: Slot| Some(slot).filter(|slot| slot.length(value) == value.len() && slot.holds(value));
    let is_time = |at: &TimeAt<'_>| matches!(at, TimeAt::Value(value) if std::ptr::eq(*value, field.value));
    if record.times.iter().any(|(at, _)| is_time(at)) {
        return fits(if field.kind == ValueKind::Number { Slot::Number } else { Slot::Time });
    }
    // The keys of times and messages say what their values are taken for.
    if rules.reader.reads(field) || !rules.extractor.is_name(field) {
        return None;
    }
    match field.kind {
        ValueKind::Quoted => Slot::of(value).or_else(|| fits(Slot::Count).filter(|_| !rules.extractor.has_role(field))),
        ValueKind::Number => fits(Slot::Number),
        _ => None,
    }
}

/// Whether a value is that of a key, as JSON writes it.
pub(super) fn is_member(text: &str, (start, end): Span, kind: ValueKind) -> bool {
    let (before, behind) = (&text.as_bytes()[..start], &text.as_bytes()[end..]);
    let (before, behind) = match kind {
        ValueKind::Quoted => (before.strip_suffix(b"\""), behind.strip_prefix(b"\"")),
        _ => (Some(before), Some(behind)),
    };
    let ended = |text: &[u8]| matches!(text.trim_ascii_start().first(), Some(b',' | b'}'));
    before.is_some_and(|text| text.trim_ascii_end().ends_with(b"\":")) && behind.is_some_and(ended)
}

/// Those that no leak rule would look at, whatever stood in their places; `None` where the line holds a leak or that
/// cannot be told.
fn untouched(rules: &RuleSet, raw: &[u8], slots: Vec<(Slot, Span)>) -> Option<Vec<(Slot, Span)>> {
    let (other, spans) = filled(raw, &slots);
    let openings = rules.leaks.openings(&other)?;
    let touched = |(start, end): Span| openings.iter().any(|at| (start.saturating_sub(1)..=end).contains(at));
    let kept = slots.into_iter().zip(spans).filter(|(_, span)| !touched(*span)).map(|(slot, _)| slot);
    Some(kept.collect()).filter(|_| rules.leaks.is_silent(raw))
}

/// The line with what rules take for a secret in the place of each name, and where that stands.
pub(super) fn filled(raw: &[u8], slots: &[(Slot, Span)]) -> (Vec<u8>, Vec<Span>) {
    const RANDOM: &[u8] = b"q7Zk2Vx9Lp4Rt8Wm3Ns6Yc1B";
    let (mut other, mut spans, mut at) = (Vec::with_capacity(raw.len() * 2), Vec::new(), 0);
    for (slot, (start, end)) in slots {
        other.extend_from_slice(&raw[at..*start]);
        let from = other.len();
        other.extend_from_slice(match slot {
            Slot::Number | Slot::Time => &raw[*start..*end],
            Slot::Count => b"507",
            _ => RANDOM,
        });
        spans.push((from, other.len()));
        at = *end;
    }
    other.extend_from_slice(&raw[at..]);
    (other, spans)
}
