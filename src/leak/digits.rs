//! What runs of digits of a number system for bytes say: base64 of either alphabet, and hexadecimal text.

use super::bytes::unit;
use super::stretch::{BASE64, HEXADECIMAL, NO_DIGIT, System, stretches};
use super::view::{SHORTEST, View, is_printable};

/// So many decoded bytes tell text from random bytes.
const PROBE: usize = 18;
/// So many of them hold three that stand in one group of base64.
const LOOKED_AT: usize = 5;

/// What runs of digits say, of base64 and of hexadecimal.
pub(super) fn of_digits(text: &[u8], look: &mut dyn FnMut(View)) {
    base64(text, look);
    hexadecimal(text, look);
}

/// The same of a text without escapes. Nearly all are ids, most of which can be told from text by a few of their digits.
pub(super) fn of_plain_digits(text: &[u8], look: &mut dyn FnMut(View)) {
    if may_be_base64(text) {
        base64(text, look);
    }
    if text.len() >= SHORTEST * 2 {
        hexadecimal(text, look);
    }
}

/// Whether so many groups in a row as are whole in a probe may each begin with a byte of ASCII.
fn may_be_base64(text: &[u8]) -> bool {
    const WHOLE: usize = PROBE / 3 - 1;
    let is_ascii = |at: usize| text.get(at).is_some_and(|digit| BASE64.values[usize::from(*digit)] & 0x20 == 0);
    for phase in 0..4 {
        // As many in a row hold one of those that are so far apart.
        let mut at = phase + 4 * (WHOLE - 1);
        while at < text.len() {
            if is_ascii(at) {
                let before = (1..WHOLE).take_while(|group| is_ascii(at - 4 * group)).count();
                let behind = (1..WHOLE).take_while(|group| is_ascii(at + 4 * group)).count();
                if before + 1 + behind >= WHOLE {
                    return true;
                }
            }
            at += 4 * WHOLE;
        }
    }
    false
}

/// Digits of a number system, with their places.
enum Digits<'t> {
    /// As they stand in the text, from a place on.
    Plain { text: &'t [u8], start: usize, of: &'t System },
    /// With some of them escaped: the value, and where it starts and ends.
    Escaped(&'t [(u8, u32, u32)]),
}

impl Digits<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Plain { text, .. } => text.len(),
            Self::Escaped(digits) => digits.len(),
        }
    }

    fn value(&self, at: usize) -> u8 {
        match self {
            Self::Plain { text, of, .. } => of.values[usize::from(text[at])],
            Self::Escaped(digits) => digits[at].0,
        }
    }

    /// Where one starts and ends.
    fn place(&self, at: usize) -> (usize, usize) {
        match self {
            Self::Plain { start, .. } => (start + at, start + at + 1),
            Self::Escaped(digits) => (digits[at].1 as usize, digits[at].2 as usize),
        }
    }
}

/// Runs of at least `shortest` digits, also where some are escaped.
fn runs(text: &[u8], shortest: usize, of: &System, found: &mut dyn FnMut(&Digits<'_>)) {
    stretches(text, shortest, &of.written_with, &mut |start, end| {
        let text = &text[..end];
        if text[start..].iter().all(|byte| of.values[usize::from(*byte)] != NO_DIGIT) {
            found(&Digits::Plain { text: &text[start..], start, of });
        } else {
            escaped_runs(text, start, shortest, of, found);
        }
    });
}

fn escaped_runs(text: &[u8], start: usize, shortest: usize, of: &System, found: &mut dyn FnMut(&Digits<'_>)) {
    let (mut at, mut run) = (start, Vec::new());
    while at < text.len() {
        let (byte, length) = unit(text, at).unwrap_or((0, 1));
        let value = of.values[usize::from(byte)];
        if value != NO_DIGIT {
            run.push((value, at as u32, (at + length) as u32));
        }
        at += length;
        if value == NO_DIGIT || at >= text.len() {
            if run.len() >= shortest {
                found(&Digits::Escaped(&run));
            }
            run.clear();
        }
    }
}

/// What base64 of either alphabet says, wherever its first group starts: `/` and `-` also join it to other words.
fn base64(text: &[u8], look: &mut dyn FnMut(View)) {
    runs(text, SHORTEST * 4 / 3 + 1, &BASE64, &mut |run| match run {
        Digits::Plain { text, of, .. } => groups_of_three(run, |at| of.values[usize::from(text[at])], look),
        Digits::Escaped(digits) => groups_of_three(run, |at| digits[at].0, look),
    });
}

/// What groups of four digits say, wherever the first one starts.
fn groups_of_three(run: &Digits<'_>, value: impl Fn(usize) -> u8, look: &mut dyn FnMut(View)) {
    for phase in 0..4 {
        let first = |at: usize| phase + at / 3 * 4 + at % 3;
        let byte = |at: usize| {
            let (first, shift) = (first(at), 2 * (at % 3));
            value(first) << (2 + shift) | value(first + 1) >> (4 - shift)
        };
        let digits = run.len() - phase;
        let length = digits / 4 * 3 + (digits % 4).saturating_sub(1);
        // The first bit of each byte of the first whole group.
        let is_ascii = |from: usize| {
            let digit = phase + from.div_ceil(3) * 4;
            (value(digit) & 0x20) | (value(digit + 1) & 8) | (value(digit + 2) & 2) == 0
        };
        if is_text(length, 3, is_ascii, byte) {
            look(spelled_out(length, byte, |at| (run.place(first(at)).0, run.place(first(at) + 1).1)));
        }
    }
}

/// What text in hexadecimal says.
fn hexadecimal(text: &[u8], look: &mut dyn FnMut(View)) {
    runs(text, SHORTEST * 2, &HEXADECIMAL, &mut |run| {
        for phase in 0..2 {
            let first = |at: usize| phase + 2 * at;
            let byte = |at: usize| run.value(first(at)) << 4 | run.value(first(at) + 1);
            let length = (run.len() - phase) / 2;
            let is_ascii = |from: usize| [0, 1, 2].iter().all(|at| run.value(first(from + at)) < 8);
            if is_text(length, 1, is_ascii, byte) {
                look(spelled_out(length, byte, |at| (run.place(first(at)).0, run.place(first(at) + 1).1)));
            }
        }
    });
}

/// Whether one of three probes is text from end to end. Random bytes are that once in ten million times; `is_ascii` looks
/// at a few digits behind a place, and lets one place of eight of them through.
fn is_text(length: usize, group: usize, is_ascii: impl Fn(usize) -> bool, byte: impl Fn(usize) -> u8) -> bool {
    let (groups, last) = (length / group, length.saturating_sub(PROBE));
    let start = |quarter: usize| (groups * quarter / 4 * group).min(last);
    // Of a short text, as ids are, all probes hold the beginning of the last one.
    if start(1) + PROBE >= last + LOOKED_AT && !is_ascii(last) {
        return false;
    }
    let mut probed = None;
    (1..4).map(start).any(|from| {
        let probe = from..length.min(from + PROBE);
        // In a short text they are all the last one.
        probed.replace(from) != Some(from)
            && probe.len() > 8
            && is_ascii(from)
            && probe.map(&byte).all(|byte| is_printable(byte) || byte == 0)
    })
}

/// The text that the bytes spell. UTF-16 of ASCII has a zero at every other place.
fn spelled_out(length: usize, byte: impl Fn(usize) -> u8, place: impl Fn(usize) -> (usize, usize)) -> View {
    let mut view = View::default();
    for at in (0..length).filter(|at| byte(*at) != 0) {
        let (start, end) = place(at);
        view.push(byte(at), start, end);
    }
    view
}

#[cfg(test)]
mod tests {
    use super::{of_digits, of_plain_digits};

    #[test]
    fn plain_digits_say_the_same() {
        let text = b"dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZyAtIGFuZCBvbgo";
        let hexadecimal = "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c74686520717569636b2062726f776e20666f78206a756d7073";
        let parts = (0..text.len()).flat_map(|start| (start..=text.len()).map(move |end| &text[start..end]));
        let joined = parts.clone().map(|part| [b"0123456789@", part, b"-9f8b3c2a"].concat());
        let all = parts.map(<[u8]>::to_vec).chain(joined);
        for text in all.chain((0..hexadecimal.len()).map(|end| hexadecimal[..end].into())) {
            let (mut plain, mut any) = (0, 0);
            of_plain_digits(&text, &mut |_| plain += 1);
            of_digits(&text, &mut |_| any += 1);
            assert_eq!(plain > 0, any > 0, "{}", String::from_utf8_lossy(&text));
        }
    }
}
