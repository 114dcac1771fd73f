//! Records whose lines a transport took apart: parts of a long line, and dumps whose every line has a prefix.
//!
//! The lines between two places that no link crosses are a block; the lines of a block that link make one
//! record, whose text is that of its first line with the bodies of the others. Positions point into the log
//! itself.

use std::ops::Range;

use crate::input::strand::{Line, NEAR, crosses, link};
use crate::model::Position;

/// Lines around a trigger that are looked at, fewest first: most records are short.
const REACHES: [usize; 3] = [NEAR, 8 * NEAR, 256 + 2 * NEAR];
/// Most bytes of the lines that are looked at beyond the first reach.
const BYTES: usize = 4 << 20;

/// The block of lines around a trigger.
pub(super) struct Block<'b> {
    bytes: &'b [u8],
    lines: Vec<Line<'b>>,
    own: Range<usize>,
    /// Whether it is a part of a longer line, alone: there are too many of them, or too much in them.
    pub(super) divided: bool,
}

/// A record that was put together, and where each of its parts stands in the segment.
pub(super) struct Chain {
    pub(super) text: Vec<u8>,
    /// Where the record stands, from its first line to its last.
    pub(super) range: Range<usize>,
    /// Its parts, in the order of the text.
    pub(super) parts: Vec<Part>,
}

/// A part of a record that was put together.
pub(super) struct Part {
    /// Where it begins in the text.
    start: usize,
    /// Where it stands in the segment.
    pub(super) log: Range<usize>,
}

impl Part {
    /// Where it stands in the text.
    pub(super) fn text(&self) -> Range<usize> {
        self.start..self.start + self.log.len()
    }
}

impl<'b> Block<'b> {
    /// The block that holds the line at `line`; nothing before `floor` belongs to it.
    pub(super) fn around(bytes: &'b [u8], line: Range<usize>, floor: usize) -> Self {
        for reach in REACHES {
            let (lines, own) = neighbours(bytes, &line, floor, reach);
            let (mut start, mut end) = (own, own + 1);
            while start > 0 && crosses(&lines, start) {
                start -= 1;
            }
            while end < lines.len() && crosses(&lines, end) {
                end += 1;
            }
            let known_before = start >= NEAR || lines[0].range.start == floor;
            let known_after = end + NEAR <= lines.len() || lines[lines.len() - 1].range.end + 1 >= bytes.len();
            if known_before && known_after {
                return Self { bytes, own: start..end, lines, divided: false };
            }
        }
        let (lines, own) = neighbours(bytes, &line, floor, NEAR);
        let is_part = |at: usize| lines[at].strand.as_ref().is_some_and(|strand| strand.partial);
        let divided = is_part(own) || link(&lines, own).is_some_and(is_part);
        Self { bytes, own: 0..1, lines: vec![Line::new(bytes, line)], divided }
    }

    /// Where the block stands.
    pub(super) fn range(&self) -> Range<usize> {
        self.lines[self.own.start].range.start..self.lines[self.own.end - 1].range.end
    }

    /// The records of the block, in the order of their first lines.
    pub(super) fn chains(&self) -> Vec<Chain> {
        let mut chains: Vec<(usize, Vec<usize>)> = Vec::new();
        for index in self.own.clone() {
            let above = link(&self.lines, index).filter(|above| *above >= self.own.start);
            match chains.iter_mut().find(|(_, members)| above.is_some_and(|above| members.contains(&above))) {
                Some((_, members)) => members.push(index),
                None => chains.push((index, vec![index])),
            }
        }
        chains.into_iter().map(|(_, members)| self.chain(&members)).collect()
    }

    fn chain(&self, members: &[usize]) -> Chain {
        let (first, last) = (&self.lines[members[0]], &self.lines[members[members.len() - 1]]);
        let mut chain = Chain { text: Vec::new(), range: first.range.start..last.range.end, parts: Vec::new() };
        let body = |line: &Line<'_>| match &line.strand {
            Some(strand) => line.range.start + strand.body.start..line.range.start + strand.body.end,
            None => line.range.clone(),
        };
        let first_body = body(first);
        self.add(&mut chain, first.range.start..first_body.end);
        let escaped = self.bytes[first.range.clone()].starts_with(b"{");
        for pair in members.windows(2) {
            let above = &self.lines[pair[0]];
            let partial = above.strand.as_ref().is_some_and(|strand| strand.partial);
            if !partial && !escaped {
                chain.text.push(b'\n');
            }
            self.add(&mut chain, body(&self.lines[pair[1]]));
        }
        self.add(&mut chain, first_body.end..first.range.end);
        chain
    }

    fn add(&self, chain: &mut Chain, part: Range<usize>) {
        if !part.is_empty() {
            chain.parts.push(Part { start: chain.text.len(), log: part.clone() });
            chain.text.extend_from_slice(&self.bytes[part]);
        }
    }
}

impl Chain {
    /// Whether the record is a line as it stands.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.windows(2).all(|pair| pair[1].start == pair[0].text().end && pair[1].log.start == pair[0].log.end)
    }

    /// Where a place of the record's text stands, relative to the record's beginning in the segment.
    pub(super) fn place(&self, at: usize) -> usize {
        let part = self.parts.partition_point(|part| part.start <= at).saturating_sub(1);
        self.parts.get(part).map_or(0, |part| part.log.start + (at - part.start) - self.range.start)
    }
}

/// The lines around a line, and which of them it is.
fn neighbours<'b>(bytes: &'b [u8], line: &Range<usize>, floor: usize, reach: usize) -> (Vec<Line<'b>>, usize) {
    let mut ranges = vec![line.clone()];
    let mut start = line.start;
    while start > floor && ranges.len() <= reach && line.start - start <= BYTES {
        let end = start - 1;
        start = memchr::memrchr(b'\n', &bytes[floor..end]).map_or(floor, |found| floor + found + 1);
        ranges.push(start..end);
    }
    ranges.reverse();
    let own = ranges.len() - 1;
    let mut end = line.end;
    while end + 1 < bytes.len() && ranges.len() <= own + reach && end - line.end <= BYTES {
        let next = memchr::memchr(b'\n', &bytes[end + 1..]).map_or(bytes.len(), |found| end + 1 + found);
        ranges.push(end + 1..next);
        end = next;
    }
    (ranges.into_iter().map(|range| Line::new(bytes, range)).collect(), own)
}

/// A position that was found in a chain's text, as one of the log.
pub(super) fn placed(chain: Option<&Chain>, position: Position, start: usize, end: usize) -> Position {
    let at = |offset: usize| position.byte_start() + chain.map_or(offset, |chain| chain.place(offset)) as u64;
    // The end is that of the last byte: the next one may stand in another part.
    let last = end.checked_sub(1).filter(|last| *last >= start).map_or(at(end), |last| at(last) + 1);
    position.with_bytes(at(start)..last)
}

#[cfg(test)]
mod tests {
    use super::Block;

    fn chains(text: &str, at: &str) -> Vec<String> {
        let start = text.find(at).unwrap();
        let line = text[..start].rfind('\n').map_or(0, |found| found + 1);
        let end = text[start..].find('\n').map_or(text.len(), |found| start + found);
        let block = Block::around(text.as_bytes(), line..end, 0);
        block.chains().into_iter().map(|chain| String::from_utf8(chain.text).unwrap()).collect()
    }

    #[test]
    fn parts_of_a_line_are_joined_and_the_other_streams_line_stays_alone() {
        let log = "T0Z stdout F before\n2026-01-02T03:04:05Z stderr P one-\n2026-01-02T03:04:06Z stdout F other\n2026-01-02T03:04:07Z stderr F two\n2026-01-02T03:04:08Z stderr F after\n";
        for at in ["one", "other", "two"] {
            assert_eq!(
                chains(log, at),
                ["2026-01-02T03:04:05Z stderr P one-two", "2026-01-02T03:04:06Z stdout F other"]
            );
        }
        assert_eq!(chains(log, "after"), ["2026-01-02T03:04:08Z stderr F after"]);
    }

    #[test]
    fn a_dump_of_docker_lines_is_one_object() {
        let line = |text: &str| format!("{{\"log\":\"{text}\",\"stream\":\"stderr\",\"time\":\"T\"}}\n");
        let log = [line("failed: {\\n"), line("  a: 1\\n"), line("}\\n"), line("next\\n")].concat();
        assert_eq!(chains(&log, "a: 1"), [line("failed: {\\n  a: 1\\n}\\n").trim_end()]);
    }

    #[test]
    fn places_point_into_the_log() {
        let log = "2026-01-02T03:04:05Z stderr P ab\n2026-01-02T03:04:07Z stderr F cd\n";
        let chain = &Block::around(log.as_bytes(), 0..32, 0).chains()[0];
        assert_eq!(&chain.text[30..], b"abcd");
        assert_eq!(&log[chain.place(31)..=chain.place(31)], "b");
        assert_eq!(&log[chain.place(32)..=chain.place(32)], "c");
        assert!(!chain.is_whole());
    }
}
