//! Literals that are looked for together.
//!
//! A table of bytes has room for eight groups. In a group each question has its own answers; the fewer texts give one
//! to all questions, the fewer places must be looked at. A literal goes where it adds the least of that, by the window
//! that does.

use super::marks::{self, MARKS, SHORT_MARKS, WIDE_MARKS};
use super::window::{self, CASE, LENGTH, Window};

/// Groups of a table: one for each bit of its bytes.
const EACH: usize = 8;
/// To compare a literal in vain costs as much as so many places that are let through.
const COMPARED: f64 = 8.0;

/// The answers to each question, a bit for each.
type Answers<const ASKED: usize> = [u64; ASKED];

/// The answers that four bytes give to each question.
type Asked<const ASKED: usize> = fn([u8; LENGTH]) -> [u8; ASKED];

/// By question and answer the groups that have it.
pub(super) type Table<const ASKED: usize, const ANSWERS: usize> = [[u8; ANSWERS]; ASKED];

/// The tables of questions with 16 answers.
#[derive(Debug)]
pub(super) struct Narrow {
    /// Of windows of four bytes.
    pub(super) whole: [Table<MARKS, 16>; 2],
    /// Of windows of three bytes, which have no answer to the other questions.
    pub(super) short: Table<SHORT_MARKS, 16>,
}

/// The tables of questions with 64 answers.
pub(super) type Wide = [Table<WIDE_MARKS, 64>; 2];

/// The literals of one group.
#[derive(Clone, Copy, Debug)]
struct Group<const ASKED: usize> {
    answers: Answers<ASKED>,
    /// By question which part of ordinary places gives one of them.
    shares: [f64; ASKED],
    /// Which part of them is let through, as if the questions did not depend on each other.
    passes: f64,
}

/// How groups are chosen.
struct Choice<const ASKED: usize> {
    asked: Asked<ASKED>,
    /// By question and answer a part of all places.
    shares: [[f64; 64]; ASKED],
}

impl Narrow {
    /// The tables for some literals, and of each literal the window that they know.
    pub(super) fn divide(literals: &[Vec<u8>], any_case: bool) -> (Self, Vec<Window>) {
        let choice = Choice::of(marks::of_bytes, any_case);
        let (mut whole, mut short) = ([Group::default(); 2 * EACH], [Group::default(); EACH]);
        let chosen = choice.divide(literals, any_case, (&mut whole, Some(&mut short)));
        let [first, second] = [&whole[..EACH], &whole[EACH..]].map(table);
        (Self { whole: [first, second], short: table(&short) }, chosen)
    }
}

/// The tables of questions with 64 answers for some literals, and of each literal the window that they know.
pub(super) fn divide_wide(literals: &[Vec<u8>], any_case: bool) -> (Wide, Vec<Window>) {
    let choice = Choice::of(marks::wide_of_bytes, any_case);
    let mut groups = [Group::default(); 2 * EACH];
    let chosen = choice.divide(literals, any_case, (&mut groups, None));
    ([&groups[..EACH], &groups[EACH..]].map(table), chosen)
}

impl<const ASKED: usize> Choice<ASKED> {
    fn of(asked: Asked<ASKED>, any_case: bool) -> Self {
        let mut shares = [[0.0; 64]; ASKED];
        let windows = window::ordinary_bytes();
        let count = windows.clone().count() as f64;
        for bytes in windows {
            let marks = asked(bytes.map(|byte| if any_case { byte | CASE } else { byte }));
            for (shares, mark) in shares.iter_mut().zip(marks) {
                shares[usize::from(mark)] += 1.0 / count;
            }
        }
        Self { asked, shares }
    }

    /// Takes each literal into a group; short ones into others, if there are some for them.
    fn divide(
        &self,
        literals: &[Vec<u8>],
        any_case: bool,
        (whole, mut short): (&mut [Group<ASKED>], Option<&mut [Group<ASKED>]>),
    ) -> Vec<Window> {
        let ordinary = window::ordinary();
        let admitted = |literal: &Vec<u8>| {
            let groups = short.as_deref_mut().filter(|_| literal.len() < LENGTH).unwrap_or(&mut *whole);
            self.admit(&window::rarest(literal, any_case, &ordinary), groups)
        };
        literals.iter().map(admitted).collect()
    }

    /// Takes a literal into the group where it adds least, by the window that adds least and is not common itself.
    fn admit(&self, windows: &[Window], groups: &mut [Group<ASKED>]) -> Window {
        let mut best = (f64::INFINITY, windows[0], 0, Group::default());
        for window in windows {
            let answers = self.answers(*window);
            for (number, group) in groups.iter().enumerate() {
                let grown = group.with(&answers, &self.shares);
                let added = grown.passes - group.passes + COMPARED * window.common;
                if added < best.0 {
                    best = (added, *window, number, grown);
                }
            }
        }
        let (_, window, number, group) = best;
        groups[number] = group;
        window
    }

    /// The answers of a window; where its fourth byte may be any, they may be many.
    fn answers(&self, window: Window) -> Answers<ASKED> {
        let bytes = window.key.to_le_bytes();
        let mut answers = [0; ASKED];
        for last in if window.whole { bytes[LENGTH - 1]..=bytes[LENGTH - 1] } else { 0..=u8::MAX } {
            let marks = (self.asked)([bytes[0], bytes[1], bytes[2], last]);
            for (answers, mark) in answers.iter_mut().zip(marks) {
                *answers |= 1 << mark;
            }
        }
        answers
    }
}

impl<const ASKED: usize> Default for Group<ASKED> {
    fn default() -> Self {
        Self { answers: [0; ASKED], shares: [0.0; ASKED], passes: 0.0 }
    }
}

impl<const ASKED: usize> Group<ASKED> {
    /// The group with the answers of one more literal.
    fn with(&self, answers: &Answers<ASKED>, shares: &[[f64; 64]; ASKED]) -> Self {
        let mut grown = *self;
        for (mark, shares) in shares.iter().enumerate() {
            let mut new = answers[mark] & !self.answers[mark];
            grown.answers[mark] |= new;
            while new != 0 {
                grown.shares[mark] += shares[new.trailing_zeros() as usize];
                new &= new - 1;
            }
        }
        grown.passes = grown.shares.iter().product();
        grown
    }
}

/// The table of the first questions, as many as it has.
fn table<const OF: usize, const ASKED: usize, const ANSWERS: usize>(groups: &[Group<OF>]) -> Table<ASKED, ANSWERS> {
    let mut tables = [[0; ANSWERS]; ASKED];
    for (number, group) in groups.iter().enumerate() {
        for (table, answers) in tables.iter_mut().zip(group.answers) {
            for (answer, groups) in table.iter_mut().enumerate() {
                *groups |= ((answers >> answer & 1) as u8) << number;
            }
        }
    }
    tables
}
