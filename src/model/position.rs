//! Where a record stands.

use std::fmt;
use std::ops::Range;

/// Where a record stands. Positions order by source, then by byte.
///
/// Every event holds one, and events are most of what a run holds: so 48 bits tell a byte (of 256 TiB) and a line, and 32
/// the length of a record, where each would have 64.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Index into [`EventSet::sources`](super::EventSet::sources).
    pub source: u32,
    length: u32,
    byte: Packed,
    line: Packed,
}

/// A number of 48 bits, the lower ones first.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Packed([u16; 3]);

impl Packed {
    const LARGEST: u64 = (1 << 48) - 1;

    fn of(number: u64) -> Self {
        let number = number.min(Self::LARGEST);
        Self([0, 16, 32].map(|shift| (number >> shift) as u16))
    }

    fn get(self) -> u64 {
        let [low, middle, high] = self.0.map(u64::from);
        low | middle << 16 | high << 32
    }
}

impl Position {
    /// The place of a record in a source: its bytes in the decoded (decompressed, transcoded) stream, the line end
    /// excluded, and the 1-based line on which it begins.
    pub fn new(source: u32, bytes: Range<u64>, line: u64) -> Self {
        let length = u32::try_from(bytes.end.saturating_sub(bytes.start)).unwrap_or(u32::MAX);
        Self { source, length, byte: Packed::of(bytes.start), line: Packed::of(line) }
    }

    /// Offset of the record's first byte.
    pub fn byte_start(&self) -> u64 {
        self.byte.get()
    }

    /// Offset just past the record's last byte.
    pub fn byte_end(&self) -> u64 {
        self.byte.get() + u64::from(self.length)
    }

    /// 1-based line on which the record begins.
    pub fn line(&self) -> u64 {
        self.line.get()
    }

    /// The same place, if the record begins on this line.
    #[must_use]
    pub fn on_line(self, line: u64) -> Self {
        Self { line: Packed::of(line), ..self }
    }

    /// The place of a part of the record, or of another one of its source and line.
    #[must_use]
    pub fn with_bytes(self, bytes: Range<u64>) -> Self {
        Self::new(self.source, bytes, self.line())
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |position: &Self| (position.source, position.byte_start(), position.length, position.line());
        key(self).cmp(&key(other))
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{} ({}..{})", self.source, self.line(), self.byte_start(), self.byte_end())
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_place_far_into_a_large_log_is_kept() {
        let (byte, line) = ((1 << 46) + 12_345, (1 << 40) + 7);
        let position = Position::new(3, byte..byte + 99, line);
        assert_eq!((position.byte_start(), position.byte_end(), position.line()), (byte, byte + 99, line));
        assert_eq!(position.on_line(8).line(), 8);
        assert_eq!(position.with_bytes(4..6), Position::new(3, 4..6, line));
    }

    #[test]
    fn what_is_longer_than_a_number_tells_ends_at_the_largest() {
        let position = Position::new(0, 0..u64::MAX, u64::MAX);
        assert_eq!((position.byte_end(), position.line()), (u64::from(u32::MAX), (1 << 48) - 1));
    }

    #[test]
    fn places_order_by_source_and_byte() {
        let place = |source, byte| Position::new(source, byte..byte + 1, 1);
        assert!(place(0, 1 << 33) > place(0, 7) && place(1, 0) > place(0, 1 << 33));
    }
}
