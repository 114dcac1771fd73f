//! Of which records a template is learned: most of what a log says once it never says again, and to learn a template costs as
//! much as to read a hundred records.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::scan::excerpt::likeness;

/// To find out what the rules make of running texts, once in a run, takes longer than to read so many of them, each of which
/// has left the caches since the last one.
const FEW: u32 = 256;
/// Most shapes that are remembered.
const SHAPES: usize = 4096;
/// How often a shape must come before it is tried.
pub(super) const OFTEN: u8 = 4;
/// How often it is tried, once running texts may vary: what varies in it may be nothing that a template lets vary.
const TRIES: u8 = 4;
/// Of so many records in new shapes one is learned all the same: where names are words, every shape is a new one.
const SAMPLE: u32 = 8;

/// How many records of a run had no template, whoever read them.
#[derive(Debug, Default)]
pub(super) struct Unknown(AtomicU32);

impl Unknown {
    /// Notes one more; whether there are many.
    fn are_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= FEW || self.0.fetch_add(1, Ordering::Relaxed) >= FEW
    }

    /// As they are once running texts may vary.
    #[cfg(test)]
    pub(super) fn many() -> Self {
        Self(AtomicU32::new(FEW))
    }
}

/// The records that had no template, of one worker.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    records: u32,
    with_texts: bool,
    shapes: HashMap<u32, Shape>,
}

/// Records that are alike.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    seen: u8,
    tried: u8,
}

/// A template that is to be learned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    shape: u32,
    /// Whether running texts may vary, too.
    pub(super) with_texts: bool,
}

impl Sightings {
    /// Notes a record; whether its template is to be learned.
    pub(super) fn attempt(&mut self, text: &[u8], unknown: &Unknown) -> Option<Attempt> {
        self.records = self.records.saturating_add(1);
        let with_texts = unknown.are_many();
        if !with_texts && !text.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        if self.shapes.len() == SHAPES || self.with_texts != with_texts {
            self.with_texts = with_texts;
            self.shapes.clear();
        }
        let number = shape(text);
        let shape = self.shapes.entry(number).or_default();
        shape.seen = shape.seen.saturating_add(1);
        let most = if with_texts { TRIES } else { 1 };
        if shape.tried >= most || (shape.seen < OFTEN && !self.records.is_multiple_of(SAMPLE)) {
            return None;
        }
        shape.tried += 1;
        Some(Attempt { shape: number, with_texts })
    }

    /// No record of that shape can have one.
    pub(super) fn give_up(&mut self, attempt: Attempt) {
        if let Some(shape) = self.shapes.get_mut(&attempt.shape) {
            shape.tried = TRIES;
        }
    }

    /// What was learned was of use: the shape may be tried once more.
    pub(super) fn repay(&mut self, attempt: Attempt) {
        if let Some(shape) = self.shapes.get_mut(&attempt.shape) {
            shape.tried = shape.tried.saturating_sub(1);
        }
    }
}

/// Equal for lines that differ in hexadecimal numbers alone.
fn shape(line: &[u8]) -> u32 {
    let mut shape: Vec<u8> = line.iter().map(|byte| if byte.is_ascii_hexdigit() { b'0' } else { *byte }).collect();
    shape.dedup_by(|next, before| *next == b'0' && *before == b'0');
    likeness(&shape)
}

#[cfg(test)]
mod tests {
    use super::{FEW, OFTEN, SAMPLE, Sightings, TRIES, Unknown};

    #[test]
    fn what_came_before_is_learned_a_few_times() {
        let (mut sightings, unknown) = (Sightings::default(), Unknown::many());
        let attempts =
            (0..100).filter(|number| sightings.attempt(format!("line {number}").as_bytes(), &unknown).is_some());
        assert_eq!(attempts.count(), usize::from(TRIES));
    }

    #[test]
    fn of_records_that_are_all_new_some_are_learned() {
        let (mut sightings, unknown) = (Sightings::default(), Unknown::many());
        let name =
            |number: u32| String::from_utf8(vec![b'g' + (number % 20) as u8; number as usize]).unwrap_or_default();
        let attempts = (0..40).filter(|number| sightings.attempt(name(*number).as_bytes(), &unknown).is_some());
        assert_eq!(attempts.count() as u32, 40 / SAMPLE);
    }

    #[test]
    fn running_texts_wait_until_there_are_many() {
        let (unknown, mut two) = (Unknown::default(), [Sightings::default(), Sightings::default()]);
        let mut attempt = |worker: usize| two[worker].attempt(b"said again", &unknown);
        assert!((0..FEW).all(|number| attempt(number as usize % 2).is_none()), "of a run, not of a worker");
        assert!((1..OFTEN).all(|_| attempt(0).is_none()));
        assert!(attempt(0).is_some_and(|attempt| attempt.with_texts));
        let again = attempt(0).unwrap();
        two[0].give_up(again);
        assert!(two[0].attempt(b"said again", &unknown).is_none());
        two[0].repay(again);
        assert!(two[0].attempt(b"said again", &unknown).is_some());
    }
}
