//! Which slots of a text no pattern tells apart from others, and how long their numbers may be.

use std::ops::Range;

use super::RuleSet;
use super::sheets::{Sheet, Sheets};
use super::slots::Slot;
use super::tree::Span;
use crate::format::Record;
use crate::rules::{DIGITS, Discerner, HEXADECIMAL, Place, Ways};

/// Most digits of a number whose length is told where it is a longer one: the parts of an address are no longer.
const SHORT: u8 = 3;
/// Longest text with numbers of any length, however long they are: what is searched of it must not be cut.
const UNCUT: usize = 400;
/// Most digits by which the numbers of a text may be longer than they are, all together.
const GROWTH: usize = 128;

/// By how many digits the numbers may be longer, all together.
pub(super) fn growth<'s>(slots: impl IntoIterator<Item = &'s (Slot, Span)>) -> usize {
    let longer = |(slot, (start, end)): &(Slot, Span)| match slot {
        Slot::UpTo(most) => usize::from(*most) - (end - start),
        _ => 0,
    };
    slots.into_iter().map(longer).sum()
}

/// Gives each number the length that it has; whether one could have another.
pub(super) fn fix(slots: &mut [(Slot, Span)]) -> bool {
    let any = slots.iter().any(|(slot, _)| matches!(slot, Slot::UpTo(_)));
    for (slot, span) in slots {
        *slot = of_one_length(*slot, *span);
    }
    any
}

/// The slot of as many digits as stand there, of one for several numbers of them.
fn of_one_length(slot: Slot, (start, end): Span) -> Slot {
    if matches!(slot, Slot::UpTo(_)) { Slot::Digits((end - start) as u8) } else { slot }
}

/// Keeps the slots of a record that no rule tells apart, with as many digits as none counts; `None` where that cannot be
/// told.
pub(super) fn indiscernible(
    rules: &RuleSet,
    discerner: &Discerner,
    (raw, sheets): (&[u8], &Sheets<'_>),
    record: &Record<'_>,
    slots: &mut Vec<(Slot, Span)>,
) -> Option<()> {
    let growth = growth(slots.iter());
    if growth > GROWTH || record.texts.iter().any(|text| text.len() + growth > UNCUT) {
        fix(slots);
    }
    // What is told by nine digits may be the same with three of them, and what is told by three with as many as there are.
    let mut ways = discerner.ways();
    loop {
        let told = told(rules, (discerner, &mut ways), (raw, sheets), record, slots)?;
        let mut shorter = false;
        let (mut number, mut kept) = (0..64, Vec::with_capacity(slots.len()));
        for (slot, span) in slots.drain(..) {
            let is_told = number.next().is_none_or(|number| told >> number & 1 == 1);
            let less = if is_told { with_fewer(slot, span) } else { Some(slot) };
            shorter |= is_told && less.is_some();
            kept.extend(less.map(|slot| (slot, span)));
        }
        *slots = kept;
        if !shorter {
            return Some(());
        }
    }
}

/// The next slot to be tried where one is told apart.
fn with_fewer(slot: Slot, span: Span) -> Option<Slot> {
    match slot {
        Slot::UpTo(most) if most > SHORT && span.1 - span.0 <= SHORT.into() => Some(Slot::UpTo(SHORT)),
        Slot::UpTo(_) => Some(of_one_length(slot, span)),
        _ => None,
    }
}

/// The slots, as bits, that some rule tells apart from others of their shape.
fn told(
    rules: &RuleSet,
    (discerner, ways): (&Discerner, &mut Ways),
    (raw, sheets): (&[u8], &Sheets<'_>),
    record: &Record<'_>,
    slots: &[(Slot, Span)],
) -> Option<u64> {
    let mut told = 0;
    for sheet in sheets.iter().filter(|sheet| is_read(sheet, sheets, record, slots)) {
        told |= discerner.told(&places(sheet, slots, 0..sheet.text.len())?, ways);
    }
    for text in &record.texts {
        let (parts, between) = rules.extractor.stated(text)?;
        // What is left of a text that begins later, or goes on behind a gap, is another text.
        if parts.len() > 1 || parts.first().is_none_or(|part| part.start > 0) {
            let (sheet, (start, _)) = sheets.find(text)?;
            let part = |part: &Range<usize>| places(sheet, slots, start + part.start..start + part.end);
            let between: Vec<Place> = between.chars().map(Place::of).collect();
            told |= discerner.told(&parts.iter().map(part).collect::<Option<Vec<_>>>()?.join(&between[..]), ways);
        }
    }
    for (number, (slot, span)) in slots.iter().enumerate() {
        let spelled = !is_number(*slot) && discerner.is_spelled(&raw[span.0..span.1]);
        told |= u64::from(spelled) << number;
    }
    Some(told)
}

/// Whether a slot is read in a sheet, and not only in those that stand in it.
fn is_read(sheet: &Sheet<'_>, sheets: &Sheets<'_>, record: &Record<'_>, slots: &[(Slot, Span)]) -> bool {
    let over = |(start, end): Span| slots.iter().any(|(_, slot)| slot.0 < end && start < slot.1);
    let mut parts = record.texts.iter().copied().chain(record.fields.iter().map(|field| field.value));
    let reads = |part: &str| {
        let found = sheets.find(part).filter(|(found, _)| std::ptr::eq(found.text, sheet.text));
        found.is_some_and(|(found, span)| over(found.in_line(span)))
    };
    slots.iter().any(|(_, span)| sheets.is_innermost(sheet, *span)) || parts.any(reads)
}

/// What may stand at each place of a part of a text; `None` where a number of any length is divided.
fn places(sheet: &Sheet<'_>, slots: &[(Slot, Span)], part: Range<usize>) -> Option<Vec<Place>> {
    let raw = sheet.text.as_bytes();
    let (mut places, mut at) = (Vec::with_capacity(part.len()), part.start);
    let local = (0..).zip(slots).filter_map(|(number, (slot, span))| Some((number, slot, sheet.of_line(*span)?)));
    for (number, slot, (start, end)) in local.filter(|(.., span)| span.0 < part.end && part.start < span.1) {
        let (from, to) = (part.start.max(start), part.end.min(end));
        places.extend(raw[at..from].iter().map(|byte| Place::fixed(*byte)));
        let (most, length) = match slot {
            Slot::UpTo(_) if (from, to) != (start, end) => return None,
            Slot::UpTo(most) => (*most, 1),
            _ => (1, to - from),
        };
        let bytes = if is_number(*slot) { DIGITS } else { HEXADECIMAL };
        places.extend(std::iter::repeat_n(Place { bytes, slot: Some(number), most }, length));
        at = to;
    }
    places.extend(raw[at..part.end].iter().map(|byte| Place::fixed(*byte)));
    Some(places)
}

/// Whether it holds decimal digits.
pub(super) fn is_number(slot: Slot) -> bool {
    matches!(slot, Slot::Digits(_) | Slot::UpTo(_))
}
