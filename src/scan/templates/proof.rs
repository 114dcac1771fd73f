//! The template of a running text put to the test: lines of its shape are read in full.

use bumpalo::Bump;

use super::slots::{Learned, Slot};
use super::tree::Span;
use super::{RuleSet, when};
use crate::format::{Clock, Record, Setting, Stamp};
use crate::model::{Position, Symbols, TokenEvent};

/// A digit for another one, by its place in its number and how long that is.
type Digit = fn(u8, usize, usize) -> u8;

/// Lengths at which something else may begin: a name has two letters, a status three digits, a request four.
const LENGTHS: &[u8] = &[1, 2, 3, 4, u8::MAX];

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
    let lengths = if learned.slots.iter().any(|(slot, _)| matches!(slot, Slot::UpTo(_))) { LENGTHS } else { &[] };
    let own = [(another as Digit, None), (one, None), (dated, None)];
    let others = lengths.iter().zip([another as Digit, one].into_iter().cycle());
    own.into_iter().chain(others.map(|(length, digit)| (digit, Some(*length)))).all(|change| {
        let Some((other, spans)) = changed(line, &learned.slots, &times, change) else { return false };
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

/// The line with other digits in its texts, and where its values then stand; numbers of any length have the given one, or
/// their longest. `None` where one of its words would be a number.
fn changed(
    line: &[u8],
    slots: &[(Slot, Span)],
    times: &[Span],
    (digit, length): (Digit, Option<u8>),
) -> Option<(Vec<u8>, Vec<Span>)> {
    let (mut other, mut spans, mut at) = (Vec::with_capacity(2 * line.len()), Vec::new(), 0);
    for (slot, span) in slots {
        other.extend_from_slice(&line[at..span.0]);
        let (from, old) = (other.len(), &line[span.0..span.1]);
        let of_time = times.iter().any(|time| time.0 <= span.0 && span.1 <= time.1);
        match (slot, length) {
            (Slot::UpTo(most), Some(length)) => {
                let length = length.min(*most).into();
                other.extend(old.iter().cycle().take(length).zip(0..).map(|(byte, at)| digit(*byte, at, length)));
            }
            _ if slot.is_of_text() && !of_time => {
                other.extend(old.iter().zip(0..).map(|(byte, at)| digit(*byte, at, old.len())));
            }
            _ => other.extend_from_slice(old),
        }
        if matches!(slot, Slot::Hexadecimal(_)) && !slot.holds(&other[from..]) {
            return None;
        }
        spans.push((from, other.len()));
        at = span.1;
    }
    other.extend_from_slice(&line[at..]);
    Some((other, spans))
}

/// Another digit of its kind.
fn another(byte: u8, _: usize, _: usize) -> u8 {
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
fn one(byte: u8, _: usize, _: usize) -> u8 {
    if byte.is_ascii_digit() { b'1' } else { byte }
}

/// The same with years as logs have them: a date that is none in the line may be one in the next.
fn dated(byte: u8, at: usize, length: usize) -> u8 {
    match (at, length) {
        (0..2, 4 | 8 | 14) if byte.is_ascii_digit() => b"20"[at],
        _ => one(byte, at, length),
    }
}

fn read(rules: &RuleSet, line: &[u8], clock: &Clock, (arena, symbols): (&Bump, &mut Symbols)) -> Option<Said> {
    let (mut said, mut records) = (None, 0);
    let place = Position::default();
    rules.reader.read(arena, line, &Setting { clock, columns: None }, &mut |record: &Record<'_>| {
        records += 1;
        let event = rules.extractor.extract(record, line, place, &|text| rules.leaks.mask(text), symbols);
        said = Some(Said { event, stamp: record.stamp, times: record.times.len(), format: record.format.to_owned() });
    });
    said.filter(|_| records == 1)
}
