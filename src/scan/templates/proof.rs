//! The template of a running text put to the test: lines of its shape are read in full.

use bumpalo::Bump;

use super::slots::{Learned, Slot};
use super::tree::Span;
use super::{RuleSet, when};
use crate::format::{Clock, Record, Setting, Stamp};
use crate::model::{Position, Symbols, TokenEvent};

/// What a line says.
#[derive(PartialEq)]
struct Said {
    event: Option<TokenEvent>,
    stamp: Option<Stamp>,
    /// How many times it holds.
    times: usize,
    format: String,
}

/// Whether lines with other digits are what the template says of them.
pub(super) fn holds(
    rules: &RuleSet,
    line: &[u8],
    learned: &Learned,
    clock: &Clock,
    (arena, symbols): (&Bump, &mut Symbols),
) -> bool {
    let Some(first) = read(rules, line, clock, (arena, symbols)) else { return false };
    let spans: Vec<Span> = learned.slots.iter().map(|(_, span)| *span).collect();
    let times: Vec<Span> = learned.times.iter().map(|time| time.span(&spans)).collect();
    let of_time = |span: &Span| times.iter().any(|time| time.0 <= span.0 && span.1 <= time.1);
    [another as fn(u8) -> u8, one].into_iter().all(|digit| {
        let mut other = line.to_vec();
        for (slot, span) in learned.slots.iter().filter(|(slot, span)| slot.is_of_text() && !of_time(span)) {
            let exchanged = |byte: &mut u8| *byte = digit(*byte);
            other[span.0..span.1].iter_mut().for_each(exchanged);
            if matches!(slot, Slot::Hexadecimal(_)) && !slot.holds(&other[span.0..span.1]) {
                return false;
            }
        }
        let mut event = first.event;
        for (part, copy) in &learned.copies {
            let (Some(event), Some(value)) = (&mut event, part.text(&other, &spans)) else { return false };
            copy.put(value, event, symbols);
        }
        let stamp = when::stamp(&learned.times, &other, &spans, clock);
        let expected = Said { event, stamp, times: first.times, format: first.format.clone() };
        rules.leaks.is_silent(&other) && read(rules, &other, clock, (arena, symbols)) == Some(expected)
    })
}

/// Another digit of its kind.
fn another(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0' + (byte - b'0' + 7) % 10,
        b'a' => b'd',
        b'b' => b'f',
        b'c' => b'a',
        b'd' => b'b',
        b'f' => b'c',
        other => other,
    }
}

/// Where anything could be a time, ones are.
fn one(byte: u8) -> u8 {
    if byte.is_ascii_digit() { b'1' } else { byte }
}

fn read(rules: &RuleSet, line: &[u8], clock: &Clock, (arena, symbols): (&Bump, &mut Symbols)) -> Option<Said> {
    let (mut said, mut records) = (None, 0);
    let place = Position { source: 0, byte_start: 0, byte_end: 0, line: 0 };
    rules.reader.read(arena, line, &Setting { clock, columns: None }, &mut |record: &Record<'_>| {
        records += 1;
        let event = rules.extractor.extract(record, line, place, &|text| rules.leaks.mask(text), symbols);
        said = Some(Said { event, stamp: record.stamp, times: record.times.len(), format: record.format.to_owned() });
    });
    said.filter(|_| records == 1)
}
