//! Templates side by side: what they begin with in common is compared once.

use super::slots::Slot;

/// Where a value begins and ends.
pub(super) type Span = (usize, usize);

/// Most comparisons of one line: templates that begin alike in many ways must not be tried in all combinations.
const STEPS: usize = 256;

/// The templates, from their first byte on.
#[derive(Debug, Default)]
pub(super) struct Tree(Vec<Branch>);

/// Bytes that are the same in every line, and what follows them.
#[derive(Debug)]
struct Branch {
    literal: Box<[u8]>,
    next: Next,
}

#[derive(Debug)]
enum Next {
    /// A value, and what may follow it.
    Slot(Slot, Vec<Branch>),
    /// The line ends; the number of its template.
    End(usize),
}

impl Tree {
    /// The number of the template that a line has, and where its values stand.
    pub(super) fn find(&mut self, line: &[u8], spans: &mut Vec<Span>) -> Option<usize> {
        spans.clear();
        descend(&mut self.0, line, 0, spans, &mut 0)
    }

    /// Adds the template of a line whose values stand at `spans`, ascending; whether it is new.
    pub(super) fn insert(&mut self, line: &[u8], spans: &[(Slot, Span)], number: usize) -> bool {
        let (mut branches, mut at) = (&mut self.0, 0);
        for (slot, (start, end)) in spans {
            let literal = &line[at..*start];
            let same = |branch: &Branch| {
                *branch.literal == *literal && matches!(&branch.next, Next::Slot(known, _) if known == slot)
            };
            let place = branches.iter().position(same).unwrap_or_else(|| {
                branches.push(Branch { literal: literal.into(), next: Next::Slot(*slot, Vec::new()) });
                branches.len() - 1
            });
            let Next::Slot(_, next) = &mut branches[place].next else { return false };
            (branches, at) = (next, *end);
        }
        let ends = |branch: &Branch| *branch.literal == line[at..] && matches!(branch.next, Next::End(_));
        let new = !branches.iter().any(ends);
        if new {
            branches.push(Branch { literal: line[at..].into(), next: Next::End(number) });
        }
        new
    }
}

fn descend(branches: &mut [Branch], line: &[u8], at: usize, spans: &mut Vec<Span>, steps: &mut usize) -> Option<usize> {
    for place in 0..branches.len() {
        *steps += 1;
        if *steps > STEPS {
            return None;
        }
        let branch = &mut branches[place];
        if !line[at..].starts_with(&branch.literal) {
            continue;
        }
        let start = at + branch.literal.len();
        let found = match &mut branch.next {
            Next::End(number) => (start == line.len()).then_some(*number),
            Next::Slot(slot, next) => {
                let end = start + slot.length(&line[start..]);
                spans.push((start, end));
                let found = slot.holds(&line[start..end]).then(|| descend(next, line, end, spans, steps)).flatten();
                if found.is_none() {
                    spans.pop();
                }
                found
            }
        };
        if found.is_some() {
            // What comes often is tried early.
            branches.swap(place.saturating_sub(1), place);
            return found;
        }
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
