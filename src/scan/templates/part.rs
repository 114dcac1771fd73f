//! Parts of a line, told by the values that they reach over.

use super::tree::Span;

/// A part of a line: the values that are in it, and so many bytes before the first and behind the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    first: usize,
    last: usize,
    before: usize,
    behind: usize,
}

impl Part {
    /// The part between two places; `None` where no value is in it, or one of them only half.
    pub(super) fn of(values: impl Iterator<Item = Span>, (start, end): Span) -> Option<Self> {
        let mut within = values.enumerate().filter(|(_, value)| value.0 < end && start < value.1);
        let (first, of_first) = within.next()?;
        let (last, of_last) = within.last().unwrap_or((first, of_first));
        Some(Self { first, last, before: of_first.0.checked_sub(start)?, behind: end.checked_sub(of_last.1)? })
    }

    /// Which value it is, if it is nothing else.
    pub(super) fn value(self) -> Option<usize> {
        (self.first == self.last && self.before == 0 && self.behind == 0).then_some(self.first)
    }

    /// Where it stands in a line with these values.
    pub(super) fn span(self, values: &[Span]) -> Span {
        (values[self.first].0 - self.before, values[self.last].1 + self.behind)
    }

    /// It in a line with these values.
    pub(super) fn text<'l>(self, line: &'l [u8], values: &[Span]) -> Option<&'l str> {
        let (start, end) = self.span(values);
        std::str::from_utf8(line.get(start..end)?).ok()
    }
}
