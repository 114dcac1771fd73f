//! Whether patterns can tell two texts apart that differ in the digits of their ids alone.
//!
//! All patterns are run over a text some of whose places stand for any byte of a set, or for numbers of several lengths. A
//! way through a pattern is marked where it goes on with some bytes of such a set, or behind some lengths, and not with
//! others. Where no marked way ends in a match, every pattern matches all texts of that shape alike, and in the same
//! places.

mod needs;
mod run;

use needs::Needs;
pub use run::Ways;

use std::sync::Arc;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::syntax::{self, Parsed};

/// A set of ASCII bytes.
pub type Bytes = u128;

/// The decimal digits.
pub const DIGITS: Bytes = ((1 << 10) - 1) << b'0';
/// The hexadecimal digits in lower case.
pub const HEXADECIMAL: Bytes = DIGITS | ((1 << 6) - 1) << b'a';

/// Most states of all patterns.
const STATES: usize = 1 << 20;

/// One place of a text.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The bytes that may stand there.
    pub bytes: Bytes,
    /// The number of the slot that it is in, below 64.
    pub slot: Option<u8>,
    /// Most bytes of them that may stand there: one, or any number up to this one.
    pub most: u8,
}

impl Place {
    /// A place that always holds the same byte.
    pub fn fixed(byte: u8) -> Self {
        Self { bytes: one(byte), slot: None, most: 1 }
    }

    /// The place of a letter; one beyond ASCII may be anything that a pattern asks for.
    pub fn of(letter: char) -> Self {
        u8::try_from(letter).ok().filter(u8::is_ascii).map_or(Self::anything(), Self::fixed)
    }

    fn anything() -> Self {
        Self { bytes: Bytes::MAX, slot: None, most: 1 }
    }

    fn is_of_any_length(self) -> bool {
        self.most > 1
    }

    fn mark(self) -> u64 {
        self.slot.map_or(0, |slot| 1 << slot)
    }

    fn is_word(self) -> bool {
        const WORD: Bytes = ALPHANUMERIC | one(b'_');
        self.bytes & WORD != 0 && self.bytes != Bytes::MAX
    }
}

const ALPHANUMERIC: Bytes = DIGITS | ((1 << 26) - 1) << b'a' | ((1 << 26) - 1) << b'A';

const fn one(byte: u8) -> Bytes {
    if byte.is_ascii() { 1 << byte } else { 0 }
}

const fn either_case(byte: u8) -> Bytes {
    one(byte.to_ascii_lowercase()) | one(byte.to_ascii_uppercase())
}

#[derive(Debug)]
enum State {
    Reads(Bytes, usize),
    Splits(Vec<usize>),
    Looks(Look, usize),
    Matches,
}

/// A way into a pattern.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The number of the pattern; none where it is a text.
    pattern: Option<usize>,
    bytes: Bytes,
    /// The bytes that may follow: most ways end there.
    second: Bytes,
    look: Option<Look>,
    to: usize,
}

/// Patterns that texts are held against.
#[derive(Debug)]
pub struct Discerner {
    states: Vec<State>,
    /// The ways that begin with a byte, and with one of a set.
    by_byte: Vec<Vec<Entry>>,
    by_set: Vec<(Bytes, Vec<Entry>)>,
    /// Texts that are words of hexadecimal digits.
    words: Vec<Vec<u8>>,
    needs: Needs,
}

impl Discerner {
    /// Of patterns, and of texts that are searched for, as they are written or in any case; `None` where that is too much.
    pub fn of<'p>(
        patterns: impl Iterator<Item = &'p str>,
        texts: impl Iterator<Item = (&'p [u8], bool)>,
    ) -> Option<Self> {
        let (mut states, mut entries, mut words) = (vec![State::Matches], Vec::new(), Vec::new());
        let patterns = patterns.map(syntax::of_ascii).collect::<Option<Vec<Arc<Parsed>>>>()?;
        for (number, pattern) in patterns.iter().enumerate() {
            let start = add(&mut states, &pattern.hir, 0)?;
            enter(&states, (Some(number), start), None, &mut entries, &mut Vec::new());
        }
        let mut in_words = entries.clone();
        for (text, exact) in texts.filter(|(text, _)| may_be_spelled(text)) {
            let read = |byte: u8| if exact { one(byte) } else { either_case(byte) };
            let start = text.iter().rev().fold(0, |next, byte| push(&mut states, State::Reads(read(*byte), next)));
            enter(&states, (None, start), None, &mut entries, &mut Vec::new());
            if text.iter().all(u8::is_ascii_hexdigit) {
                words.push(if exact { text.to_owned() } else { text.to_ascii_lowercase() });
            } else {
                enter(&states, (None, start), None, &mut in_words, &mut Vec::new());
            }
        }
        let beginning = |entries: &[Entry], bytes: Bytes| {
            entries.iter().filter(move |entry| entry.bytes & bytes != 0).copied().collect()
        };
        let by_byte = (0..128).map(|byte| beginning(&entries, one(byte))).collect();
        let in_words = beginning(&in_words, HEXADECIMAL);
        let by_set = vec![(DIGITS, beginning(&entries, DIGITS)), (HEXADECIMAL, in_words), (Bytes::MAX, entries)];
        Some(Self { states, by_byte, by_set, words, needs: Needs::of(&patterns) })
    }

    /// Whether a word of hexadecimal digits holds one of the texts that are such words: those are not discerned in it.
    pub fn is_spelled(&self, word: &[u8]) -> bool {
        self.words.iter().any(|text| memchr::memmem::find(word, text).is_some())
    }

    /// The ways that may begin at a place.
    fn entries(&self, bytes: Bytes) -> &[Entry] {
        match self.by_set.iter().find(|(set, _)| *set == bytes) {
            Some((_, entries)) => entries,
            None => self.by_byte.get(bytes.trailing_zeros() as usize).map_or(&[], Vec::as_slice),
        }
    }
}

/// The ways into a pattern; of those that begin with a look, what it looks for.
fn enter(
    states: &[State],
    (pattern, state): (Option<usize>, usize),
    look: Option<Look>,
    entries: &mut Vec<Entry>,
    seen: &mut Vec<(usize, Option<Look>)>,
) {
    // A part that may be empty and may be repeated leads back to itself.
    if seen.contains(&(state, look)) {
        return;
    }
    seen.push((state, look));
    match &states[state] {
        State::Matches => {}
        State::Reads(bytes, to) => {
            let second = readable(states, *to, &mut Vec::new());
            entries.push(Entry { pattern, bytes: *bytes, second, look, to: *to });
        }
        State::Looks(next, to) => enter(states, (pattern, *to), look.or(Some(*next)), entries, seen),
        State::Splits(branches) => branches.iter().for_each(|to| enter(states, (pattern, *to), look, entries, seen)),
    }
}

/// The bytes that a state may go on with: any where a match may end.
fn readable(states: &[State], state: usize, seen: &mut Vec<usize>) -> Bytes {
    if seen.contains(&state) {
        return 0;
    }
    seen.push(state);
    match &states[state] {
        State::Matches => Bytes::MAX,
        State::Reads(bytes, _) => *bytes,
        State::Looks(_, to) => readable(states, *to, seen),
        State::Splits(branches) => branches.iter().fold(0, |all, to| all | readable(states, *to, seen)),
    }
}

fn push(states: &mut Vec<State>, state: State) -> usize {
    states.push(state);
    states.len() - 1
}

/// Adds what a part of a pattern reads before it goes on with `next`; its first state.
fn add(states: &mut Vec<State>, hir: &Hir, next: usize) -> Option<usize> {
    if states.len() > STATES {
        return None;
    }
    match hir.kind() {
        HirKind::Empty => Some(next),
        HirKind::Look(look) => Some(push(states, State::Looks(*look, next))),
        HirKind::Literal(text) => {
            Some(text.0.iter().rev().fold(next, |next, byte| push(states, State::Reads(one(*byte), next))))
        }
        HirKind::Class(class) => Some(push(states, State::Reads(ascii(class), next))),
        HirKind::Capture(group) => add(states, &group.sub, next),
        HirKind::Concat(parts) => parts.iter().rev().try_fold(next, |next, part| add(states, part, next)),
        HirKind::Alternation(parts) => {
            let branches = parts.iter().map(|part| add(states, part, next)).collect::<Option<_>>()?;
            Some(push(states, State::Splits(branches)))
        }
        HirKind::Repetition(repetition) => {
            let mut first = next;
            match repetition.max {
                None => {
                    first = push(states, State::Splits(Vec::new()));
                    let again = add(states, &repetition.sub, first)?;
                    states[first] = State::Splits(vec![again, next]);
                }
                Some(most) => {
                    for _ in repetition.min..most {
                        let one_more = add(states, &repetition.sub, first)?;
                        first = push(states, State::Splits(vec![one_more, next]));
                    }
                }
            }
            (0..repetition.min).try_fold(first, |first, _| add(states, &repetition.sub, first))
        }
    }
}

fn ascii(class: &Class) -> Bytes {
    let range = |first: u32, last: u32| (first..=last.min(127)).fold(0, |bytes, byte| bytes | 1 << byte);
    match class {
        Class::Bytes(class) => class.iter().fold(0, |all, it| all | range(it.start().into(), it.end().into())),
        Class::Unicode(class) => class.iter().fold(0, |all, it| all | range(it.start().into(), it.end().into())),
    }
}

/// Whether a part of a text may stand in a slot: a word of hexadecimal digits, or any digit.
fn may_be_spelled(text: &[u8]) -> bool {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric());
    text.iter().any(u8::is_ascii_digit)
        || words.filter(|word| !word.is_empty()).any(|word| word.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::{DIGITS, Discerner, HEXADECIMAL, Place};

    /// Which of the slots, written `#` for decimal and `x` for hexadecimal digits and `+` for a number of any length, a pattern
    /// tells apart.
    fn told(pattern: &str, shape: &str) -> u64 {
        let discerner = Discerner::of([pattern].into_iter(), std::iter::empty()).unwrap();
        let (mut slot, mut last) = (0, b' ');
        let places: Vec<Place> = shape
            .bytes()
            .map(|byte| {
                let is_slot = matches!(byte, b'#' | b'x' | b'+');
                slot += u8::from(is_slot && byte != last);
                last = byte;
                let (bytes, most) = (if byte == b'x' { HEXADECIMAL } else { DIGITS }, if byte == b'+' { 9 } else { 1 });
                if is_slot { Place { bytes, slot: Some(slot - 1), most } } else { Place::fixed(byte) }
            })
            .collect();
        discerner.told(&places, &mut discerner.ways())
    }

    #[test]
    fn a_pattern_that_takes_any_digit_tells_none_apart() {
        for (pattern, shape) in [
            (r"user (?P<value>[\w-]+)", "refreshed user u-### ok"),
            (r"user (\d{3,})", "user #### ok"),
            (r"\b401\b", "user u-#### ok"),
            (r"status 401", "user ### ok"),
            (r"^\d{4}-\d\d \S+ (?P<message>.*)$", "####-## xxxxxxxx said"),
            (r"(?i)fail|denied|expired", "id=xxxxxxxx ok"),
            (r"(?i)refresh(?:ed)", "refresh xxxx"),
            (r"oauth2?/token", "POST /oauth2/token ###"),
        ] {
            assert_eq!(told(pattern, shape), 0, "{pattern} {shape}");
        }
    }

    #[test]
    fn a_pattern_that_asks_for_a_digit_tells_it_apart() {
        for (pattern, shape, slots) in [
            (r"\b401\b", "user ### ok", 1),
            (r"\b401\b", "u-## ### ok", 2),
            (r"status [45]\d\d", "status ### of ###", 1),
            (r"oauth2/token", "POST /oauth#/token", 1),
            (r"took (\d+) ms", "took xxxx ms", 1),
            (r"\bbad\b", "so xxx it is", 1),
            (r"^1.*s$", "# is s", 1),
        ] {
            assert_eq!(told(pattern, shape), slots, "{pattern} {shape}");
        }
    }

    #[test]
    fn a_pattern_that_takes_any_length_tells_none_apart() {
        for (pattern, shape) in [
            (r"user (?P<value>[\w-]+)", "refreshed user u-+ ok"),
            (r"in \d+ ?ms\b", "done in + ms"),
            (r"in \d+ms\b", "done in +ms"),
            (r"in (?:\d+|none) ms", "done in + ms"),
            (r"token\b.{0,8}\bgone", "token + and + were gone"),
            (r"[^.;]*\bwould\b", "+ would be"),
            (r"^\S+ \[(?P<pid>\d+)\] (?P<message>.*)$", "app [+] said +"),
            (r"\b401\b", "u401+"),
            (r"user \d{1,3} ok", "user + no"),
        ] {
            assert_eq!(told(pattern, shape), 0, "{pattern} {shape}");
        }
    }

    #[test]
    fn a_pattern_that_counts_digits_tells_lengths_apart() {
        for (pattern, shape, slots) in [
            (r"user \d{1,3} ok", "user + ok", 1),
            (r"user \d{3,} ok", "user + ok", 1),
            (r"user \d\d", "user + ok", 1),
            (r"\b401\b", "got +", 1),
            (r"status [45]\d\d", "+ of status +", 2),
            (r"token\b.{0,8}\bgone", "token + gone", 1),
            (r"token\b.{0,24}\bgone", "token + and + gone", 3),
            (r"\d\d:", "at +:", 1),
            (r"\B5y", "at +y", 1),
            (r"(?:\d\d)+y", "at +y", 1),
        ] {
            assert_eq!(told(pattern, shape), slots, "{pattern} {shape}");
        }
    }

    /// A number may be told apart only if texts with numbers of some lengths are, and must be if they are.
    #[test]
    fn what_is_not_told_is_the_same_in_all_lengths() {
        const PATTERNS: [&str; 14] = [
            r"a\d+b",
            r"a\d?b",
            r"a\d{2,4}b",
            r"\d{3}",
            r"a.{0,3}b",
            r"a.{0,30}b",
            r"\b\d+\b",
            r"\B\d\b",
            r"a\w*b",
            r"\d\B",
            r"^\d*b",
            r"(?:\d\d)*b",
            r"a\D*b",
            r"[1-5]\d*$",
        ];
        for pattern in PATTERNS {
            let regex = regex::Regex::new(&pattern.replace(r"\b", r"(?-u:\b)").replace(r"\B", r"(?-u:\B)")).unwrap();
            for shape in ["a+b", "+b", "a+", "a +b", "a+ b", "+ +", "a+y+b", "+_b", "y+"] {
                let numbers = ["7", "12", "543", "9876", "123456789"];
                let mut matches =
                    numbers.iter().flat_map(|one| numbers.map(|other| shape.replacen('+', one, 1).replace('+', other)));
                let first = matches.next().map(|text| regex.is_match(&text));
                let alike = matches.all(|text| Some(regex.is_match(&text)) == first);
                assert!(alike || told(pattern, shape) != 0, "{pattern} {shape}");
            }
        }
    }

    #[test]
    fn texts_are_searched_for_in_any_case() {
        let discerner = Discerner::of(
            std::iter::empty(),
            [(&b"AADSTS5"[..], false), (b"token", false), (b"def5", true)].into_iter(),
        )
        .unwrap();
        let mut text: Vec<Place> = b"aadsts7 token".iter().map(|byte| Place::fixed(*byte)).collect();
        assert_eq!(discerner.told(&text, &mut discerner.ways()), 0);
        text[6] = Place { bytes: DIGITS, slot: Some(3), most: 1 };
        assert_eq!(discerner.told(&text, &mut discerner.ways()), 1 << 3);
        let word = vec![Place { bytes: HEXADECIMAL, slot: Some(0), most: 1 }; 8];
        assert_eq!(
            (
                discerner.told(&word, &mut discerner.ways()),
                discerner.is_spelled(b"00def5aa"),
                discerner.is_spelled(b"00d")
            ),
            (0, true, false)
        );
    }
}
