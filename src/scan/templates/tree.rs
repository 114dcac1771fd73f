//! Templates side by side: what they begin with in common is compared once.
#![allow(
    clippy::inline_always,
    reason = "what works with vectors must be a part of the function that `dispatch` makes for a processor"
)]

use fearless_simd::{dispatch, prelude::*};

use super::reach::LEVEL;
use super::slots::Slot;

/// Where a value begins and ends.
pub(super) type Span = (usize, usize);

/// Most comparisons of one line: templates that begin alike in many ways must not be tried in all combinations.
const STEPS: usize = 256;

/// The templates: lists of branches, the first one of which begins with the first byte of a line.
#[derive(Debug)]
pub(super) struct Tree {
    lists: Vec<Vec<Branch>>,
    /// The branches that were taken in the line that is compared.
    path: Vec<Step>,
}

/// Bytes that are the same in every line, and what follows them.
#[derive(Debug)]
struct Branch {
    literal: Box<[u8]>,
    next: Next,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    /// A value, and the list of what may follow it.
    Slot(Slot, usize),
    /// The line ends; the number of its template.
    End(usize),
}

/// A branch of a list, at a place of the line.
#[derive(Clone, Copy, Debug)]
struct Step {
    list: usize,
    branch: usize,
    at: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self { lists: vec![Vec::new()], path: Vec::new() }
    }
}

impl Tree {
    /// The number of the template that a line has, and where its values stand.
    pub(super) fn find(&mut self, line: &[u8], spans: &mut Vec<Span>) -> Option<usize> {
        let Self { lists, path } = self;
        let level = *LEVEL;
        let (number, last) = dispatch!(level, simd => descend(simd, lists, line, path, spans))?;
        // What comes often is tried early.
        for step in path.drain(..).chain([last]).filter(|step| step.branch > 0) {
            lists[step.list].swap(step.branch - 1, step.branch);
        }
        Some(number)
    }

    /// Adds the template of a line whose values stand at `spans`, ascending; whether it is new.
    pub(super) fn insert(&mut self, line: &[u8], spans: &[(Slot, Span)], number: usize) -> bool {
        let (mut list, mut at) = (0, 0);
        for (slot, (start, end)) in spans {
            (list, at) = (self.behind(list, &line[at..*start], *slot), *end);
        }
        let ends = |branch: &Branch| *branch.literal == line[at..] && matches!(branch.next, Next::End(_));
        let new = !self.lists[list].iter().any(ends);
        if new {
            self.lists[list].push(Branch { literal: line[at..].into(), next: Next::End(number) });
        }
        new
    }

    /// The list of what follows some bytes and a value in a list.
    fn behind(&mut self, list: usize, literal: &[u8], slot: Slot) -> usize {
        let known = self.lists[list].iter().find_map(|branch| match branch.next {
            Next::Slot(known, next) if known == slot && *branch.literal == *literal => Some(next),
            _ => None,
        });
        known.unwrap_or_else(|| {
            let next = self.lists.len();
            self.lists.push(Vec::new());
            self.lists[list].push(Branch { literal: literal.into(), next: Next::Slot(slot, next) });
            next
        })
    }
}

/// The template that a line has, and the last branch of it; those before are in `path`. All of it works with vectors, for to
/// ask at each value what the processor can do took as long as to find where the value ends.
#[inline(always)]
fn descend<S: Simd>(
    simd: S,
    lists: &[Vec<Branch>],
    line: &[u8],
    path: &mut Vec<Step>,
    spans: &mut Vec<Span>,
) -> Option<(usize, Step)> {
    path.clear();
    spans.clear();
    let mut step = Step { list: 0, branch: 0, at: 0 };
    for _ in 0..STEPS {
        let Some(branch) = lists[step.list].get(step.branch) else {
            spans.pop();
            step = path.pop()?;
            step.branch += 1;
            continue;
        };
        if line[step.at..].starts_with(&branch.literal) {
            let start = step.at + branch.literal.len();
            match branch.next {
                Next::End(number) if start == line.len() => return Some((number, step)),
                Next::End(_) => {}
                Next::Slot(slot, next) => {
                    let end = start + slot.length_by(simd, &line[start..]);
                    if slot.holds(&line[start..end]) {
                        spans.push((start, end));
                        path.push(step);
                        step = Step { list: next, branch: 0, at: end };
                        continue;
                    }
                }
            }
        }
        step.branch += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Slot, Tree};

    fn tree(lines: &[(&str, &[&str])]) -> Tree {
        let mut tree = Tree::default();
        for (number, (line, values)) in lines.iter().enumerate() {
            let spans: Vec<_> = values
                .iter()
                .map(|value| {
                    let start = line.find(value).unwrap();
                    (Slot::of(value.as_bytes()).unwrap(), (start, start + value.len()))
                })
                .collect();
            assert!(tree.insert(line.as_bytes(), &spans, number), "{line}");
            assert!(!tree.insert(line.as_bytes(), &spans, number), "{line} again");
        }
        tree
    }

    #[test]
    fn a_line_is_known_by_what_stands_around_its_values() {
        let mut tree =
            tree(&[(r#"{"user":"u-0001","ok":1}"#, &["u-0001"]), (r#"{"user":"u-0001","ok":2}"#, &["u-0001"])]);
        let mut spans = Vec::new();
        for (line, found) in [
            (r#"{"user":"other-name","ok":1}"#, Some(0)),
            (r#"{"user":"other-name","ok":2}"#, Some(1)),
            (r#"{"user":"other-name","ok":3}"#, None),
            (r#"{"user":"other name","ok":1}"#, None),
            (r#"{"user":"null","ok":1}"#, None),
            (r#"{"user":"other-name","ok":1} "#, None),
            (r#"{"user":"other-name""#, None),
            ("", None),
        ] {
            assert_eq!(tree.find(line.as_bytes(), &mut spans), found, "{line}");
        }
        tree.find(br#"{"user":"other-name","ok":1}"#, &mut spans);
        assert_eq!(spans, [(9, 19)]);
    }

    #[test]
    fn lines_that_are_alike_in_many_ways_are_not_tried_in_all() {
        let mut tree = Tree::default();
        let line = format!("{{{}}}", r#""name":"value","#.repeat(40));
        let starts: Vec<usize> = line.match_indices("value").map(|(start, _)| start).collect();
        for number in 0..500usize {
            let chosen = starts.iter().enumerate().filter(|(place, _)| number >> (place % 9) & 1 == 1);
            let spans: Vec<_> = chosen.map(|(_, start)| (Slot::of(b"value").unwrap(), (*start, start + 5))).collect();
            tree.insert(line.as_bytes(), &spans, number);
        }
        let other = line.replace('}', "!");
        assert_eq!(tree.find(other.as_bytes(), &mut Vec::new()), None);
    }
}
