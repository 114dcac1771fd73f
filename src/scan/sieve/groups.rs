//! Literals that are looked for together.
//!
//! A table of bytes has room for eight groups. In a group each question has its own answers; the fewer texts give one
//! to all questions, the fewer places must be looked at. A literal goes where it adds the least of that, by the window
//! that does.

use super::marks::{MARKS, SHORT_MARKS, of_bytes};
use super::window::{self, CASE, LENGTH, ORDINARY, Window};

/// Groups of a table: one for each bit of its bytes.
const EACH: usize = 8;

/// By question and answer a part of all places.
type Shares = [[f64; 16]; MARKS];

/// By answer the groups that have it.
type Table = [u8; 16];

/// The tables of all questions.
#[derive(Debug)]
pub(super) struct Tables {
    /// Of windows of four bytes.
    pub(super) whole: [[Table; MARKS]; 2],
    /// Of windows of three bytes, which have no answer to the other questions.
    pub(super) short: [Table; SHORT_MARKS],
}

/// The literals of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    /// By question the answers, a bit for each.
    answers: [u16; MARKS],
    /// By question which part of ordinary places gives one of them.
    shares: [f64; MARKS],
    /// Which part of them is let through, as if the questions did not depend on each other.
    passes: f64,
}

/// The tables for some literals, and of each literal the window that they know.
pub(super) fn divide(literals: &[Vec<u8>], any_case: bool) -> (Tables, Vec<Window>) {
    let (ordinary, shares) = (window::ordinary(), shares(any_case));
    let mut whole = [Group::default(); 2 * EACH];
    let mut short = [Group::default(); EACH];
    let chosen = literals.iter().map(|literal| {
        let windows = window::rarest(literal, any_case, &ordinary);
        let groups = if literal.len() < LENGTH { short.as_mut_slice() } else { whole.as_mut_slice() };
        admit(&windows, groups, &shares)
    });
    let chosen = chosen.collect();
    let [first, second] = [&whole[..EACH], &whole[EACH..]].map(table);
    (Tables { whole: [first, second], short: table(&short) }, chosen)
}

/// Takes a literal into the group where it adds least, by the window that adds least.
fn admit(windows: &[Window], groups: &mut [Group], shares: &Shares) -> Window {
    let mut best = (f64::INFINITY, windows[0], 0, Group::default());
    for window in windows {
        let answers = answers(*window);
        for (number, group) in groups.iter().enumerate() {
            let grown = group.with(&answers, shares);
            let added = grown.passes - group.passes;
            if added < best.0 {
                best = (added, *window, number, grown);
            }
        }
    }
    let (_, window, number, group) = best;
    groups[number] = group;
    window
}

impl Group {
    /// The group with the answers of one more literal.
    fn with(&self, answers: &[u16; MARKS], shares: &Shares) -> Self {
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

/// The answers of a window, a bit for each; where its fourth byte may be any, they may be many.
fn answers(window: Window) -> [u16; MARKS] {
    let bytes = window.key.to_le_bytes();
    let mut answers = [0; MARKS];
    for last in if window.whole { bytes[LENGTH - 1]..=bytes[LENGTH - 1] } else { 0..=u8::MAX } {
        let marks = of_bytes([bytes[0], bytes[1], bytes[2], last]);
        for (answers, mark) in answers.iter_mut().zip(marks) {
            *answers |= 1 << mark;
        }
    }
    answers
}

/// Which part of ordinary places gives each answer, by question.
fn shares(any_case: bool) -> Shares {
    let mut shares = [[0.0; 16]; MARKS];
    let windows = ORDINARY.as_bytes().windows(LENGTH).filter_map(|window| window.first_chunk::<LENGTH>());
    let count = windows.clone().count() as f64;
    for bytes in windows {
        let marks = of_bytes(bytes.map(|byte| if any_case { byte | CASE } else { byte }));
        for (shares, mark) in shares.iter_mut().zip(marks) {
            shares[usize::from(mark)] += 1.0 / count;
        }
    }
    shares
}

/// The tables of the first questions, as many as asked for.
fn table<const ASKED: usize>(groups: &[Group]) -> [Table; ASKED] {
    let mut tables = [[0; 16]; ASKED];
    for (number, group) in groups.iter().enumerate() {
        for (table, answers) in tables.iter_mut().zip(group.answers) {
            for (answer, groups) in table.iter_mut().enumerate() {
                *groups |= ((answers >> answer & 1) as u8) << number;
            }
        }
    }
    tables
}
